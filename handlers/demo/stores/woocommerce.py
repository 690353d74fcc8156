"""The story on WooCommerce: paid through its gateway for Stripe, cancelled over its REST API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

from handlers.demo.stores.at_stripe import StripeSide
from handlers.demo.stores.connected import NAME, Heartbeat, connect_platform_shop, last_order_id
from handlers.demo.stores.side import SPANISH_SAMPLE, STORY_SAMPLE, Buyer, Connected, Ground, Lines, PaidBack, Sold
from handlers.demo.transcript import require
from plugin.core.ids import new_token
from plugin.core.money import parse_amount
from plugin.payments.sandbox.server import serve_sandbox
from plugin.ports.orders import Custodian
from plugin.shops.links import Credentials
from plugin.storefronts.demo.woocommerce.samples import Body, Goods, decimal, order_body
from plugin.storefronts.demo.woocommerce.server import ServedWooStore, serve_woo_store
from plugin.storefronts.demo.woocommerce.shelf import for_sale
from plugin.storefronts.demo.woocommerce.store import WooStore

IN_PORTLAND = {"country": "US", "postcode": "97201"}
IN_BARCELONA = {"country": "ES", "postcode": "08001"}
GOODS = {
    STORY_SAMPLE: {"coat": Goods("Wool coat", 1, 18900, 101), "scarf": Goods("Silk scarf", 2, 4500, 102)},
    SPANISH_SAMPLE: {"dress": Goods("Vestido de lino", 1, 8990, 105), "shoes": Goods("Alpargatas", 2, 3450, 106)},
    "one_scarf": {"scarf": Goods("Silk scarf", 1, 4500, 102)},
    "paypal": {"shirt": Goods("Linen shirt", 2, 3950, 103)},
}
CASHMERE = Goods("Cashmere coat", 1, 24900, 104)
SHIPPING = 995


class WooCommerceSide:
    """See ``DemoStoreSide``."""

    storefront = "woocommerce"
    lines = Lines(
        connected="A WooCommerce store is connected, as `comeback connect woocommerce` does it",
        pays="pays by card through WooCommerce's gateway for Stripe",
        refunded="WooCommerce has cancelled the order over its REST API, and Stripe creates the refund",
        echoes="Stripe, the store and the store's gateway all report the same refund: it counts once",
        delivered="`completed` says that it was shipped; that it arrived only a tracking plugin's `delivered` tells",
        returned="Stripe refunds the one scarf, and nothing more",
        difference="WooCommerce's API collects nothing on a paid order, so the page is one of Stripe's",
    )
    codes_live: Literal["ledger", "store"] = "store"
    dearer = str(CASHMERE.product_id)
    to_play_with: tuple[str, ...] = ("one_scarf", "paypal")

    def __init__(self, served: ServedWooStore, stripe: StripeSide) -> None:
        self.links: dict[str, str] = {}
        self._served = served
        self._store = served.store
        self._stripe = stripe
        self.heartbeat = Heartbeat(self._tell_all)

    @property
    def urls(self) -> dict[str, str]:
        hooks = next((hook["delivery_url"] for hook in self._store.webhooks.values()), "")
        return {"store": self._served.url, "stripe_sandbox": self._stripe.url, "webhooks": hooks}

    async def connect(self, ground: Ground) -> Connected:
        """See ``DemoStoreSide.connect``."""
        credentials = Credentials(
            address=self._served.url, key=self._store.consumer_key, secret=self._store.consumer_secret
        )
        connected = await connect_platform_shop(ground, self.storefront, credentials, stripe_url=self._stripe.url)
        self._store.last_id = max(self._store.last_id, await last_order_id(connected.keys.shop_id))
        await self._stripe.connect(ground, connected.keys)
        return connected

    async def sell(self, sample: str, place: int, buyer: Buyer | None = None) -> Sold:
        """See ``DemoStoreSide.sell``; WooCommerce numbers its orders itself."""
        return await self._place(sample, buyer, SHIPPING)

    async def sell_with_code(self, code: str, place: int, buyer: Buyer) -> Sold:
        """See ``DemoStoreSide.sell_with_code``: the store's own coupon takes the shipping off."""
        return await self._place(STORY_SAMPLE, buyer, 0, code)

    async def _tell_all(self) -> None:
        await self._store.deliver()

    async def _place(self, sample: str, buyer: Buyer | None, shipping: int, code: str | None = None) -> Sold:
        id = self._store.new_id()
        who = buyer or Buyer("Grace", "Hall", f"visitor.{id}@example.com")
        is_spanish = sample == SPANISH_SAMPLE
        body = order_body(
            id, self._store.clock.now(), goods=tuple(GOODS[sample].values()), shipping=shipping,
            currency=self._store.currency,
            custodian=Custodian.STOREFRONT if sample == "paypal" else Custodian.STRIPE,
            customer={
                **(IN_BARCELONA if is_spanish else IN_PORTLAND), "first_name": who.first_name,
                "last_name": who.last_name, "email": who.email,
            },
        )  # fmt: skip
        self._store.set_meta(body, "wpml_language", "es" if is_spanish else "en")
        if body["payment_method"] == "stripe":
            body["transaction_id"] = await self._stripe.pay(_total(body), body["currency"])
        if code is not None:
            body["coupon_lines"] = [{"id": self._store.new_id(), "code": code.lower(), "discount": "0.00"}]
        return _sold(self._store.place(body), tuple(GOODS[sample]))

    async def tell(self, sold: Sold) -> None:
        """See ``DemoStoreSide.tell``."""
        await self.heartbeat.now()
        failing = [hook["topic"] for hook in self._store.webhooks.values() if hook["failures"]]
        require(not failing, f"Webhooks of WooCommerce's were not taken: {', '.join(failing)}.")
        require(self._store.webhooks, "The store has no webhook of ours.")

    async def deliver(self, sold: Sold) -> None:
        """See ``DemoStoreSide.deliver``."""
        self._store.ship(int(sold.id))
        self._store.arrive(int(sold.id))
        await self.tell(sold)

    async def pay_page(self, url: str) -> None:
        """See ``DemoStoreSide.pay_page``."""
        await self._stripe.pay_page(url)

    def was_asked_to_cancel(self, sold: Sold) -> bool:
        """See ``DemoStoreSide.was_asked_to_cancel``."""
        asked = f"PUT /wc/v3/orders/{sold.id}" in self._store.calls
        return asked and self._store.orders[int(sold.id)]["status"] in ("cancelled", "refunded")

    async def paid_back(self, sold: Sold) -> list[PaidBack]:
        """See ``DemoStoreSide.paid_back``."""
        return await self._stripe.refunds(sold.reference)

    async def echo(self, sold: Sold) -> str:
        """The gateway hears of the refund from Stripe and writes a record of its own, without lines
        (``class-wc-stripe-webhook-handler.php``, ``process_webhook_refund``)."""
        events = await self._stripe.drain()
        (refund,) = await self.paid_back(sold)
        id = int(sold.id)
        self._store.refund(
            id,
            {
                "amount": decimal(refund.amount, sold.currency),
                "reason": "Refunded via Stripe Dashboard",
                "api_refund": False,
                "api_restock": False,
            },
        )
        self._store.set_meta(self._store.orders[id], "_stripe_refund_id", refund.id)
        await self.tell(sold)
        return f"{events} signed events of Stripe's, the gateway's own record, and one refund"

    def has_code(self, code: str) -> bool:
        """See ``DemoStoreSide.has_code``."""
        return any(coupon["code"] == code.lower() for coupon in self._store.coupons.values())

    def check_books(self, sold: Sold) -> str:
        """See ``DemoStoreSide.check_books``."""
        id = int(sold.id)
        booked = [parse_amount(record["amount"], sold.currency) for record in self._store.refunds[id]]
        require(booked == [sold.total], f"WooCommerce's books hold refunds of {booked}.")
        require(not self._store.paid_back[id], "The store's own gateway has paid, beside Stripe.")
        return "WooCommerce has the refund in its books, and its gateway paid nothing"


