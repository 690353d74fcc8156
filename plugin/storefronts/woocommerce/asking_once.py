"""Asking for what WooCommerce would do a second time: it knows no idempotency key.

The order is marked before such an ask, with the time, and who finds the mark asks only when nothing of it can be under
way any more: a PHP process may still be at work when we have stopped listening, and a worker that has lost its lease
may be between two calls. The mark is taken back where the store has answered that it did nothing or has failed: then
what the order holds is all that there will be.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

from plugin.ports.payments import OutcomeUnknown, Rejected
from plugin.storefronts.woocommerce.api import Failed, NotDone, WooApi
from plugin.storefronts.woocommerce.marks import asked_mark, meta_body
from plugin.storefronts.woocommerce.wire import MetaData, value_of

UNDER_WAY_AT_MOST = timedelta(minutes=10)  # PHP and the proxies before it are stopped long before


@asynccontextmanager
async def in_good_time(api: WooApi) -> AsyncIterator[None]:
    """What comes before the ask, its mark with it, is done while our worker's lease holds (15 s and more), or there is
    no ask: whoever takes the work over finds the mark. Raises ``OutcomeUnknown``."""
    try:
        async with asyncio.timeout(api.prepares_within):
            yield
    except TimeoutError as error:
        raise OutcomeUnknown("The store was too slow to be asked for anything that must happen once.") from error


def check_not_under_way(api: WooApi, meta_data: Iterable[MetaData], ask: str) -> None:
    """Raise ``OutcomeUnknown`` while an earlier ask of this name may be under way, by the order's ``meta_data``."""
    asked_at = value_of(meta_data, asked_mark(ask))
    if not isinstance(asked_at, str):
        return
    left = datetime.fromisoformat(asked_at) + UNDER_WAY_AT_MOST - api.now()
    if left > timedelta(0):
        raise OutcomeUnknown("The store may still be at work on what it was asked before.", left.total_seconds())


async def mark(api: WooApi, order_id: str, name: str, value: str) -> None:
    """Write one value into the order's meta; an empty one takes it back."""
    await api.put(f"orders/{order_id}", {"meta_data": meta_body({name: value})})


async def mark_asked(api: WooApi, order_id: str, ask: str) -> None:
    await mark(api, order_id, asked_mark(ask), api.now().isoformat())


@asynccontextmanager
async def marked_as_asked(api: WooApi, order_id: str, ask: str) -> AsyncIterator[None]:
    """Around the one call that must happen once, of an order that is marked as asked for it."""
    try:
        yield
    except (NotDone, Failed, Rejected):
        await mark(api, order_id, asked_mark(ask), "")
        raise


async def post_refund(api: WooApi, order_id: str, ask: str, body: Mapping[str, Any]) -> None:
    """Write a refund that pays nothing, of an order that is marked as asked for it."""
    async with marked_as_asked(api, order_id, ask):
        await api.post(f"orders/{order_id}/refunds", body)
