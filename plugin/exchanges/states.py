"""The states of a quote, of a difference that the shopper pays, and of the order of new goods."""

from __future__ import annotations

from enum import StrEnum

from plugin.core.transitions import TransitionTable

STUCK, NOT_ACCEPTED, NO_PAGE = "outbound_stuck", "goods_not_accepted", "no_payment_page"
SOLD_OUT, UNQUOTED = "sold_out", "nothing_was_quoted"
ABOUT_NEW_GOODS = (STUCK, NOT_ACCEPTED, NO_PAGE, SOLD_OUT, UNQUOTED)
"""Why a person has a case whose new goods, or their payment, are at a stand: no refund that succeeds ends that."""


EXCHANGE, RESHIPMENT = "exchange", "reshipment"  # why there is an order of new goods


class QuoteState(StrEnum):
    OPEN = "open"
    TAKEN = "taken"  # a case was made of it
    ENDED = "ended"


class DifferenceState(StrEnum):
    AWAITING = "awaiting"
    PAID = "paid"
    ENDED = "ended"  # not paid in time, or not needed any more
    GIVEN_BACK = "given_back"  # paid too late, or for goods that there are not: its refund is a leg of the case


_D = DifferenceState

DIFFERENCE = TransitionTable[DifferenceState](
    moves={
        _D.AWAITING: frozenset({_D.PAID, _D.ENDED}),
        _D.ENDED: frozenset({_D.GIVEN_BACK}),  # paid after the quote's end
        _D.PAID: frozenset({_D.GIVEN_BACK}),
        _D.GIVEN_BACK: frozenset(),
    },
    repeats=frozenset({(_D.GIVEN_BACK, _D.PAID)}),
)


class OutboundState(StrEnum):
    WAITING = "waiting"  # for the goods that come back, or for a payment
    ASKING = "asking"  # the request is pinned, the call may be under way
    ORDERED = "ordered"
    OUT_OF_STOCK = "out_of_stock"
    WITH_PERSON = "with_person"
    CANCELLED = "cancelled"


_O = OutboundState

OUTBOUND = TransitionTable[OutboundState](
    moves={
        _O.WAITING: frozenset({_O.ASKING, _O.CANCELLED, _O.WITH_PERSON}),
        _O.ASKING: frozenset({_O.ORDERED, _O.OUT_OF_STOCK, _O.WITH_PERSON}),
        # A person makes the order by hand, finds it made, has it asked for again, or gives it up.
        _O.WITH_PERSON: frozenset({_O.ASKING, _O.ORDERED, _O.CANCELLED}),
        _O.OUT_OF_STOCK: frozenset({_O.ASKING}),
        _O.ORDERED: frozenset(),
        _O.CANCELLED: frozenset(),
    },
    repeats=frozenset({(_O.ORDERED, _O.ASKING)}),
)
