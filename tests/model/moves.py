"""Everything that may happen next in a world, each as a sentence of the story and the world after it.

``is_fair`` marks what happens by itself once everything has healed: answers, events, work and timers, but no faults.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from plugin.refunds.states import LEG, SETTLED
from tests.model.world import (
    BY_HAND,
    MOST_ATTEMPTS,
    SHIPPED,
    C,
    L,
    World,
    follow_up,
    listed,
    prepare,
    reserve,
    store_cancelled,
    store_is_too_late,
    take_answer,
    take_fact,
)


class Move(NamedTuple):
    story: str
    after: World
    is_fair: bool = True


def moves(world: World) -> Iterator[Move]:
    """All that may follow, a move that changes nothing left out."""
    for source in (_decision, _asking, _settling, _stripe, _events, _timer, _store, _person):
        for move in source(world):
            if move.after != world:
                yield move


def _decision(world: World) -> Iterator[Move]:
    if world.case is C.REQUESTED:
        yield Move("The policy approves.", reserve(world))
        yield Move("The policy wants a person to look.", world.step(C.IN_REVIEW))
        yield Move("The policy refuses.", replace(world.step(C.REFUSED), units="released"))


def _asking(world: World) -> Iterator[Move]:
    """``store_answers.ask_store`` and ``take_answer``; asked twice with one key, the store does it once."""
    if "ask" not in world.work:
        return
    if world.case is not C.AWAITING_STORE:
        yield Move("The work of asking finds that nobody waits for the store.", world.done("ask"))
        return
    if world.store == "shipped":
        yield Move("The store says that it is too late.", store_is_too_late(world).done("ask"))
        return
    agreed = replace(world, store="cancelled", has_agreed=True)
    yield Move("The store agrees.", store_cancelled(agreed).done("ask"))
    yield Move("The store agrees, and its answer is lost.", agreed, is_fair=False)
    yield Move("The store cannot cancel.", world.step(C.WITH_PERSON, "store_cannot").done("ask"), is_fair=False)


def _settling(world: World) -> Iterator[Move]:
    if world.call:
        yield Move("Our process dies; the work is delivered again.", replace(world, call=""), is_fair=False)
    elif "settle" in world.work:
        yield Move("A worker takes the refund up.", prepare(world))
    if world.call == "listing":
        yield Move("Stripe lists the payment's refunds.", listed(world))
    if world.call.startswith("answer: "):
        answer = world.call.removeprefix("answer: ")
        yield Move(f"Our worker reads: {answer}.", take_answer(world, answer))


def _stripe(world: World) -> Iterator[Move]:
    """Stripe gets our call. A key that it knows is answered as before; the answer may be lost."""
    if world.call != "sending":
        return
    yield Move("The call never arrives.", replace(world, call="answer: unknown"), is_fair=False)
    known = world.paid[-1]
    if world.stored_error:
        yield Move("Stripe repeats its stored error.", replace(world, call="answer: stored error"))
    elif known:
        yield Move("Stripe repeats its answer.", replace(world, call=f"answer: {known}"))
    elif world.elsewhere:
        yield Move("Stripe refuses: all is refunded.", replace(world, call="answer: rejected"))
    else:
        for outcome in ("succeeded", "pending", "failed"):
            done = replace(world, paid=(*world.paid[:-1], outcome))
            yield Move(f"Stripe makes the refund: {outcome}.", replace(done, call=f"answer: {outcome}"))
            lost = replace(done, call="answer: unknown")
            yield Move(f"Stripe makes the refund ({outcome}), and the answer is lost.", lost, is_fair=False)
        no_funds = replace(world, call="answer: rejected")
        yield Move("Stripe refuses: the balance does not suffice.", no_funds, is_fair=False)
        broken = replace(world, stored_error=True, call="answer: stored error")
        yield Move("Stripe answers 500 and stores it; nothing was done.", broken, is_fair=False)
        paid = replace(broken, paid=(*world.paid[:-1], "succeeded"))
        yield Move("Stripe answers 500 and stores it; the refund was made.", paid, is_fair=False)


def _events(world: World) -> Iterator[Move]:
    """Webhooks, early, late or again: what they say is read anew, so one move stands for any number of them."""
    if world.paid[-1] and world.leg is not None:
        yield Move("A webhook of Stripe's is read.", take_fact(world, world.paid[-1]))
    if world.elsewhere == "unread":
        yield Move("The refund from elsewhere is read; the order is frozen.", replace(world, elsewhere="read"))
    if world.store == "cancelled" and (
        world.case is C.AWAITING_STORE or (world.case is C.WITH_PERSON and world.why in BY_HAND)
    ):
        yield Move("The store's webhook says that it is cancelled.", store_cancelled(world))
    if world.store == "shipped" and world.case is C.AWAITING_STORE:
        yield Move("The store's webhook says that it has left.", store_is_too_late(world))
    if world.store == "shipped all the same" and world.units == "settled":
        told = replace(world, store="shipped, and we know")
        if world.case in (C.EXECUTING, C.DONE, C.WITH_PERSON):
            told = replace(told.step(C.WITH_PERSON, SHIPPED), why=SHIPPED)
        yield Move("The webhook of the parcel is read.", told)


def _timer(world: World) -> Iterator[Move]:
    """``overdue.case_due``: an open case is looked at in the end, whatever else happens."""
    if world.case is C.AWAITING_STORE:
        yield Move("The store has had its time.", world.step(C.WITH_PERSON, "store_silent"))
    if world.case is C.EXECUTING:
        yield Move("The money is late.", world.step(C.WITH_PERSON, "money_is_late"))
    if world.leg in (L.SUBMITTING, L.UNKNOWN) and not world.key_is_old:
        yield Move("A day passes.", replace(world, key_is_old=True), is_fair=False)
    if world.paid[-1] == "pending":
        for outcome in ("succeeded", "failed"):
            yield Move(f"The bank decides: {outcome}.", replace(world, paid=(*world.paid[:-1], outcome)))
    if world.paid[-1] == "succeeded":
        taken = replace(world, paid=(*world.paid[:-1], "failed"))
        yield Move("The bank takes the refund back.", taken, is_fair=False)


def _store(world: World) -> Iterator[Move]:
    if world.store == "open":
        yield Move("The store ships.", replace(world, store="shipped"), is_fair=False)
        cancelled = replace(world, store="cancelled", has_agreed=True)
        yield Move("The store cancels by itself.", cancelled, is_fair=False)
    if world.store == "cancelled":
        yield Move("The store ships all the same.", replace(world, store="shipped all the same"), is_fair=False)
    if not world.elsewhere and world.given_back == 0:
        elsewhere = replace(world, elsewhere="unread")
        yield Move("Somebody refunds in Stripe's dashboard, or a dispute opens.", elsewhere, is_fair=False)


def _person(world: World) -> Iterator[Move]:
    """``journeys.staff``, each step under the guard that the function has."""
    held = world.is_held
    if world.case is C.IN_REVIEW and not world.elsewhere:
        yield Move("A person approves.", reserve(world))
    sent = world.leg not in (None, L.RELEASED, L.FAILED) and (
        world.leg is not L.RESERVED and not (world.leg is L.WITH_PERSON and not world.was_sent)
    )
    if world.case in (C.IN_REVIEW, C.WITH_PERSON) and not sent:
        leg = L.RELEASED if held else world.leg
        yield Move("A person refuses.", replace(world.step(C.REFUSED), units="released", leg=leg))
    if world.case is C.WITH_PERSON:
        if world.leg in SETTLED:
            closed = replace(world.step(C.DONE), units="released" if world.units == "open" else world.units)
            yield Move("A person closes the case.", closed)
        can_pay = held or (not world.elsewhere and len(world.paid) < MOST_ATTEMPTS)
        if can_pay:
            fresh = world if held else _new_leg(world)
            by_hand = replace(fresh, has_agreed=True)
            yield Move("A person cancelled in the store by hand.", store_cancelled(by_hand))
            yield Move("A person asks the store again.", fresh.step(C.AWAITING_STORE).add("ask"))
    if world.leg is L.WITH_PERSON:
        LEG.check(world.leg, L.SUCCEEDED)
        yield Move("A person paid by hand.", follow_up(replace(world, leg=L.SUCCEEDED, paid_by_hand=True)))
    owes = world.leg is L.FAILED and world.case in (C.WITH_PERSON, C.EXECUTING, C.DONE)
    if owes and len(world.paid) < MOST_ATTEMPTS and not world.elsewhere:
        moved = world.step(C.WITH_PERSON) if world.case is C.DONE else world
        moved = moved.step(C.EXECUTING) if moved.case is C.WITH_PERSON else moved
        yield Move("A person tries the refund again, with a new key.", _new_leg(moved).add("settle"))


def _new_leg(world: World) -> World:
    """Mirrors ``refunds.service.reserve`` for a debt that no leg holds any more: a new row and a new key.

    A worker that is still about the old leg finds it failed, and ends.
    """
    earlier = tuple("" if state == "failed" else state for state in world.paid)
    return replace(
        world, leg=L.RESERVED, paid=(*earlier, ""), stored_error=False, key_is_old=False, absent_once=False,
        was_sent=False, call="", work=world.work - {"settle"},
    )  # fmt: skip
