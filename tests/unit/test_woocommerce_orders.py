"""WooCommerce orders: what each becomes in the neutral order, on small bodies written for it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from plugin.ports.orders import Custodian, LineCount, OrderState, PaymentState, StoreOrder, parts_total
from plugin.ports.storefronts import (
    CancelRequest,
    CancelStatus,
    Ignored,
    OrderChanged,
    StoreConnection,
    Unparseable,
)
from plugin.storefronts.woocommerce.adapter import WooCommerceStorefront

WOO = WooCommerceStorefront()


def body(**changes: Any) -> dict[str, Any]:
    return {
        "id": 51, "number": "51", "status": "processing", "currency": "EUR", "prices_include_tax": True,
        "date_created_gmt": "2026-11-20T08:00:00", "date_modified_gmt": "2026-11-20T08:00:05",
        "date_paid_gmt": "2026-11-20T08:00:04", "total": "52.00", "customer_id": 9,
        "billing": {"first_name": "Ana", "last_name": "Ruiz", "email": "ana@example.com", "country": "ES"},
        "shipping": {"first_name": "Luis", "last_name": "Ruiz", "country": "PT", "postcode": "1000"},
        "payment_method": "stripe", "payment_method_title": "Card", "transaction_id": "pi_1Abc",
        "line_items": [
            {"id": 1, "name": "Caf&eacute; &amp; more", "product_id": 3, "variation_id": 0, "quantity": 3,
             "subtotal": "45.45", "subtotal_tax": "4.55", "total": "40.91", "total_tax": "4.09"},
        ],
        "shipping_lines": [{"method_title": "Correos", "total": "5.79", "total_tax": "1.21"}],
        "coupon_lines": [{"code": "otoño"}],
    } | changes  # fmt: skip


def order(**changes: Any) -> StoreOrder:
    return order_of(json.dumps(body(**changes)).encode())


def order_of(raw: bytes) -> StoreOrder:
    outcome = WOO.parse("order.updated", raw)
    assert isinstance(outcome, OrderChanged)
    return outcome.order


def test_an_order_with_tax_inside_coupon_and_shipping() -> None:
    it = order()
    (line,) = it.lines
    assert (line.title, line.unit_price, line.discount, line.tax, line.total) == ("Café & more", 1666, 500, 409, 4500)
    assert (it.shipping.total, it.shipping.tax, it.shipping.title) == (700, 121, "Correos")
    assert (it.total, parts_total(it), it.unexplained) == (5200, 5200, 0)
    assert it.sequence == 1795161605300
    assert it.placed_at == datetime(2026, 11, 20, 8, tzinfo=UTC)
    assert (it.customer.name, it.customer.country, it.customer.postcode) == ("Luis Ruiz", "PT", "1000")
    assert it.discount_codes == ("otoño",)


def test_a_line_without_tax_in_its_price_shows_the_price_without_it() -> None:
    line = order(prices_include_tax=False).lines[0]
    assert (line.unit_price, line.discount, line.total) == (1515, 454, 4500)


def test_numbers_are_read_from_their_digits_and_never_as_floats() -> None:
    raw = json.dumps(body()).replace('"52.00"', "52.00000000000000000").replace('"40.91"', "40.910")
    assert order_of(raw.encode()).unexplained == 0


def test_a_yen_order_has_no_minor_units() -> None:
    lines = [{"id": 1, "name": "n", "quantity": 2, "subtotal": "3000", "total": "3000", "total_tax": "300"}]
    it = order(currency="JPY", total="3300", line_items=lines, shipping_lines=[])
    assert (it.total, it.lines[0].total, it.unexplained) == (3300, 3300, 0)


def test_amounts_finer_than_the_currency_leave_a_cent_to_a_person() -> None:
    line = {"id": 1, "name": "n", "quantity": 1, "total": "10.005", "total_tax": "1.004"}
    it = order(total="11.01", line_items=[line, line | {"id": 2, "total": "0.004"}], shipping_lines=[])
    assert (it.lines[0].total, it.unexplained) == (1101, -100)


def test_a_fee_is_an_extra_and_a_negative_fee_lowers_the_lines() -> None:
    fees = [
        {"name": "COD", "total": "2.00", "total_tax": "0.42"},
        {"name": "Loyalty", "total": "-4.13", "total_tax": "-0.87"},
    ]
    it = order(fee_lines=fees, total="49.42")
    assert [extra.total for extra in it.extras] == [242]
    assert (it.lines[0].total, it.lines[0].tax, it.lines[0].discount) == (4000, 322, 1000)
    assert it.unexplained == 0


def test_what_the_parts_do_not_explain_is_said() -> None:
    assert order(total="47.00").unexplained == -500


@pytest.mark.parametrize(
    ("changes", "custodian", "reference"),
    [
        ({}, Custodian.STRIPE, "pi_1Abc"),
        (
            {"transaction_id": "ch_1", "meta_data": [{"key": "_stripe_intent_id", "value": "pi_2"}]},
            Custodian.STRIPE,
            "pi_2",
        ),
        ({"payment_method": "stripe_klarna"}, Custodian.STRIPE, "pi_1Abc"),
        ({"transaction_id": "ch_1"}, Custodian.STOREFRONT, None),
        ({"payment_method": "ppcp-gateway", "transaction_id": "8XY"}, Custodian.STOREFRONT, None),
        ({"payment_method": "woocommerce_payments"}, Custodian.STOREFRONT, None),
        ({"payment_method": "cod", "transaction_id": ""}, Custodian.MANUAL, None),
        ({"payment_method": "bacs", "transaction_id": ""}, Custodian.MANUAL, None),
    ],
)
def test_each_gateway_has_its_custodian(changes: dict[str, Any], custodian: Custodian, reference: str | None) -> None:
    (payment,) = order(**changes).payments
    assert (payment.custodian, payment.reference, payment.amount) == (custodian, reference, 5200)


@pytest.mark.parametrize(
    ("changes", "state", "captured"),
    [
        ({}, PaymentState.CAPTURED, 5200),
        ({"date_paid_gmt": None}, PaymentState.PENDING, 0),
        ({"date_paid_gmt": None, "status": "failed"}, PaymentState.FAILED, 0),
        ({"date_paid_gmt": None, "status": "cancelled"}, PaymentState.VOIDED, 0),
        (
            {"status": "on-hold", "meta_data": [{"id": 1, "key": "_stripe_charge_captured", "value": "no"}]},
            PaymentState.AUTHORISED,
            0,
        ),
    ],
)
def test_the_state_of_the_payment(changes: dict[str, Any], state: PaymentState, captured: int) -> None:
    (payment,) = order(**changes).payments
    assert (payment.state, payment.captured) == (state, captured)


def test_a_free_order_has_no_payment() -> None:
    line = {"id": 1, "name": "n", "quantity": 1, "total": "0", "total_tax": ""}
    assert order(total="0.00", line_items=[line], shipping_lines=[]).payments == ()


def test_refunds_are_counted_on_the_payment() -> None:
    it = order(refunds=[{"id": 60, "reason": "late", "total": "-10.00"}])
    assert (it.refunds[0].amount, it.payments[0].refunded) == (1000, 1000)


@pytest.mark.parametrize(
    ("status", "state"),
    [("cancelled", OrderState.CANCELLED), ("trash", OrderState.DELETED), ("refunded", OrderState.OPEN)],
)
def test_the_state_is_in_the_body(status: str, state: OrderState) -> None:
    assert order(status=status).state is state


def test_a_completed_order_has_been_shipped_as_a_whole() -> None:
    it = order(status="completed", date_completed_gmt="2026-11-22T08:00:00")
    assert it.fulfilments[0].lines == (LineCount("1", 3),)
    assert it.fulfilments[0].shipped_at == datetime(2026, 11, 22, 8, tzinfo=UTC)


def test_within_one_second_the_state_that_is_further_on_is_the_newer_one() -> None:
    refunds = [{"id": 60, "total": "-1.00"}]
    steps = [
        order(status="pending"),
        order(status="packing-by-hand"),
        order(status="completed"),
        order(status="completed", refunds=refunds),
        order(status="cancelled"),
        order(status="pending", date_modified_gmt="2026-11-20T08:00:06"),
    ]
    sequences = [step.sequence for step in steps]
    assert sequences == sorted(set(sequences))


def test_addresses_that_php_sends_as_an_empty_list_are_no_trouble() -> None:
    assert order(billing=[], shipping=[]).customer.email is None


@pytest.mark.parametrize("topic", ["coupon.deleted", "customer.created", "product.updated", "action.woocommerce_x"])
def test_what_concerns_no_order_is_ignored(topic: str) -> None:
    assert isinstance(WOO.parse(topic, b"{}"), Ignored)


def test_a_draft_is_ignored() -> None:
    assert isinstance(WOO.parse("order.created", json.dumps(body(status="checkout-draft")).encode()), Ignored)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"currency": "XXQ"}, "currency: 'XXQ'"),
        ({"total": "NaN"}, "total: 'NaN' is out of range"),
        ({"total": "1e999999999"}, "total:"),
        ({"total": ["1"]}, "total: ['1'] is no amount"),
        ({"total": "-1"}, "total: '-1' is less than nothing"),
        ({"date_modified_gmt": "yesterday"}, "date_modified_gmt: 'yesterday' is no time"),
        ({"billing": {"email": "a@b.c\r\nBcc: x@y.z"}}, "billing.email"),
        ({"line_items": [{"id": 1, "quantity": -1, "total": "1"}]}, "line_items[0].quantity: -1"),
        ({"line_items": [{"id": 1, "quantity": 1.5, "total": "1"}]}, "line_items[0].quantity"),
        ({"line_items": [{"id": 1, "quantity": 1, "total": "1"}] * 2}, "line_items[1].id: '1' is there twice"),
        ({"line_items": [{"id": 1, "quantity": 1, "total": "1"}] * 1001}, "1001 lines"),
        ({"line_items": {}}, "Expected `array`"),
    ],
)
def test_what_makes_no_order_is_set_aside_naming_the_field(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(Unparseable) as refused:
        order(**changes)
    assert reason in refused.value.args[0]


@pytest.mark.parametrize(("raw", "named"), [
    (b'{"id":16}', "16"), (b'{"id":16,"line_items":7}', "16"), (b'{"id":0}', None), (b'{"id":"x"}', None),
])  # fmt: skip
def test_a_body_that_makes_no_order_may_still_name_one(raw: bytes, named: str | None) -> None:
    with pytest.raises(Unparseable) as refused:
        WOO.parse("order.updated", raw)
    assert refused.value.order_id == named


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff", b"null", b"[" * 50_000, b'{"id":16}', b'{"id":' + b"9" * 9000])
def test_what_is_no_body_is_set_aside(raw: bytes) -> None:
    with pytest.raises(Unparseable):
        WOO.parse("order.deleted", raw)


async def test_a_cancellation_is_a_persons_work() -> None:
    request = CancelRequest(key="c", order_id="51", order_number="51", whole_order=True, lines=())
    answer = await WOO.cancel(StoreConnection(shop_id="s", address=None, secret=None), request)
    assert answer.status is CancelStatus.UNSUPPORTED
    assert answer.reason is not None
    assert "51" in answer.reason


@pytest.mark.parametrize(("renewal", "tags"), [("812", ("subscription_renewal",)), ("", ())])
def test_a_renewal_of_a_subscription_is_known_by_its_tag(renewal: str, tags: tuple[str, ...]) -> None:
    assert order(meta_data=[{"key": "_subscription_renewal", "value": renewal}]).tags == tags
