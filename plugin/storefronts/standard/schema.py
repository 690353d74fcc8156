"""The published JSON Schema of the standard format, with one example that is both valid and adds up."""

from __future__ import annotations

from typing import Any

import msgspec

from plugin.storefronts.standard.wire import OrderMessage

EXAMPLE: dict[str, Any] = {
    "type": "order.updated",
    "timestamp": "2026-11-23T10:15:00Z",
    "data": {
        "id": "ord_1001",
        "number": "1001",
        "sequence": 1,
        "placed_at": "2026-11-23T11:14:58+01:00",
        "updated_at": "2026-11-23T11:14:58+01:00",
        "state": "open",
        "currency": "EUR",
        "prices_include_tax": True,
        "lines": [
            {"id": "l1", "title": "Linen shirt", "sku": "LS-M", "quantity": 2, "unit_price": 3950, "tax": 1234},
            {"id": "l2", "title": "Gift wrapping", "kind": "service", "quantity": 1, "unit_price": 400, "tax": 62},
        ],
        "discounts": [{"code": "WELCOME10", "amount": 830}],
        "shipping": {"title": "Standard", "price": 495, "tax": 86},
        "total": 7965,
        "payments": [
            {
                "id": "pay_1",
                "custodian": "stripe",
                "status": "captured",
                "amount": 7965,
                "captured": 7965,
                "instrument": "card",
                "stripe_payment_intent": "pi_3NxExample",
                "label": "Visa •••• 4242",
            }
        ],
        "customer": {
            "id": "cus_77",
            "email": "lucia@example.com",
            "name": "Lucía Ferrer",
            "locale": "es-ES",
            "country": "ES",
            "postcode": "08001",
            "marketing_consent": True,
        },
        "channel": "web",
        "time_zone": "Europe/Madrid",
    },
}


def order_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of the ``order.updated`` message, with ``examples``."""
    schema: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(msgspec.json.schema(OrderMessage)))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Comeback standard storefront webhook",
        **schema,
        "examples": [EXAMPLE],
    }
