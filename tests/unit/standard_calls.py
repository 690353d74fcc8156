"""Each thing that is asked of a standard store about its goods, as its status only."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from msgspec.structs import replace

from plugin.ports.goods import (
    Address,
    Fix,
    OutboundLine,
    OutboundOrder,
    Restock,
    StoreCredit,
    StoreStatus,
    Wanted,
)
from plugin.ports.orders import LineCount
from plugin.ports.storefronts import StoreConnection
from plugin.storefronts.standard.goods import StandardGoods

SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZg=="
AT_HOME = Address(name="Grace Hall", line1="7 Oak St", city="Portland", postal_code="97202", country="US")
ABROAD = replace(AT_HOME, city="Vancouver", country="CA")
LARGE = Wanted(product_id="coat", variant_id="coat-3")


def an_order(key: str = "case_1", *, variant_id: str = "coat-3", quantity: int = 1) -> OutboundOrder:
    line = OutboundLine(
        product_id="coat", variant_id=variant_id, title="Wool coat", quantity=quantity, unit_price=20459, unit_tax=1559
    )  # fmt: skip
    return OutboundOrder(
        key=key, order_id="ord_1", order_number="1", reason="exchange", currency="USD", lines=(line,), shipping=995,
        credited=21454,
    )  # fmt: skip


Call = Callable[[StandardGoods, StoreConnection], Awaitable[StoreStatus]]


async def offers(goods: StandardGoods, store: StoreConnection) -> StoreStatus:
    return (await goods.offers(store, "ord_1", (LARGE,), "USD")).status


async def make_order(goods: StandardGoods, store: StoreConnection) -> StoreStatus:
    return (await goods.make_order(store, an_order())).status


async def fix(goods: StandardGoods, store: StoreConnection) -> StoreStatus:
    return (await goods.fix(store, Fix(key="f", order_id="ord_1", address=ABROAD))).status


async def restock(goods: StandardGoods, store: StoreConnection) -> StoreStatus:
    return await goods.restock(store, Restock(key="r", order_id="ord_1", lines=(LineCount("coat", 1),)))


async def credit(goods: StandardGoods, store: StoreConnection) -> StoreStatus:
    credit = StoreCredit(key="c", order_id="ord_1", customer_id=None, email=None, amount=1, currency="USD")
    return (await goods.give_credit(store, credit)).status


CALLS: tuple[Call, ...] = (offers, make_order, fix, restock, credit)
