"""What only WooCommerce's goods do: tax by class and country, marks instead of keys, and returns that staff book."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from plugin.ports.goods import StoreCredit, StoreStatus
from plugin.ports.orders import LineCount
from plugin.storefronts.demo.woocommerce.faults import Fault
from plugin.storefronts.woocommerce.origins import Rate, factor
from tests.contracts.test_platform_goods import back, outbound, to_variant
from tests.contracts.woocommerce_bench import WooBench, woo_bench


@pytest.fixture
async def woo() -> AsyncIterator[WooBench]:
    async with woo_bench() as bench:
        yield bench


async def price(woo: WooBench, order_id: str) -> tuple[int, int]:
    told = await woo.goods.offers(woo.connection, order_id, (woo.wares.other,), "EUR")
    assert told.status is StoreStatus.DONE, told.reason
    return told.offered[0].unit_price, told.offered[0].unit_tax


def test_taxes_are_laid_beside_one_another_and_a_compound_one_on_top() -> None:
    rates = (Rate(Decimal(5)), Rate(Decimal(10), compound=True), Rate(Decimal(5)))
    assert factor(rates) == Decimal("1.21")
    assert factor(()) == 1


@pytest.mark.parametrize(
    ("includes", "country", "paid"),
    [
        (False, "ES", (4780, 830)),  # 39.50 and 21 %
        (True, "ES", (3950, 686)),
        (True, "FR", (3950, 686)),  # the rate of the order, on the price without Spain's
    ],
)
async def test_a_price_is_what_this_shopper_pays(
    woo: WooBench, includes: bool, country: str, paid: tuple[int, int]
) -> None:
    woo.store.tax_percent, woo.store.prices_include_tax = 21, includes
    placed = await woo.place()
    woo.store.orders[int(placed.order_id)]["shipping"]["country"] = country
    assert await price(woo, placed.order_id) == paid


async def test_a_price_with_tax_loses_it_where_the_shopper_pays_none(woo: WooBench) -> None:
    placed = await woo.place()
    woo.store.orders[int(placed.order_id)]["shipping"]["country"] = "US"
    woo.store.tax_percent, woo.store.prices_include_tax = 21, True
    assert await price(woo, placed.order_id) == (3264, 0)


async def test_a_tax_class_that_the_order_has_nothing_of_is_a_persons(woo: WooBench) -> None:
    placed = await woo.place()
    woo.store.variations[1011]["tax_class"] = "reduced-rate"
    told = await woo.goods.offers(woo.connection, placed.order_id, (woo.wares.other,), "EUR")
    assert (told.status, told.offered, bool(told.reason)) == (StoreStatus.REFUSED, (), True)


async def test_an_order_of_ours_tells_whose_child_it_is_and_takes_no_gateway_of_the_stores(woo: WooBench) -> None:
    placed = await woo.place()
    made = await woo.goods.make_order(woo.connection, outbound(woo, placed, collected=100))
    order = woo.store.orders[int(made.order_id or 0)]
    kept = {meta["key"]: meta["value"] for meta in order["meta_data"]}
    assert (kept["_comeback_key"], kept["_comeback_origin"]) == ("out_1", placed.order_id)
    assert (order["parent_id"], order["payment_method"]) == (int(placed.order_id), "comeback")
    assert (order["status"], order["line_items"][0]["subtotal"]) == ("processing", "79.00")


@pytest.mark.parametrize("fault", [Fault.FATAL, Fault.BUSY, Fault.MAINTENANCE, Fault.FIREWALL])
async def test_what_was_certainly_not_done_is_asked_for_again_at_once(woo: WooBench, fault: Fault) -> None:
    placed = await woo.place()
    woo.switch(fault, r"POST /wc/v3/orders$")
    assert (await woo.goods.make_order(woo.connection, outbound(woo, placed))).status is StoreStatus.UNKNOWN
    woo.heal()
    again = await woo.goods.make_order(woo.connection, outbound(woo, placed))
    assert again.status is (StoreStatus.UNKNOWN if fault is Fault.MAINTENANCE else StoreStatus.DONE)


async def test_what_may_be_under_way_is_looked_for_and_not_asked_for_again(woo: WooBench) -> None:
    placed = await woo.place()
    woo.switch(Fault.PAGE, r"POST /wc/v3/orders$")
    assert (await woo.goods.make_order(woo.connection, outbound(woo, placed))).status is StoreStatus.UNKNOWN
    woo.heal()
    woo.store.calls.clear()
    assert (await woo.goods.make_order(woo.connection, outbound(woo, placed))).status is StoreStatus.UNKNOWN
    assert "POST /wc/v3/orders" not in woo.store.calls


async def test_an_order_that_is_changed_and_whose_stock_is_not_says_so(woo: WooBench) -> None:
    placed = await woo.place()
    woo.switch(Fault.FORBIDDEN, r"PUT /wc/v3/products")
    answer = await woo.goods.fix(woo.connection, to_variant(placed, woo.wares.dearer))
    assert (answer.status, answer.costs) == (StoreStatus.DONE, 500)
    assert "stock" in (answer.reason or "")


async def test_a_cancellation_after_a_change_puts_back_what_was_taken_in_the_end(woo: WooBench) -> None:
    placed = await woo.place()
    await woo.goods.fix(woo.connection, to_variant(placed, woo.wares.dearer))
    woo.store.update(int(placed.order_id), {"status": "cancelled"})
    assert set(woo.store.stock.values()) == {0}


async def test_credit_is_nothing_that_woocommerce_has(woo: WooBench) -> None:
    asked = StoreCredit(key="cr_1", order_id="1", customer_id="9", email=None, amount=100, currency="EUR")
    assert (await woo.goods.give_credit(woo.connection, asked)).status is StoreStatus.UNSUPPORTED


@pytest.mark.parametrize(("days", "cancelled"), [(0, 1), (2, 0)])
async def test_units_refunded_a_day_after_all_has_left_in_a_parcel_without_contents_came_back(
    woo: WooBench, days: int, cancelled: int
) -> None:
    placed = await woo.place()
    order = woo.store.orders[int(placed.order_id)]
    left = datetime.now(UTC) - timedelta(days=days)
    parcel = {"tracking_id": "t1", "tracking_number": "PK1", "date_shipped": str(int(left.timestamp()))}
    woo.store.set_meta(order, "_wc_shipment_tracking_items", [parcel])
    woo.refund_by_hand(placed, LineCount(placed.lines[0], 1), 3950)
    read = await woo.read(placed.order_id)
    assert sum(each.quantity for each in read.cancelled) == cancelled
    assert [each.lines for each in read.refunds] == [(LineCount(placed.lines[0], 1),)]


async def test_units_of_a_processing_order_that_we_put_into_stock_again_are_not_cancelled(woo: WooBench) -> None:
    placed = await woo.place()
    assert await woo.goods.restock(woo.connection, back(placed)) is StoreStatus.DONE
    assert (await woo.read(placed.order_id)).cancelled == ()