def _total(body: Body) -> int:
    return parse_amount(body["total"], body["currency"])


def _sold(body: Body, names: tuple[str, ...]) -> Sold:
    return Sold(
        str(body["id"]), body["number"], _total(body), body["currency"], body["billing"]["email"],
        body["transaction_id"],
        {name: str(line["id"]) for name, line in zip(names, body["line_items"], strict=True)},
    )  # fmt: skip


def _for_sale() -> dict[int, Body]:
    sold = [CASHMERE, *(each for goods in GOODS.values() for each in goods.values())]
    return {each.product_id: for_sale(each.product_id, each.name, decimal(each.price, "USD")) for each in sold}


@asynccontextmanager
async def woocommerce_side(data: Path, bank_takes: float) -> AsyncIterator[WooCommerceSide]:
    """The stand-in of WooCommerce and the Stripe sandbox, served until the block ends."""
    store = WooStore(
        consumer_key=new_token("ck"), consumer_secret=new_token("cs"), name=NAME, currency="USD",
        time_zone="America/Los_Angeles", products=_for_sale(), variations={},
    )  # fmt: skip
    async with (
        serve_sandbox(state=data / "stripe-woocommerce.json", settle_after=bank_takes) as sandbox,
        serve_woo_store(store) as served,
        StripeSide(sandbox) as stripe,
    ):
        side = WooCommerceSide(served, stripe)
        with side.heartbeat.beating():
            yield side
