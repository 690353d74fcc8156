"""Shopify orders: what each becomes in the neutral order, on small bodies written for it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from plugin.ports.orders import (
    Custodian,
    ExtraKind,
    Instrument,
    LineCount,
    LineKind,
    OrderState,
    PaymentState,
    StoreOrder,
    parts_total,
)
from plugin.ports.storefronts import (
    OrderChanged,
    Unparseable,
)
from plugin.storefronts.shopify.adapter import ShopifyStorefront

SHOPIFY = ShopifyStorefront()


def line(id: int, price: str, quantity: int = 1, **more: Any) -> dict[str, Any]:
    return {"id": id, "title": f"Thing {id}", "quantity": quantity, "price": price} | more


def body(**changes: Any) -> dict[str, Any]:
    return {
        "id": 70, "admin_graphql_api_id": "gid://shopify/Order/70", "name": "#1070", "currency": "USD",
        "taxes_included": False, "total_price": "118.95", "total_tax": "8.95", "total_discounts": "20.00",
        "created_at": "2026-11-20T09:00:00+01:00", "updated_at": "2026-11-20T09:00:01+01:00",
        "financial_status": "paid", "payment_gateway_names": ["shopify_payments"], "email": "kim@example.com",
        "customer_locale": "en-CA", "buyer_accepts_marketing": True, "tags": "vip, gift", "source_name": "web",
        "shipping_address": {"name": "Kim Lee", "country_code": "CA", "zip": "K1A"},
        "line_items": [
            line(1, "50.00", 2, discount_allocations=[{"amount": "16.00"}], tax_lines=[{"price": "7.14"}]),
            line(2, "20.00", discount_allocations=[{"amount": "4.00"}], tax_lines=[{"price": "1.36"}]),
        ],
        "shipping_lines": [{"title": "Post", "price": "10.00", "discounted_price": "10.00",
                            "discount_allocations": [], "tax_lines": [{"price": "0.45"}]}],
        "discount_codes": [{"code": "FALL"}],
    } | changes  # fmt: skip


def order(**changes: Any) -> StoreOrder:
    outcome = SHOPIFY.parse("orders/updated", json.dumps(body(**changes)).encode())
    assert isinstance(outcome, OrderChanged)
    return outcome.order


def test_lines_carry_their_share_of_discounts_and_their_tax() -> None:
    it = order()
    assert [(each.discount, each.tax, each.total) for each in it.lines] == [(1600, 714, 9114), (400, 136, 1736)]
    assert (it.shipping.total, it.shipping.tax) == (1045, 45)
    assert (it.total, parts_total(it), it.unexplained) == (11895, 11895, 0)
    assert (it.id, it.number, it.sequence) == ("70", "#1070", 1795161601001)
    assert it.placed_at == datetime(2026, 11, 20, 8, tzinfo=UTC)
    assert (it.tags, it.discount_codes, it.channel) == (("vip", "gift"), ("FALL",), "web")
    assert (it.customer.name, it.customer.country, it.customer.locale) == ("Kim Lee", "CA", "en-CA")


def test_tax_inside_the_price_is_not_added_again() -> None:
    it = order(taxes_included=True, total_price="110.00")
    assert (it.lines[0].total, it.shipping.total, it.unexplained) == (8400, 1000, 0)


def test_a_discount_that_an_old_body_does_not_share_out_is_shared_here() -> None:
    it = order(line_items=[line(1, "10.00"), line(2, "20.00")], shipping_lines=[], total_tax="0", total_price="10.00")
    assert [each.total for each in it.lines] == [333, 667]
    assert it.unexplained == 0


def test_a_tax_that_an_old_body_does_not_share_out_is_shared_here() -> None:
    lines = [line(1, "10.00"), line(2, "20.00")]
    it = order(line_items=lines, shipping_lines=[], total_discounts="0", total_tax="3.01", total_price="33.01")
    assert [(each.tax, each.total) for each in it.lines] == [(100, 1100), (201, 2201)]


def test_a_discount_on_shipping_stays_with_shipping() -> None:
    free = [{"title": "Post", "price": "10.00", "discounted_price": "0.00"}]
    it = order(shipping_lines=free, total_discounts="30.00", total_price="108.50")
    assert (it.shipping.total, it.shipping.discount, it.unexplained) == (0, 1000, 0)


@pytest.mark.parametrize(
    "changes",
    [
        {"total_tip_received": "5.00", "total_price": "123.95"},
        {
            "total_tip_received": "5.00",
            "total_price": "123.95",
            "line_items": [*body()["line_items"], line(3, "5.00", tip={"payment_method": "card"})],
        },
    ],
)
def test_a_tip_is_counted_once_whether_or_not_it_is_a_line(changes: dict[str, Any]) -> None:
    it = order(**changes)
    assert [(extra.kind, extra.total) for extra in it.extras] == [(ExtraKind.TIP, 500)]
    assert (len(it.lines), it.unexplained) == (2, 0)


def test_duties_and_additional_fees_are_extras() -> None:
    duty = {"shop_money": {"amount": "12.00", "currency_code": "USD"}, "tax_lines": [{"price": "1.00"}]}
    it = order(
        line_items=[line(1, "50.00", duties=[duty])],
        shipping_lines=[],
        total_discounts="0",
        total_tax="1.00",
        original_total_duties_set={"shop_money": {"amount": "12.00"}, "presentment_money": {"amount": "99.00"}},
        original_total_additional_fees_set={"shop_money": {"amount": "2.00"}},
        total_price="65.00",
    )
    assert [(extra.kind, extra.total) for extra in it.extras] == [(ExtraKind.DUTY, 1300), (ExtraKind.FEE, 200)]
    assert it.unexplained == 0


def test_presentment_money_never_mixes_in() -> None:
    it = order(total_price_set={"presentment_money": {"amount": "160.00"}}, presentment_currency="CAD")
    assert (it.currency, it.total) == ("USD", 11895)


def test_a_gift_card_and_a_download_are_no_parcels() -> None:
    lines = [line(1, "1.00", gift_card=True), line(2, "1.00", requires_shipping=False), line(3, "1.00")]
    assert [each.kind for each in order(line_items=lines).lines] == [
        LineKind.GIFT_CARD,
        LineKind.DIGITAL,
        LineKind.PHYSICAL,
    ]


@pytest.mark.parametrize(
    ("changes", "custodian", "state", "captured"),
    [
        ({}, Custodian.STOREFRONT, PaymentState.CAPTURED, 11895),
        ({"financial_status": "authorized"}, Custodian.STOREFRONT, PaymentState.AUTHORISED, 0),
        ({"financial_status": "voided"}, Custodian.STOREFRONT, PaymentState.VOIDED, 0),
        (
            {"financial_status": "partially_paid", "total_outstanding": "18.95"},
            Custodian.STOREFRONT,
            PaymentState.CAPTURED,
            10000,
        ),
        (
            {"financial_status": "pending", "payment_gateway_names": ["Cash on Delivery (COD)"]},
            Custodian.MANUAL,
            PaymentState.PENDING,
            0,
        ),
        ({"payment_gateway_names": ["manual", "paypal"]}, Custodian.STOREFRONT, PaymentState.CAPTURED, 11895),
    ],
)
def test_without_transactions_there_is_one_payment_of_the_whole(
    changes: dict[str, Any], custodian: Custodian, state: PaymentState, captured: int
) -> None:
    (payment,) = order(**changes).payments
    assert (payment.custodian, payment.state, payment.captured, payment.amount) == (custodian, state, captured, 11895)
    assert payment.reference is None


def test_transactions_tell_the_payments_apart() -> None:
    transactions = [
        {"id": 1, "kind": "sale", "status": "success", "gateway": "gift_card", "amount": "18.95"},
        {"id": 2, "kind": "authorization", "status": "success", "gateway": "shopify_payments", "amount": "100.00"},
        {
            "id": 3,
            "kind": "capture",
            "status": "success",
            "gateway": "shopify_payments",
            "amount": "90.00",
            "parent_id": 2,
        },
        {"id": 4, "kind": "sale", "status": "failure", "gateway": "shopify_payments", "amount": "100.00"},
        {
            "id": 5,
            "kind": "refund",
            "status": "success",
            "gateway": "shopify_payments",
            "amount": "7.00",
            "parent_id": 3,
        },
    ]
    gift, card = order(transactions=transactions, refunds=[{"id": 9, "transactions": transactions[4:]}]).payments
    assert (gift.instrument, gift.captured, gift.refunded) == (Instrument.STORED_VALUE, 1895, 0)
    assert (card.state, card.amount, card.captured, card.refunded) == (PaymentState.CAPTURED, 10000, 9000, 700)


def test_a_refund_settles_units_and_says_what_was_cancelled() -> None:
    refund = {
        "id": 9,
        "note": "sorry",
        "refund_line_items": [{"line_item_id": 1, "quantity": 1, "restock_type": "cancel"}],
        "transactions": [{"id": 4, "kind": "refund", "status": "success", "amount": "55.00"}],
        "order_adjustments": [{"kind": "shipping_refund", "amount": "-9.00", "tax_amount": "-0.45"}],
    }
    it = order(refunds=[refund])
    assert (it.refunds[0].amount, it.refunds[0].lines, it.refunds[0].shipping) == (5500, (LineCount("1", 1),), 945)
    assert it.cancelled == (LineCount("1", 1),)
    assert it.payments[0].refunded == 5500


def test_what_an_edit_took_away_is_cancelled() -> None:
    it = order(line_items=[line(1, "50.00", 3, current_quantity=1), line(2, "20.00", current_quantity=0)])
    assert it.cancelled == (LineCount("1", 2), LineCount("2", 1))
    assert it.lines[0].quantity == 3


def test_parcels_that_left_are_fulfilments_and_failed_ones_are_not() -> None:
    parcel = {
        "id": 5, "status": "success", "created_at": "2026-11-21T09:00:00Z", "updated_at": "2026-11-22T09:00:00Z",
        "shipment_status": "delivered", "tracking_number": "T1", "line_items": [{"id": 1, "quantity": 2}],
    }  # fmt: skip
    (sent,) = order(fulfillments=[parcel, parcel | {"id": 6, "status": "failure"}]).fulfilments
    assert (sent.id, sent.lines, sent.tracking_number) == ("5", (LineCount("1", 2),), "T1")
    assert sent.delivered_at == datetime(2026, 11, 22, 9, tzinfo=UTC)


def test_ids_come_from_the_global_id_which_no_relay_rounds() -> None:
    global_id = "gid://shopify/LineItem/866550311766439020"
    parcel = {"id": 5, "status": "success", "created_at": "2026-11-21T09:00:00Z",
              "line_items": [{"id": 866550311766439000, "quantity": 1}]}  # fmt: skip
    it = order(line_items=[line(866550311766439000, "1.00", admin_graphql_api_id=global_id)], fulfillments=[parcel])
    assert it.lines[0].id == "866550311766439020"
    assert it.fulfilments[0].lines == (LineCount("866550311766439020", 1),)


def test_a_cancelled_order_is_cancelled_under_every_topic() -> None:
    raw = json.dumps(body(cancelled_at="2026-11-20T10:00:00Z")).encode()
    for topic in ("orders/create", "orders/paid", "orders/updated"):
        outcome = SHOPIFY.parse(topic, raw)
        assert isinstance(outcome, OrderChanged)
        assert outcome.order.state is OrderState.CANCELLED


def test_within_one_second_the_state_that_is_further_on_is_the_newer_one() -> None:
    steps = [
        order(financial_status="pending"),
        order(),
        order(refunds=[{"id": 9}]),
        order(refunds=[{"id": 9}], cancelled_at="2026-11-20T10:00:00Z"),
        order(updated_at="2026-11-20T09:00:02+01:00"),
    ]
    sequences = [step.sequence for step in steps]
    assert sequences == sorted(set(sequences))


@pytest.mark.parametrize(
    ("changes", "consent"),
    [
        ({}, True),
        ({"customer": {"id": 1, "email_marketing_consent": {"state": "not_subscribed"}}}, False),
        ({"customer": {"id": 1, "email_marketing_consent": {"state": "subscribed"}}}, True),
        ({"buyer_accepts_marketing": None}, False),
    ],
)
def test_consent_is_what_the_customer_said_last(changes: dict[str, Any], consent: bool) -> None:
    assert order(**changes).customer.marketing_consent is consent


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"currency": "usd"}, "currency: 'usd'"),
        ({"total_price": "Infinity"}, "total_price: 'Infinity' is out of range"),
        ({"updated_at": "2026-11-20T09:00:00"}, "updated_at: '2026-11-20T09:00:00' has no offset"),
        ({"updated_at": None}, "updated_at: None is no time"),
        ({"email": "a@b.c\nBcc: x@y.z"}, "email: This is no e-mail address that a mail can be sent to."),
        ({"line_items": [line(1, "5.00", -2)]}, "line_items[0].quantity: -2"),
        ({"line_items": [line(1, "5.00", total_discount="6.00")]}, "line_items[0]: 1 x 500 less 600"),
        ({"line_items": [line(1, "5.00")] * 2}, "line_items[1].id: '1' is there twice"),
        ({"shipping_lines": [{"price": "1", "discounted_price": "-1"}]}, "shipping_lines[0].discounted_price"),
    ],
)
def test_what_makes_no_order_is_set_aside_naming_the_field(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(Unparseable) as refused:
        order(**changes)
    assert reason in refused.value.args[0]


def test_units_taken_out_without_money_are_cancelled_and_no_refund() -> None:
    taken = {"id": 5, "refund_line_items": [{"line_item_id": 1, "quantity": 1, "restock_type": "cancel"}]}
    it = order(refunds=[taken])
    assert (it.cancelled, it.refunds) == ((LineCount("1", 1),), ())


def test_a_refund_of_ours_carries_its_leg() -> None:
    paid = [{"id": 9, "kind": "refund", "status": "success", "amount": "7.00"}]
    it = order(refunds=[{"id": 5, "note": "Cancelled [comeback:leg_1]", "transactions": paid}])
    assert [(refund.amount, refund.leg_id) for refund in it.refunds] == [(700, "leg_1")]
