"""Who declared a withdrawal is forgotten once it has ended: with the order of its customer, by the address that
declared it, or when its time is over.

That it was declared, when, and what became of it stays: the shop may have to show it (GDPR Art. 17(3)(b) and (e)).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from plugin.audit import service as audit
from plugin.db import Transaction, transaction
from plugin.messages.outbox import forget_mails_of, is_mail_of_under_way
from plugin.outbox import service as outbox
from plugin.outbox.service import Claim, Later
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop
from plugin.shops.service import get_shop
from plugin.withdrawals.models import Withdrawal
from plugin.withdrawals.store import (
    ended_before,
    forget_words,
    get_withdrawal,
    lock_withdrawal,
    withdrawals_of_contact,
    withdrawals_of_no_order,
    withdrawals_of_order,
)

FORGET_DECLARED = "forget_declared"
LOOK_AGAIN = timedelta(days=1)


async def forget_declared_by(ports: Ports, shop: Shop, email: str) -> None:
    """Forget what this address has declared about no order of theirs; what is still open as soon as it has ended."""
    await _forget_all(ports, shop, await withdrawals_of_contact(shop.id, email))


async def forget_all_declared(ports: Ports, shop: Shop) -> None:
    """The same for everybody: the shop has left its store."""
    await _forget_all(ports, shop, await withdrawals_of_no_order(shop.id))


async def _forget_all(ports: Ports, shop: Shop, found: Sequence[Withdrawal]) -> None:
    for each in found:
        async with transaction(ports.doorbell) as tx:
            withdrawal = await lock_withdrawal(tx, each.id)
            if await _is_needed(tx, withdrawal):
                if not await outbox.is_open(tx, kind=FORGET_DECLARED, ref=each.id):
                    await outbox.add(tx, shop_id=shop.id, kind=FORGET_DECLARED, ref=each.id, delay=LOOK_AGAIN)
            else:
                await _forget(tx, ports, withdrawal)


async def forget_declared(ports: Ports, claim: Claim) -> None:
    """Work: a declaration was open when its person asked to be erased."""
    shop = await get_shop(claim.shop_id)
    found = await get_withdrawal(shop.id, claim.ref)
    async with transaction(ports.doorbell) as tx:
        withdrawal = await lock_withdrawal(tx, found.id)
        if await _is_needed(tx, withdrawal):
            raise Later(LOOK_AGAIN, "the declaration is open, or a mail about it is on its way")
        await _forget(tx, ports, withdrawal)
        await outbox.complete(tx, claim)


async def forget_declared_about(tx: Transaction, ports: Ports, order_id: str) -> None:
    """Forget who declared anything about a locked order, with whatever was written to them. All of it has ended."""
    for each in await withdrawals_of_order(order_id):
        await _forget(tx, ports, each)


async def is_declared_mail_under_way(tx: Transaction, order_id: str) -> bool:
    """Whether a mail to who declared something about this order is not sent: it may be about no order yet."""
    theirs = await withdrawals_of_order(order_id)
    return any([await is_mail_of_under_way(tx, each.shop_id, f"{each.id}:") for each in theirs])


async def forget_old_declarations(
    tx: Transaction, ports: Ports, shop: Shop, before: datetime, limit: int, *, lapsed: bool
) -> int:
    """Forget some that ended before: those that were never confirmed, or those that are no order's; how many."""
    old = await ended_before(tx, shop.id, before, limit, lapsed=lapsed)
    for each in old:
        await _forget(tx, ports, each)
    return len(old)


async def _is_needed(tx: Transaction, withdrawal: Withdrawal) -> bool:
    return withdrawal.closed_at is None or await is_mail_of_under_way(tx, withdrawal.shop_id, f"{withdrawal.id}:")


async def _forget(tx: Transaction, ports: Ports, withdrawal: Withdrawal) -> None:
    if not withdrawal.contact:
        return
    await forget_words(tx, withdrawal.id)
    await forget_mails_of(tx, ports.vault, withdrawal.shop_id, f"{withdrawal.id}:")
    await audit.record(
        tx, shop_id=withdrawal.shop_id, order_id=None, kind="declaration_forgotten", actor="comeback",
        at=ports.clock.now(), data={"withdrawal": withdrawal.id},
    )  # fmt: skip
