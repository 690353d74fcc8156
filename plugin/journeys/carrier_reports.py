"""A carrier, or whoever speaks for it, reports on a parcel by a signed webhook, read here from the durable inbox.

The body is exact; what is not is set aside with its reason, and can be replayed. The event's own id makes it happen
once, whatever the delivery's.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from plugin.db import transaction
from plugin.inbox.events import EventState, close_event
from plugin.inbox.models import InboxEvent
from plugin.journeys.parcel_moved import CARRIER, News, parcel_seen
from plugin.outbox import service as outbox
from plugin.outbox.service import Claim
from plugin.parcels.models import Parcel
from plugin.parcels.states import Seen
from plugin.parcels.store import find_parcel, parcels_of_tracking
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop

Name = Annotated[str, Meta(min_length=1, max_length=60, pattern=r"^[\x20-\x7e]+$")]
Id = Annotated[str, Meta(min_length=1, max_length=120, pattern=r"^[\x20-\x7e]+$")]


class Report(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``id`` is the carrier's own of what happened. The parcel is named by our id of it, or by its tracking number."""

    id: Id
    kind: Literal["in_transit", "delivered", "lost"]
    happened_at: Annotated[datetime, Meta(tz=True)]
    parcel_id: Name | None = None
    tracking_number: Name | None = None

    def __post_init__(self) -> None:
        if (self.parcel_id is None) == (self.tracking_number is None):
            raise ValueError("name the parcel by its parcel_id or by its tracking_number, and not by both")


async def read_report(ports: Ports, claim: Claim, shop: Shop, event: InboxEvent) -> None:
    """A stored report: find its parcel, and do what follows."""
    try:
        report = msgspec.json.decode(bytes(event.body), type=Report)
    except (msgspec.DecodeError, UnicodeDecodeError) as wrong:
        await _close(ports, claim, event, EventState.SET_ASIDE, f"This is no report on a parcel: {wrong}")
        return
    named = await _parcels_of(shop, report)
    if not named:
        await _close(ports, claim, event, EventState.SET_ASIDE, "No parcel here has this id or tracking number.")
        return
    if len(named) > 1:  # nobody's money moves for a number that somebody else may have typed
        ids = ", ".join(parcel.id for parcel in named)
        reason = f"Several parcels are awaited under this tracking number: report it by its parcel_id ({ids})."
        await _close(ports, claim, event, EventState.SET_ASIDE, reason)
        return
    news = News(Seen(report.kind), CARRIER, report.id, report.happened_at)
    await parcel_seen(ports, shop, named[0].id, news, CARRIER)
    await _close(ports, claim, event, EventState.HANDLED, None)


async def _parcels_of(shop: Shop, report: Report) -> list[Parcel]:
    if report.parcel_id is not None:
        found = await find_parcel(shop.id, report.parcel_id)
        return [found] if found else []
    return await parcels_of_tracking(shop.id, report.tracking_number or "")


async def _close(ports: Ports, claim: Claim, event: InboxEvent, state: EventState, reason: str | None) -> None:
    async with transaction(ports.doorbell) as tx:
        await close_event(tx, event.id, state, ports.clock.now(), reason)
        await outbox.complete(tx, claim)
