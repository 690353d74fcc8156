"""Store credit that an order had spent comes back: by the leg of a refund, or all at once when the order is over.

A store names what was spent among the order's payments, by the id that the checkout API answered with. Then the plan
gives it back, last of all payments, and this ledger is its custodian: no person is asked to pay it by hand. Credit that
the store shows as a discount is part of no refund; it comes back whole when nothing of the order is left.
"""

from __future__ import annotations

from datetime import datetime

from plugin.cases.left import answered_cases
from plugin.cases.service import amounts_of
from plugin.credit.give_back import give_back, pay_back
from plugin.credit.store import Spending, spendings_of
from plugin.db import Transaction
from plugin.orders.models import Payment
from plugin.orders.payments import payments_named
from plugin.orders.service import StoredOrder, fulfilled_by_line, lock_order
from plugin.refunds.models import RefundLeg
from plugin.refunds.service import move_leg
from plugin.refunds.states import HOLDS_MONEY, LegState
from plugin.refunds.store import legs_of_order


async def paid_to_credit(tx: Transaction, order: StoredOrder, leg: RefundLeg, payment: Payment, at: datetime) -> bool:
    """Bring a reserved leg to its end where our own ledger holds the money of its payment; False where it does not."""
    if not await pay_back(
        tx, leg.shop_id, order.row.external_id, payment_id=payment.external_id, leg_id=leg.id, amount=leg.amount, at=at
    ):
        return False
    await move_leg(tx, leg, LegState.SUBMITTING, at=at)
    return await move_leg(tx, leg, LegState.SUCCEEDED, at=at, why="store_credit")


async def credit_comes_back(tx: Transaction, shop_id: str, order_id: str, at: datetime) -> int:
    """An order is over: what its refunds do not bring back of the credit that it spent returns now, once.

    Of an order that has shipped something, or that was deleted after that, nothing: what comes back of it comes back by
    a return. The order is locked.
    """
    order = await lock_order(tx, order_id)
    spent = await spendings_of(tx, shop_id, order.row.external_id)
    if not spent or any(fulfilled_by_line(order.now).values()):
        return 0
    return await give_back(tx, shop_id, order.row.external_id, at, at_most=await _due(tx, order, spent))


async def _due(tx: Transaction, order: StoredOrder, spent: list[Spending]) -> int | None:
    """What is still due of credit among the order's payments; None where the credit is no payment of it.

    What no case of ours has answered for was cancelled by the store itself. Its other payments give that back first,
    as far as our refunds have left them something.
    """
    payments = await payments_named(tx, order.id)
    names = {each.entry_id for each in spent}
    others = {payment.id: payment.amount for payment in payments if payment.external_id not in names}
    if len(others) == len(payments):
        return None
    answered = sum(amounts_of(case).before_fee for case in await answered_cases(tx, order.id))
    legs = await legs_of_order(tx, order.id)
    paid = sum(leg.amount for leg in legs if leg.payment_id in others and LegState(leg.state) in HOLDS_MONEY)
    by_store: int = order.placement.total - answered
    left: int = by_store - (sum(others.values()) - paid)
    return max(0, left)
