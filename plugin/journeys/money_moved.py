"""What follows when money has moved, or has not: the leg, then its case, then the people who must hear of it.

Stripe's reply, its webhook and a reconciliation all end here. The caller holds the locks of the order and the case.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from plugin.cases.goods import ABOUT_GOODS, NOT_TAKEN, goods_of
from plugin.cases.models import Case
from plugin.cases.service import move, say_why_anew
from plugin.cases.states import CaseKind, CaseState
from plugin.db import Transaction
from plugin.exchanges.states import ABOUT_NEW_GOODS, STUCK
from plugin.exchanges.store import given_back_on_top, is_outbound_open
from plugin.journeys.ask_fix import PAID_BACK, waits_for_the_store
from plugin.journeys.giving import hand_over
from plugin.journeys.limits import refund_failed
from plugin.journeys.resolve import wait_for_goods
from plugin.journeys.store_books import case_is_done, refunded_at_stripe
from plugin.journeys.tell import TELL, tell_case, tell_staff
from plugin.journeys.told import paid_again, was_told
from plugin.messages.parts import AlertKind
from plugin.orders.service import freeze
from plugin.outbox import service as outbox
from plugin.parcels.store import parcels_of_case
from plugin.ports.payments import RefundFact
from plugin.ports.runtime import Ports
from plugin.refunds.models import RefundLeg
from plugin.refunds.service import move_leg, take_fact
from plugin.refunds.states import SETTLED, LegState
from plugin.refunds.store import legs_of_case
from plugin.shops.hours import person_answers_by
from plugin.shops.models import Shop
from plugin.shops.service import settings_of

ABOUT_MORE_THAN_REFUNDS = (AlertKind.SHIPPED_AFTER_CANCEL, AlertKind.SHIPPING_OPEN)
IN_FLIGHT = frozenset({LegState.RESERVED, LegState.SUBMITTING, LegState.UNKNOWN})


async def take_refund_fact(
    tx: Transaction, ports: Ports, shop: Shop, case: Case, leg: RefundLeg, fact: RefundFact
) -> bool:
    """What a custodian says of one of our refunds, whoever brought the word; False when it was known."""
    at = ports.clock.now()
    if fact.currency != leg.currency or not _is_amount_of(leg, fact):
        moved = f"{fact.id} moved {fact.amount} {fact.currency} for {leg.id}"
        if await freeze(tx, leg.order_id, "custodian_reports_another_amount", moved):
            await tell_staff(tx, case, AlertKind.AMOUNTS_DISAGREE)
    if not await take_fact(tx, leg, fact, at=at):
        return False
    if LegState(leg.state) is LegState.FAILED:
        await money_failed(tx, ports, shop, case, "refund_failed")
    elif LegState(leg.state) is LegState.SUCCEEDED:
        await refunded_at_stripe(tx, ports, shop, leg)
    await follow_up(tx, ports, shop, case)
    return True


def _is_amount_of(leg: RefundLeg, fact: RefundFact) -> bool:
    """A custodian with coarser steps moves up to a step less or more: the sum is rounded, not each part (DESIGN §3)."""
    missing: int = leg.amount - fact.amount
    return -fact.step < missing < fact.step


async def follow_up(tx: Transaction, ports: Ports, shop: Shop, case: Case) -> None:
    """After a leg has moved: the case may be done, and the shopper may be told. The order and the case are locked."""
    legs = await legs_of_case(case.id)
    replaced = {leg.replaces for leg in legs if leg.replaces}
    current = [leg for leg in legs if leg.id not in replaced]
    if not any(LegState(leg.state) in IN_FLIGHT for leg in current):
        await outbox.hasten(tx, kind=TELL, ref=f"{case.id}:cancelled")
    if current and all(LegState(leg.state) in SETTLED and leg.state != LegState.FAILED for leg in current):
        if waits_for_money(case):
            await _money_is_settled(tx, ports, shop, case)
        if case.kind != CaseKind.CANCEL or await was_told(case, "cancelled"):
            await tell_case(tx, case, "refunded_again" if await paid_again(case, legs) else "refunded")


def waits_for_money(case: Case) -> bool:
    """A parcel that left after the cancel (I1), shipping not paid, goods that are to be decided on and a correction
    that the store would not make keep their person, whatever the money does."""
    about_more = (*ABOUT_MORE_THAN_REFUNDS, *ABOUT_GOODS, *ABOUT_NEW_GOODS, NOT_TAKEN)
    for_money = CaseState(case.state) is CaseState.WITH_PERSON and case.person_reason not in about_more
    return (for_money and not waits_for_the_store(case)) or CaseState(case.state) is CaseState.EXECUTING


async def _money_is_settled(tx: Transaction, ports: Ports, shop: Shop, case: Case) -> None:
    """The case is done, unless it was paid before its goods are here: then it goes on waiting for them, from now. New
    goods that are still to be ordered keep it with a person, and so does a correction that was paid for in vain: no
    refund brings them about."""
    at = ports.clock.now()
    is_in_vain = case.kind == CaseKind.FIX and await given_back_on_top(case.id)
    if is_in_vain or await is_outbound_open(case.id):
        why = PAID_BACK if is_in_vain else STUCK
        await hand_over(tx, ports, shop, case, why, AlertKind.REVIEW)
        await say_why_anew(tx, case, why, at=at)
        return
    if await parcels_of_case(case.id) and (await goods_of(case.id)).are_open:
        await wait_for_goods(tx, case, at, why="paid_already")
        return
    await move(tx, case, CaseState.DONE, at=at)
    await case_is_done(tx, ports, shop, case)


async def money_failed(tx: Transaction, ports: Ports, shop: Shop, case: Case, why: str) -> None:
    at = ports.clock.now()
    due = person_answers_by(settings_of(shop), at)
    await move(tx, case, CaseState.WITH_PERSON, at=at, due_at=due, why=why)
    await tell_case(tx, case, "refund_problem")
    await tell_staff(tx, case, AlertKind.REFUND_STUCK)
    await refund_failed(tx, ports, shop, at)


async def hand_to_person(
    tx: Transaction, ports: Ports, shop: Shop, case: Case, leg: RefundLeg, why: str, alert: AlertKind
) -> None:
    """This leg needs a person: the shop pays it by hand, or finds out what became of it."""
    at = ports.clock.now()
    await move_leg(tx, leg, LegState.WITH_PERSON, at=at, why=why)
    due = _end_of(leg) if why == "manual_refund" else person_answers_by(settings_of(shop), at)
    await move(tx, case, CaseState.WITH_PERSON, at=at, due_at=due, why=why)
    await tell_staff(tx, case, alert)
    await follow_up(tx, ports, shop, case)


def _end_of(leg: RefundLeg) -> datetime:
    """The end of the promised day, by the clock of the world's last zone to end it."""
    return datetime.combine(leg.promised_for + timedelta(days=1), time(12), UTC)
