"""Transition tables: what a state may become, and which arrivals are mere repetitions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from plugin.core.errors import DomainError

State = TypeVar("State", bound=StrEnum)


class IllegalTransition(DomainError):
    """A step that the table does not know; nothing was changed."""

    status = 409
    code = "illegal_transition"
    sentence = "This is no longer possible in the state that it is in."


@dataclass(frozen=True)
class TransitionTable(Generic[State]):
    """``moves[state]`` are the states that may follow; a state without moves is terminal.

    ``repeats`` names pairs (state, wanted) that are answers to a duplicate and not errors: the wanted step has been
    taken already, or has been overtaken.
    """

    moves: Mapping[State, frozenset[State]]
    repeats: frozenset[tuple[State, State]] = frozenset()

    def is_repeat(self, state: State, wanted: State) -> bool:
        return state == wanted or (state, wanted) in self.repeats

    def check(self, state: State, wanted: State) -> None:
        """Raise ``IllegalTransition`` unless ``wanted`` may follow ``state``."""
        if wanted not in self.moves.get(state, frozenset()):
            raise IllegalTransition(detail=f"{state} cannot become {wanted}.", state=str(state))
