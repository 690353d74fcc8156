"""Where a parcel is, by all that was ever told of it: one answer, whatever the order and the repetitions (I10).

What is further along wins: a parcel that is here is neither on its way nor lost, and one that was called lost is lost
until it is here. Moments are those at which things happened, not those at which we heard of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from plugin.parcels.states import ParcelState, Seen

_MEANS = {
    Seen.IN_TRANSIT: ParcelState.IN_TRANSIT,
    Seen.LOST: ParcelState.LOST,
    Seen.DELIVERED: ParcelState.RECEIVED,
    Seen.RECEIVED: ParcelState.RECEIVED,
}
_FAR = (ParcelState.IN_TRANSIT, ParcelState.LOST, ParcelState.RECEIVED)


class Event(Protocol):
    """As much of a ``plugin.parcels.models.ParcelEvent`` as is read here."""

    @property
    def kind(self) -> str: ...
    @property
    def happened_at(self) -> datetime: ...


@dataclass(frozen=True)
class Told:
    """The furthest that a parcel has got, None where nobody has told anything, and when it first got to each place."""

    state: ParcelState | None
    sent_at: datetime | None
    received_at: datetime | None
    lost_at: datetime | None


def told(events: Iterable[Event]) -> Told:
    first: dict[ParcelState, datetime] = {}
    for event in events:
        means = _MEANS[Seen(event.kind)]
        first[means] = min(event.happened_at, first.get(means, event.happened_at))
    return Told(
        max(first, key=_FAR.index, default=None),
        first.get(ParcelState.IN_TRANSIT),
        first.get(ParcelState.RECEIVED),
        first.get(ParcelState.LOST),
    )
