"""What can be given for goods, each form by one function: money back, and beside it what its own journey brings.

A form is called once a case, when its trigger has come, under the locks of the order and the case (``resolve``, whose
table ``FORMS`` names them all).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from plugin.cases.models import Case, CaseUnit
from plugin.cases.service import move
from plugin.cases.states import CaseState
from plugin.db import Transaction
from plugin.journeys.owed_again import SETTLE_LEG
from plugin.journeys.promises import promised_dates, within_the_law
from plugin.journeys.tell import tell_staff
from plugin.messages.parts import AlertKind
from plugin.orders.models import Payment
from plugin.orders.service import StoredOrder
from plugin.outbox import service as outbox
from plugin.policies.decision import Amounts
from plugin.policies.facts import Component
from plugin.ports.runtime import Ports
from plugin.refunds.plan import NotEnoughToRefund, plan
from plugin.refunds.service import reserve
from plugin.refunds.store import payables, payments_and_payables
from plugin.shops.hours import person_answers_by
from plugin.shops.models import Shop
from plugin.shops.service import settings_of

NOT_ENOUGH = "not_enough_to_refund"  # why a person has a case whose payments could not give what is owed


@dataclass(frozen=True)
class Due:
    """What is to be given now: the case's amounts for ``units``, the share of its bonus, and the order it is for."""

    ports: Ports
    shop: Shop
    order: StoredOrder
    case: Case
    units: tuple[CaseUnit, ...]
    amounts: Amounts
    bonus: int


Form = Callable[[Transaction, Due], Awaitable[None]]


async def refund(tx: Transaction, due: Due) -> None:
    """Back to where the money came from, in legs that ``settle`` brings to their end."""
    await give_money(tx, due.ports, due.shop, due.case, due.case.owed)


async def give_money(
    tx: Transaction, ports: Ports, shop: Shop, case: Case, amount: int, *, of: Payment | None = None
) -> bool:
    """Reserve the legs that give so much back, of one payment or of all; False where a person must see to it."""
    at = ports.clock.now()
    if of is None:
        payments, can_give = await payments_and_payables(case.order_id)
    else:
        payments, can_give = [of], await payables([of])
    owed = Amounts(currency=case.currency, goods=Component(amount))
    try:
        legs = plan(owed, can_give, everything=False)
    except NotEnoughToRefund:
        await hand_over(tx, ports, shop, case, NOT_ENOUGH, AlertKind.REFUND_STUCK)
        return False
    promised = within_the_law(case, promised_dates(legs, payments, settings_of(shop), at), at)
    for leg in await reserve(tx, case, legs, promised_for=promised, at=at):
        await outbox.add(tx, shop_id=case.shop_id, kind=SETTLE_LEG, ref=leg.id)
    return True


async def hand_over(tx: Transaction, ports: Ports, shop: Shop, case: Case, why: str, alert: AlertKind) -> None:
    """It cannot be given as it was agreed: somebody must look."""
    at = ports.clock.now()
    due_at = person_answers_by(settings_of(shop), at)
    await move(tx, case, CaseState.WITH_PERSON, at=at, due_at=due_at, why=why)
    await tell_staff(tx, case, alert)
