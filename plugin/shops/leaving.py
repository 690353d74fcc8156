"""A shop whose store has disconnected us: what is forgotten of the connection, and whether it has come back since."""

from __future__ import annotations

from datetime import datetime, timedelta

from plugin.db import Transaction, rows

# Shopify sends shop/redact 48 hours after a store has uninstalled the app (shopify.dev, "Privacy law compliance").
ERASED_AFTER_LEAVING = timedelta(hours=48)


async def leave(tx: Transaction, shop_id: str) -> bool:
    """The shop is connected no more: its store is not polled, and its webhooks are not put right. False when it was not
    connected."""
    return bool(
        await tx.execute("UPDATE store_links SET state = 'left' WHERE shop_id = $1 AND state <> 'left'", shop_id)
    )


async def forget_store(tx: Transaction, shop_id: str) -> bool:
    """Forget the credentials of the store and mark it as left, until it is connected again; False when it was before.

    The secrets of its webhooks stay: with them it tells us that its shoppers are to be erased.
    """
    had = await tx.execute(
        "UPDATE shops SET sealed_store_secret = NULL, sealed_store_key = NULL "
        "WHERE id = $1 AND (sealed_store_secret IS NOT NULL OR sealed_store_key IS NOT NULL)",
        shop_id,
    )
    return await leave(tx, shop_id) or bool(had)


async def was_connected_since(shop_id: str, at: datetime) -> bool:
    """Whether the shop is connected, and was connected (again) later than ``at``."""
    found = await rows(
        "SELECT 1 FROM store_links WHERE shop_id = $1 AND state = 'connected' AND connected_at > $2", shop_id, at
    )
    return bool(found)
