"""Every machine, walked: no state without a way out, no wait without somebody who is waited for."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import pytest

from plugin.cases import states as cases
from plugin.codes import states as codes
from plugin.core.transitions import IllegalTransition, TransitionTable
from plugin.exchanges import states as exchanges
from plugin.journeys.staff import GOES_ON
from plugin.parcels import states as parcels
from plugin.policies import states as policies
from plugin.refunds import states as refunds
from plugin.withdrawals import states as withdrawals

# Its name, its states, its table, those in which it is over, and the first one.
MACHINES: list[tuple[str, frozenset[StrEnum], TransitionTable[Any], frozenset[StrEnum], StrEnum]] = [
    *(
        (f"{kind} case", frozenset(table.moves), table, cases.CLOSED & set(table.moves), cases.CaseState.REQUESTED)
        for kind, table in cases.TABLES.items()
    ),
    ("refund leg", frozenset(refunds.LegState), refunds.LEG, refunds.SETTLED, refunds.LegState.RESERVED),
    ("code", frozenset(codes.CodeState), codes.CODE, codes.SETTLED, codes.CodeState.MINTED),
    (
        "policy version", frozenset(policies.VersionState), policies.VERSION,
        frozenset({policies.VersionState.ARCHIVED}), policies.VersionState.DRAFT,
    ),
    (
        "parcel", frozenset(parcels.ParcelState), parcels.PARCEL,
        frozenset({parcels.ParcelState.INSPECTED, parcels.ParcelState.LOST, parcels.ParcelState.CANCELLED}),
        parcels.ParcelState.LABEL,
    ),
    (
        "difference", frozenset(exchanges.DifferenceState), exchanges.DIFFERENCE,
        frozenset(exchanges.DifferenceState) - {exchanges.DifferenceState.AWAITING}, exchanges.DifferenceState.AWAITING,
    ),
    (
        "outbound order", frozenset(exchanges.OutboundState), exchanges.OUTBOUND,
        frozenset({exchanges.OutboundState.ORDERED, exchanges.OutboundState.CANCELLED}),
        exchanges.OutboundState.WAITING,
    ),
    (
        "withdrawal", frozenset(withdrawals.WithdrawalState), withdrawals.WITHDRAWAL,
        frozenset({withdrawals.WithdrawalState.DONE, withdrawals.WithdrawalState.LAPSED,
                   withdrawals.WithdrawalState.INEFFECTIVE}),
        withdrawals.WithdrawalState.DECLARED,
    ),
]  # fmt: skip
each_machine = pytest.mark.parametrize(
    ("states", "table", "ended", "first"), [machine[1:] for machine in MACHINES], ids=[name for name, *_ in MACHINES]
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
    states: frozenset[StrEnum], table: TransitionTable[Any], ended: frozenset[StrEnum], first: StrEnum
) -> None:
    assert set(table.moves) == states
    assert reachable(table, first) == states


@each_machine
def test_every_open_state_reaches_an_end(
    states: frozenset[StrEnum], table: TransitionTable[Any], ended: frozenset[StrEnum], first: StrEnum
) -> None:
    for state in states - ended:
        assert table.moves[state]
        assert reachable(table, state) & ended


@each_machine
def test_a_repetition_is_never_also_a_step(
    states: frozenset[StrEnum], table: TransitionTable[Any], ended: frozenset[StrEnum], first: StrEnum
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


def test_every_state_is_some_kind_of_cases() -> None:
    assert set(cases.TABLES) == set(cases.CaseKind)
    assert frozenset().union(*(table.moves for table in cases.TABLES.values())) == set(cases.CaseState)


def test_a_persons_yes_sets_every_kind_in_motion_that_can_wait_for_one_and_a_fix_never_does() -> None:
    waits = {kind for kind, table in cases.TABLES.items() if cases.CaseState.IN_REVIEW in table.moves}
    assert waits == set(GOES_ON) == set(cases.CaseKind) - {cases.CaseKind.FIX}


@pytest.mark.parametrize("table", cases.TABLES.values(), ids=[str(kind) for kind in cases.TABLES])
def test_a_person_can_end_whatever_a_person_holds(table: TransitionTable[cases.CaseState]) -> None:
    assert table.moves[cases.CaseState.WITH_PERSON] >= {cases.CaseState.DONE, cases.CaseState.REFUSED}


def test_a_person_can_end_every_refund_that_a_person_holds() -> None:
    assert refunds.LEG.moves[refunds.LegState.WITH_PERSON] >= {refunds.LegState.SUCCEEDED, refunds.LegState.FAILED}


@pytest.mark.parametrize("table", cases.TABLES.values(), ids=[str(kind) for kind in cases.TABLES])
def test_what_is_over_can_only_be_reopened_towards_a_person(table: TransitionTable[cases.CaseState]) -> None:
    reopened = {state: moves for state in cases.CLOSED if (moves := table.moves.get(state))}
    more_time = reopened.pop(cases.CaseState.EXPIRED, frozenset())
    assert more_time <= {cases.CaseState.WITH_PERSON, cases.CaseState.AWAITING_GOODS}
    ends = cases.CaseState
    paid_on_top = (
        (cases.EXCHANGE, ends.WITHDRAWN), (cases.EXCHANGE, ends.REFUSED), (cases.FIX, ends.REFUSED),
    )  # fmt: skip
    over = {ends.DONE, *(state for of, state in paid_on_top if of is table)}
    assert reopened == dict.fromkeys(over, frozenset({ends.WITH_PERSON}))


def test_a_refund_that_is_over_can_only_be_reopened_by_the_bank() -> None:
    assert refunds.LEG.moves[refunds.LegState.SUCCEEDED] == {refunds.LegState.FAILED}


def test_a_late_pending_after_the_success_is_a_repetition() -> None:
    assert refunds.LEG.is_repeat(refunds.LegState.SUCCEEDED, refunds.LegState.PENDING)
    assert not refunds.LEG.is_repeat(refunds.LegState.FAILED, refunds.LegState.SUCCEEDED)


def test_money_is_held_by_every_leg_but_the_failed_and_the_released() -> None:
    assert refunds.LegState.UNKNOWN in refunds.HOLDS_MONEY
    assert refunds.HOLDS_MONEY.isdisjoint({refunds.LegState.FAILED, refunds.LegState.RELEASED})
