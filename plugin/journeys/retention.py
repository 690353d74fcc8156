"""Nothing of a person is kept for longer than the shop's periods say (GDPR Art. 5(1)(e)), class by class.

Once a day each shop is gone through, some rows of each class in one transaction; what is left of a class waits for the
next minute. What is needed for a case that is open is not touched, and neither are books, decisions and the audit.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta

from plugin.cases.people import persons_not_needed
from plugin.db import Transaction, transaction
from plugin.files.service import forget_files_of_cases
from plugin.inbox.events import forget_old_bodies
from plugin.insights.effort import forget_old_words
from plugin.journeys.erase_person import erase_person_of
from plugin.journeys.forget_declared import forget_old_declarations
from plugin.messages.contacts import forget_old_contacts
from plugin.messages.outbox import forget_old_mails
from plugin.parcels.store import forget_old_tracking
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop
from plugin.shops.service import settings_of
from plugin.shops.tidying import note_tidied, shops_to_tidy

EVERY = timedelta(days=1)
SHOPS_AT_ONCE, ROWS_AT_ONCE = 20, 500

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
    return await forget_old_tracking(tx, shop.id, before, ROWS_AT_ONCE)


async def _lapsed_withdrawals(tx: Transaction, ports: Ports, shop: Shop, before: datetime) -> int:
    return await forget_old_declarations(tx, ports, shop, before, ROWS_AT_ONCE, lapsed=True)


async def _unmatched_withdrawals(tx: Transaction, ports: Ports, shop: Shop, before: datetime) -> int:
    return await forget_old_declarations(tx, ports, shop, before, ROWS_AT_ONCE, lapsed=False)


async def _survey_words(tx: Transaction, ports: Ports, shop: Shop, before: datetime) -> int:
    return await forget_old_words(tx, shop.id, before)


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
    for shop in await shops_to_tidy(at - EVERY, SHOPS_AT_ONCE):
        if not await _go_through(ports, shop, at):
            async with transaction(ports.doorbell) as tx:
                await note_tidied(tx, shop, at)


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
        found = await persons_not_needed(shop.id, before, ROWS_AT_ONCE)
        for order_id in found:
            await erase_person_of(ports, shop, order_id, "retention")
        is_more_left |= len(found) >= ROWS_AT_ONCE
    return is_more_left
