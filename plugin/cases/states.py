"""The states of a case, one table for each kind of it, and whom each open one waits for (DESIGN §4).

``awaiting_goods`` and ``inspecting`` speak of the way back alone: money that the policy pays before the goods are there
moves beside them, and the case is done when both are.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from plugin.core.transitions import TransitionTable


class WaitsOn(StrEnum):
    """Who has to do something next."""

    SHOPPER = "shopper"
    STORE = "store"
    BANK = "bank"
    STAFF = "staff"
    US = "us"


class CaseKind(StrEnum):
    """What was asked for. A withdrawal is a cancel or a return on the statutory basis."""

    CANCEL = "cancel"
    RETURN = "return"
    EXCHANGE = "exchange"
    FAULT = "fault"  # damaged, wrong, missing or not arrived
    FIX = "fix"  # the order is put right instead of cancelled: no unit of it is given up


GOODWILL = "goodwill"  # the basis of a case that no rule and no law has asked for
RECEIVER = "receiver"  # asked by the receiver of a gift: no concern of who ordered


class CaseState(StrEnum):
    REQUESTED = "requested"
    APPROVED = "approved"
    IN_REVIEW = "in_review"
    AWAITING_STORE = "awaiting_store"  # asked the store; the refund is held until it answers
    AWAITING_PAYMENT = "awaiting_payment"  # a quoted difference is the shopper's to pay, until the quote ends
    ORDERING = "ordering"  # the store is asked for the order of the new goods
    AWAITING_GOODS = "awaiting_goods"  # approved, and not all here yet
    INSPECTING = "inspecting"  # here; a person looks at what came
    EXECUTING = "executing"  # agreed for good; the money is on its way
    WITH_PERSON = "with_person"
    DONE = "done"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"  # nothing was sent, or paid, in time: the units may be asked for again
    CONVERTED_TO_RETURN = "converted_to_return"


_S = CaseState
_ASKED = {
    _S.REQUESTED: frozenset({_S.APPROVED, _S.IN_REVIEW, _S.REFUSED, _S.WITHDRAWN}),
    _S.IN_REVIEW: frozenset({_S.APPROVED, _S.REFUSED, _S.WITHDRAWN}),
}
_FINAL = dict.fromkeys((_S.REFUSED, _S.WITHDRAWN), frozenset[CaseState]())

CANCEL = TransitionTable[CaseState](
    moves={
        **_ASKED,
        **_FINAL,
        _S.APPROVED: frozenset({_S.AWAITING_STORE, _S.WITH_PERSON}),
        _S.AWAITING_STORE: frozenset({_S.EXECUTING, _S.CONVERTED_TO_RETURN, _S.WITH_PERSON}),
        _S.EXECUTING: frozenset({_S.DONE, _S.WITH_PERSON}),
        # A person asks the store again, moves the money, finds it all done, makes it a return, or must say no.
        _S.WITH_PERSON: frozenset({_S.AWAITING_STORE, _S.EXECUTING, _S.DONE, _S.CONVERTED_TO_RETURN, _S.REFUSED}),
        # The bank took a refund back, or the store shipped what it had cancelled.
        _S.DONE: frozenset({_S.WITH_PERSON}),
        _S.CONVERTED_TO_RETURN: frozenset(),
    },
    repeats=frozenset(
        {
            (_S.AWAITING_STORE, _S.APPROVED),
            (_S.EXECUTING, _S.APPROVED),
            (_S.EXECUTING, _S.AWAITING_STORE),
            (_S.WITH_PERSON, _S.APPROVED),
            (_S.DONE, _S.APPROVED),
            (_S.DONE, _S.AWAITING_STORE),
            (_S.DONE, _S.EXECUTING),  # the store's echo of our own cancel
            (_S.CONVERTED_TO_RETURN, _S.APPROVED),
            (_S.CONVERTED_TO_RETURN, _S.AWAITING_STORE),
        }
    ),
)

_AFTER_THE_GOODS = frozenset({_S.EXECUTING, _S.DONE, _S.WITH_PERSON})
# A second report of the same parcel, inspection or payment.
_REPEATS_OF_A_RETURN = frozenset(
    {
        (_S.AWAITING_GOODS, _S.APPROVED),
        (_S.INSPECTING, _S.APPROVED),
        (_S.EXECUTING, _S.APPROVED),
        (_S.EXECUTING, _S.INSPECTING),
        (_S.WITH_PERSON, _S.APPROVED),
        (_S.DONE, _S.APPROVED),
        (_S.DONE, _S.INSPECTING),
        (_S.DONE, _S.EXECUTING),
    }
)

RETURN = TransitionTable[CaseState](
    moves={
        **_ASKED,
        **_FINAL,
        # Straight to the money, or to the end, where nothing has to be sent back.
        _S.APPROVED: frozenset({_S.AWAITING_GOODS, *_AFTER_THE_GOODS}),
        _S.AWAITING_GOODS: frozenset({_S.INSPECTING, _S.WITHDRAWN, _S.EXPIRED, *_AFTER_THE_GOODS}),
        _S.INSPECTING: frozenset({_S.AWAITING_GOODS, *_AFTER_THE_GOODS}),  # the rest is in another parcel
        # It was paid before the goods were here, by a person in the end: they are still awaited.
        _S.EXECUTING: frozenset({_S.DONE, _S.WITH_PERSON, _S.AWAITING_GOODS}),
        _S.WITH_PERSON: frozenset({_S.AWAITING_GOODS, _S.INSPECTING, _S.EXECUTING, _S.DONE, _S.REFUSED}),
        _S.DONE: frozenset({_S.WITH_PERSON}),
        _S.EXPIRED: frozenset({_S.AWAITING_GOODS, _S.WITH_PERSON}),  # a person gives more time; it comes all the same
    },
    repeats=_REPEATS_OF_A_RETURN,
)

EXCHANGE = TransitionTable[CaseState](
    moves={
        **RETURN.moves,
        _S.APPROVED: RETURN.moves[_S.APPROVED] | {_S.AWAITING_PAYMENT, _S.ORDERING},
        # Paid, or over: then nothing has happened yet, unless it is paid after all.
        _S.AWAITING_PAYMENT: frozenset({_S.ORDERING, _S.AWAITING_GOODS, _S.WITHDRAWN, _S.EXPIRED, *_AFTER_THE_GOODS}),
        # Ordered, or out of stock after all, which falls back to a refund or credit.
        _S.ORDERING: frozenset({_S.AWAITING_GOODS, _S.INSPECTING, *_AFTER_THE_GOODS}),
        _S.AWAITING_GOODS: RETURN.moves[_S.AWAITING_GOODS] | {_S.ORDERING},
        _S.INSPECTING: RETURN.moves[_S.INSPECTING] | {_S.ORDERING},
        _S.WITH_PERSON: RETURN.moves[_S.WITH_PERSON] | {_S.ORDERING},
        # What was paid on top, be it too late, cannot be given back.
        _S.WITHDRAWN: frozenset({_S.WITH_PERSON}),
        _S.REFUSED: frozenset({_S.WITH_PERSON}),
    },
    repeats=_REPEATS_OF_A_RETURN | {(_S.ORDERING, _S.APPROVED), (_S.ORDERING, _S.AWAITING_PAYMENT)},
)

FAULT = TransitionTable[CaseState](
    moves={
        **RETURN.moves,
        _S.APPROVED: RETURN.moves[_S.APPROVED] | {_S.ORDERING},
        _S.ORDERING: EXCHANGE.moves[_S.ORDERING],
        _S.AWAITING_GOODS: RETURN.moves[_S.AWAITING_GOODS] | {_S.ORDERING},
        _S.INSPECTING: RETURN.moves[_S.INSPECTING] | {_S.ORDERING},
        _S.WITH_PERSON: RETURN.moves[_S.WITH_PERSON] | {_S.ORDERING},
    },
    repeats=_REPEATS_OF_A_RETURN | {(_S.ORDERING, _S.APPROVED)},
)

FIX = TransitionTable[CaseState](
    moves={
        _S.REQUESTED: frozenset({_S.APPROVED}),  # a fact says yes or no (``fixing``): no ask of it waits for a person
        **_FINAL,
        _S.APPROVED: frozenset({_S.AWAITING_STORE, _S.AWAITING_PAYMENT, *_AFTER_THE_GOODS}),
        _S.AWAITING_PAYMENT: frozenset({_S.AWAITING_STORE, _S.WITHDRAWN, _S.EXPIRED, *_AFTER_THE_GOODS}),
        _S.AWAITING_STORE: _AFTER_THE_GOODS,
        _S.EXECUTING: frozenset({_S.DONE, _S.WITH_PERSON}),
        _S.WITH_PERSON: frozenset({_S.AWAITING_STORE, _S.EXECUTING, _S.DONE, _S.REFUSED}),
        _S.DONE: frozenset({_S.WITH_PERSON}),
        # What was paid for it cannot be given back.
        _S.EXPIRED: frozenset({_S.WITH_PERSON}),
        _S.REFUSED: frozenset({_S.WITH_PERSON}),
    },
    repeats=frozenset(
        {
            (_S.AWAITING_STORE, _S.APPROVED),
            (_S.EXECUTING, _S.APPROVED),
            (_S.WITH_PERSON, _S.APPROVED),
            (_S.DONE, _S.APPROVED),
            (_S.DONE, _S.AWAITING_STORE),
            (_S.DONE, _S.EXECUTING),
        }
    ),
)

TABLES: Mapping[CaseKind, TransitionTable[CaseState]] = {
    CaseKind.CANCEL: CANCEL,
    CaseKind.RETURN: RETURN,
    CaseKind.EXCHANGE: EXCHANGE,
    CaseKind.FAULT: FAULT,
    CaseKind.FIX: FIX,
}

# Answered for good, as far as we can see; only a person reopens DONE or EXPIRED.
CLOSED = frozenset({_S.DONE, _S.REFUSED, _S.WITHDRAWN, _S.EXPIRED, _S.CONVERTED_TO_RETURN})

WAITS_ON: Mapping[CaseState, WaitsOn] = {
    _S.REQUESTED: WaitsOn.US,
    _S.APPROVED: WaitsOn.US,
    _S.IN_REVIEW: WaitsOn.STAFF,
    _S.AWAITING_STORE: WaitsOn.STORE,
    _S.AWAITING_PAYMENT: WaitsOn.SHOPPER,
    _S.ORDERING: WaitsOn.STORE,
    _S.AWAITING_GOODS: WaitsOn.SHOPPER,
    _S.INSPECTING: WaitsOn.STAFF,
    _S.EXECUTING: WaitsOn.BANK,
    _S.WITH_PERSON: WaitsOn.STAFF,
}
