"""WooCommerce's bench: the adapter over real HTTP, asked against the stand-in."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

from plugin.core.money import parse_amount
from plugin.ports.goods import Goods, Wanted
from plugin.ports.orders import Custodian, LineCount, StoreOrder
from plugin.ports.platforms import Platform
from plugin.ports.runtime import Clock
from plugin.ports.storefronts import StoreConnection, Storefront
from plugin.storefronts.addresses import outgoing_client
from plugin.storefronts.demo.woocommerce import samples
from plugin.storefronts.demo.woocommerce.faults import Fault, Switched
from plugin.storefronts.demo.woocommerce.samples import FASHION, Body
from plugin.storefronts.demo.woocommerce.server import serve_woo_store
from plugin.storefronts.demo.woocommerce.store import WooStore
from plugin.storefronts.woocommerce.adapter import WooCommerceStorefront
from plugin.storefronts.woocommerce.goods import WooCommerceGoods
from plugin.storefronts.woocommerce.platform import WooCommercePlatform
from tests.contracts.bench import Held, Placed, Step, Trouble, Wares

CALLS = {
    Step.CANCEL: r"PUT /wc/v3/orders/\d+$|POST /wc/v3/orders/\d+/refunds$",
    Step.REFUND: r"POST /wc/v3/orders/\d+/refunds$",
    Step.CODE: r"POST /wc/v3/coupons$",
    Step.ORDERS: r"GET /wc/v3/orders",
    Step.MAKE_ORDER: r"POST /wc/v3/orders$",
    Step.RESTOCK: r"POST /wc/v3/orders/\d+/refunds$",
    Step.FIX: r"PUT /wc/v3/orders/\d+$",
}
CHANGES = {Step.CANCEL: rb'"status"|"amount"', Step.FIX: rb'"shipping"|"line_items"'}  # and no mark of ours
FAULTS = {
    Trouble.LOSE_ANSWER: Fault.DROP_ANSWER,
    Trouble.FAIL: Fault.FATAL,
    Trouble.BUSY: Fault.BUSY,
    Trouble.GARBAGE: Fault.PAGE,
}


SHIRTS = (samples.Goods("Linen shirt", 2, 3950, 101, 1012), FASHION[1])
WARES = Wares(*(Wanted(product_id="101", variant_id=size) for size in ("1012", "1011", "1013")))


@dataclass
class WooBench:
    store: WooStore
    storefront: Storefront
    platform: Platform
    connection: StoreConnection
    goods: Goods
    wares: Wares = WARES
    hooks_url: str = "http://127.0.0.1:9/hooks/shop_1/woocommerce"

    async def place(self, *, custodian: Custodian = Custodian.STOREFRONT) -> Placed:
        intent = "pi_3Nx" if custodian is Custodian.STRIPE else None
        order = self.store.new_order(custodian=custodian, payment_intent=intent, goods=SHIRTS)
        first, second = (str(line["id"]) for line in order["line_items"])
        total = parse_amount(order["total"], order["currency"])
        return Placed(
            str(order["id"]), order["number"], (first, second), f"{order['id']}:payment", total, order["currency"]
        )

    async def ship(self, placed: Placed, *lines: LineCount) -> None:
        self.store.ship(int(placed.order_id), lines)

    async def settle(self) -> None:
        await self.store.deliver()

    def fail(self, trouble: Trouble, at: Step) -> None:
        if trouble is Trouble.REFUSE:
            self.store.gateway_refuses = "The transaction is too old to be refunded."
        else:
            body = re.compile(CHANGES.get(at, b""))
            self.store.faults.append(Switched(FAULTS[trouble], re.compile(CALLS[at]), body=body))

    def switch(self, fault: Fault, calls: str = ".", times: int | None = None) -> None:
        """Any fault of the stand-in's, at the calls whose ``METHOD route`` matches."""
        self.store.faults.append(Switched(fault, re.compile(calls), times))

    def heal(self) -> None:
        self.store.gateway_refuses = None
        self.store.faults.clear()

    def held(self, placed: Placed) -> Held:
        id = int(placed.order_id)
        order, records = self.store.orders[id], self.store.refunds[id]
        amounts = [parse_amount(record["amount"], placed.currency) for record in records]
        is_cancelled = order["status"] == "cancelled"
        return Held(
            is_cancelled=is_cancelled,
            cancelled={str(x["id"]): x["quantity"] for x in order["line_items"]} if is_cancelled else _units(records),
            paid_back=self.store.paid_back[id],
            booked=sum(amounts),
            refunds=sum(amount > 0 for amount in amounts),
            notes=tuple(note["note"] for note in self.store.notes[id]),
        )

    def weaken(self) -> None:
        self.store.permissions = "read"

    def gateway_echoes(self, placed: Placed, amount: int) -> None:
        """``class-wc-stripe-webhook-handler.php``, ``process_webhook_refund``."""
        id = int(placed.order_id)
        sum = f"{amount // 100}.{amount % 100:02d}"
        self.store.refund(
            id, {"amount": sum, "reason": "Refunded via Stripe Dashboard", "api_refund": False, "api_restock": False}
        )
        self.store.set_meta(self.store.orders[id], "_stripe_refund_id", "re_leg_1")

    def refund_by_hand(self, placed: Placed, line: LineCount, amount: int) -> None:
        sum = f"{amount // 100}.{amount % 100:02d}"
        item = {"id": int(line.line_id), "quantity": line.quantity, "refund_total": sum}
        self.store.refund(int(placed.order_id), {"amount": sum, "reason": "faulty", "line_items": [item]})

    def codes(self) -> tuple[str, ...]:
        return tuple(coupon["code"] for coupon in self.store.coupons.values())

    def tax(self, percent: int) -> None:
        self.store.tax_percent, self.store.prices_include_tax = percent, True
        for sold in (*self.store.products.values(), *self.store.variations.values()):
            sold["price"] = str(parse_amount(sold["price"], "EUR") * (100 + percent) / 10000)

    def stock(self, wanted: Wanted) -> int:
        found = self.store.variation(int(wanted.product_id), int(wanted.variant_id or 0))
        return int(found["stock_quantity"])

    def sell_out(self, wanted: Wanted) -> None:
        self.store.stock[int(wanted.variant_id or 0)] = -100

    def orders(self) -> int:
        return len(self.store.orders)

    async def read(self, order_id: str) -> StoreOrder:
        order = await self.platform.fetch_order(self.connection, order_id)
        assert order is not None
        return order

    def hooks_at(self, url: str) -> int:
        return sum(h["delivery_url"] == url and h["status"] == "active" for h in self.store.webhooks.values())

    def break_hooks(self) -> None:
        off, gone, twice = list(self.store.webhooks.values())[:3]
        off["status"] = "disabled"
        del self.store.webhooks[gone["id"]]
        id = self.store.new_id()
        self.store.webhooks[id] = {**twice, "id": id}


def _units(records: list[Body]) -> dict[str, int]:
    units: Counter[str] = Counter()
    for record in records:
        for line in record["line_items"]:
            units[line["meta_data"][0]["value"]] -= line["quantity"]
    return dict(units)


@asynccontextmanager
async def woo_bench(
    store: WooStore | None = None, *, timeout: float = 5.0, clock: Clock | None = None, prepares_within: float = 5.0
) -> AsyncIterator[WooBench]:
    store = store or WooStore(consumer_key="ck_0123456789abcdef", consumer_secret="cs_fedcba9876543210")
    http: httpx.AsyncClient
    async with serve_woo_store(store) as served, outgoing_client() as http:
        platform = WooCommercePlatform(http, timeout=timeout, clock=clock, prepares_within=prepares_within)
        connection = StoreConnection(
            shop_id="shop_1",
            address=served.url,
            key=store.consumer_key,
            secret=store.consumer_secret,
            allow_private_address=True,
        )
        yield WooBench(
            store, WooCommerceStorefront(platform), platform, connection, WooCommerceGoods(platform)
        )  # fmt: skip
