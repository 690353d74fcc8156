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
from plugin.orders.service import StoredOrder
from plugin.outbox import service as outbox
from plugin.policies.decision import Amounts
from plugin.ports.runtime import Ports
from plugin.refunds.plan import NotEnoughToRefund, plan
from plugin.refunds.service import reserve
from plugin.refunds.store import payments_and_payables
from plugin.shops.hours import person_answers_by
from plugin.shops.models import Shop
from plugin.shops.service import settings_of


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
    case, at = due.case, due.ports.clock.now()
    payments, can_give = await payments_and_payables(due.order.id)
    owed = Amounts(currency=case.currency, goods=due.amounts.goods, shipping=due.amounts.shipping,
                   extras=due.amounts.extras, fee=due.amounts.before_fee + due.amounts.kept - case.owed)  # fmt: skip
    try:
        legs = plan(owed, can_give, everything=False)
    except NotEnoughToRefund:
        await to_a_person(tx, due, "not_enough_to_refund")
        return
    promised = within_the_law(case, promised_dates(legs, payments, settings_of(due.shop), at), at)
    for leg in await reserve(tx, case, legs, promised_for=promised, at=at):
        await outbox.add(tx, shop_id=case.shop_id, kind=SETTLE_LEG, ref=leg.id)


async def to_a_person(tx: Transaction, due: Due, why: str) -> None:
    """It cannot be given as it was agreed: somebody must look."""
    at = due.ports.clock.now()
    answers_by = person_answers_by(settings_of(due.shop), at)
    await move(tx, due.case, CaseState.WITH_PERSON, at=at, due_at=answers_by, why=why)
    await tell_staff(tx, due.case, AlertKind.REFUND_STUCK)
