"""Every storefront's bench, by name: the contract tests run on each of them.

A platform's author writes a bench after ``tests.contracts.bench`` in a file of its own and adds its line at the end.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from msgspec.structs import replace

from plugin.ports.orders import Custodian, LineCount
from plugin.ports.storefronts import StoreConnection, Storefront
from plugin.storefronts.addresses import outgoing_client
from plugin.storefronts.demo.samples import build_sample
from plugin.storefronts.demo.server import ServedStore, serve_demo_store
from plugin.storefronts.demo.store import Behaviour, DemoStore
from plugin.storefronts.standard.adapter import StandardStorefront
from plugin.storefronts.standard.wire import LineBody
from tests.contracts.bench import Held, Placed, PlatformBench, Step, StorefrontBench, Trouble
from tests.contracts.shopify_bench import shopify_bench
from tests.contracts.woocommerce_bench import woo_bench

SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZg=="


@dataclass
class StandardBench:
    """Our own format: the demo storefront over HTTP."""

    served: ServedStore
    storefront: Storefront
    connection: StoreConnection
    _placed: int = field(default=0)

    async def place(self, *, custodian: Custodian = Custodian.STOREFRONT) -> Placed:
        self._placed += 1
        order = build_sample("fashion", id=f"ord_{self._placed}", at=datetime.now(UTC), payment_intent="pi_1")
        lines = (_line(order.lines[0], "a", 2), _line(order.lines[1], "b", 1))
        order = self.served.store.place(replace(order, lines=lines))
        return Placed(order.id, order.number, ("a", "b"), order.payments[0].id, order.total, order.currency)

    async def ship(self, placed: Placed, *lines: LineCount) -> None:
        self.served.store.ship(placed.order_id, lines or None)

    async def settle(self) -> None:
        self.served.store.settle_pending()

    def fail(self, trouble: Trouble, at: Step) -> None:
        self.served.store.behaviour = {
            Trouble.LOSE_ANSWER: Behaviour.DROP_ANSWER,
            Trouble.GARBAGE: Behaviour.GARBAGE,
        }.get(trouble, Behaviour.FAIL)

    def heal(self) -> None:
        self.served.store.behaviour = Behaviour.AGREE

    def held(self, placed: Placed) -> Held:
        order = self.served.store.orders[placed.order_id]
        return Held(order.state == "cancelled", {count.line_id: count.quantity for count in order.cancelled})


def _line(line: LineBody, id: str, quantity: int) -> LineBody:
    return replace(line, id=id, quantity=quantity, discount=0)


@asynccontextmanager
async def standard() -> AsyncIterator[StorefrontBench]:
    async with (
        serve_demo_store(DemoStore(webhook_secret=SECRET, call_secret=SECRET)) as served,
        outgoing_client() as http,
    ):
        connection = StoreConnection(
            shop_id="shop_1", address=served.calls_url, secret=SECRET, allow_private_address=True
        )
        yield StandardBench(served, StandardStorefront(http), connection)


STOREFRONTS: dict[str, Callable[[], AbstractAsyncContextManager[StorefrontBench]]] = {"standard": standard}
PLATFORMS: dict[str, Callable[[], AbstractAsyncContextManager[PlatformBench]]] = {
    "woocommerce": woo_bench,
    "shopify": shopify_bench,
}
PAID_AT_STRIPE = {"woocommerce": PLATFORMS["woocommerce"]}  # where a payment can be ours at Stripe; not on Shopify
