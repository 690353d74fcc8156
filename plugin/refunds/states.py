"""The states of a refund leg (DESIGN §4). A leg that failed stays so: another try is another leg with its own key."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from plugin.cases.states import WaitsOn
from plugin.core.transitions import TransitionTable


class LegState(StrEnum):
    RESERVED = "reserved"  # counted against the payment, nothing sent
    SUBMITTING = "submitting"  # parameters frozen and committed, the call may be under way
    UNKNOWN = "unknown"  # the call's outcome was not read, and the same key cannot tell any more
    PENDING = "pending"
    REQUIRES_ACTION = "requires_action"  # the custodian waits for the shopper, say for bank details
    WITH_PERSON = "with_person"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    RELEASED = "released"


_S = LegState

LEG = TransitionTable[LegState](
    moves={
        _S.RESERVED: frozenset({_S.SUBMITTING, _S.RELEASED, _S.WITH_PERSON}),
        _S.SUBMITTING: frozenset({_S.SUCCEEDED, _S.PENDING, _S.REQUIRES_ACTION, _S.FAILED, _S.UNKNOWN, _S.WITH_PERSON}),
        _S.UNKNOWN: frozenset({_S.SUCCEEDED, _S.PENDING, _S.REQUIRES_ACTION, _S.FAILED, _S.WITH_PERSON}),
        _S.PENDING: frozenset({_S.SUCCEEDED, _S.REQUIRES_ACTION, _S.FAILED, _S.WITH_PERSON}),
        _S.REQUIRES_ACTION: frozenset({_S.SUCCEEDED, _S.PENDING, _S.FAILED, _S.WITH_PERSON}),
        # A person finds out what happened, or gives up a leg of which nothing was sent.
        _S.WITH_PERSON: frozenset({_S.SUCCEEDED, _S.PENDING, _S.REQUIRES_ACTION, _S.FAILED, _S.RELEASED}),
        _S.SUCCEEDED: frozenset({_S.FAILED}),  # a late reversal by the bank reopens the debt
        _S.FAILED: frozenset(),
        _S.RELEASED: frozenset(),
    },
    repeats=frozenset(
        {
            (_S.PENDING, _S.SUBMITTING),
            (_S.PENDING, _S.UNKNOWN),
            (_S.REQUIRES_ACTION, _S.SUBMITTING),
            (_S.REQUIRES_ACTION, _S.UNKNOWN),
            (_S.SUCCEEDED, _S.SUBMITTING),
            (_S.SUCCEEDED, _S.UNKNOWN),
            (_S.SUCCEEDED, _S.PENDING),
            (_S.SUCCEEDED, _S.REQUIRES_ACTION),
            (_S.SUCCEEDED, _S.WITH_PERSON),
            (_S.FAILED, _S.SUBMITTING),
            (_S.FAILED, _S.UNKNOWN),
            (_S.FAILED, _S.PENDING),
            (_S.FAILED, _S.REQUIRES_ACTION),
            (_S.FAILED, _S.WITH_PERSON),
            (_S.WITH_PERSON, _S.UNKNOWN),
        }
    ),
)

# Nothing more is expected of these, though the bank may still take a success back.
SETTLED = frozenset({_S.SUCCEEDED, _S.FAILED, _S.RELEASED})

# These count against what the payment can give (I7). A leg with a person may have been paid.
HOLDS_MONEY = frozenset(_S) - {_S.FAILED, _S.RELEASED}

WAITS_ON: Mapping[LegState, WaitsOn] = {
    _S.RESERVED: WaitsOn.US,
    _S.SUBMITTING: WaitsOn.US,
    _S.UNKNOWN: WaitsOn.US,
    _S.PENDING: WaitsOn.BANK,
    _S.REQUIRES_ACTION: WaitsOn.SHOPPER,
    _S.WITH_PERSON: WaitsOn.STAFF,
}
