"""Rules that a careless hand might have written: each makes the search find a story, or the search is worth nothing."""

from __future__ import annotations

from collections.abc import Iterator

from tests.model.move import Move
from tests.model.moves import moves
from tests.model.world import C, L, World, replace, store_cancelled


def a_new_key_after_a_stored_error(world: World) -> Iterator[Move[World]]:
    """Stripe's 500 is taken for a no, and the refund is sent again under another key."""
    yield from moves(world)
    if world.call == "answer: stored error" and len(world.paid) < 2:
        again = replace(world, paid=(*world.paid, ""), stored_error=False, call="sending")
        yield Move("Our worker sends the refund under a new key.", again)


def the_list_is_not_matched(world: World) -> Iterator[Move[World]]:
    """Refunds at Stripe are listed, and ours is not known by its metadata."""
    for move in moves(world):
        if world.call == "listing" and world.paid[-1] and world.leg is L.UNKNOWN:
            yield Move("Our worker finds no refund of its own.", replace(world.step_leg(L.FAILED), call=""))
        else:
            yield move


def a_step_is_no_compare_and_set(world: World) -> Iterator[Move[World]]:
    """A late report writes its state over whatever is there."""
    yield from moves(world)
    if world.leg is L.SUCCEEDED and world.paid[-1]:
        yield Move("An old webhook says: pending.", replace(world, leg=L.PENDING))


def money_goes_before_the_store_agrees(world: World) -> Iterator[Move[World]]:
    """The refund is sent as soon as it is reserved."""
    yield from moves(world)
    if world.leg is L.RESERVED and not world.call:
        yield Move("A worker sends the refund at once.", replace(world.step_leg(L.SUBMITTING), call="sending"))


def nothing_freezes_the_order(world: World) -> Iterator[Move[World]]:
    """What happened elsewhere is written down, and nobody asks whether it still fits."""
    yield from (move._replace(after=replace(move.after, is_frozen=False)) for move in moves(world))


def a_second_agreement_mints_again(world: World) -> Iterator[Move[World]]:
    """Whoever brings a case to the store's agreement gives a code."""
    for move in moves(world):
        came_back = world.case is C.WITH_PERSON and move.after.case is C.EXECUTING and world.minted
        yield move._replace(after=replace(move.after, minted=world.minted + 1)) if came_back else move


def the_timer_is_forgotten(world: World) -> Iterator[Move[World]]:
    """Nobody looks at a case whose date has come, and the work of asking is done once whatever comes of it."""
    for move in moves(world):
        if move.story in ("The store has had its time.", "The money is late."):
            continue
        lost = move.story == "The store agrees, and its answer is lost."
        yield move._replace(after=move.after.done("ask")) if lost else move


def a_closed_case_keeps_its_units(world: World) -> Iterator[Move[World]]:
    """Closing a case only writes its state."""
    for move in moves(world):
        closes = move.story == "A person closes the case."
        yield move._replace(after=replace(move.after, units=world.units)) if closes else move


def a_refund_may_be_paid_twice_by_hand(world: World) -> Iterator[Move[World]]:
    """A person may say that any refund on its way was paid by hand."""
    yield from moves(world)
    if world.leg is L.PENDING:
        yield Move("A person pays by hand what is on its way.", replace(store_cancelled(world), paid_by_hand=True))
