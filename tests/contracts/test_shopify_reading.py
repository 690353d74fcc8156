"""An order of Shopify's reads the same in a webhook and when it is looked up, however much of it there is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from plugin.ports.orders import LineCount, OrderState
from plugin.ports.payments import RejectCode, Rejected
from plugin.ports.storefronts import CancelRequest, OrderChanged, Unparseable
from plugin.storefronts.demo.shopify.orders import DemoLine
from plugin.storefronts.demo.shopify.shop import DemoShopify
from plugin.storefronts.demo.shopify.webhooks import body_of, send_webhooks
from tests.contracts.bench import Placed
from tests.contracts.shopify_bench import ShopifyBench, shopify_bench
from tests.contracts.test_shopify_api import money, move
from tests.fakes import FakeClock


@pytest.fixture
async def bench() -> AsyncIterator[ShopifyBench]:
    async with shopify_bench(DemoShopify(clock=FakeClock())) as bench:
        yield bench


async def cancel(bench: ShopifyBench, placed: Placed, *lines: LineCount) -> None:
    request = CancelRequest(
        key="case_1", order_id=placed.order_id, order_number=placed.number, whole_order=not lines, lines=lines
    )
    await bench.storefront.cancel(bench.connection, request)
    await bench.settle()


LIVES = ["placed", "some cancelled", "shipped in part", "delivered", "refunded by us", "by hand", "cancelled", "manual"]


async def live(bench: ShopifyBench, life: str) -> Placed:
    placed = await bench.place()
    first, second = placed.lines
    match life:
        case "some cancelled":
            await cancel(bench, placed, LineCount(first, 1))
        case "shipped in part":
            await bench.ship(placed, LineCount(second, 1))
        case "delivered":
            await bench.ship(placed)
            move(bench, timedelta(days=2))
            bench.shop.deliver(bench.order(placed))
        case "refunded by us":
            await bench.platform.refund(bench.connection, money(placed, 700))
        case "by hand":
            bench.refund_by_hand(placed, LineCount(second, 1), 500)
        case "cancelled":
            await cancel(bench, placed)
        case "manual":
            bench.shop.orders[int(placed.order_id)].transactions[0].gateway = "cash_on_delivery"
    return placed


@pytest.mark.parametrize("life", LIVES)
async def test_one_order_is_the_same_read_both_ways(bench: ShopifyBench, life: str) -> None:
    placed = await live(bench, life)
    told = bench.storefront.parse("orders/updated", body_of(bench.shop, "orders/updated", int(placed.order_id)))
    fetched = await bench.platform.fetch_order(bench.connection, placed.order_id)
    assert isinstance(told, OrderChanged)
    assert fetched == told.order


async def test_a_cancelled_order_says_which_units_went_with_it(bench: ShopifyBench) -> None:
    placed = await live(bench, "cancelled")
    order = await bench.platform.fetch_order(bench.connection, placed.order_id)
    assert order is not None
    assert order.state is OrderState.CANCELLED
    assert order.cancelled == (LineCount(placed.lines[0], 2), LineCount(placed.lines[1], 1))
    assert order.refunds == ()


async def test_lines_parcels_and_refunds_beyond_their_first_page_are_read(bench: ShopifyBench) -> None:
    lines = [DemoLine(id, f"Thing {id}", 2, 1000, tax=160) for id in range(1, 121)]
    order = bench.shop.place(lines)
    bench.shop.ship(order, {line.id: 1 for line in lines})
    for line in lines[:23]:
        bench.shop.ship(order, {line.id: 1})
    for line in lines[30:43]:
        bench.shop.refund_by_hand(order, line.id, 1, 1000)
    bench.shop.bucket.capacity = 10_000
    bench.shop.bucket.available = 10_000
    fetched = await bench.platform.fetch_order(bench.connection, str(order.id))
    told = bench.storefront.parse("orders/updated", body_of(bench.shop, "orders/updated", order.id))
    assert isinstance(told, OrderChanged)
    assert fetched == told.order
    assert (len(fetched.lines), len(fetched.fulfilments), len(fetched.refunds)) == (120, 24, 13)
    assert len(fetched.fulfilments[0].lines) == 120


async def test_an_order_that_is_hidden_for_its_age_is_not_taken_for_deleted(bench: ShopifyBench) -> None:
    placed = await bench.place()
    move(bench, timedelta(days=61))
    assert await bench.platform.fetch_order(bench.connection, placed.order_id)
    bench.shop.scopes.remove("read_all_orders")
    with pytest.raises(Rejected) as hidden:
        await bench.platform.fetch_order(bench.connection, placed.order_id)
    assert hidden.value.code is RejectCode.BAD_CREDENTIALS
    assert "read_all_orders" in hidden.value.reason


async def test_an_order_that_cannot_be_read_is_told_of_and_stops_nothing(bench: ShopifyBench) -> None:
    odd, good = await bench.place(), await bench.place()
    bench.order(odd).email = "nobody at all"
    page = await bench.platform.orders_changed(bench.connection, bench.shop.clock.now() - timedelta(minutes=1))
    assert [order.id for order in page.orders] == [good.order_id]
    assert [id for id, _ in page.unreadable] == [odd.order_id]


async def test_an_answer_of_another_shape_makes_one_order_unreadable_and_stops_nothing(bench: ShopifyBench) -> None:
    """The schema lets a parcel's line have no quantity."""
    odd, good = await bench.place(), await bench.place()
    await bench.ship(odd)
    (parcel,) = bench.order(odd).parcels
    uncounted: Any = None
    parcel.lines, parcel.status = dict.fromkeys(parcel.lines, uncounted), "ERROR"
    page = await bench.platform.orders_changed(bench.connection, bench.shop.clock.now() - timedelta(minutes=1))
    assert [order.id for order in page.orders] == [good.order_id]
    assert [id for id, _ in page.unreadable] == [odd.order_id]
    with pytest.raises(Unparseable, match="could not be read"):
        await bench.platform.fetch_order(bench.connection, odd.order_id)


async def test_an_order_that_shopify_itself_fails_on_stops_no_other(bench: ShopifyBench) -> None:
    odd, good = await bench.place(), await bench.place()
    no_text: Any = {}
    bench.order(odd).email = no_text
    page = await bench.platform.orders_changed(bench.connection, bench.shop.clock.now() - timedelta(minutes=1))
    assert [order.id for order in page.orders] == [good.order_id]
    ((id, reason),) = page.unreadable
    assert (id, "String cannot represent" in reason) == (odd.order_id, True)


async def test_webhooks_come_signed_to_who_subscribed(bench: ShopifyBench) -> None:
    await bench.platform.register_hooks(bench.connection, bench.hooks_url, "")
    sent: list[httpx.Request] = []

    def take(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200)

    placed = await bench.place()
    await bench.platform.refund(bench.connection, money(placed, 700))
    async with httpx.AsyncClient(transport=httpx.MockTransport(take)) as http:
        await send_webhooks(bench.shop, http)
    told: list[str | None] = []
    for request in sent:
        headers = {name.lower(): value for name, value in request.headers.items()}
        secrets = [bench.shop.client_secret]
        delivery = bench.storefront.verify(headers, request.content, secrets, bench.shop.clock.now())
        told.append(_order_told(bench, delivery.topic, request.content))
    assert told == [placed.order_id] * 3


def _order_told(bench: ShopifyBench, topic: str, body: bytes) -> str | None:
    try:
        parsed = bench.storefront.parse(topic, body)
    except Unparseable as named:
        return named.order_id
    assert isinstance(parsed, OrderChanged)
    return parsed.order.id
