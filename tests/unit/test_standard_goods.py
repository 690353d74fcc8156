"""A standard store's goods over real HTTP: prices, orders made once, corrections, restocking, credit, and troubles."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from plugin.ports.goods import (
    Fix,
    FixAnswer,
    Restock,
    StoreCredit,
    StoreStatus,
    Wanted,
)
from plugin.ports.orders import LineCount, OrderState
from plugin.ports.storefronts import StoreConnection
from plugin.storefronts.addresses import outgoing_client
from plugin.storefronts.demo.samples import build_sample
from plugin.storefronts.demo.server import ServedStore, serve_demo_store
from plugin.storefronts.demo.store import Behaviour, DemoStore
from plugin.storefronts.standard.goods import StandardGoods
from plugin.storefronts.standard.orders import read_order
from plugin.storefronts.standard.wire import OrderBody
from tests.unit.standard_calls import ABROAD, AT_HOME, CALLS, LARGE, SECRET, Call, an_order
from tests.webhook_catcher import catch_webhooks

AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
SOLD_OUT = Wanted(product_id="coat", variant_id="coat-4")


@dataclass
class Counter:
    """A served store, and our adapter connected to it."""

    served: ServedStore
    goods: StandardGoods
    connection: StoreConnection

    def order(self, id: str = "ord_1") -> OrderBody:
        """As the store has it; it must be one that we can read."""
        order = self.served.store.orders[id]
        _, body = self.served.store.signed(order)
        assert read_order(body).total == order.total
        return order


@pytest.fixture
async def counter() -> AsyncIterator[Counter]:
    store = DemoStore(webhook_secret=SECRET, call_secret=SECRET, late_by=60)
    store.place(build_sample("fashion", id="ord_1", at=AT, payment_intent="pi_1"))
    store.place(build_sample("spanish", id="ord_2", at=AT, payment_intent="pi_2"))
    async with serve_demo_store(store) as served, outgoing_client() as http:
        connection = StoreConnection(
            shop_id="s", address=served.calls_url, secret=SECRET, allow_private_address=True
        )  # fmt: skip
        yield Counter(served, StandardGoods(http, timeout=0.5), connection)


async def test_prices_and_stock_are_named_for_what_is_wanted_and_known(counter: Counter) -> None:
    wanted = (LARGE, SOLD_OUT, Wanted(product_id="unheard-of"))

    offers = await counter.goods.offers(counter.connection, "ord_1", wanted, "USD")

    assert offers.status is StoreStatus.DONE
    assert [(o.variant_id, o.variant, o.unit_price, o.unit_tax, o.available) for o in offers.offered] == [
        ("coat-3", "L / camel", 20459, 1559, 20),
        ("coat-4", "XL / camel", 20459, 1559, 0),
    ]


async def test_a_product_is_named_in_all_that_it_comes_in(counter: Counter) -> None:
    offers = await counter.goods.variants(counter.connection, "alpargatas", "EUR")
    assert [(o.variant, o.unit_price) for o in offers.offered] == [("38", 3450), ("39", 3450), ("40", 3450)]
    assert (await counter.goods.variants(counter.connection, "coat", "JPY")).offered == ()


async def test_an_order_is_made_once_and_told_by_webhook(counter: Counter) -> None:
    async with catch_webhooks() as catcher:
        counter.served.store.hooks_url = catcher.url
        first = await counter.goods.make_order(counter.connection, an_order())
        again = await counter.goods.make_order(counter.connection, an_order())
        other = await counter.goods.make_order(counter.connection, an_order("case_2"))
        await catcher.wait_for(2)
    assert first == again
    assert (first.status, other.status) == (StoreStatus.DONE, StoreStatus.DONE)
    assert first.order_id is not None
    assert first.order_id != other.order_id
    made = counter.order(first.order_id)
    assert (made.number, made.total, made.customer.email) == (first.order_number, 21454, "grace@example.com")
    assert [read_order(body).id for body in catcher.bodies] == [first.order_id, other.order_id]


async def test_what_is_sold_out_is_not_ordered_and_a_key_keeps_its_answer(counter: Counter) -> None:
    sold_out = an_order(variant_id="coat-4")
    assert (await counter.goods.make_order(counter.connection, sold_out)).status is StoreStatus.OUT_OF_STOCK
    (*_, shelved) = counter.served.goods.shelf.of_product("coat")
    shelved.stock = 5
    assert (await counter.goods.make_order(counter.connection, sold_out)).status is StoreStatus.OUT_OF_STOCK
    assert set(counter.served.store.orders) == {"ord_1", "ord_2"}


async def test_an_order_whose_answer_was_lost_is_found_by_asking_again(counter: Counter) -> None:
    counter.served.store.behaviour = Behaviour.DROP_ANSWER
    assert (await counter.goods.make_order(counter.connection, an_order())).status is StoreStatus.UNKNOWN
    counter.served.store.behaviour = Behaviour.AGREE
    assert (await counter.goods.make_order(counter.connection, an_order())).status is StoreStatus.DONE
    assert len(counter.served.store.orders) == 3


async def test_another_address_changes_the_shipping_and_a_trial_changes_nothing(counter: Counter) -> None:
    fix = Fix(key="fix_1", order_id="ord_1", address=ABROAD)
    trial = await counter.goods.fix(counter.connection, replace(fix, is_trial=True))
    assert (trial, counter.order().sequence) == (
        FixAnswer(status=StoreStatus.DONE, costs=1500, shipping=1500), 1,
    )  # fmt: skip

    assert await counter.goods.fix(counter.connection, fix) == trial
    assert await counter.goods.fix(counter.connection, fix) == trial

    fixed = counter.order()
    assert (fixed.sequence, fixed.total, fixed.customer.country) == (2, 28166, "CA")
    at_home = replace(fix, key="fix_2", order_id="ord_2", address=replace(AT_HOME, country="ES"))
    assert (await counter.goods.fix(counter.connection, at_home)).costs == 0


@pytest.mark.parametrize(
    ("line_id", "product_id", "quantity"), [("alpargatas", "alpargatas", 2), ("vestido", "bolso", 1)]
)
async def test_another_variant_or_product_of_a_line(
    counter: Counter, line_id: str, product_id: str, quantity: int
) -> None:
    to = Wanted(
        product_id=product_id, variant_id="alpargatas-3" if product_id == "alpargatas" else None, quantity=quantity
    )
    answer = await counter.goods.fix(counter.connection, Fix(key="f", order_id="ord_2", line_id=line_id, to=to))
    order = counter.order("ord_2")
    assert (answer.status, order.total) == (StoreStatus.DONE, 15890 + answer.costs)
    assert answer.costs == (3510 if product_id == "bolso" else 0)


@pytest.mark.parametrize(
    ("sample", "line_id", "to"), [("ord_1", "scarf", "scarf-2"), ("ord_2", "alpargatas", "alpargatas-1")]
)
async def test_some_units_of_a_line_as_another_variant(counter: Counter, sample: str, line_id: str, to: str) -> None:
    total = counter.order(sample).total
    wanted = Wanted(product_id=line_id, variant_id=to)
    await counter.goods.fix(counter.connection, Fix(key="f", order_id=sample, line_id=line_id, to=wanted))
    order = counter.order(sample)
    assert (order.total, [line.quantity for line in order.lines]) == (total, [1, 1, 1])


async def test_what_has_left_is_not_corrected(counter: Counter) -> None:
    counter.served.store.ship("ord_1")
    counter.served.store.edit("ord_2", state=OrderState.CANCELLED)
    for order_id in ("ord_1", "ord_2"):
        answer = await counter.goods.fix(counter.connection, Fix(key=order_id, order_id=order_id, address=ABROAD))
        assert answer.status is StoreStatus.TOO_LATE


async def test_goods_that_came_back_are_on_the_shelf_again_once(counter: Counter) -> None:
    restock = Restock(key="parcel_1", order_id="ord_1", lines=(LineCount("coat", 1),))
    for _ in range(2):
        assert await counter.goods.restock(counter.connection, restock) is StoreStatus.DONE
    article = counter.served.goods.shelf.find("coat", "coat-2")
    assert article is not None
    assert article.stock == 21


async def test_credit_of_the_stores_own_is_given_once(counter: Counter) -> None:
    credit = StoreCredit(
        key="c1", order_id="ord_1", customer_id="cus_grace", email=None, amount=500, currency="USD", expires_at=AT
    )  # fmt: skip
    first = await counter.goods.give_credit(counter.connection, credit)
    assert first == await counter.goods.give_credit(counter.connection, credit)
    assert (first.status, first.reference) == (StoreStatus.DONE, "credit_1")
    assert [given.amount for given in counter.served.goods.credits.values()] == [500]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    ("behaviour", "status"),
    [
        (Behaviour.UNSUPPORTED, StoreStatus.UNSUPPORTED),
        (Behaviour.FAIL, StoreStatus.UNKNOWN),
        (Behaviour.GARBAGE, StoreStatus.UNKNOWN),
        (Behaviour.NEVER_ANSWER, StoreStatus.UNKNOWN),
    ],
)
async def test_a_stores_trouble_is_an_answer(
    counter: Counter, call: Call, behaviour: Behaviour, status: StoreStatus
) -> None:
    counter.served.store.behaviour = behaviour
    assert await call(counter.goods, counter.connection) is status
    assert counter.served.goods.asks == []


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    "connection",
    [
        StoreConnection(shop_id="s", address=None, secret=SECRET),
        StoreConnection(shop_id="s", address="https://store.invalid/x", secret="whsec_not base64"),
        StoreConnection(shop_id="s", address="http://127.0.0.1:9/x", secret=SECRET),
        StoreConnection(shop_id="s", address="https://169.254.169.254/x", secret=SECRET),
    ],
)
async def test_what_may_not_be_called_is_not_called(counter: Counter, call: Call, connection: StoreConnection) -> None:
    assert await call(counter.goods, connection) is StoreStatus.UNSUPPORTED
