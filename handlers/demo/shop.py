"""The demo's shop on our own format: made once, and found again by the keys that are kept beside its database."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from handlers.demo.stores.side import ShopKeys
from plugin.core.ids import new_token
from plugin.core.vault import Vault
from plugin.db import rows, transaction
from plugin.policies.ready_made.fashion import FASHION
from plugin.policies.service import publish
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop
from plugin.shops.service import connect_shop, create_shop, new_webhook_secret
from plugin.shops.settings import CodeOffer, Person, ShopSettings
from plugin.storefronts.demo.store import DemoStore
from plugin.storefronts.standard.wire import OrderMessage

DEMO_SETTINGS = ShopSettings(
    person=Person(reply_to="help@lumen.example", alerts_to="staff@lumen.example"),
    codes=CodeOffer(kind="free_shipping"),
    withdrawals="on",
)


class DemoKeys(ShopKeys, frozen=True, kw_only=True):
    """The secrets that a store of one's own has besides."""

    webhook_secret: str
    store_secret: str


async def open_demo_shop(ports: Ports, data: Path, *, sandbox_url: str, store_url: str) -> tuple[DemoKeys, Shop]:
    """The demo's shop, pointed at this run's stand-ins; created when this database does not know it."""
    path = kept_in(data, "standard")
    keys = msgspec.json.decode(path.read_bytes(), type=DemoKeys) if path.exists() else None
    shop = await Shop.get_or_none(id=keys.shop_id) if keys else None
    if keys is None or shop is None:
        keys = await _create(ports)
        keep(path, keys)
        shop = await Shop.get(id=keys.shop_id)
    await connect_shop(ports.vault, shop, store_address=store_url, stripe_api_base=sandbox_url)
    return keys, shop


async def _create(ports: Ports) -> DemoKeys:
    at = ports.clock.now()
    stripe_key, stripe_secret = new_token("sk_test_demo"), new_webhook_secret()
    made = await create_shop(
        Vault(ports.vault.secrets),
        name="Lumen Demo Store",
        storefront="standard",
        at=at,
        settings=DEMO_SETTINGS,
        stripe_api_key=stripe_key,
        stripe_webhook_secret=stripe_secret,
    )
    await publish_policy(ports, made.shop.id)
    return DemoKeys(
        shop_id=made.shop.id,
        secret_key=made.secret_key,
        publishable_key=made.publishable_key,
        webhook_secret=made.webhook_secret,
        store_secret=made.store_secret or "",
        stripe_api_key=stripe_key,
        stripe_webhook_secret=stripe_secret,
    )


async def publish_policy(ports: Ports, shop_id: str) -> None:
    """The ready-made policy of a fashion shop."""
    async with transaction(ports.doorbell) as tx:
        await publish(tx, shop_id=shop_id, policy=FASHION, by="comeback demo", at=ports.clock.now())


def kept_in(data: Path, storefront: str) -> Path:
    """Where the demo's shop on this storefront keeps its keys."""
    return data / ("demo.json" if storefront == "standard" else f"demo-{storefront}.json")


def keep(path: Path, keys: ShopKeys) -> None:
    """Write a shop's keys into a file that only this machine's user can read."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(msgspec.json.encode(keys))


async def remember_orders(store: DemoStore, shop_id: str) -> None:
    """Fill the store's book with what it sent in earlier runs: its own webhooks are the only record it has."""
    sent = await rows(
        "SELECT body FROM inbox_events WHERE shop_id = $1 AND source = 'standard' AND state = 'handled' "
        "ORDER BY received_at",
        shop_id,
    )
    for event in sent:
        order = msgspec.json.decode(bytes(event["body"]), type=OrderMessage).data
        known = store.orders.get(order.id)
        if known is None or known.sequence < order.sequence:
            store.place(order)
