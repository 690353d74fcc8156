"""No world that can be reached breaks a promise, and each has a way to rest. A counterexample is told as a story."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from plugin.cases import states as cases
from plugin.cases.states import CaseState
from plugin.refunds import states as refunds
from plugin.refunds.states import LegState
from tests.model import mutants
from tests.model.mirrored import fingerprints, written
from tests.model.move import Move
from tests.model.promises import CANCELLATION, is_at_rest
from tests.model.search import Found, search, without_end
from tests.model.world import OUTCOMES, World

Mutant = Callable[[World], Iterator[Move[World]]]
SHORT = 9  # steps; ``python -m tests.model --second --code`` goes further


def counterexample(found: Found[World]) -> str:
    world, promise = found.broken[0]
    return f"{promise}\n{found.story(world)}\n{world}"


@pytest.fixture(scope="module")
def every_world() -> Found[World]:
    return search(World(), CANCELLATION)


def test_every_reachable_world_keeps_every_promise_and_comes_to_rest(every_world: Found[World]) -> None:
    found = every_world
    assert not found.broken, counterexample(found)
    lost = without_end(found, is_at_rest)
    assert not lost, found.story(lost[0])
    by_law = {CaseState.WITHDRAWN, CaseState.CONVERTED_TO_RETURN}  # a withdrawal leads there, and stands outside
    assert {world.case for world in found.reached} == set(cases.CANCEL.moves) - by_law - {CaseState.APPROVED}
    assert {world.leg for world in found.reached if world.leg} == set(LegState)
    assert {state for world in found.reached for state in world.paid if state} == set(OUTCOMES)


@pytest.mark.parametrize("start", [World(has_second=True), World(offers_code=True)], ids=["two cards", "with a code"])
def test_every_promise_is_kept_with_two_refunds_of_a_case_and_with_its_code(start: World) -> None:
    found = search(start, CANCELLATION, SHORT)
    assert not found.broken, counterexample(found)


@pytest.mark.parametrize(
    ("mutant", "promise", "start"),
    [
        (mutants.a_new_key_after_a_stored_error, "I8", World()),
        (mutants.the_list_is_not_matched, "I8", World()),
        (mutants.a_step_is_no_compare_and_set, "a case is done and its money is on its way", World()),
        (mutants.money_goes_before_the_store_agrees, "money moved before the store agreed", World()),
        (mutants.nothing_freezes_the_order, "I7", World()),
        (mutants.a_second_agreement_mints_again, "I12", World(offers_code=True)),
        (mutants.a_closed_case_keeps_its_units, "I2", World()),
        (mutants.a_refund_may_be_paid_twice_by_hand, "I8", World()),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_careless_rule_is_found(mutant: Mutant, promise: str, start: World) -> None:
    found = search(start, replace(CANCELLATION, moves=mutant), until_broken=True)
    assert found.broken
    world, broken = found.broken[0]
    assert broken.startswith(promise), counterexample(found)
    assert found.story(world).startswith("1. ")


def test_a_case_that_nobody_looks_at_again_is_found() -> None:
    found = search(World(), replace(CANCELLATION, moves=mutants.the_timer_is_forgotten))
    assert without_end(found, is_at_rest)


def test_the_model_follows_every_function_that_it_mirrors() -> None:
    """Another text is no fault: hold the mirror against it, then ``python -m tests.model --followed``."""
    changed = {name for name, mark in fingerprints().items() if written().get(name) != mark}
    assert not changed, f"{sorted(changed)} changed: does the model follow? Then run: python -m tests.model --followed"


def test_every_state_that_waits_has_a_way_out_that_the_model_takes(every_world: Found[World]) -> None:
    """By itself, or by a person; that the tables have one, too, is ``tests/unit/test_states``."""
    found = every_world
    left_case = {(world.case, after.case) for world, fair in found.fair.items() for after in fair}
    for case in set(cases.CANCEL.moves) - cases.CLOSED - {CaseState.APPROVED}:
        assert any(before is case and after is not case for before, after in left_case), case
    left_leg = {(world.leg, after.leg) for world, fair in found.fair.items() for after in fair}
    for leg in set(LegState) - refunds.SETTLED:
        assert any(before is leg and after is not leg for before, after in left_leg), leg
