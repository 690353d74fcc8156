"""An order of new goods shares its money with the order that they were first exchanged for: which one that is."""

from __future__ import annotations

from plugin.db import Transaction, rows


def origin(order: str) -> str:
    """SQL for the id of the order whose goods were first exchanged for those of ``order`` (SQL for an id); null for an
    order that the shopper has paid for itself."""
    return (
        "(WITH RECURSIVE up (id, n) AS (SELECT c.order_id, 1 FROM orders o "  # noqa: S608 - our own names
        "JOIN cases c ON c.id = o.origin_case "
        f"WHERE o.id = {order} UNION ALL SELECT c.order_id, up.n + 1 FROM up JOIN orders o ON o.id = up.id "
        "JOIN cases c ON c.id = o.origin_case) SELECT id FROM up ORDER BY n DESC LIMIT 1)"
    )


async def lock_origin(tx: Transaction, shop_id: str, external_id: str) -> None:
    """Lock the order that the goods of this one (by the store's own id) were first exchanged for, if there is one."""
    this = "(SELECT id FROM orders WHERE shop_id = $1 AND external_id = $2)"
    await tx.rows(f"SELECT 1 FROM orders WHERE id = {origin(this)} FOR UPDATE", shop_id, external_id)  # noqa: S608


async def paying_order(order_id: str) -> str:
    """The id of the order whose payments this order's money is of."""
    paying: str = (await rows(f"SELECT COALESCE({origin('$1')}, $1) AS id", order_id))[0]["id"]
    return paying
