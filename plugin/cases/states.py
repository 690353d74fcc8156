"""The states of a cancellation, and whom each open one waits for (DESIGN §4)."""

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


class CaseState(StrEnum):
    REQUESTED = "requested"
    APPROVED = "approved"
    IN_REVIEW = "in_review"
    AWAITING_STORE = "awaiting_store"  # asked the store; the refund is held until it answers
    EXECUTING = "executing"  # the store has cancelled; the money is on its way
    WITH_PERSON = "with_person"
    DONE = "done"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    CONVERTED_TO_RETURN = "converted_to_return"


_S = CaseState

CANCEL = TransitionTable[CaseState](
    moves={
        _S.REQUESTED: frozenset({_S.APPROVED, _S.IN_REVIEW, _S.REFUSED, _S.WITHDRAWN}),
        _S.IN_REVIEW: frozenset({_S.APPROVED, _S.REFUSED, _S.WITHDRAWN}),
        _S.APPROVED: frozenset({_S.AWAITING_STORE, _S.WITH_PERSON}),
        _S.AWAITING_STORE: frozenset({_S.EXECUTING, _S.CONVERTED_TO_RETURN, _S.WITH_PERSON}),
        _S.EXECUTING: frozenset({_S.DONE, _S.WITH_PERSON}),
        # A person asks the store again, moves the money, finds it all done, makes it a return, or must say no.
        _S.WITH_PERSON: frozenset({_S.AWAITING_STORE, _S.EXECUTING, _S.DONE, _S.CONVERTED_TO_RETURN, _S.REFUSED}),
        # The bank took a refund back, or the store shipped what it had cancelled.
        _S.DONE: frozenset({_S.WITH_PERSON}),
        _S.REFUSED: frozenset(),
        _S.WITHDRAWN: frozenset(),
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

# Answered for good, as far as we can see; only DONE can be reopened, and only towards a person.
CLOSED = frozenset({_S.DONE, _S.REFUSED, _S.WITHDRAWN, _S.CONVERTED_TO_RETURN})

WAITS_ON: Mapping[CaseState, WaitsOn] = {
    _S.REQUESTED: WaitsOn.US,
    _S.APPROVED: WaitsOn.US,
    _S.IN_REVIEW: WaitsOn.STAFF,
    _S.AWAITING_STORE: WaitsOn.STORE,
    _S.EXECUTING: WaitsOn.BANK,
    _S.WITH_PERSON: WaitsOn.STAFF,
}
