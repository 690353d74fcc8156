"""Six hours without a webhook, against the WooCommerce stand-in and the sandbox of Stripe over HTTP: the store has
switched our webhooks off, staff changed orders and refunded at Stripe by hand. One round of asking finds it all."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from handlers.housekeeping import keep_house
from plugin.db import rows, transaction
from plugin.orders.models import Order
from plugin.orders.service import read_order
from plugin.ports.orders import Custodian, LineCount, StoreOrder
from plugin.ports.storefronts import StoreConnection
from plugin.shops.links import Credentials, StripeCredentials, connect_platform
from plugin.shops.models import Shop, StoreLink
from plugin.shops.service import store_connection
from plugin.shops.settings import ShopSettings
from plugin.storefronts.addresses import outgoing_client
from plugin.storefronts.demo.woocommerce.faults import Fault, Switched
from plugin.storefronts.demo.woocommerce.server import serve_woo_store
from plugin.storefronts.demo.woocommerce.store import WooStore
from plugin.storefronts.woocommerce.platform import WooCommercePlatform
from tests.fakes import FakeClock, FakePorts, fake_ports
from tests.fixtures_stripe import Till
from tests.linked_shop import do_all_work, poll

ORDERS, NEW, AT_STRIPE = 60, 20, 8
DARK = timedelta(hours=6)


@dataclass
class Dark:
    """A connected shop whose webhooks end at a port where nobody listens; its store's clock and ours are one."""

    store: WooStore
    ports: FakePorts
    shop: Shop
    till: Till

    async def place(self, n: int) -> None:
        custodian = list(Custodian)[n % 3]
        intent = await self.till.control.pay(10795, "eur") if custodian is Custodian.STRIPE else None
        self.store.new_order(custodian=custodian, payment_intent=intent)

    def change(self, n: int) -> None:
        """What staff do with an order in a day, in the store's admin."""
        ids = list(self.store.orders)
        id = ids[(n * 7) % len(ids)]
        order = self.store.orders[id]
        first = order["line_items"][0]["id"]
        match n % 8:
            case 0:
                self.store.ship(id, [LineCount(str(first), 1)])
            case 1:
                self.store.update(id, {"status": "cancelled"})
            case 2 if self.store.remaining(id) > 1000:
                item = {"id": first, "quantity": 1, "refund_total": "10.00"}
                self.store.refund(id, {"amount": "10.00", "api_refund": False, "line_items": [item]})
            case 3:
                order["billing"]["first_name"] = order["shipping"]["first_name"] = f"محمد 🎁 {n}"
                self.store.touch(order)
            case 4:
                self.store.trash(id)
            case 5:
                self.store.update(id, {"status": "processing"})
            case 6:
                self.store.ship(id)
            case _:
                order["line_items"][1]["quantity"] += 1
                self.store.touch(order)

    async def as_the_store_has_them(self) -> dict[str, StoreOrder]:
        platform, store = self.ports.platforms["woocommerce"], self.connection
        found = {str(id): await platform.fetch_order(store, str(id)) for id in self.store.orders}
        return {id: order for id, order in found.items() if order is not None}

    @property
    def connection(self) -> StoreConnection:
        return store_connection(self.ports.vault, self.shop, allow_private_address=True)

    @property
    def hook_states(self) -> list[str]:
        return sorted(hook["status"] for hook in self.store.webhooks.values())


@pytest.fixture
async def dark(database: str, till: Till) -> AsyncIterator[Dark]:
    clock = FakeClock(datetime.now(UTC) - DARK)
    store = WooStore(consumer_key="ck_1", consumer_secret="cs_canary", clock=clock)
    async with serve_woo_store(store) as served, outgoing_client() as http:
        changes = {
            "clock": clock, "payments": till.gateway, "platforms": {"woocommerce": WooCommercePlatform(http)},
            "public_url": "http://127.0.0.1:9", "allow_private_addresses": True,
        }  # fmt: skip
        ports = FakePorts(**{**vars(fake_ports()), **changes})
        account = StripeCredentials(api_key=till.account.api_key, api_base=till.account.base, webhook_secret="whsec_x")
        async with transaction(ports.doorbell):
            made = await connect_platform(
                ports.vault, storefront="woocommerce", name="Casa Lino", stripe=account, settings=ShopSettings(),
                credentials=Credentials(address=served.url, key="ck_1", secret="cs_canary"), at=clock.now(),
            )  # fmt: skip
        yield Dark(store, ports, made.shop, till)


async def test_one_round_finds_everything_counts_it_and_has_the_webhooks_live_again(dark: Dark) -> None:
    for n in range(ORDERS):
        await dark.place(n)
    await poll(dark.ports, dark.shop)
    await poll(dark.ports, dark.shop, "poll_stripe")
    assert dark.hook_states == ["active"] * 4
    began, dark.store.changes = dark.ports.clock.now(), []

    for n in range(200):
        dark.ports.clock.set(began + n * DARK / 200)
        if n % 10 == 0:
            await dark.place(n)
        else:
            dark.change(n)
    await dark.store.deliver()
    switched_off = dark.hook_states.count("disabled")
    assert switched_off
    by_stripe = [order for order in dark.store.orders.values() if order["transaction_id"]][:AT_STRIPE]
    for order in by_stripe:
        await dark.till.control.refund(order["transaction_id"], amount=300)
    touched = {order["id"] for order in dark.store.orders.values() if order["date_modified_gmt"] > f"{began:%FT%T}"}

    # The store is down at first, and busy in the midst of the second page: it is asked again.
    dark.ports.clock.set(began + DARK + timedelta(minutes=10))
    lists = re.compile(r"GET /wc/v3/orders$")
    dark.store.faults = [Switched(Fault.DROP_ANSWER, lists, 1), Switched(Fault.BUSY, re.compile("/refunds$"), 1)]
    await keep_house(dark.ports)
    await do_all_work(dark.ports, pauses=True)

    here = {row.external_id: read_order(row.document) for row in await Order.filter(shop_id=dark.shop.id)}
    there = await dark.as_the_store_has_them()
    assert len(here) == ORDERS + NEW
    assert here == there
    link = await StoreLink.get(shop_id=dark.shop.id)
    assert link.missed == len(touched)
    assert link.problem is None
    assert dark.hook_states == ["active"] * 4
    assert (link.hooks, link.mended_hooks) == (dict.fromkeys(link.hooks), switched_off)
    seen = await rows(
        "SELECT o.external_id FROM payments p JOIN orders o ON o.id = p.order_id WHERE p.external_refunded = 300 "
        "AND p.custodian = 'stripe' ORDER BY 1"
    )
    assert [row["external_id"] for row in seen] == sorted(str(order["id"]) for order in by_stripe)
