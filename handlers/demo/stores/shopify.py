"""The story on Shopify: paid through Shopify Payments, cancelled and paid back over its Admin GraphQL API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

import httpx

from handlers.demo.stores.connected import NAME, Heartbeat, connect_platform_shop, last_order_id
from handlers.demo.stores.side import STORY_SAMPLE, Connected, Ground, Lines, PaidBack, Sold
from handlers.demo.transcript import require
from plugin.core.ids import new_token
from plugin.shops.links import Credentials
from plugin.storefronts.demo.shopify.cost import Bucket
from plugin.storefronts.demo.shopify.orders import DemoLine, DemoOrder, DemoShopper
from plugin.storefronts.demo.shopify.server import ServedShopify, serve_demo_shopify
from plugin.storefronts.demo.shopify.shop import DemoShopify
from plugin.storefronts.demo.shopify.webhooks import send_webhooks

GRACE = DemoShopper("Grace", "Hall", "US", "97201", "en-US")
GOODS = {
    "fashion": (("Wool coat", 1, 18900), ("Silk scarf", 2, 4500)),
    "one_scarf": (("Silk scarf", 1, 4500),),
    "cash_on_delivery": (("Linen shirt", 2, 3950),),
}
SHIPPING = 995


class ShopifySide:
    """See ``DemoStoreSide``."""

    storefront = "shopify"
    lines = Lines(
        connected="A Shopify store is connected, as `comeback connect shopify` does it",
        pays="pays by card through Shopify Payments",
        refunded="Shopify has cancelled the order, a job of its own, and pays back through Shopify Payments",
        echoes="The store's own webhooks of all this arrive: the refund counts once",
    )
    codes_live: Literal["ledger", "store"] = "store"
    to_play_with: tuple[str, ...] = ("one_scarf", "cash_on_delivery")

    def __init__(self, served: ServedShopify, http: httpx.AsyncClient) -> None:
        self.links: dict[str, str] = {}
        self._served = served
        self._shop = served.shop
        self._http = http
        self._taken = 0
        self._refused: list[int] = []
        self.heartbeat = Heartbeat(self._beat)

    @property
    def urls(self) -> dict[str, str]:
        hooks = next((hook.uri for hook in self._shop.hooks.values()), "")
        return {"webhooks": hooks}

    async def connect(self, ground: Ground) -> Connected:
        """See ``DemoStoreSide.connect``."""
        credentials = Credentials(
            address=self._served.url, secret=self._shop.token, webhook_secret=self._shop.client_secret
        )
        connected = await connect_platform_shop(ground, self.storefront, credentials, stripe_url=None)
        self._shop.last_id = max(self._shop.last_id, await last_order_id(connected.keys.shop_id))
        return connected

    async def sell(self, sample: str, place: int, email: str | None = None) -> Sold:
        """See ``DemoStoreSide.sell``; Shopify numbers its orders itself."""
        gateway = "cash_on_delivery" if sample == "cash_on_delivery" else "shopify_payments"
        return self._place(sample, email, gateway, SHIPPING)

    async def sell_with_code(self, code: str, place: int, email: str | None) -> Sold:
        """See ``DemoStoreSide.sell_with_code``: the store's own discount takes the shipping off."""
        return self._place(STORY_SAMPLE, email, "shopify_payments", 0, (code,))

    def _place(self, sample: str, email: str | None, gateway: str, shipping: int, codes: tuple[str, ...] = ()) -> Sold:
        shop = self._shop
        lines = [DemoLine(shop.next_id(), title, quantity, price) for title, quantity, price in GOODS[sample]]
        email = email or f"visitor.{shop.next_id()}@example.com"
        customer = shop.customers.setdefault(email, shop.next_id())
        return _sold(
            shop.place(
                lines, gateway=gateway, currency="USD", presentment_currency="USD", shipping=shipping, email=email,
                customer_id=customer, shopper=GRACE, codes=codes,
            )
        )  # fmt: skip

    async def tell(self, sold: Sold) -> None:
        """See ``DemoStoreSide.tell``."""
        await self.heartbeat.now()
        require(not self._refused, f"Webhooks of Shopify's were answered {self._refused}.")
        require(self._taken, "The store has sent no webhook.")

    def was_asked_to_cancel(self, sold: Sold) -> bool:
        """See ``DemoStoreSide.was_asked_to_cancel``."""
        return "orderCancel" in self._shop.asked and self._order(sold).cancelled_at is not None

    async def paid_back(self, sold: Sold) -> list[PaidBack]:
        """See ``DemoStoreSide.paid_back``."""
        return [PaidBack(str(refund.id), refund.amount) for refund in self._order(sold).refunds if refund.amount]

    async def echo(self, sold: Sold) -> str:
        """See ``DemoStoreSide.echo``."""
        await self.tell(sold)
        return f"{self._taken} signed webhooks since the store was connected, one refund"

    def has_code(self, code: str) -> bool:
        """See ``DemoStoreSide.has_code``."""
        return any(each.is_active and each.input["code"] == code for each in self._shop.discounts.values())

    def check_books(self, sold: Sold) -> str:
        """See ``DemoStoreSide.check_books``."""
        status = self._order(sold).financial_status
        require(status == "REFUNDED", f"Shopify calls the order {status}.")
        return "Shopify calls the order refunded"

    def _order(self, sold: Sold) -> DemoOrder:
        return self._shop.orders[int(sold.id)]

    async def _beat(self) -> None:
        self._shop.settle()
        for answer in await send_webhooks(self._shop, self._http):
            self._taken += answer.is_success
            if not answer.is_success:
                self._refused.append(answer.status_code)


def _sold(order: DemoOrder) -> Sold:
    return Sold(str(order.id), f"#{order.id}", order.total, order.currency, order.email, str(order.transactions[0].id))


@asynccontextmanager
async def shopify_side() -> AsyncIterator[ShopifySide]:
    """The stand-in of Shopify, served until the block ends."""
    shop = DemoShopify(client_secret=new_token("shpss"), token=new_token("shpat"), name=NAME)
    shop.bucket = Bucket(shop.clock.now(), capacity=2000, restored=100, available=2000)  # as on the Standard plan
    async with serve_demo_shopify(shop) as served, httpx.AsyncClient(trust_env=False, timeout=10) as http:
        side = ShopifySide(served, http)
        with side.heartbeat.beating():
            yield side
