"""Whether a shop's store can be asked, and with what; and what a person must know of its connection."""

from __future__ import annotations

from dataclasses import dataclass

from plugin.db import Transaction, rows
from plugin.ports.platforms import Platform
from plugin.ports.runtime import Ports
from plugin.ports.storefronts import StoreConnection
from plugin.shops.models import Shop
from plugin.shops.service import store_connection


@dataclass(frozen=True)
class Connected:
    """A store that can be asked."""

    platform: Platform
    store: StoreConnection


async def is_connected(shop: Shop) -> bool:
    """Whether the store may be called: we hold its credentials, and it has not left us."""
    if shop.sealed_store_secret is None or shop.store_address is None:
        return False
    return not await rows("SELECT 1 FROM store_links WHERE shop_id = $1 AND state <> 'connected'", shop.id)


async def platform_of(ports: Ports, shop: Shop) -> Connected | None:
    """The platform of this shop; None where it has none, where we hold no credentials, and where it has left us."""
    platform = ports.platforms.get(shop.storefront)
    if platform is None or not await is_connected(shop):
        return None
    store = store_connection(ports.vault, shop, allow_private_address=ports.allow_private_addresses)
    return Connected(platform, store)


async def note_problem(tx: Transaction, shop_id: str, problem: str) -> None:
    """Keep for the doctor what the store refused, in words for staff; the next good poll takes it away."""
    await tx.execute("UPDATE store_links SET problem = $2 WHERE shop_id = $1", shop_id, problem[:1000])
