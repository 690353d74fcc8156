"""Goods that come back, for money or for other goods: no world breaks a promise, none is without an end, and every
careless rule is found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from plugin.cases.states import CLOSED, TABLES, CaseKind, CaseState
from plugin.exchanges.states import DifferenceState, OutboundState
from plugin.parcels.states import ParcelState
from plugin.refunds.debits import DebitReason, DebitState
from tests.model.goods import mutants
from tests.model.goods.agreed import EXCHANGES, RETURNS
from tests.model.goods.promises import GOODS, is_at_rest, is_ended
from tests.model.goods.world import PARCELS, T, Terms, World, start
from tests.model.move import Move
from tests.model.search import Found, search, without_end

Mutant = Callable[[World], Iterator[Move[World]]]
LOST = frozenset({PARCELS})
ASKED_AND_OVER = {CaseState.REQUESTED, CaseState.APPROVED}  # passed through in one transaction, as is a review's yes


@pytest.fixture(scope="module")
def found() -> dict[str, Found[World]]:
    """Every world that can be reached, to its ends, by what was agreed on."""
    return {name: search(start(terms), GOODS) for name, terms in {**RETURNS, **EXCHANGES}.items()}


@pytest.mark.parametrize("agreed", [*RETURNS, *EXCHANGES])
def test_every_reachable_world_keeps_every_promise(found: dict[str, Found[World]], agreed: str) -> None:
    worlds = found[agreed]
    assert not worlds.broken, _counterexample(worlds)


@pytest.mark.parametrize("agreed", [*RETURNS, *EXCHANGES])
def test_every_world_comes_to_rest_by_itself_and_can_come_to_an_end(
    found: dict[str, Found[World]], agreed: str
) -> None:
    worlds = found[agreed]
    forgotten = without_end(worlds, is_at_rest)
    assert not forgotten, worlds.story(forgotten[0])
    stuck = without_end(worlds, lambda world: world.case is None or is_ended(world), worlds.following)
    assert not stuck, worlds.story(stuck[0])


def test_every_state_is_reached(found: dict[str, Found[World]]) -> None:
    """Or a promise that holds in all of them says little."""
    reached = [world for worlds in found.values() for world in worlds.reached]
    for kind in (CaseKind.RETURN, CaseKind.EXCHANGE):
        states = {world.case for world in reached if world.terms.kind is kind} - {None}
        assert states == set(TABLES[kind].moves) - ASKED_AND_OVER, kind
    assert {world.outbound for world in reached} == {None, *OutboundState}
    assert {world.difference for world in reached} == {None, *DifferenceState}
    assert {parcel.state for world in reached for parcel in world.parcels} == set(ParcelState)
    debits = {(debit.reason, debit.state) for world in reached for debit in world.debits}
    assert debits == {(reason, state) for reason in DebitReason for state in DebitState}
    assert {world.case for world in reached if is_ended(world)} == CLOSED - {CaseState.CONVERTED_TO_RETURN}


@pytest.mark.parametrize(
    ("mutant", "promise", "terms"),
    [
        (mutants.every_trigger_gives, "I5: what was agreed is given twice", Terms(T.APPROVAL)),
        (mutants.rejected_units_are_free_at_once, "I5: a unit is paid for", Terms(T.APPROVAL)),
        (mutants.an_expired_return_takes_its_units_back, "I2: two asks own a unit", Terms()),
        (mutants.what_is_short_is_not_written_down, "I16", Terms(T.APPROVAL, price=2)),
        (mutants.the_way_back_from_the_page_counts_as_paid, "somebody is charged", Terms(price=3)),
        (mutants.what_is_paid_too_late_is_kept, "what was paid on top is neither used", Terms(price=3)),
        (mutants.what_was_paid_on_top_comes_back_twice, "I5: money moved before its trigger", Terms(price=3)),
        (mutants.new_goods_leave_before_the_difference_is_paid, "I16", Terms(price=3)),
        (mutants.an_exchange_runs_out_with_what_was_paid, "what was paid on top is neither used", Terms(price=3)),
        (mutants.a_paid_case_asks_its_parcels_alone, "I2: an ended case owns units that wait", Terms(T.APPROVAL)),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_careless_rule_about_goods_is_found(mutant: Mutant, promise: str, terms: Terms) -> None:
    worlds = search(start(terms), replace(GOODS, moves=mutant), until_broken=True)
    assert worlds.broken
    world, broken = worlds.broken[0]
    assert broken.startswith(promise), _counterexample(worlds)
    assert worlds.story(world).startswith("1. ")


@pytest.mark.parametrize(
    ("mutant", "terms"),
    [
        (mutants.a_person_with_new_goods_is_forgotten, Terms(T.APPROVAL, price=2, troubles=LOST)),
        (mutants.nobody_looks_for_a_lost_parcel, Terms(troubles=LOST)),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_goods_that_nobody_looks_at_again_are_found(mutant: Mutant, terms: Terms) -> None:
    assert without_end(search(start(terms), replace(GOODS, moves=mutant)), is_at_rest)


def _counterexample(worlds: Found[World]) -> str:
    world, promise = worlds.broken[0]
    return f"{promise}\n{worlds.story(world)}\n{world}"
