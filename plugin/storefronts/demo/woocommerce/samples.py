"""Orders for the stand-in, in the shape of wp-api-v3 (``woocommerce-rest-api-docs``, ``_orders.md``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from plugin.core.money import as_decimal
from plugin.ports.orders import Custodian

Body = dict[str, Any]
_RATE_ID = 72

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
    variation_id: int = 0


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
    tax_percent: int = 0,
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
    lines = [_line(id * 100 + i, each, currency, tax_percent) for i, each in enumerate(goods)]
    tax = sum((Decimal(line["total_tax"]) for line in lines), Decimal(0))
    total = as_decimal(sum(each.quantity * each.price for each in goods) + shipping, currency) + tax
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
        "total": str(total),
        "total_tax": str(tax),
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
        "tax_lines": tax_lines(tax_percent),
        "fee_lines": [],
        "coupon_lines": [],
        "refunds": [],
        "meta_data": meta,
    }


def _line(id: int, goods: Goods, currency: str, tax_percent: int) -> Body:
    total = as_decimal(goods.quantity * goods.price, currency)
    line = {
        "id": id,
        "name": goods.name,
        "product_id": goods.product_id,
        "variation_id": goods.variation_id,
        "quantity": goods.quantity,
        "sku": f"SKU-{goods.variation_id or goods.product_id}",
        "meta_data": [],
    }
    return {**line, **taxed(total, total, tax_percent)}


def taxed(subtotal: Decimal, total: Decimal, percent: int) -> Body:
    """The money of a line: without tax, and its tax beside it, each shown to the cent."""
    tax, before = total * percent / 100, subtotal * percent / 100
    return {
        "subtotal": _shown(subtotal),
        "subtotal_tax": _shown(before),
        "total": _shown(total),
        "total_tax": _shown(tax),
        "tax_class": "",
        "taxes": [{"id": _RATE_ID, "total": _shown(tax), "subtotal": _shown(before)}] if percent else [],
    }


def tax_lines(percent: int) -> list[Body]:
    return [{"id": 1, "rate_id": _RATE_ID, "rate_percent": percent, "compound": False}] if percent else []


def _shown(amount: Decimal) -> str:
    return str(amount.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP))


def decimal(amount: int, currency: str) -> str:
    return str(as_decimal(amount, currency))


def stamp(at: datetime) -> str:
    """A time as WooCommerce writes it: GMT, whole seconds, no offset."""
    return at.replace(microsecond=0, tzinfo=None).isoformat()
