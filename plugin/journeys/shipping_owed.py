"""Shipping and extras are paid back once, by the case with which nothing of the order is left (DESIGN §3, I6).

What a case was promised was decided while others were open. Which of them the store grants, and in which sequence, is
known when they settle: a case gives its shipping up if something of the order stays or may yet stay, and takes it over
if it turns out to be the last.
"""

from __future__ import annotations

from plugin.audit import service as audit
from plugin.cases.models import Case
from plugin.cases.service import amounts_of, move, worth_of_shipping
from plugin.cases.states import CaseState
from plugin.cases.store import is_shipping_taken, owe
from plugin.db import Transaction
from plugin.journeys.promises import promised_dates
from plugin.journeys.tell import tell_staff
from plugin.messages.parts import AlertKind
from plugin.orders.service import StoredOrder, payments_of
from plugin.policies.decision import Amounts
from plugin.policies.facts import Component
from plugin.ports.orders import PaymentState
from plugin.ports.runtime import Ports
from plugin.refunds.plan import LegKind, NotEnoughToRefund, PlannedLeg, plan
from plugin.refunds.service import release, reserve
from plugin.refunds.states import LegState
from plugin.refunds.store import legs_of_case, payables
from plugin.shops.hours import person_answers_by
from plugin.shops.models import Shop
from plugin.shops.service import settings_of


async def settle_shipping(
    tx: Transaction, ports: Ports, shop: Shop, order: StoredOrder, case: Case, *, completes: bool
) -> None:
    """Make the case owe what is right now that the store has cancelled its units, before any of its legs is sent.

    ``completes`` says that nothing of the order is left. The order and the case are locked.

    A sum that a person has set may become less, and never more: whether shipping that is owed on top was meant to be
    withheld too is not ours to guess. A person is told its amount, and has the case until that person closes it; the
    same where the payments cannot give it any more.
    """
    if completes == case.takes_shipping or (completes and await is_shipping_taken(order.id, but_by=case.id)):
        return
    if completes and case.withheld:
        await _ask_a_person(tx, ports, shop, case)
        return
    was = case.owed
    case.takes_shipping = completes
    total = max(0, amounts_of(case).total)
    owed = min(was, total) if case.withheld else total
    if owed > was and not await _add(tx, ports, shop, case, owed - was):
        case.takes_shipping = False  # what the payments cannot give is not promised
        if await _is_collected(order.id):
            await _ask_a_person(tx, ports, shop, case)
        return
    if owed < was:
        await _cut(tx, ports, case, was - owed)
    await owe(tx, case, owed, withheld=total - owed)
    await audit.record(
        tx, shop_id=case.shop_id, order_id=case.order_id, kind="shipping_owed" if completes else "shipping_not_owed",
        actor="comeback", at=ports.clock.now(), data={"case": case.id, "owed": owed, "currency": case.currency},
    )  # fmt: skip


async def _ask_a_person(tx: Transaction, ports: Ports, shop: Shop, case: Case) -> None:
    amount, at, why = worth_of_shipping(case), ports.clock.now(), AlertKind.SHIPPING_OPEN
    if amount <= 0:
        return
    await move(tx, case, CaseState.WITH_PERSON, at=at, due_at=person_answers_by(settings_of(shop), at), why=str(why))
    await audit.record(
        tx, shop_id=case.shop_id, order_id=case.order_id, kind="shipping_open", actor="comeback", at=at,
        data={"case": case.id, "amount": amount, "currency": case.currency},
    )  # fmt: skip
    await tell_staff(tx, case, why)


async def _is_collected(order_id: str) -> bool:
    """Whether the shopper's money was taken, or may be: what a payment never took is owed by nobody."""
    return any(
        payment.state not in (PaymentState.VOIDED, PaymentState.FAILED) for payment in await payments_of(order_id)
    )


async def _add(tx: Transaction, ports: Ports, shop: Shop, case: Case, amount: int) -> bool:
    """Reserve the shipping in a leg of its own; False where the payments cannot give it any more."""
    payments = await payments_of(case.order_id)
    owed = Amounts(currency=case.currency, goods=Component(amount))
    try:
        planned = plan(owed, await payables(payments), everything=case.whole_order)
    except NotEnoughToRefund:
        return False
    at = ports.clock.now()
    await reserve(tx, case, planned, promised_for=promised_dates(planned, payments, settings_of(shop), at), at=at)
    return True


async def _cut(tx: Transaction, ports: Ports, case: Case, amount: int) -> None:
    """Take the shipping off the reserved legs, the last first, as a plan of the smaller sum would have been."""
    at = ports.clock.now()
    for leg in reversed(await legs_of_case(case.id)):
        if leg.state != LegState.RESERVED or amount == 0:
            continue
        cut = min(leg.amount, amount)
        amount -= cut
        await release(tx, [leg], at=at, why="shipping_not_owed")
        if leg.amount > cut:
            kind = LegKind.LOWER_CAPTURE if leg.kind == LegKind.VOID else LegKind(leg.kind)
            rest = PlannedLeg(leg.payment_id, kind, leg.amount - cut)
            await reserve(tx, case, [rest], promised_for=[leg.promised_for], at=at)
