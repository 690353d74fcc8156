"""The person of an order's cases: taking them out, and whether they are needed any more."""

from __future__ import annotations

from datetime import datetime

from plugin.db import Transaction, rows


async def forget_words(tx: Transaction, order_id: str) -> None:
    """Take what people wrote out of an order's closed cases: the shopper's reason, also where the store was asked with
    it, the address that an order was corrected to and where mails of a gift went, the store's own words, a colleague's
    reason to pay less, and what was found with the goods."""
    await tx.execute(
        "UPDATE cases SET reason = NULL, store_reason = NULL, withheld_reason = NULL, contact = NULL, "
        "store_request = (store_request || '{\"reason\": null}') #- '{fix,address}' "
        "WHERE order_id = $1",
        order_id,
    )
    await tx.execute("UPDATE case_units SET finding = NULL WHERE order_id = $1", order_id)


async def persons_not_needed(shop_id: str, before: datetime, limit: int) -> list[str]:
    """The ids of orders of which nothing has changed since then and no case is open, the longest at rest first; without
    those whose person is erased, or was asked to be."""
    found = await rows(
        "SELECT o.id FROM orders o WHERE o.shop_id = $1 AND o.changed_at < $2 AND o.erased_at IS NULL "
        "AND o.erase_asked_at IS NULL "
        "AND NOT EXISTS (SELECT 1 FROM cases c WHERE c.order_id = o.id AND c.closed_at IS NULL) "
        "ORDER BY o.changed_at LIMIT $3",
        shop_id, before, limit,
    )  # fmt: skip
    return [row["id"] for row in found]
