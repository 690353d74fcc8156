"""The states of a declaration of withdrawal. Policy refuses none; only a person says that one has no effect."""

from __future__ import annotations

from enum import StrEnum

from plugin.core.transitions import TransitionTable


class WithdrawalState(StrEnum):
    DECLARED = "declared"  # the first step: nothing is said to anybody until it is confirmed
    CONFIRMED = "confirmed"  # acknowledged; we do not know yet that it is the customer, or which order is meant
    WITH_PERSON = "with_person"
    IN_EFFECT = "in_effect"  # verified: its cases are open, and do the rest
    INEFFECTIVE = "ineffective"
    DONE = "done"
    LAPSED = "lapsed"  # never confirmed: it was no declaration


_S = WithdrawalState

WITHDRAWAL = TransitionTable[WithdrawalState](
    moves={
        _S.DECLARED: frozenset({_S.CONFIRMED, _S.LAPSED}),
        _S.CONFIRMED: frozenset({_S.IN_EFFECT, _S.WITH_PERSON}),
        _S.WITH_PERSON: frozenset({_S.IN_EFFECT, _S.INEFFECTIVE, _S.DONE}),
        _S.IN_EFFECT: frozenset({_S.DONE, _S.WITH_PERSON}),
        _S.INEFFECTIVE: frozenset({_S.WITH_PERSON}),
        _S.DONE: frozenset(),
        _S.LAPSED: frozenset(),
    },
    repeats=frozenset({(_S.IN_EFFECT, _S.CONFIRMED), (_S.DONE, _S.IN_EFFECT), (_S.WITH_PERSON, _S.CONFIRMED)}),
)
