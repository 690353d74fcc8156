"""Money that is owed in another way than it was planned: the payment was captured meanwhile, or more than it should."""

from __future__ import annotations

from plugin.cases.models import Case
from plugin.cases.store import lock_case
from plugin.db import Transaction
from plugin.journeys.promises import promised_dates
from plugin.journeys.tell import tell_staff
from plugin.messages.parts import AlertKind
from plugin.orders.models import Payment
from plugin.orders.service import freeze
from plugin.outbox import service as outbox
from plugin.policies.decision import Amounts
from plugin.policies.facts import Component
from plugin.ports.orders import PaymentState
from plugin.ports.runtime import Ports
from plugin.refunds.models import RefundLeg
from plugin.refunds.plan import NotEnoughToRefund, plan
from plugin.refunds.service import reserve
from plugin.refunds.states import LegState
from plugin.refunds.store import LOWERING, legs_on_payment, payables
from plugin.shops.service import get_shop, settings_of

SETTLE_LEG = "settle_leg"


async def plan_again(tx: Transaction, ports: Ports, case: Case, leg: RefundLeg) -> bool:
    """The payment is in another state than planned (captured meanwhile): the same amount in its new way.

    False when the payment cannot give it any more.
    """
    payment = await Payment.filter(id=leg.payment_id).using_db(tx.connection).get()
    return await _owe(tx, ports, case, leg, payment, leg.amount)


async def give_back_excess(tx: Transaction, ports: Ports, payment: Payment) -> None:
    """The store captured more than partial cancellations left to capture: the difference is owed at once, and once.

    The leg that pays it replaces a ceiling (or a void that came too late); if that leg fails, it is a person's to try
    again. What cannot be paid so freezes the order: somebody must look.
    """
    legs = await legs_on_payment(payment.id)
    lowered = [leg for leg in legs if leg.kind in LOWERING and leg.state == LegState.SUCCEEDED]
    if payment.state != PaymentState.CAPTURED or not lowered:
        return
    ceilings = {leg.id for leg in lowered}
    given = sum(leg.amount for leg in legs if leg.replaces in ceilings)
    excess = payment.captured - (payment.amount - sum(leg.amount for leg in lowered)) - given
    if excess <= 0:
        return
    paid = {leg.replaces for leg in legs}
    unpaid = [leg for leg in lowered if leg.id not in paid]
    is_owed = False
    if unpaid:
        case = await lock_case(tx, unpaid[-1].case_id)
        is_owed = await _owe(tx, ports, case, unpaid[-1], payment, excess)
    if not is_owed:
        fact = f"{payment.id}: captured {payment.captured}, {excess} of it too much"
        if await freeze(tx, payment.order_id, "captured_more_than_agreed", fact):
            await tell_staff(tx, await lock_case(tx, lowered[-1].case_id), AlertKind.AMOUNTS_DISAGREE)


async def _owe(tx: Transaction, ports: Ports, case: Case, replaced: RefundLeg, payment: Payment, amount: int) -> bool:
    owed = Amounts(currency=payment.currency, goods=Component(amount))
    try:
        planned = plan(owed, await payables([payment]), everything=case.whole_order)
    except NotEnoughToRefund:
        return False
    at = ports.clock.now()
    promised = promised_dates(planned, [payment], settings_of(await get_shop(case.shop_id)), at)
    for leg in await reserve(tx, case, planned, promised_for=promised, at=at, replaces=replaced):
        await outbox.add(tx, shop_id=case.shop_id, kind=SETTLE_LEG, ref=leg.id)
    return True
