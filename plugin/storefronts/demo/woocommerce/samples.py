"""Orders for the stand-in, in the shape of wp-api-v3 (``woocommerce-rest-api-docs``, ``_orders.md``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from plugin.core.money import as_decimal
from plugin.ports.orders import Custodian

Body = dict[str, Any]

_GATEWAYS = {
    Custodian.STRIPE: ("stripe", "Visa ending in 4242"),
    Custodian.STOREFRONT: ("ppcp-gateway", "PayPal"),
    Custodian.MANUAL: ("cod", "Cash on delivery"),
}


@dataclass(frozen=True)
class Goods:
    """A line: ``price`` is for one unit, in minor units and without tax."""

    name: str
    quantity: int
    price: int
    product_id: int


FASHION = (Goods("Linen shirt", 2, 3950, 101), Goods("Silk scarf", 1, 2400, 102))


def order_body(
    id: int,
    at: datetime,
    *,
    goods: Sequence[Goods] = FASHION,
    custodian: Custodian = Custodian.STOREFRONT,
    payment_intent: str | None = None,
    currency: str = "EUR",
    shipping: int = 495,
    customer: Mapping[str, str] | None = None,
    is_authorised: bool = False,
) -> Body:
    """A paid order of these goods; ``is_authorised``: the gateway for Stripe has yet to capture it."""
    gateway, title = _GATEWAYS[custodian]
    person = {
        "first_name": "Ana",
        "last_name": "Ruiz",
        "email": "ana@example.com",
        "country": "ES",
        "postcode": "08001",
    }
    lines = [_line(id * 100 + i, each, currency) for i, each in enumerate(goods)]
    total = sum(each.quantity * each.price for each in goods) + shipping
    paid_at = None if custodian is Custodian.MANUAL or is_authorised else stamp(at)
    meta = [{"id": 1, "key": "_stripe_charge_captured", "value": "no"}] if is_authorised else []
    return {
        "id": id,
        "number": str(id),
        "status": "on-hold" if is_authorised else "processing",
        "currency": currency,
        "prices_include_tax": False,
        "date_created_gmt": stamp(at),
        "date_modified_gmt": stamp(at),
        "date_paid_gmt": paid_at,
        "date_completed_gmt": None,
        "total": decimal(total, currency),
        "customer_id": 9,
        "created_via": "checkout",
        "billing": {**person, **(customer or {})},
        "shipping": {**person, **(customer or {})},
        "payment_method": gateway,
        "payment_method_title": title,
        "transaction_id": payment_intent or "",
        "line_items": lines,
        "shipping_lines": [
            {"id": id * 100 + 90, "method_title": "Standard", "total": decimal(shipping, currency), "total_tax": "0.00"}
        ],
        "fee_lines": [],
        "coupon_lines": [],
        "refunds": [],
        "meta_data": meta,
    }


def _line(id: int, goods: Goods, currency: str) -> Body:
    total = decimal(goods.quantity * goods.price, currency)
    return {
        "id": id,
        "name": goods.name,
        "product_id": goods.product_id,
        "variation_id": 0,
        "quantity": goods.quantity,
        "subtotal": total,
        "subtotal_tax": "0.00",
        "total": total,
        "total_tax": "0.00",
        "sku": f"SKU-{goods.product_id}",
        "meta_data": [],
    }


def decimal(amount: int, currency: str) -> str:
    return str(as_decimal(amount, currency))


def stamp(at: datetime) -> str:
    """A time as WooCommerce writes it: GMT, whole seconds, no offset."""
    return at.replace(microsecond=0, tzinfo=None).isoformat()
