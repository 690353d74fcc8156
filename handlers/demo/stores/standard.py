"""The story on a store of one's own, which speaks our published format, and is paid through Stripe."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

from msgspec.structs import replace

from handlers.demo.shop import open_demo_shop, remember_orders
from handlers.demo.stores.at_stripe import StripeSide
from handlers.demo.stores.side import STORY_SAMPLE, Buyer, Connected, Ground, Lines, PaidBack, Sold
from handlers.demo.transcript import require
from plugin.db import rows
from plugin.payments.sandbox.server import serve_sandbox
from plugin.storefronts.demo.samples import build_sample, stripe_part
from plugin.storefronts.demo.server import ServedStore, serve_demo_store
from plugin.storefronts.demo.store import DemoStore
from plugin.storefronts.standard.wire import DiscountBody, OrderBody

FIRST_NUMBER = 1001


class StandardSide:
    """See ``DemoStoreSide``."""

    storefront = "standard"
    lines = Lines(
        connected="A store of one's own gets its keys",
        pays="pays by card at Stripe",
        refunded="The store agrees, and Stripe creates the refund",
        echoes="Stripe's reports and the store's own echo arrive: nothing happens twice",
        delivered="the store's next webhook names the parcel, and the moment at which it arrived",
        returned="Stripe refunds the one scarf, and nothing more",
        difference="a page of Stripe's, of the account that the order was paid to",
    )
    codes_live: Literal["ledger", "store"] = "ledger"
    dearer = "cashmere"
    to_play_with: tuple[str, ...] = ("spanish", "russian", "two_payments", "authorised")

    def __init__(self, served: ServedStore, stripe: StripeSide) -> None:
        self.links: dict[str, str] = {}
        self._served = served
        self._store = served.store
        self._stripe = stripe
        self._first = FIRST_NUMBER
        self._store.order_page = lambda order: self.links.get(order.id, "")

    @property
    def urls(self) -> dict[str, str]:
        hooks = self._store.hooks_url or ""
        return {"store": self._served.url, "stripe_sandbox": self._stripe.url, "webhooks": hooks}

    async def connect(self, ground: Ground) -> Connected:
        """See ``DemoStoreSide.connect``."""
        keys, _ = await open_demo_shop(
            ground.ports, ground.settings.data, sandbox_url=self._stripe.url, store_url=self._served.calls_url
        )
        self._store.webhook_secret, self._store.call_secret = keys.webhook_secret, keys.store_secret
        self._store.hooks_url = f"{ground.settings.public_url}/hooks/{keys.shop_id}/standard"
        await remember_orders(self._store, keys.shop_id)
        self._first = await _next_number(keys.shop_id)
        await self._stripe.connect(ground, keys)
        return Connected(keys, "a secret to sign its webhooks with, and one that signs our call to it")

    async def sell(self, sample: str, place: int, buyer: Buyer | None = None) -> Sold:
        """See ``DemoStoreSide.sell``."""
        at, number = self._store.clock.now(), self._first + place
        part = stripe_part(sample, at)
        intent = "pi_none"
        if part is not None:
            intent = await self._stripe.pay(part.amount, part.currency, is_authorised=not part.is_captured)
        order = build_sample(sample, id=f"ord_{number}", at=at, payment_intent=intent)
        return _sold(self._store.place(_of(buyer, order) if buyer else order))

    async def sell_with_code(self, code: str, place: int, buyer: Buyer) -> Sold:
        """See ``DemoStoreSide.sell_with_code``."""
        at, number = self._store.clock.now(), self._first + place
        order = _of(buyer, build_sample(STORY_SAMPLE, id=f"ord_{number}", at=at, payment_intent="pi_preview"))
        total = order.total - order.shipping.price
        intent = await self._stripe.pay(total, order.currency)
        paid = replace(order.payments[0], amount=total, captured=total, stripe_payment_intent=intent)
        bought = replace(
            order,
            total=total,
            shipping=replace(order.shipping, discount=order.shipping.price),
            discounts=(*order.discounts, DiscountBody(code=code, amount=0)),
            payments=(paid,),
        )
        return _sold(self._store.place(bought))

    async def tell(self, sold: Sold) -> None:
        """See ``DemoStoreSide.tell``."""
        response = await self._store.send(self._store.orders[sold.id])
        require(response.status_code == 202, f"The webhook was answered {response.status_code}, not 202.")

    async def deliver(self, sold: Sold) -> None:
        """See ``DemoStoreSide.deliver``."""
        self._store.ship(sold.id)
        self._store.deliver(sold.id)
        await self.tell(sold)

    async def pay_page(self, url: str) -> None:
        """See ``DemoStoreSide.pay_page``."""
        await self._stripe.pay_page(url)

    def was_asked_to_cancel(self, sold: Sold) -> bool:
        """See ``DemoStoreSide.was_asked_to_cancel``."""
        was_asked = any(ask.order_id == sold.id for ask in self._store.asks)
        return was_asked and self._store.orders[sold.id].state == "cancelled"

    async def paid_back(self, sold: Sold) -> list[PaidBack]:
        """See ``DemoStoreSide.paid_back``."""
        return await self._stripe.refunds(sold.reference)

    async def echo(self, sold: Sold) -> str:
        """See ``DemoStoreSide.echo``."""
        await self.tell(sold)
        return f"{await self._stripe.drain()} signed events of Stripe's, one refund"

    def has_code(self, code: str) -> bool:
        """Never: our ledger redeems, asked by the store's checkout."""
        return False

    def check_books(self, sold: Sold) -> str:
        """See ``DemoStoreSide.check_books``."""
        order = self._store.orders[sold.id]
        require(not self._store.open_units(order), "The store would still send some of it.")
        return "the store has nothing left to send"


async def _next_number(shop_id: str) -> int:
    """After every number that the store gave in earlier runs."""
    (found,) = await rows(
        "SELECT max(number::bigint) AS n FROM orders WHERE shop_id = $1 AND number ~ '^[0-9]{1,12}$'", shop_id
    )
    return FIRST_NUMBER if found["n"] is None else max(FIRST_NUMBER, found["n"] + 1)


def _sold(order: OrderBody) -> Sold:
    reference = next((paid.stripe_payment_intent for paid in order.payments if paid.stripe_payment_intent), "")
    return Sold(
        order.id, order.number, order.total, order.currency, order.customer.email, reference,
        {line.id: line.id for line in order.lines},
    )  # fmt: skip


def _of(buyer: Buyer, order: OrderBody) -> OrderBody:
    id = f"cus_{buyer.first_name.lower()}"
    return replace(order, customer=replace(order.customer, id=id, name=buyer.name, email=buyer.email))


@asynccontextmanager
async def standard_side(data: Path, bank_takes: float) -> AsyncIterator[StandardSide]:
    """The demo store and the Stripe sandbox, served until the block ends."""
    async with (
        serve_sandbox(state=data / "stripe.json", settle_after=bank_takes) as sandbox,
        serve_demo_store(DemoStore("", "")) as served,
        StripeSide(sandbox) as stripe,
    ):
        yield StandardSide(served, stripe)
