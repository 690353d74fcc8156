"""The store is asked what has changed, because a webhook may be lost; and whether its webhooks still stand.

Pages are walked oldest change first, each in a piece of work of its own, and each order in a transaction of its own: a
page that was begun and not finished is read again, which changes nothing. The 90 days of a new connection are the first
such round, whoever walks it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from plugin.db import is_away, transaction
from plugin.inbox.polled import UnreadOrder, keep_unread, read_at_last
from plugin.journeys.order_changed import order_changed
from plugin.journeys.order_fetched import Overtaken, as_answered, check_still_newest, fetch_order
from plugin.journeys.store_hooks import mend_hooks
from plugin.orders.service import find_by_external_id
from plugin.outbox import service as outbox
from plugin.outbox.service import Claim, Later, back_off
from plugin.ports.orders import StoreOrder
from plugin.ports.payments import OutcomeUnknown, RejectCode, Rejected
from plugin.ports.platforms import OrderPage
from plugin.ports.runtime import Ports
from plugin.ports.storefronts import Unparseable
from plugin.shops.links import CONNECTED, begin_again, find_link, page_taken, store_asked
from plugin.shops.models import Shop, StoreLink
from plugin.shops.platforms import Connected
from plugin.shops.service import get_shop, store_connection

POLL_STORE = "poll_store"
IMPORTED_DAYS = timedelta(days=90)
# What the store changed while the last round was under way, and how far its clock may be from ours (SECURITY.md).
CLOCKS_MAY_DIFFER = timedelta(seconds=300)
OVERLAP = timedelta(minutes=10) + CLOCKS_MAY_DIFFER
WEBHOOK_MAY_FOLLOW = timedelta(minutes=2)
REFUSED_FOR = timedelta(minutes=10)

log = structlog.get_logger("comeback.poll")


@dataclass(frozen=True)
class PageTaken:
    """One page: how many orders it held, how many all pages hold where the store says so, and how many were missed."""

    orders: int
    total: int | None
    missed: int
    is_last: bool


async def poll_store(ports: Ports, claim: Claim) -> None:
    """Work: take the next page of what has changed; after the last one, look at the webhooks."""
    link, shop = await find_link(claim.shop_id), await get_shop(claim.shop_id)
    if link is None or link.state != CONNECTED or shop.storefront not in ports.platforms:
        await _finish(ports, claim, more=False)
        return
    claim.check_may_send()
    try:
        taken = await take_page(ports, shop, link)
        if taken.is_last:
            await mend_hooks(ports, shop)
    except OutcomeUnknown as unknown:
        wait = timedelta(seconds=unknown.retry_after) if unknown.retry_after else back_off(claim.attempts)
        await _in_vain(ports, shop, f"The store did not answer: {unknown.reason}")
        raise Later(wait, unknown.reason) from unknown
    except Rejected as no:
        await _in_vain(ports, shop, refusal(shop, no), forget_page=no.code is not RejectCode.BAD_CREDENTIALS)
        raise Later(REFUSED_FOR, no.reason) from no
    await _finish(ports, claim, more=not taken.is_last)


def refusal(shop: Shop, no: Rejected) -> str:
    """What a person is told when the store has said no."""
    if no.code is RejectCode.BAD_CREDENTIALS:
        again = f"comeback connect {shop.storefront} --shop {shop.id}"
        return f"The store refuses our key, or the key may not do this: {no.reason} Connect it again: {again}"
    return f"The store refused to tell what has changed: {no.reason}"


async def _in_vain(ports: Ports, shop: Shop, problem: str, *, forget_page: bool = False) -> None:
    async with transaction(ports.doorbell) as tx:
        await store_asked(tx, shop.id, problem[:1000], ports.clock.now())
        if forget_page:
            await begin_again(tx, shop.id)


async def _finish(ports: Ports, claim: Claim, *, more: bool) -> None:
    async with transaction(ports.doorbell) as tx:
        await outbox.complete(tx, claim)
        if more:
            await outbox.add(tx, shop_id=claim.shop_id, kind=POLL_STORE, ref=claim.shop_id)


async def take_page(ports: Ports, shop: Shop, link: StoreLink) -> PageTaken:
    """Read the next page of the round that is under way, or of a new one, and take its orders over.

    Raises ``OutcomeUnknown`` and ``Rejected`` as the platform does.
    """
    asked_at = ports.clock.now()
    began = link.poll_began_at or asked_at
    store = store_connection(ports.vault, shop, allow_private_address=ports.allow_private_addresses)
    connected = Connected(ports.platforms[shop.storefront], store)
    page = await connected.platform.orders_changed(store, since(link), link.poll_cursor)
    news, unread = await _take_all(ports, shop, connected, page, asked_at)
    at = ports.clock.now()
    # The first round is an import: nobody has sent webhooks before it, so none can be missing.
    missed = sum(order.updated_at < at - WEBHOOK_MAY_FOLLOW for order in news) if link.imported_at else 0
    read = {order.id for order in page.orders} - {each.order_id for each in unread}
    async with transaction(ports.doorbell) as tx:
        await read_at_last(tx, shop.id, read, at)
        await keep_unread(tx, shop.id, shop.storefront, unread, at)
        is_ours = await page_taken(tx, link, began=began, cursor=page.next, at=at, missed=missed)
    if missed and is_ours:
        log.warning("webhooks_were_missed", shop_id=shop.id, count=missed)
    return PageTaken(len(page.orders), page.total, missed, page.next is None)


def since(link: StoreLink) -> datetime:
    """From when on changes are asked for: the same moment for every page of a round."""
    if link.polled_to is None:
        return link.connected_at - IMPORTED_DAYS
    return link.polled_to - OVERLAP


async def _take_all(
    ports: Ports, shop: Shop, connected: Connected, page: OrderPage, asked_at: datetime
) -> tuple[list[StoreOrder], list[UnreadOrder]]:
    """The orders that told something new, and those that made none or that we failed on, with the reason."""
    news, unread = [], [UnreadOrder(order_id, reason) for order_id, reason in page.unreadable]
    for order in page.orders:
        try:
            taken = await _take_over(ports, shop, connected, order, asked_at)
        except (OutcomeUnknown, Rejected):
            raise
        except Unparseable as error:
            unread.append(UnreadOrder(order.id, str(error)))
        except Exception as error:
            if is_away(error):
                raise
            # It is told of, and keeps nobody else's order waiting: the round would end here for ever.
            log.exception("order_not_taken_over", shop_id=shop.id)
            unread.append(UnreadOrder(order.id, f"Unexpected failure while reading: {type(error).__name__}"))
        else:
            news += [taken] if taken else []
    return news, unread


async def _take_over(
    ports: Ports, shop: Shop, connected: Connected, order: StoreOrder, asked_at: datetime
) -> StoreOrder | None:
    """Store an order of a page that was asked for at ``asked_at``; None where it told nothing new.

    What was stored at about that time may be newer than the page, and is asked for again by itself.
    """
    known = await find_by_external_id(shop.id, order.id)
    answered = as_answered(order, known)
    if answered.tells_more and known is not None and known.row.changed_at >= asked_at - CLOCKS_MAY_DIFFER:
        answered = await fetch_order(shop, connected, order.id)
    while answered.order is not None and answered.tells_more:
        try:
            async with transaction(ports.doorbell) as tx:
                await check_still_newest(tx, shop, answered, order.id)
                await order_changed(tx, ports, shop, answered.order)
        except Overtaken:
            answered = await fetch_order(shop, connected, order.id)
        else:
            return answered.order
    return None
