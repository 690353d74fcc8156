"""What a mail program may read from a mail: schema.org JSON-LD, escaped so that no value leaves its script element."""

from __future__ import annotations

import json
from typing import Any

from plugin.core.money import as_decimal
from plugin.messages.contexts import Cancelled, StaffAlert, StaffInvitation
from plugin.messages.letter import Letter, ShopperLetter

_ESCAPES = {ord(c): f"\\u{ord(c):04x}" for c in "<>&'\u2028\u2029"}


def linked_data(letter: Letter, subject: str) -> str:
    """The JSON-LD of a letter: an Order for the shopper, an action to view for staff."""
    if isinstance(letter, StaffAlert | StaffInvitation):
        document = {
            "@context": "https://schema.org",
            "@type": "EmailMessage",
            "description": subject,
            "potentialAction": {"@type": "ViewAction", "name": subject, "target": letter.url},
        }
    else:
        document = _order(letter)
    return script_json(document)


def script_json(document: dict[str, Any]) -> str:
    """JSON that can stand in a ``<script>`` element of a page or a mail, whatever its texts hold."""
    return json.dumps(document, ensure_ascii=False).translate(_ESCAPES)


def _order(letter: Letter) -> dict[str, Any]:
    order: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Order",
        "orderNumber": letter.order_number,
        "merchant": {"@type": "Organization", "name": letter.shop.name, "url": letter.shop.url},
    }
    if isinstance(letter, ShopperLetter):
        order["url"] = letter.manage_url
        order["potentialAction"] = {"@type": "ViewAction", "target": letter.manage_url}
    if isinstance(letter, Cancelled):
        order["orderStatus"] = f"https://schema.org/{'OrderCancelled' if letter.whole_order else 'OrderProcessing'}"
        order["priceCurrency"] = letter.currency
        order["orderedItem"] = [
            {
                "@type": "OrderItem",
                "orderQuantity": line.quantity,
                "orderItemStatus": "https://schema.org/OrderCancelled",
                "orderedItem": {"@type": "Product", "name": line.title},
            }
            for line in letter.lines
        ]
        if letter.whole_order:
            order["price"] = str(as_decimal(letter.total, letter.currency))
    return order
