"""Nothing of a person is kept for longer than the shop's periods say (GDPR Art. 5(1)(e)), class by class.

Once a day each shop is gone through, some rows of each class in one transaction; what is left of a class waits for the
next minute. What is needed for a case that is open is not touched, and neither are books, decisions and the audit.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta

from plugin.db import Transaction, read, rows, transaction
from plugin.files.service import forget_files_of_cases
from plugin.inbox.events import forget_old_bodies
from plugin.journeys.erase_person import erase_person_of
from plugin.journeys.forget_declared import forget_old_declarations
from plugin.messages.contacts import forget_old_contacts
from plugin.messages.outbox import forget_old_mails
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop
from plugin.shops.service import settings_of

EVERY = timedelta(days=1)
SHOPS_AT_ONCE, ROWS_AT_ONCE = 20, 500
_OLD_PERSONS = """
    SELECT o.id FROM orders o WHERE o.shop_id = $1 AND o.changed_at < $2 AND o.erased_at IS NULL
    AND o.erase_asked_at IS NULL AND NOT EXISTS (SELECT 1 FROM cases c WHERE c.order_id = o.id AND c.closed_at IS NULL)
    ORDER BY o.changed_at LIMIT $3
"""

Forget = Callable[[Transaction, Ports, Shop, datetime], Awaitable[int]]
"""Forget what is older than the moment, some of it; how many rows it was."""


async def _bodies(tx: Transaction, ports: Ports, shop: Shop, before: datetime) -> int:
    return await forget_old_bodies(tx, shop.id, before, ROWS_AT_ONCE)


async def _mails(tx: Transaction, ports: Ports, shop: Shop, before: datetime) -> int:
    return await forget_old_mails(tx, ports.vault, shop.id, before, ROWS_AT_ONCE)


async def _messages(tx: Transaction, ports: Ports, shop: Shop, before: datetime) -> int:
    return await forget_old_contacts(tx, shop.id, before, ROWS_AT_ONCE)


async def _photos(tx: Transaction, ports: Ports, shop: Shop, before: datetime) -> int:
    return await forget_files_of_cases(tx, shop.id, before, ROWS_AT_ONCE)


async def _tracking(tx: Transaction, ports: Ports, shop: Shop, before: datetime) -> int:
    return await tx.execute(
        "UPDATE parcels SET carrier = NULL, tracking_number = NULL WHERE id IN (SELECT id FROM parcels "
        "WHERE shop_id = $1 AND tracking_number IS NOT NULL "
        "AND case_id IN (SELECT id FROM cases WHERE shop_id = $1 AND closed_at < $2) LIMIT $3)",
        shop.id, before, ROWS_AT_ONCE,
    )  # fmt: skip


async def _lapsed_withdrawals(tx: Transaction, ports: Ports, shop: Shop, before: datetime) -> int:
    return await forget_old_declarations(tx, ports, shop, before, ROWS_AT_ONCE, lapsed=True)


async def _unmatched_withdrawals(tx: Transaction, ports: Ports, shop: Shop, before: datetime) -> int:
    return await forget_old_declarations(tx, ports, shop, before, ROWS_AT_ONCE, lapsed=False)


async def _survey_words(tx: Transaction, ports: Ports, shop: Shop, before: datetime) -> int:
    return await tx.execute(
        "UPDATE effort_questions SET words = NULL WHERE shop_id = $1 AND words IS NOT NULL AND answered_at < $2",
        shop.id, before,
    )  # fmt: skip


CLASSES: Mapping[str, Forget] = {
    "webhook_bodies": _bodies,
    "mail_texts": _mails,
    "messages": _messages,
    "photos": _photos,
    "tracking": _tracking,
    "survey_words": _survey_words,
    "lapsed_withdrawals": _lapsed_withdrawals,
    "unmatched_withdrawals": _unmatched_withdrawals,
}


async def forget_what_is_old(ports: Ports) -> None:
    """Go through the shops whose day has come."""
    at = ports.clock.now()
    due = await read(
        Shop, "WHERE tidied_at IS NULL OR tidied_at <= $1 ORDER BY tidied_at NULLS FIRST, id LIMIT $2",
        at - EVERY, SHOPS_AT_ONCE,
    )  # fmt: skip
    for shop in due:
        if not await _go_through(ports, shop, at):
            async with transaction(ports.doorbell) as tx:
                await tx.execute(  # another process may have gone through it meanwhile
                    "UPDATE shops SET tidied_at = $2 WHERE id = $1 AND tidied_at IS NOT DISTINCT FROM $3",
                    shop.id, at, shop.tidied_at,
                )  # fmt: skip


async def _go_through(ports: Ports, shop: Shop, at: datetime) -> bool:
    """Forget some of each class; whether more of one is left."""
    is_more_left, periods = False, settings_of(shop).retention
    for name, forget in CLASSES.items():
        days = getattr(periods, name)
        if days is not None:
            async with transaction(ports.doorbell) as tx:
                is_more_left |= await forget(tx, ports, shop, at - timedelta(days=days)) >= ROWS_AT_ONCE
    if periods.persons is not None:
        before = at - timedelta(days=periods.persons)
        found = await rows(_OLD_PERSONS, shop.id, before, ROWS_AT_ONCE)
        for row in found:
            await erase_person_of(ports, shop, row["id"], "retention")
        is_more_left |= len(found) >= ROWS_AT_ONCE
    return is_more_left
