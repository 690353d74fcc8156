"""Every machine, walked: no state without a way out, no wait without somebody who is waited for."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import pytest

from plugin.cases import states as cases
from plugin.codes import states as codes
from plugin.core.transitions import IllegalTransition, TransitionTable
from plugin.policies import states as policies
from plugin.refunds import states as refunds

MACHINES: list[tuple[type[StrEnum], TransitionTable[Any], frozenset[StrEnum], StrEnum]] = [
    (cases.CaseState, cases.CANCEL, cases.CLOSED, cases.CaseState.REQUESTED),
    (refunds.LegState, refunds.LEG, refunds.SETTLED, refunds.LegState.RESERVED),
    (codes.CodeState, codes.CODE, codes.SETTLED, codes.CodeState.MINTED),
    (
        policies.VersionState, policies.VERSION, frozenset({policies.VersionState.ARCHIVED}),
        policies.VersionState.DRAFT,
    ),
]  # fmt: skip
each_machine = pytest.mark.parametrize(
    ("states", "table", "ended", "first"), MACHINES, ids=[states.__name__ for states, *_ in MACHINES]
)


def reachable(table: TransitionTable[Any], start: StrEnum) -> set[StrEnum]:
    found, ahead = {start}, [start]
    while ahead:
        for state in table.moves[ahead.pop()] - found:
            found.add(state)
            ahead.append(state)
    return found


@each_machine
def test_every_state_is_in_the_table_and_can_be_reached(
    states: type[StrEnum], table: TransitionTable[Any], ended: frozenset[StrEnum], first: StrEnum
) -> None:
    assert set(table.moves) == set(states)
    assert reachable(table, first) == set(states)


@each_machine
def test_every_open_state_reaches_an_end(
    states: type[StrEnum], table: TransitionTable[Any], ended: frozenset[StrEnum], first: StrEnum
) -> None:
    for state in set(states) - ended:
        assert table.moves[state]
        assert reachable(table, state) & ended


@each_machine
def test_a_repetition_is_never_also_a_step(
    states: type[StrEnum], table: TransitionTable[Any], ended: frozenset[StrEnum], first: StrEnum
) -> None:
    for state, wanted in table.repeats:
        assert wanted not in table.moves[state]
        assert table.is_repeat(state, wanted)
        with pytest.raises(IllegalTransition):
            table.check(state, wanted)


@pytest.mark.parametrize(
    ("states", "ended", "waits_on"),
    [
        (cases.CaseState, cases.CLOSED, cases.WAITS_ON),
        (refunds.LegState, refunds.SETTLED, refunds.WAITS_ON),
    ],
)
def test_every_open_state_names_whom_it_waits_for(
    states: type[StrEnum], ended: frozenset[StrEnum], waits_on: Mapping[StrEnum, cases.WaitsOn]
) -> None:
    assert set(waits_on) == set(states) - ended


def test_a_person_can_end_whatever_a_person_holds() -> None:
    assert cases.CANCEL.moves[cases.CaseState.WITH_PERSON] >= {cases.CaseState.DONE, cases.CaseState.REFUSED}
    assert refunds.LEG.moves[refunds.LegState.WITH_PERSON] >= {refunds.LegState.SUCCEEDED, refunds.LegState.FAILED}


def test_what_is_over_can_only_be_reopened_towards_a_person_or_by_the_bank() -> None:
    assert {state: table for state in cases.CLOSED if (table := cases.CANCEL.moves[state])} == {
        cases.CaseState.DONE: frozenset({cases.CaseState.WITH_PERSON})
    }
    assert refunds.LEG.moves[refunds.LegState.SUCCEEDED] == {refunds.LegState.FAILED}


def test_a_late_pending_after_the_success_is_a_repetition() -> None:
    assert refunds.LEG.is_repeat(refunds.LegState.SUCCEEDED, refunds.LegState.PENDING)
    assert not refunds.LEG.is_repeat(refunds.LegState.FAILED, refunds.LegState.SUCCEEDED)


def test_money_is_held_by_every_leg_but_the_failed_and_the_released() -> None:
    assert refunds.LegState.UNKNOWN in refunds.HOLDS_MONEY
    assert refunds.HOLDS_MONEY.isdisjoint({refunds.LegState.FAILED, refunds.LegState.RELEASED})
