"""The standard format: what makes an order, what it costs, and what is set aside with which words."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import jsonschema_rs
import msgspec
import pytest

from plugin.ports.orders import Custodian, LineCount, OrderState, StoreOrder, parts_total
from plugin.ports.storefronts import Ignored, OrderChanged, Unparseable
from plugin.storefronts.demo.samples import SAMPLES, build_sample, stripe_part
from plugin.storefronts.standard.adapter import StandardStorefront
from plugin.storefronts.standard.schema import EXAMPLE, order_schema
from plugin.storefronts.standard.wire import OrderMessage

AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
STORE = StandardStorefront(httpx.AsyncClient())


def parsed(message: dict[str, Any]) -> StoreOrder:
    outcome = STORE.parse("order.updated", json.dumps(message).encode())
    assert isinstance(outcome, OrderChanged)
    return outcome.order


def example(change: Callable[[dict[str, Any]], object] = lambda data: None) -> dict[str, Any]:
    message = copy.deepcopy(EXAMPLE)
    change(message["data"])
    return message


def test_the_published_example_is_valid_and_adds_up() -> None:
    jsonschema_rs.validator_for(order_schema()).validate(EXAMPLE)
    order = parsed(EXAMPLE)
    assert parts_total(order) == order.total == 7965
    assert [line.discount for line in order.lines] == [790, 40]  # 830 over 7900 and 400


@pytest.mark.parametrize("name", SAMPLES)
def test_every_demo_order_is_valid_and_adds_up(name: str) -> None:
    body = build_sample(name, id="ord_7", at=AT, payment_intent="pi_7", email="me@example.com")
    encoded = msgspec.json.encode(OrderMessage(type="order.updated", timestamp=AT, data=body))
    jsonschema_rs.validator_for(order_schema()).validate(json.loads(encoded))
    outcome = STORE.parse("", encoded)
    assert isinstance(outcome, OrderChanged)
    order = outcome.order
    assert parts_total(order) == order.total == sum(payment.amount for payment in order.payments)
    assert order.customer.email == "me@example.com"
    part = stripe_part(name, AT)
    at_stripe = [payment for payment in order.payments if payment.custodian is Custodian.STRIPE]
    assert [payment.amount for payment in at_stripe] == ([part.amount] if part else [])


def test_tax_is_added_where_prices_exclude_it() -> None:
    order = parsed(
        example(
            lambda data: data.update(
                prices_include_tax=False,
                discounts=[],
                lines=[{"id": "l", "title": "x", "quantity": 3, "unit_price": 100, "discount": 50, "tax": 25}],
                shipping={"price": 40, "discount": 10, "tax": 3},
                extras=[{"kind": "tip", "price": 7, "tax": 1}, {"kind": "rounding", "price": -1}],
                total=275 + 33 + 8 - 1,
            )
        )
    )
    assert order.lines[0].total == 275
    assert (order.shipping.total, order.shipping.tax) == (33, 3)


def test_more_units_cancelled_and_shipped_than_sold_is_kept_as_an_observation() -> None:
    order = parsed(
        example(
            lambda data: data.update(
                cancelled=[{"line_id": "l1", "quantity": 2}],
                fulfilments=[{"id": "f", "lines": [{"line_id": "l1", "quantity": 2}]}],
                state="cancelled",
            )
        )
    )
    assert order.cancelled == (LineCount("l1", 2),)
    assert order.state is OrderState.CANCELLED


def test_a_refund_in_the_stores_books_is_counted_on_its_payment() -> None:
    order = parsed(example(lambda data: data.update(refunds=[{"id": "r", "amount": 500, "payment_id": "pay_1"}])))
    assert order.payments[0].refunded == 500


def test_unknown_fields_are_welcome() -> None:
    assert parsed(example(lambda data: data.update(loyalty={"points": 3}))).number == "1001"


def test_another_type_of_message_is_ignored_by_name() -> None:
    outcome = STORE.parse("order.updated", b'{"type":"customer.updated","data":{}}')
    assert outcome == Ignored("Only order.updated carries an order; this is customer.updated.")


def set_line(**changes: object) -> Callable[[dict[str, Any]], object]:
    return lambda data: data["lines"][0].update(changes)


def set_data(**changes: object) -> Callable[[dict[str, Any]], object]:
    return lambda data: data.update(changes)


BAD: list[tuple[str, Callable[[dict[str, Any]], object]]] = [
    ("data.lines[0].quantity: Expected `int` >= 1", set_line(quantity=-1)),
    ("data.lines[0].quantity: Expected `int` >= 1", set_line(quantity=0)),
    ("data.lines[0].quantity: Expected `int`, got `float`", set_line(quantity=1.5)),
    ("data.lines[0].unit_price: Expected `int`, got `str`", set_line(unit_price="39.50")),
    ("data.lines[0].discount: 9000 is more than the line costs (7900)", set_line(discount=9000)),
    ("data.lines[0].tax: 99999 cannot be included in a price of 7110", set_line(tax=99999)),
    ("data.lines[0].title: Holds a character", set_line(title="a\x00b")),
    ("data.lines[1].id: 'l2' is there twice", set_line(id="l2")),
    ("data.lines: Expected `array` of length <= 1000", lambda data: data.update(lines=data["lines"] * 501)),
    ("data.currency: 'EUX' is not an ISO 4217 currency code", set_data(currency="EUX")),
    ("data.currency: 'eur' is not", set_data(currency="eur")),
    ("data.placed_at: Expected `datetime` with a timezone", set_data(placed_at="2026-11-23T10:15:00")),
    ("data.placed_at: 0001-01-01T00:00:00+14:00 is no time", set_data(placed_at="0001-01-01T00:00:00+14:00")),
    ("data.time_zone: 'Europe/Atlantis' is no IANA", set_data(time_zone="Europe/Atlantis")),
    ("data.time_zone: '../etc/passwd' is no IANA", set_data(time_zone="../etc/passwd")),
    ("data.customer.email: Holds a character", set_data(customer={"email": "a@b.c\r\nBcc: d@e.f"})),
    ("data.customer.email: Holds a character", set_data(customer={"email": "a@b.c\n"})),
    ("data.customer.country: Expected `str` of length <= 2", set_data(customer={"country": "ESP"})),
    ("data.discounts: 9000 is more than the lines cost (8300)", set_data(discounts=[{"amount": 9000}])),
    ("data.shipping.discount: 600 is more than its price (495)", set_data(shipping={"price": 495, "discount": 600})),
    ("data.extras[0].price: Only a rounding may be negative", set_data(extras=[{"kind": "fee", "price": -5}])),
    ("lines 7470 + shipping 495 + extras 0 = 7965, but total is 7966", set_data(total=7966)),
    ("data.cancelled[0].line_id: The order has no line 'l9'", set_data(cancelled=[{"line_id": "l9", "quantity": 1}])),
    ("data.refunds[0].payment_id: The order has no payment 'p'",
     set_data(refunds=[{"id": "r", "amount": 1, "payment_id": "p"}])),
    ("stripe_payment_intent: A payment at Stripe needs", lambda data: data["payments"][0].pop("stripe_payment_intent")),
    ("data.payments[0].captured: 9999 is more than", lambda data: data["payments"][0].update(captured=9999)),
    ("data.payments[0].status: Invalid enum value", lambda data: data["payments"][0].update(status="paid")),
    ("data: Object missing required field `lines`", lambda data: data.pop("lines")),
]  # fmt: skip


@pytest.mark.parametrize(("reason", "change"), BAD, ids=[reason[:40] for reason, _ in BAD])
def test_what_makes_no_order_is_set_aside_naming_the_field(
    reason: str, change: Callable[[dict[str, Any]], object]
) -> None:
    with pytest.raises(Unparseable) as refused:
        STORE.parse("order.updated", json.dumps(example(change)).encode())
    assert reason in refused.value.args[0]


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b"null", b'"order.updated"', b'{"type":7}'])
def test_what_is_no_message_is_set_aside(body: bytes) -> None:
    with pytest.raises(Unparseable):
        STORE.parse("order.updated", body)
