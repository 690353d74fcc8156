"""The states of a parcel on its way back, and what people say of a unit that came (DESIGN §4)."""

from __future__ import annotations

from enum import StrEnum

from plugin.core.transitions import TransitionTable


class ParcelState(StrEnum):
    LABEL = "label"  # the shopper knows how to send it; nobody has seen it yet
    IN_TRANSIT = "in_transit"
    RECEIVED = "received"  # here, or as much of it as came
    INSPECTED = "inspected"
    LOST = "lost"
    CANCELLED = "cancelled"  # the return was taken back, refused or ran out


_S = ParcelState

PARCEL = TransitionTable[ParcelState](
    moves={
        _S.LABEL: frozenset({_S.IN_TRANSIT, _S.RECEIVED, _S.LOST, _S.CANCELLED}),
        _S.IN_TRANSIT: frozenset({_S.RECEIVED, _S.LOST, _S.CANCELLED}),
        _S.RECEIVED: frozenset({_S.INSPECTED}),
        _S.LOST: frozenset({_S.RECEIVED}),  # found after all
        _S.CANCELLED: frozenset({_S.LABEL, _S.RECEIVED}),  # more time was given; it comes all the same
        _S.INSPECTED: frozenset(),
    },
    repeats=frozenset(
        {
            (_S.IN_TRANSIT, _S.LABEL),
            (_S.RECEIVED, _S.IN_TRANSIT),
            (_S.RECEIVED, _S.LABEL),
            (_S.INSPECTED, _S.RECEIVED),
            (_S.INSPECTED, _S.IN_TRANSIT),
        }
    ),
)


class Seen(StrEnum):
    """What a carrier, the shopper or a person of the shop may tell of a parcel."""

    IN_TRANSIT = "in_transit"
    DELIVERED = "delivered"  # at the shop's door, as the carrier says
    RECEIVED = "received"  # as the shop says
    LOST = "lost"


class Grade(StrEnum):
    """The condition of a unit that came."""

    AS_NEW = "as_new"
    OPENED = "opened"
    USED = "used"
    DAMAGED = "damaged"
    WRONG_ITEM = "wrong_item"


class Disposition(StrEnum):
    """What becomes of it."""

    RESTOCK = "restock"
    REFURBISH = "refurbish"
    SCRAP = "scrap"
    SEND_BACK = "send_back"  # not accepted: it is the shopper's


class Verdict(StrEnum):
    ACCEPTED = "accepted"
    REJECTED = "rejected"
