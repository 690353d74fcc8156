"""The story on Shopify: paid through Shopify Payments, cancelled and paid back over its Admin GraphQL API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Literal

import httpx

from handlers.demo.stores.at_stripe import StripeSide
from handlers.demo.stores.connected import NAME, Heartbeat, connect_platform_shop, last_order_id
from handlers.demo.stores.side import SPANISH_SAMPLE, STORY_SAMPLE, Buyer, Connected, Ground, Lines, PaidBack, Sold
from handlers.demo.transcript import require
from plugin.core.ids import new_token
from plugin.payments.sandbox.server import serve_sandbox
from plugin.shops.links import Credentials
from plugin.storefronts.demo.shopify.cost import Bucket
from plugin.storefronts.demo.shopify.orders import DemoLine, DemoOrder, DemoShopper
from plugin.storefronts.demo.shopify.server import ServedShopify, serve_demo_shopify
from plugin.storefronts.demo.shopify.shelf import DemoVariant
from plugin.storefronts.demo.shopify.shop import DemoShopify
from plugin.storefronts.demo.shopify.webhooks import send_webhooks

IN_PORTLAND = DemoShopper("Grace", "Hall", "US", "97201", "en-US", "1 Alder Street", None, "Portland", "OR", phone=None)
IN_BARCELONA = DemoShopper()
COAT = DemoVariant(7301, 73, "Wool coat", "Default Title", 18900)
SCARF = DemoVariant(7401, 74, "Silk scarf", "Default Title", 4500)
CASHMERE = DemoVariant(7501, 75, "Cashmere coat", "Default Title", 24900)
SHIRT = DemoVariant(7601, 76, "Linen shirt", "Default Title", 3950)
DRESS = DemoVariant(7701, 77, "Vestido de lino", "Default Title", 8990)
SHOES = DemoVariant(7801, 78, "Alpargatas", "Default Title", 3450)
GOODS = {
    STORY_SAMPLE: {"coat": (COAT, 1), "scarf": (SCARF, 2)},
    SPANISH_SAMPLE: {"dress": (DRESS, 1), "shoes": (SHOES, 2)},
    "one_scarf": {"scarf": (SCARF, 1)},
    "cash_on_delivery": {"shirt": (SHIRT, 2)},
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
        delivered="`fulfillments/create` says what has left, and `fulfillments/update` that it arrived",
        returned="Shopify refunds the one scarf through Shopify Payments, and nothing more",
        difference="an order of ours is made paid at Shopify, so the page is one of Stripe's",
    )
    codes_live: Literal["ledger", "store"] = "store"
    dearer = str(CASHMERE.product_id)
    to_play_with: tuple[str, ...] = ("one_scarf", "cash_on_delivery")

    def __init__(self, served: ServedShopify, stripe: StripeSide, http: httpx.AsyncClient) -> None:
        self.links: dict[str, str] = {}
        self._served = served
        self._shop = served.shop
        self._stripe = stripe
        self._http = http
        self._taken = 0
        self._refused: list[int] = []
        self.heartbeat = Heartbeat(self._beat)

    @property
    def urls(self) -> dict[str, str]:
        hooks = next((hook.uri for hook in self._shop.hooks.values()), "")
        return {"stripe_sandbox": self._stripe.url, "webhooks": hooks}

    async def connect(self, ground: Ground) -> Connected:
        """See ``DemoStoreSide.connect``."""
        credentials = Credentials(
            address=self._served.url, secret=self._shop.token, webhook_secret=self._shop.client_secret
        )
        connected = await connect_platform_shop(ground, self.storefront, credentials, stripe_url=self._stripe.url)
        self._shop.last_id = max(self._shop.last_id, await last_order_id(connected.keys.shop_id))
        await self._stripe.connect(ground, connected.keys)
        return connected

    async def sell(self, sample: str, place: int, buyer: Buyer | None = None) -> Sold:
        """See ``DemoStoreSide.sell``; Shopify numbers its orders itself."""
        gateway = "cash_on_delivery" if sample == "cash_on_delivery" else "shopify_payments"
        return self._place(sample, buyer, gateway, SHIPPING)

    async def sell_with_code(self, code: str, place: int, buyer: Buyer) -> Sold:
        """See ``DemoStoreSide.sell_with_code``: the store's own discount takes the shipping off."""
        return self._place(STORY_SAMPLE, buyer, "shopify_payments", 0, (code,))

    def _place(
        self, sample: str, buyer: Buyer | None, gateway: str, shipping: int, codes: tuple[str, ...] = ()
    ) -> Sold:  # fmt: skip
        shop = self._shop
        lines = [
            DemoLine(
                shop.next_id(), sold.product, quantity, sold.price, product_id=sold.product_id, variant_id=sold.id,
                variant_title=sold.title, rate=shop.rate,
            )
            for sold, quantity in GOODS[sample].values()
        ]  # fmt: skip
        who = buyer or Buyer("Grace", "Hall", f"visitor.{shop.next_id()}@example.com")
        customer = shop.customers.setdefault(who.email, shop.next_id())
        lives = IN_BARCELONA if sample == SPANISH_SAMPLE else IN_PORTLAND
        order = shop.place(
            lines, gateway=gateway, currency=shop.currency, presentment_currency=shop.currency, shipping=shipping,
            email=who.email, customer_id=customer, codes=codes,
            shopper=replace(lives, first_name=who.first_name, last_name=who.last_name),
        )  # fmt: skip
        return _sold(order, tuple(GOODS[sample]))

    async def tell(self, sold: Sold) -> None:
        """See ``DemoStoreSide.tell``."""
        await self.heartbeat.now()
        require(not self._refused, f"Webhooks of Shopify's were answered {self._refused}.")
        require(self._taken, "The store has sent no webhook.")

    async def deliver(self, sold: Sold) -> None:
        """See ``DemoStoreSide.deliver``."""
        order = self._order(sold)
        self._shop.ship(order)
        self._shop.deliver(order)
        await self.tell(sold)

    async def pay_page(self, url: str) -> None:
        """See ``DemoStoreSide.pay_page``."""
        await self._stripe.pay_page(url)

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


def _sold(order: DemoOrder, names: tuple[str, ...]) -> Sold:
    return Sold(
        str(order.id), f"#{order.id}", order.total, order.currency, order.email, str(order.transactions[0].id),
        {name: str(line.id) for name, line in zip(names, order.lines, strict=True)},
    )  # fmt: skip


@asynccontextmanager
async def shopify_side(data: Path, bank_takes: float) -> AsyncIterator[ShopifySide]:
    """The stand-in of Shopify and the Stripe sandbox, served until the block ends."""
    sold = (COAT, SCARF, CASHMERE, SHIRT, DRESS, SHOES)
    shop = DemoShopify(
        client_secret=new_token("shpss"), token=new_token("shpat"), name=NAME, currency="USD", tax_percent=0,
        variants={each.id: replace(each) for each in sold},
    )  # fmt: skip
    # As on the plan Plus: the story lets five orders and a month of their lives happen within seconds.
    shop.bucket = Bucket(shop.clock.now(), capacity=20_000, restored=1000, available=20_000)
    async with (
        serve_sandbox(state=data / "stripe-shopify.json", settle_after=bank_takes) as sandbox,
        serve_demo_shopify(shop) as served,
        StripeSide(sandbox) as stripe,
        httpx.AsyncClient(trust_env=False, timeout=10) as http,
    ):
        side = ShopifySide(served, stripe, http)
        with side.heartbeat.beating():
            yield side
