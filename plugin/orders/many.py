"""Reading many orders of a shop, a page at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from plugin.db import read, rows
from plugin.orders.models import Order, Payment


async def orders_after(shop_id: str, placed_at: datetime, order_id: str, until: datetime, most: int) -> list[Order]:
    """The shop's orders that were placed after this one and until then, the oldest first."""
    return await read(
        Order, "WHERE shop_id = $1 AND (placed_at, id) > ($2, $3) AND placed_at <= $4 ORDER BY placed_at, id LIMIT $5",
        shop_id, placed_at, order_id, until, most,
    )  # fmt: skip


async def count_orders(shop_id: str, since: datetime, until: datetime) -> int:
    """How many ``orders_after`` gives in all."""
    found = await rows(
        "SELECT count(*) AS n FROM orders WHERE shop_id = $1 AND placed_at >= $2 AND placed_at <= $3",
        shop_id, since, until,
    )  # fmt: skip
    return int(found[0]["n"])


async def payments_of_many(order_ids: Sequence[str]) -> Mapping[str, list[Payment]]:
    """By order, its payments in the sequence of ``payments_of``."""
    found: dict[str, list[Payment]] = defaultdict(list)
    for payment in await read(Payment, "WHERE order_id = ANY($1) ORDER BY external_id", list(order_ids)):
        found[payment.order_id].append(payment)
    return found
