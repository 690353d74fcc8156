"""What people do: the shop's staff, each step under the guard that its function has, and who has got a code."""

from __future__ import annotations

from collections.abc import Iterator

from plugin.refunds.states import SETTLED
from tests.model.move import Move
from tests.model.world import (
    MOST_ATTEMPTS,
    SHIPPED,
    C,
    K,
    L,
    World,
    can_be_planned,
    follow_up,
    release,
    replace,
    reserve,
    store_cancelled,
)


def of_people(world: World) -> Iterator[Move[World]]:
    """Mirrors ``journeys.staff``."""
    if world.case is C.IN_REVIEW and can_be_planned(world.refundable):
        yield Move("A person approves.", reserve(replace(world, is_frozen=False)))
    is_owed = world.units == "settled" and world.store != "shipped, and we know"
    if world.case in (C.IN_REVIEW, C.WITH_PERSON) and not _has_moved(world) and not is_owed:
        yield Move("A person refuses.", replace(release(world).step(C.REFUSED), units="released"))
    if world.case is C.WITH_PERSON:
        if all(leg in SETTLED for leg in world.legs):
            closed = replace(world.step(C.DONE), units="released" if world.units == "open" else world.units)
            yield Move("A person closes the case.", closed)
        if world.units == "open":
            yield from _at_the_store(world)
    if world.leg is L.WITH_PERSON:
        paid = replace(world.step_leg(L.SUCCEEDED), paid_by_hand=True)
        yield Move("A person paid by hand.", follow_up(paid))
    may_pay = world.case in (C.WITH_PERSON, C.EXECUTING, C.DONE) and world.why != SHIPPED
    if world.leg is L.FAILED and may_pay and _can_try_again(world):
        moved = world.step(C.WITH_PERSON) if world.case is C.DONE else world
        moved = moved.step(C.EXECUTING) if moved.case is C.WITH_PERSON else moved
        yield Move("A person tries the refund again, with a new key.", _new_leg(moved).add("settle"))
    if world.is_frozen and world.refundable >= 0:
        yield Move("A person has looked, and lets the money flow.", replace(world, is_frozen=False))


def _has_moved(world: World) -> bool:
    """``staff.refuse``: whether a call may have moved money of this case, or somebody has paid."""
    first = world.leg not in (None, L.RELEASED, L.FAILED) and (world.was_sent or world.leg is L.SUCCEEDED)
    second = world.second not in (None, L.RELEASED, L.FAILED) and (world.second_was_sent or world.second is L.SUCCEEDED)
    return first or second


def _can_try_again(world: World) -> bool:
    return len(world.paid) < MOST_ATTEMPTS and can_be_planned(world.refundable)


def _at_the_store(world: World) -> Iterator[Move[World]]:
    """``staff.confirmed_by_hand`` and ``staff.ask_again``: what is owed and not held is reserved anew."""
    fresh = world
    if world.leg in (None, L.RELEASED, L.FAILED):
        if not _can_try_again(world):
            return
        fresh = _new_leg(world)
    if world.has_second and fresh.second in (None, L.RELEASED):
        fresh = replace(fresh, second=L.RESERVED, second_was_sent=False)
    by_hand = replace(fresh, has_agreed=True)
    yield Move("A person cancelled in the store by hand.", store_cancelled(by_hand))
    yield Move("A person asks the store again.", fresh.step(C.AWAITING_STORE).add("ask"))


def _new_leg(world: World) -> World:
    """Mirrors ``refunds.service.reserve`` for a debt that no leg holds any more: a new row and a new key.

    A worker that is still about the old leg finds it failed, and ends.
    """
    earlier = tuple("" if state == "failed" else state for state in world.paid)
    return replace(
        world, leg=L.RESERVED, paid=(*earlier, ""), stored_error=False, key_is_old=False, absent_once=False,
        was_sent=False, paid_by_hand=False, call="", work=world.work - {"settle"},
    )  # fmt: skip


def of_shoppers(world: World) -> Iterator[Move[World]]:
    """A code is used, once; given back when the order that it bought is cancelled, once; or it ends."""
    if world.code is K.MINTED:
        held = replace(world.step_code(K.RESERVED))
        yield Move("A cart reserves the code.", held, is_fair=False)
        yield Move("The code ends.", world.step_code(K.EXPIRED), is_fair=False)
        yield Move("The shop takes the code back.", world.step_code(K.REVOKED), is_fair=False)
    if world.code is K.RESERVED:
        yield Move("The cart lets the code go.", world.step_code(K.MINTED), is_fair=False)
    if world.code in (K.MINTED, K.RESERVED, K.EXPIRED, K.REVOKED):
        # A store redeems after the shopper has paid: also of a code that has ended since.
        used = replace(world.step_code(K.REDEEMED), redeemed=world.redeemed + 1)
        yield Move("An order is bought with the code.", used, is_fair=False)
    if world.code is K.REDEEMED and not world.given_back:
        free = replace(world.step_code(K.MINTED), given_back=world.given_back + 1)
        yield Move("That order is cancelled: its code is given back.", free, is_fair=False)
