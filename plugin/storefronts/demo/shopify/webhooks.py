"""The shop's webhooks: REST bodies, signed with the app's client secret, to whoever subscribed to the topic.

Headers and signature: Shopify/shopify-app-js, ``packages/apps/shopify-api/lib/webhooks``, and
https://shopify.dev/docs/apps/build/webhooks/verify-deliveries.
"""

from __future__ import annotations

import uuid
from typing import Any

import httpx
import msgspec

from plugin.storefronts.demo.shopify.orders import DemoLine, DemoOrder, DemoTransaction
from plugin.storefronts.demo.shopify.shop import DemoShopify
from plugin.storefronts.demo.shopify.told import gid, text, when
from plugin.storefronts.hmacs import base64_hmac
from plugin.storefronts.shopify.api import API_VERSION

_ID_ONLY = frozenset({"refunds/create", "fulfillments/create", "fulfillments/update", "fulfillment_events/create"})


async def send_webhooks(shop: DemoShopify, http: httpx.AsyncClient) -> list[httpx.Response]:
    """Post all that has happened since the last time; each subscription gets its own."""
    answers = []
    events, shop.events = shop.events, []
    for topic, order_id in events:
        body = body_of(shop, topic, order_id)
        for hook in [each for each in shop.hooks.values() if each.topic == topic.replace("/", "_").upper()]:
            answers.append(await http.post(hook.uri, content=body, headers=headers_of(shop, topic, body)))
    return answers


def headers_of(shop: DemoShopify, topic: str, body: bytes) -> dict[str, str]:
    return {
        "content-type": "application/json",
        "user-agent": "Shopify-Captain-Hook",
        "x-shopify-topic": topic,
        "x-shopify-hmac-sha256": base64_hmac(shop.client_secret.encode(), body),
        "x-shopify-shop-domain": "lumen.myshopify.com",
        "x-shopify-api-version": API_VERSION,
        "x-shopify-webhook-id": str(uuid.uuid4()),
        "x-shopify-event-id": str(uuid.uuid4()),
        "x-shopify-triggered-at": when(shop.clock.now()) or "",
    }


def body_of(shop: DemoShopify, topic: str, order_id: int) -> bytes:
    """The body of a topic: the order, or the least that names it."""
    if topic in _ID_ONLY:
        return msgspec.json.encode({"id": shop.next_id(), "order_id": order_id})
    if topic == "orders/delete":
        return msgspec.json.encode({"id": order_id})
    if topic == "orders/edited":
        return msgspec.json.encode({"order_edit": {"id": shop.next_id(), "order_id": order_id}})
    return msgspec.json.encode(rest_order(shop.orders[order_id]))


def rest_order(order: DemoOrder) -> dict[str, Any]:
    """The order as the REST Admin API shapes it, as the captured webhooks have it."""

    def money(amount: int) -> str:
        return text(amount, order.currency)

    def line(each: DemoLine) -> dict[str, Any]:
        return {
            "id": each.id,
            "admin_graphql_api_id": gid("LineItem", each.id),
            "title": each.title,
            "variant_title": each.variant_title,
            "sku": each.sku,
            "product_id": each.product_id,
            "variant_id": each.variant_id,
            "quantity": each.quantity,
            "current_quantity": order.current(each),
            "price": money(each.price),
            "discount_allocations": [{"amount": money(each.discount)}] if each.discount else [],
            "tax_lines": [{"price": money(each.tax)}] if each.tax else [],
            "gift_card": False,
            "requires_shipping": True,
        }

    def transaction(each: DemoTransaction) -> dict[str, Any]:
        return {
            "id": each.id,
            "parent_id": each.parent,
            "kind": each.kind.lower(),
            "status": each.status.lower(),
            "gateway": each.gateway,
            "amount": money(each.amount),
        }

    discount = sum(each.discount for each in order.lines)
    shopper = order.shopper
    address = {"name": shopper.name, "country_code": shopper.country, "zip": shopper.postcode}
    return {
        "id": order.id,
        "admin_graphql_api_id": gid("Order", order.id),
        "name": f"#{order.id}",
        "currency": order.currency,
        "taxes_included": True,
        "total_price": money(order.total),
        "total_tax": money(sum(each.tax for each in order.lines)),
        "total_discounts": money(discount),
        "total_tip_received": money(0),
        "total_outstanding": money(0),
        "created_at": when(order.placed_at),
        "processed_at": when(order.placed_at),
        "updated_at": when(order.updated_at),
        "cancelled_at": when(order.cancelled_at),
        "financial_status": order.financial_status.lower(),
        "payment_gateway_names": order.gateways,
        "email": order.email,
        "customer": {
            "id": order.customer_id,
            "email": order.email,
            "first_name": order.shopper.first_name,
            "last_name": order.shopper.last_name,
            "email_marketing_consent": {"state": "subscribed"},
        }
        if order.customer_id
        else None,
        "customer_locale": order.shopper.locale,
        "buyer_accepts_marketing": True,
        "shipping_address": address,
        "billing_address": address,
        "tags": "vip",
        "source_name": "web",
        "test": False,
        "discount_codes": [{"code": code} for code in order.codes or (("WELCOME10",) if discount else ())],
        "line_items": [line(each) for each in order.lines],
        "shipping_lines": [
            {"title": "Standard", "price": money(order.shipping), "discounted_price": money(order.shipping)}
        ],
        "fulfillments": [
            {
                "id": each.id,
                "status": each.status.lower(),
                "shipment_status": "delivered" if each.delivered_at else None,
                "created_at": when(each.at),
                "updated_at": when(each.delivered_at or each.at),
                "tracking_company": "Demo Post",
                "tracking_number": each.number,
                "line_items": [{"id": id, "quantity": units} for id, units in each.lines.items()],
            }
            for each in order.parcels
        ],
        "refunds": [
            {
                "id": each.id,
                "note": each.note,
                "refund_line_items": [
                    {"line_item_id": id, "quantity": units, "restock_type": type.lower()}
                    for id, units, type in each.lines
                ],
                "transactions": [transaction(one) for one in each.transactions],
            }
            for each in order.refunds
        ],
    }
