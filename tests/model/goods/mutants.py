"""Rules that a careless hand might have written about goods that come back: the search finds a story of each."""

from __future__ import annotations

from collections.abc import Iterator

from plugin.cases.goods import LOST
from tests.model.goods.back import go_on
from tests.model.goods.money import give_money
from tests.model.goods.moves import moves
from tests.model.goods.world import REJECTED, C, D, L, N, P, World, replace
from tests.model.move import Move


def every_trigger_gives(world: World) -> Iterator[Move[World]]:
    """Nobody asks whether it was given before: an inspection that accepts pays once more."""
    for move in moves(world):
        is_said = world.case is C.INSPECTING and world.is_paid and move.story == "A unit is accepted."
        again = replace(move.after, times_given=move.after.times_given + 1)
        yield move._replace(after=give_money(again, again.owed)) if is_said else move


def rejected_units_are_free_at_once(world: World) -> Iterator[Move[World]]:
    """What is rejected after it was paid for may be asked for again before it is paid back."""
    for move in moves(world):
        units = tuple(
            unit._replace(state="released") if unit.verdict == REJECTED else unit for unit in move.after.units
        )
        yield move._replace(after=replace(move.after, units=units))


def an_expired_return_takes_its_units_back(world: World) -> Iterator[Move[World]]:
    """More time is given without a look at who has the units by now."""
    yield from moves(world)
    if world.case is C.EXPIRED and any(unit.rival for unit in world.units):
        units = tuple(unit._replace(state="open") for unit in world.units)
        yield Move("A person gives more time.", replace(world, units=units).step(C.AWAITING_GOODS))


def what_is_short_is_not_written_down(world: World) -> Iterator[Move[World]]:
    """What was given too much is nobody's to know."""
    for move in moves(world):
        yield move._replace(after=replace(move.after, debits=()))


def the_way_back_from_the_page_counts_as_paid(world: World) -> Iterator[Move[World]]:
    """Whoever comes back from Stripe's page has paid."""
    yield from moves(world)
    if world.case is C.AWAITING_PAYMENT and world.page == "open":
        yield Move("The shopper comes back from the page.", go_on(world.step_difference(D.PAID)))


def what_is_paid_too_late_is_kept(world: World) -> Iterator[Move[World]]:
    """A payment after the end is written down, and nothing follows from it."""
    for move in moves(world):
        is_late = world.case is not C.AWAITING_PAYMENT and move.story == "Somebody reads the page: it is paid."
        yield move._replace(after=replace(world, has_collected=True)) if is_late else move


def what_was_paid_on_top_comes_back_twice(world: World) -> Iterator[Move[World]]:
    """The store says that it is sold out, and the difference is given back as one more worth of the goods."""
    for move in moves(world):
        is_back = world.difference is D.PAID and move.after.difference is D.GIVEN_BACK
        yield move._replace(after=give_money(move.after, world.on_top)) if is_back else move


def new_goods_leave_before_the_difference_is_paid(world: World) -> Iterator[Move[World]]:
    """The store is asked while the shopper is still to pay."""
    yield from moves(world)
    if world.case is C.AWAITING_PAYMENT and world.outbound is N.WAITING:
        yield Move("The new goods are ordered.", replace(world, was_made=1, outbound=N.ORDERED))


def an_exchange_runs_out_with_what_was_paid(world: World) -> Iterator[Move[World]]:
    """The case of goods that were never sent only gets its last state."""
    for move in moves(world):
        ends = world.case is C.AWAITING_GOODS and move.after.case is C.EXPIRED
        kept = replace(move.after, difference=world.difference, outbound=world.outbound, legs=world.legs)
        yield move._replace(after=kept) if ends else move


def a_paid_case_asks_its_parcels_alone(world: World) -> Iterator[Move[World]]:
    """As it was: once its money is settled, a case is done unless a parcel is to come, and a lost one is not."""
    for move in moves(world):
        waits = world.case in (C.WITH_PERSON, C.EXECUTING) and move.after.case is C.AWAITING_GOODS
        settles = any(leg.state is L.SUCCEEDED for leg in move.after.legs) and move.after.legs != world.legs
        is_lost = all(parcel.state is P.LOST for parcel in world.parcels)
        yield move._replace(after=replace(move.after, case=C.DONE)) if waits and settles and is_lost else move


def a_person_with_new_goods_is_forgotten(world: World) -> Iterator[Move[World]]:
    """As it was: goods are settled while a person has the new ones, and the case waits for the store again."""
    for move in moves(world):
        settled = move.after.case is C.WITH_PERSON and world.case is C.INSPECTING and world.outbound is N.WITH_PERSON
        yield move._replace(after=replace(move.after, case=C.ORDERING, why="")) if settled else move


def nobody_looks_for_a_lost_parcel(world: World) -> Iterator[Move[World]]:
    """The date of a case that waits for goods only reminds."""
    for move in moves(world):
        if move.after.why != LOST and move.story not in (
            "Its last day is over.",
            "Nobody has heard of the parcel for weeks.",
        ):
            yield move
