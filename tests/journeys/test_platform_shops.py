"""Shops on WooCommerce and Shopify: their orders come in, and until we can call back a person cancels there."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from plugin.db import rows
from plugin.storefronts.standard.wire import OrderBody
from tests.doors import another_shop, knock, signed_for
from tests.nudges import case_row, nothing_is_due, one, refunds
from tests.world import Shopper, World


def _woocommerce(intent: str, status: str = "processing", seconds: int = 0) -> dict[str, Any]:
    at = datetime.now(UTC).replace(microsecond=0)
    return {
        "id": 51, "number": "51", "status": status, "currency": "EUR", "prices_include_tax": True,
        "date_created_gmt": f"{at:%Y-%m-%dT%H:%M:%S}",
        "date_modified_gmt": f"{at + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%S}",
        "date_paid_gmt": f"{at:%Y-%m-%dT%H:%M:%S}", "total": "52.00", "customer_id": 9,
        "billing": {"first_name": "Ana", "last_name": "Ruiz", "email": "ana@example.com", "country": "ES"},
        "payment_method": "stripe", "payment_method_title": "Card", "transaction_id": intent,
        "line_items": [
            {"id": 1, "name": "Café", "product_id": 3, "variation_id": 0, "quantity": 3, "subtotal": "40.91",
             "subtotal_tax": "4.09", "total": "40.91", "total_tax": "4.09"},
        ],
        "shipping_lines": [{"method_title": "Correos", "total": "5.79", "total_tax": "1.21"}],
    }  # fmt: skip


def _shopify(cancelled_at: str | None = None, seconds: int = 0) -> dict[str, Any]:
    at = datetime.now(UTC).replace(microsecond=0)
    return {
        "id": 70, "admin_graphql_api_id": "gid://shopify/Order/70", "name": "#1070", "currency": "USD",
        "taxes_included": False, "total_price": "30.00", "total_tax": "0.00", "total_discounts": "0.00",
        "created_at": at.isoformat(), "updated_at": (at + timedelta(seconds=seconds)).isoformat(),
        "cancelled_at": cancelled_at, "financial_status": "paid", "payment_gateway_names": ["shopify_payments"],
        "email": "kim@example.com", "customer_locale": "en-CA",
        "shipping_address": {"name": "Kim Lee", "country_code": "CA", "zip": "K1A"},
        "line_items": [{"id": 1, "title": "Mug", "quantity": 2, "price": "15.00"}], "shipping_lines": [],
    }  # fmt: skip


async def _send(shop: World, source: str, topic: str, order: dict[str, Any]) -> None:
    body = json.dumps(order).encode()
    assert (await knock(shop, source, body, signed_for(shop, source, body, topic))).status_code == 202


async def _shopper(shop: World, external_id: str) -> Shopper:
    await shop.until(lambda: rows(
        "SELECT 1 FROM orders o WHERE external_id = $1 AND NOT EXISTS (SELECT 1 FROM payments p "
        "WHERE p.order_id = o.id AND p.custodian = 'stripe' AND p.read_at IS NULL)", external_id,
    ))  # fmt: skip
    made = await shop.http.post("/v1/links", json={"order_id": external_id}, headers=shop.server_key)
    opened = await shop.http.post("/v1/sessions/exchange", json={"link": made.json()["url"].rsplit("/", 1)[1]})
    return Shopper(shop, {"Authorization": f"Bearer {opened.json()['token']}"}, opened.json()["order_id"])


async def _told(shop: World, template: str) -> str:
    """The text of the only mail of this template."""
    await shop.until(lambda: rows("SELECT 1 FROM mails WHERE template = $1 AND state = 'sent'", template))
    message_id = (await one("SELECT message_id FROM mails WHERE template = $1", template))["message_id"]
    return next(mail.text for mail in shop.mails() if mail.message_id == message_id)


async def test_a_woocommerce_order_waits_for_a_person_and_pays_once_it_is_cancelled_there(world: World) -> None:
    shop = await another_shop(world, "woocommerce")
    intent = await shop.stripe.pay(5200, "eur")
    await _send(shop, "woocommerce", "order.created", _woocommerce(intent))
    shopper = await _shopper(shop, "51")

    case = await shopper.cancel()
    await shopper.until_state(case["id"], "with_person")
    row = await case_row(case["id"])
    assert (row["person_reason"], row["waiting_on"]) == ("store_cannot", "staff")
    assert "order 51" in row["store_reason"]
    assert await refunds(shop) == []
    assert "by hand" in await _told(shop, "under_review")
    await _told(shop, "staff_alert")

    await _send(shop, "woocommerce", "order.updated", _woocommerce(intent, "cancelled", seconds=5))
    await shopper.until_state(case["id"], "done")
    assert await refunds(shop) == [(5200, "succeeded")]


async def test_a_shopify_order_waits_for_a_person_and_its_money_is_the_stores_to_give(world: World) -> None:
    shop = await another_shop(world, "shopify")
    await _send(shop, "shopify", "orders/create", _shopify())
    shopper = await _shopper(shop, "70")

    case = await shopper.cancel()
    await shopper.until_state(case["id"], "with_person")
    assert "by hand" in await _told(shop, "under_review")

    at = datetime.now(UTC).isoformat()
    await _send(shop, "shopify", "orders/cancelled", _shopify(at, seconds=5))
    await shop.until(lambda: rows("SELECT 1 FROM refund_legs WHERE state = 'with_person'"))
    await nothing_is_due(shop)
    row = await case_row(case["id"])
    assert (row["state"], row["person_reason"]) == ("with_person", "manual_refund")
    assert await refunds(shop) == []


async def test_a_standard_webhook_is_no_business_of_a_platforms_shop(world: World) -> None:
    shop = await another_shop(world, "woocommerce")
    order: OrderBody = await world.place()
    headers, body = world.store.signed(order)
    assert (await knock(shop, "standard", body, headers)).status_code == 401
    assert (await one("SELECT count(*) AS n FROM orders WHERE shop_id = $1", shop.shop.id))["n"] == 0
