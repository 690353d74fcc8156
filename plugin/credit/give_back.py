"""What an order had spent of store credit comes back: all that is left of it, or what a refund pays to it."""

from __future__ import annotations

from datetime import datetime

from plugin.credit import ledger
from plugin.credit.store import find_spending, spendings_of
from plugin.db import Transaction


async def give_back(
    tx: Transaction, shop_id: str, external_order_id: str, at: datetime, *, at_most: int | None = None
) -> int:
    """An order is over: what it has spent and not got back returns to its credits, once; how much that was.

    ``at_most`` is what is due of it, where a refund pays the rest or a fee was kept. The order is locked, where we
    know it; those that earned its credits are older, and are locked after it.
    """
    given, first = 0, await spendings_of(tx, shop_id, external_order_id)
    if not first:
        return 0
    credits = await ledger.lock_credits(tx, [each.credit_id for each in first])
    for spending in await spendings_of(tx, shop_id, external_order_id):  # as they are under the locks
        due = spending.left if at_most is None else min(spending.left, at_most - given)
        purpose = f"give_back:{spending.credit_id}:{external_order_id}"
        credit = credits[spending.credit_id]
        if due > 0 and await ledger.put_back(tx, credit, due, purpose, external_order_id, at):
            given += due
    return given


async def pay_back(
    tx: Transaction, shop_id: str, external_order_id: str, *, payment_id: str, leg_id: str, amount: int, at: datetime
) -> bool:
    """A refund leg pays to the credit behind a payment of the order, whose id there is ``payment_id``; once a leg.

    False where the payment is none of our ledger's, or has not that much left to get back.
    """
    mine = [each for each in await spendings_of(tx, shop_id, external_order_id) if each.entry_id == payment_id]
    if not mine:
        return False
    credit = (await ledger.lock_credits(tx, [mine[0].credit_id]))[mine[0].credit_id]
    now = await find_spending(tx, credit.id, external_order_id)
    if now is None or amount > now.left:
        return False
    return await ledger.put_back(tx, credit, amount, f"give_back:{leg_id}", external_order_id, at)
