"""Everything that may happen next in a world, each as a sentence of the story and the world after it.

``is_fair`` marks what happens by itself once everything has healed: answers, events, work and timers, but no faults.
What people do is in ``people``, what becomes of the second leg in ``second``.
"""

from __future__ import annotations

from collections.abc import Iterator

from tests.model.move import Move
from tests.model.people import of_people, of_shoppers
from tests.model.second import of_second
from tests.model.world import (
    BY_HAND,
    LIVE,
    OUTCOMES,
    SHIPPED,
    C,
    L,
    World,
    listed,
    payment_is_read,
    prepare,
    replace,
    reserve,
    store_cancelled,
    store_is_too_late,
    take_answer,
    take_fact,
)


def moves(world: World) -> Iterator[Move[World]]:
    """All that may follow."""
    for source in (
        _decision, _asking, _settling, _stripe, _events, _timer, _bank, _store, _elsewhere, of_second, of_people,
        of_shoppers,
    ):  # fmt: skip
        yield from source(world)


def _decision(world: World) -> Iterator[Move[World]]:
    if world.case is C.REQUESTED:
        if not world.gone_elsewhere:  # or ``decide`` makes a review of it
            yield Move("The policy approves.", reserve(world))
        yield Move("The policy wants a person to look.", world.step(C.IN_REVIEW))
        yield Move("The policy refuses.", replace(world.step(C.REFUSED), units="released"))


def _asking(world: World) -> Iterator[Move[World]]:
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


def _settling(world: World) -> Iterator[Move[World]]:
    if world.call:
        yield Move("Our process dies; the work is delivered again.", replace(world, call=""), is_fair=False)
    elif "settle" in world.work:
        yield Move("A worker takes the refund up.", prepare(world))
    if world.call == "listing":
        yield Move("Stripe lists the payment's refunds.", listed(world))
    if world.call.startswith("answer: "):
        answer = world.call.removeprefix("answer: ")
        yield Move(f"Our worker reads: {answer}.", take_answer(world, answer))


def _stripe(world: World) -> Iterator[Move[World]]:
    """Stripe gets our call. A key that it knows is answered as before; the answer may be lost."""
    if world.call != "sending":
        return
    yield Move("The call never arrives.", replace(world, call="answer: unknown"), is_fair=False)
    known = world.paid[-1]
    if world.stored_error:
        yield Move("Stripe repeats its stored error.", replace(world, call="answer: stored error"))
    elif known:
        yield Move("Stripe repeats its answer.", replace(world, call=f"answer: {known}"))
    elif world.elsewhere in ("refund", "dispute"):
        yield Move("Stripe refuses: there is nothing left to give.", replace(world, call="answer: rejected"))
    else:
        for outcome in OUTCOMES:
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


def _events(world: World) -> Iterator[Move[World]]:
    """Webhooks, early, late or again: what they say is read anew, so one move stands for any number of them."""
    if world.paid[-1] and world.leg is not None:
        yield Move("A webhook of Stripe's is read.", take_fact(world, world.paid[-1]))
    if world.elsewhere and not world.is_read:
        yield Move(f"What happened elsewhere ({world.elsewhere}) is read.", payment_is_read(world))
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


def _timer(world: World) -> Iterator[Move[World]]:
    """``overdue.case_due``: an open case is looked at in the end, whatever else happens."""
    if world.case is C.AWAITING_STORE:
        yield Move("The store has had its time.", world.step(C.WITH_PERSON, "store_silent"))
    if world.case is C.EXECUTING:
        yield Move("The money is late.", world.step(C.WITH_PERSON, "money_is_late"))
    if world.leg in (L.SUBMITTING, L.UNKNOWN) and not world.key_is_old:
        yield Move("A day passes.", replace(world, key_is_old=True), is_fair=False)


def _bank(world: World) -> Iterator[Move[World]]:
    now = world.paid[-1]
    if now in ("pending", "requires_action"):
        for outcome in ("succeeded", "failed"):
            yield Move(f"The refund comes to its end: {outcome}.", replace(world, paid=(*world.paid[:-1], outcome)))
    if now == "pending":
        waits = replace(world, paid=(*world.paid[:-1], "requires_action"))
        yield Move("Stripe asks the shopper where the money should go.", waits, is_fair=False)
    if now == "succeeded":
        taken = replace(world, paid=(*world.paid[:-1], "failed"))
        yield Move("The bank takes the refund back.", taken, is_fair=False)


def _store(world: World) -> Iterator[Move[World]]:
    if world.store == "open":
        yield Move("The store ships.", replace(world, store="shipped"), is_fair=False)
        cancelled = replace(world, store="cancelled", has_agreed=True)
        yield Move("The store cancels by itself.", cancelled, is_fair=False)
    if world.store == "cancelled":
        yield Move("The store ships all the same.", replace(world, store="shipped all the same"), is_fair=False)


def _elsewhere(world: World) -> Iterator[Move[World]]:
    """Stripe refuses a refund of what is refunded, but a bank may dispute what was given back already."""
    if not world.elsewhere:
        if not any(state in LIVE for state in world.paid):
            refunded = replace(world, elsewhere="refund", is_read=False)
            yield Move("Somebody refunds in Stripe's dashboard.", refunded, is_fair=False)
        disputed = replace(world, elsewhere="dispute", is_read=False)
        yield Move("The shopper's bank disputes the payment.", disputed, is_fair=False)
    if world.elsewhere == "dispute":
        yield Move("The dispute is won.", replace(world, elsewhere="won", is_read=False), is_fair=False)
