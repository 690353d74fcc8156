"""The money of goods that come back: what is given, how its refunds fare, and what a case does after them.

Stripe's call and its answer are one step here.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from plugin.cases.goods import ABOUT_GOODS, NOT_TAKEN
from plugin.exchanges.states import ABOUT_NEW_GOODS, STUCK
from plugin.policies.decision import Amounts
from plugin.policies.facts import Component
from plugin.ports.orders import Custodian, Instrument, PaymentState
from plugin.refunds.plan import NotEnoughToRefund, Payable, plan
from plugin.refunds.states import LEG, SETTLED, LegState
from tests.model.goods.world import MONEY, C, D, L, Leg, N, P, World, put, replace
from tests.model.move import Move

MOST_TRIES = 1


@cache
def planned(amount: int, refundable: tuple[int, ...]) -> tuple[tuple[int, int], ...] | None:
    """What ``refunds.plan.plan`` takes of which payment; None where they cannot give it."""
    payments = [
        Payable(
            payment_id=str(n), custodian=Custodian.STRIPE, instrument=Instrument.CARD, state=PaymentState.CAPTURED,
            currency="USD", refundable=left,
        )
        for n, left in enumerate(refundable)
    ]  # fmt: skip
    try:
        legs = plan(Amounts(currency="USD", goods=Component(amount)), payments, everything=False)
    except NotEnoughToRefund:
        return None
    return tuple((leg.amount, int(leg.payment_id)) for leg in legs)


def give_money(world: World, amount: int, *, of: int | None = None) -> World:
    """Mirrors ``journeys.giving.give_money``."""
    can_give = world.refundable if of is None else tuple(n if i == of else 0 for i, n in enumerate(world.refundable))
    legs = planned(amount, can_give)
    if legs is None:
        return hand_over(world, "not_enough_to_refund")
    return replace(world, legs=(*world.legs, *(Leg(*leg) for leg in legs)))


def hand_over(world: World, why: str) -> World:
    """Mirrors ``journeys.giving.hand_over`` and ``goods_back.to_a_person``: who has it keeps it for their reason."""
    return world.step(C.WITH_PERSON, why)


def is_outbound_open(world: World) -> bool:
    """Mirrors ``exchanges.store.is_outbound_open``."""
    return world.outbound in (N.WAITING, N.ASKING, N.WITH_PERSON)


def step_leg(world: World, n: int, *wanted: LegState) -> World:
    """Mirrors ``refunds.service.move_leg``, more than one step at once."""
    leg = world.legs[n]
    for state in wanted:
        if LEG.is_repeat(leg.state, state):
            continue
        LEG.check(leg.state, state)
        leg = leg._replace(state=state)
    return replace(world, legs=put(world.legs, n, leg))


def take_fact(world: World, n: int, *wanted: LegState) -> World:
    """Mirrors ``journeys.money_moved.take_refund_fact``."""
    moved = step_leg(world, n, *wanted)
    if moved.legs[n].state is L.FAILED:
        moved = moved.step(C.WITH_PERSON, "refund_failed")
    return follow_up(moved)


def follow_up(world: World) -> World:
    """Mirrors ``journeys.money_moved.follow_up``."""
    if not world.legs or any(leg.state not in SETTLED or leg.state is L.FAILED for leg in world.legs):
        return world
    return _money_is_settled(world) if waits_for_money(world) else world


def waits_for_money(world: World) -> bool:
    """Mirrors ``journeys.money_moved.waits_for_money``."""
    about_more = (*ABOUT_GOODS, *ABOUT_NEW_GOODS, NOT_TAKEN)
    return world.case is C.EXECUTING or (world.case is C.WITH_PERSON and world.why not in about_more)


def _money_is_settled(world: World) -> World:
    """Mirrors ``journeys.money_moved._money_is_settled``."""
    if is_outbound_open(world):
        handed = hand_over(world, STUCK)
        return replace(handed, why=STUCK)
    if world.parcels and world.are_goods_open:
        return wait_for_goods(world, "paid_already")
    return world.step(C.DONE)


def wait_for_goods(world: World, why: str) -> World:
    """Mirrors ``journeys.resolve.wait_for_goods``."""
    waits = world.step(C.AWAITING_GOODS)
    is_here = any(parcel.state is P.RECEIVED for parcel in world.parcels)
    return waits.step(C.INSPECTING, why) if is_here else waits


def of_money(world: World) -> Iterator[Move[World]]:
    """What becomes of each refund, by itself and by a person's hand."""
    for n, leg in enumerate(world.legs):
        if leg.state is L.RESERVED:
            yield Move(f"The refund of {leg.amount} succeeds.", take_fact(world, n, L.SUBMITTING, L.SUCCEEDED))
        if MONEY in world.terms.troubles:
            yield from _of_troubles(world, n, leg, f"refund of {leg.amount}")
    if world.case is C.EXECUTING:
        yield Move("The money is late.", world.step(C.WITH_PERSON, "money_is_late"))


def _of_troubles(world: World, n: int, leg: Leg, name: str) -> Iterator[Move[World]]:
    if leg.state is L.RESERVED:
        yield Move(f"The {name} is on its way.", take_fact(world, n, L.SUBMITTING, L.PENDING))
        yield Move(f"The {name} fails.", take_fact(world, n, L.SUBMITTING, L.FAILED), is_fair=False)
        handed = step_leg(world, n, L.WITH_PERSON).step(C.WITH_PERSON, "manual_refund")
        yield Move(f"The {name} is a person's to pay.", follow_up(handed), is_fair=False)
    elif leg.state is L.PENDING:
        yield Move(f"The {name} has come to its end.", take_fact(world, n, L.SUCCEEDED))
        yield Move(f"The {name} has failed.", take_fact(world, n, L.FAILED), is_fair=False)
    elif leg.state is L.SUCCEEDED and world.tried_again < MOST_TRIES:
        yield Move(f"The bank takes the {name} back.", take_fact(world, n, L.FAILED), is_fair=False)
    elif leg.state is L.WITH_PERSON:
        yield Move(f"A person pays the {name} by hand.", follow_up(step_leg(world, n, L.SUCCEEDED)), is_fair=False)
    elif leg.state is L.FAILED and _may_try_again(world, leg):
        moved = world.step(C.WITH_PERSON) if world.case is C.DONE else world
        is_about_money = moved.case is C.WITH_PERSON and waits_for_money(moved)
        moved = moved.step(C.EXECUTING) if is_about_money else moved
        fresh = replace(moved, legs=put(moved.legs, n, leg._replace(state=L.RESERVED)))
        again = replace(fresh, tried_again=world.tried_again + 1)
        yield Move(f"A person tries the {name} again, with a new key.", again, is_fair=False)


def _may_try_again(world: World, leg: Leg) -> bool:
    """``staff.retry``: while the case owes it, and the payment can give it."""
    on_top = world.on_top if world.difference is D.GIVEN_BACK else 0
    owes = world.case in (C.WITH_PERSON, C.EXECUTING, C.DONE) and world.held + leg.amount <= world.owed + on_top
    return owes and world.tried_again < MOST_TRIES and world.refundable[leg.of] >= leg.amount
