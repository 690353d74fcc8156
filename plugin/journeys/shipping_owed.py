"""Shipping and extras are paid back once, by the case with which nothing of the order is left (DESIGN §3, I6).

What a case was promised was decided while others were open. Which of them the store grants, and in which sequence, is
known when they settle: a case gives its shipping up if something of the order stays or may yet stay, and takes it over
if it turns out to be the last.
"""

from __future__ import annotations

from plugin.audit import service as audit
from plugin.cases.facts import cancelled_by_the_store_itself
from plugin.cases.models import Case
from plugin.cases.service import amounts_of, facts_at_ask
from plugin.cases.store import is_shipping_taken, owe, units_by_case
from plugin.db import Transaction
from plugin.journeys.promises import promised_dates
from plugin.orders.service import StoredOrder, counted, fulfilled_by_line, payments_of
from plugin.policies.decision import Amounts
from plugin.policies.facts import Component
from plugin.ports.orders import OrderState
from plugin.ports.runtime import Ports
from plugin.refunds.plan import LegKind, NotEnoughToRefund, PlannedLeg, plan
from plugin.refunds.service import release, reserve
from plugin.refunds.states import LegState
from plugin.refunds.store import legs_of_case, payables
from plugin.shops.models import Shop
from plugin.shops.service import settings_of


async def settle_shipping(tx: Transaction, ports: Ports, shop: Shop, order: StoredOrder, case: Case) -> None:
    """Make the case owe what is right now that the store has cancelled its units, before any of its legs is sent.

    The order and the case are locked. A sum that a person has set may become less, and never more.
    """
    completes = await _completes(order, case)
    if completes == case.takes_shipping:
        return
    if completes and (case.withheld or await is_shipping_taken(order.id, but_by=case.id)):
        return
    was = case.owed
    case.takes_shipping = completes
    total = max(0, amounts_of(case).total)
    owed = min(was, total) if case.withheld else total
    if owed > was and not await _add(tx, ports, shop, case, owed - was):
        case.takes_shipping = False  # what the payments cannot give is not promised
        return
    if owed < was:
        await _cut(tx, ports, case, was - owed)
    await owe(tx, case, owed, withheld=total - owed)
    await audit.record(
        tx, shop_id=case.shop_id, order_id=case.order_id, kind="shipping_owed" if completes else "shipping_not_owed",
        actor="comeback", at=ports.clock.now(), data={"case": case.id, "owed": owed, "currency": case.currency},
    )  # fmt: skip


async def _completes(order: StoredOrder, case: Case) -> bool:
    """Whether nothing has shipped and every unit is cancelled: by our cases, and by the store itself before the ask."""
    if any(fulfilled_by_line(order.now).values()):
        return False
    if order.now.state is not OrderState.OPEN:
        return True
    at_store = counted(order.now.cancelled)
    before = {line.id: cancelled_by_the_store_itself(line) for line in facts_at_ask(case).lines}
    ours = (await units_by_case(order.id, "settled")).values()
    return all(
        max(at_store.get(line.id, 0), sum(units.get(line.id, 0) for units in ours) + before.get(line.id, 0))
        >= line.quantity
        for line in order.placement.lines
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
