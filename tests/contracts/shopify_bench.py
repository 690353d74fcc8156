"""Shopify's bench: the stand-in over HTTP, and what its staff, its gateway and its shopper do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from plugin.ports.goods import Goods, Wanted
from plugin.ports.orders import Custodian, LineCount, StoreOrder
from plugin.ports.platforms import Platform
from plugin.ports.storefronts import StoreConnection, Storefront
from plugin.storefronts.addresses import outgoing_client
from plugin.storefronts.demo.shopify.orders import DemoOrder
from plugin.storefronts.demo.shopify.server import serve_demo_shopify
from plugin.storefronts.demo.shopify.shop import TOKEN, DemoHook, DemoShopify, Fault
from plugin.storefronts.shopify.adapter import ShopifyStorefront
from plugin.storefronts.shopify.api import ShopifyApi
from plugin.storefronts.shopify.goods import ShopifyGoods
from plugin.storefronts.shopify.platform import ShopifyPlatform, shopify_api
from tests.contracts.bench import Held, Placed, Step, Trouble, Wares

FIELDS = {
    Step.CANCEL: ("orderCancel", "refundCreate"),
    Step.REFUND: ("refundCreate",),
    Step.CODE: ("discountCodeBasicCreate", "discountCodeFreeShippingCreate"),
    Step.ORDERS: ("order", "orders"),
    Step.MAKE_ORDER: ("orderCreate",),
    Step.RESTOCK: ("refundCreate",),
    Step.FIX: ("orderEditCommit", "orderUpdate"),
}
FAULTS = {
    Trouble.LOSE_ANSWER: Fault.DROP_ANSWER,
    Trouble.FAIL: Fault.ERROR_500,
    Trouble.BUSY: Fault.TOO_MANY,
    Trouble.GARBAGE: Fault.HTML,
    Trouble.REFUSE: Fault.USER_ERRORS,
}
GATEWAYS = {Custodian.STOREFRONT: "shopify_payments", Custodian.MANUAL: "cash_on_delivery"}


WARES = Wares(*(Wanted(product_id="71", variant_id=id) for id in ("7101", "7102", "7103")))


@dataclass
class ShopifyBench:
    shop: DemoShopify
    api: ShopifyApi
    storefront: Storefront
    platform: Platform
    connection: StoreConnection
    goods: Goods
    wares: Wares = WARES
    hooks_url: str = "https://comeback.example/hooks/shop_1/shopify"

    async def place(self, *, custodian: Custodian = Custodian.STOREFRONT) -> Placed:
        order = self.shop.place(gateway=GATEWAYS[custodian])
        first, second = (str(line.id) for line in order.lines)
        id = str(order.id)
        return Placed(id, f"#{id}", (first, second), f"{id}:payment", order.total, order.currency)

    def order(self, placed: Placed) -> DemoOrder:
        return self.shop.orders[int(placed.order_id)]

    async def ship(self, placed: Placed, *lines: LineCount) -> None:
        self.shop.ship(self.order(placed), {int(line.line_id): line.quantity for line in lines} or None)

    async def settle(self) -> None:
        self.shop.settle()

    def fail(self, trouble: Trouble, at: Step) -> None:
        self.shop.faults = dict.fromkeys(FIELDS[at], FAULTS[trouble])

    def heal(self) -> None:
        self.shop.faults = {}

    def held(self, placed: Placed) -> Held:
        order = self.order(placed)
        cancelled = {str(line.id): line.quantity - order.current(line) for line in order.lines}
        refunds = [refund for refund in order.refunds if refund.amount]
        paid = sum(refund.amount for refund in refunds)
        return Held(
            is_cancelled=order.cancelled_at is not None,
            cancelled={id: units for id, units in cancelled.items() if units},
            paid_back=paid,
            booked=paid,
            refunds=len(refunds),
            notes=tuple((order.note or "").splitlines()),
        )

    def weaken(self) -> None:
        self.shop.scopes = {scope for scope in self.shop.scopes if scope.startswith("read_")}

    def gateway_echoes(self, placed: Placed, amount: int) -> None:
        raise AssertionError("No gateway of Shopify's tells of a payment that is ours at Stripe.")

    def refund_by_hand(self, placed: Placed, line: LineCount, amount: int) -> None:
        self.shop.refund_by_hand(self.order(placed), int(line.line_id), line.quantity, amount)

    def codes(self) -> tuple[str, ...]:
        return tuple(each.input["code"] for each in self.shop.discounts.values() if each.is_active)

    def tax(self, percent: int) -> None:
        self.shop.tax_percent = percent

    def stock(self, wanted: Wanted) -> int:
        return self.shop.variants[int(wanted.variant_id or 0)].stock

    def sell_out(self, wanted: Wanted) -> None:
        self.shop.variants[int(wanted.variant_id or 0)].stock = 0

    def orders(self) -> int:
        return len(self.shop.orders)

    async def read(self, order_id: str) -> StoreOrder:
        order = await self.platform.fetch_order(self.connection, order_id)
        assert order is not None
        return order

    def hooks_at(self, url: str) -> int:
        return sum(hook.uri == url for hook in self.shop.hooks.values())

    def break_hooks(self) -> None:
        """Shopify switches nothing off: the first points elsewhere, the second is gone, the third is there twice."""
        first, second, third = list(self.shop.hooks.values())[:3]
        first.uri = "https://old.example/hooks"
        del self.shop.hooks[second.id]
        id = self.shop.next_id()
        self.shop.hooks[id] = DemoHook(id, third.topic, third.uri)


@asynccontextmanager
async def shopify_bench(shop: DemoShopify | None = None, *, timeout: float = 5.0) -> AsyncIterator[ShopifyBench]:
    async with serve_demo_shopify(shop or DemoShopify()) as served, outgoing_client() as http:
        clock = served.shop.clock
        api = shopify_api(http, clock=clock, timeout=timeout)
        connection = StoreConnection(shop_id="shop_1", address=served.url, secret=TOKEN, allow_private_address=True)
        yield ShopifyBench(
            served.shop, api, ShopifyStorefront(api, clock), ShopifyPlatform(api, clock), connection,
            ShopifyGoods(api, clock),
        )  # fmt: skip
