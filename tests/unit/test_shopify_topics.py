"""What Shopify tells beside orders: an order's name, a person's wish, that the store leaves."""

from __future__ import annotations

import pytest

from plugin.ports.storefronts import (
    CancelRequest,
    CancelStatus,
    Ignored,
    PersonAsked,
    ShopLeft,
    StoreConnection,
    Unparseable,
)
from plugin.storefronts.shopify.adapter import ShopifyStorefront

SHOPIFY = ShopifyStorefront()


@pytest.mark.parametrize(
    "topic", ["customers/delete", "products/update", "fulfillment_orders/placed_on_hold", "order_transactions/create"]
)
def test_what_holds_no_order_is_ignored(topic: str) -> None:
    assert isinstance(SHOPIFY.parse(topic, b"{}"), Ignored)


@pytest.mark.parametrize(
    ("topic", "body"),
    [
        ("orders/delete", b'{"id": 70}'),
        ("orders/edited", b'{"order_edit": {"id": 5, "order_id": 70}}'),
        ("refunds/create", b'{"id": 5, "order_id": 70, "note": "Too small"}'),
        ("fulfillments/create", b'{"id": 5, "order_id": 70}'),
        ("fulfillments/update", b'{"id": 5, "order_id": 70}'),
        ("fulfillment_events/create", b'{"id": 5, "fulfillment_id": 6, "order_id": 70}'),
    ],
)
def test_a_body_that_only_names_an_order_says_which(topic: str, body: bytes) -> None:
    with pytest.raises(Unparseable) as named:
        SHOPIFY.parse(topic, body)
    assert named.value.order_id == "70"


def test_a_doorbell_without_an_order_is_set_aside() -> None:
    with pytest.raises(Unparseable, match="names no order"):
        SHOPIFY.parse("refunds/create", b'{"id": 5}')


def test_a_person_asks_through_the_platform() -> None:
    customer = b'"customer": {"id": 191167, "email": "john@example.com", "phone": "555"}, '
    about = b'{"shop_id": 1, "shop_domain": "toys.myshopify.com", ' + customer
    redact = SHOPIFY.parse("customers/redact", about + b'"orders_to_redact": [299938, 280263]}')
    assert redact == PersonAsked(
        erase=True,
        customer_id="191167",
        email="john@example.com",
        order_ids=("299938", "280263"),
        store="toys.myshopify.com",
    )
    asked = SHOPIFY.parse("customers/data_request", b'{"customer": {"email": "a@b.c"}, "orders_requested": [1]}')
    assert asked == PersonAsked(erase=False, email="a@b.c", order_ids=("1",))


def test_a_shop_that_leaves_is_heard_and_later_it_wants_all_erased() -> None:
    left = b'{"id": 548380009, "domain": "toys.example", "myshopify_domain": "toys.myshopify.com"}'
    assert SHOPIFY.parse("app/uninstalled", left) == ShopLeft(erase=False, store="toys.myshopify.com")
    redact = b'{"shop_id": 548380009, "shop_domain": "toys.myshopify.com"}'
    assert SHOPIFY.parse("shop/redact", redact) == ShopLeft(erase=True, store="toys.myshopify.com")
    assert SHOPIFY.parse("shop/redact", b'{"shop_id": 548380009}') == ShopLeft(erase=True)


async def test_a_cancellation_is_a_persons_work() -> None:
    request = CancelRequest(key="c", order_id="70", order_number="#1070", whole_order=True, lines=())
    answer = await SHOPIFY.read_cancel(StoreConnection(shop_id="s", address=None, secret=None), request)
    assert answer.status is CancelStatus.UNSUPPORTED
