"""The adapter of Shopify: its webhooks in; calls back are not made yet."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from plugin.ports.storefronts import Delivery, Ignored, OrderChanged, Parsed, Unparseable
from plugin.storefronts.platform_values import order_named_in
from plugin.storefronts.shopify.orders import read_order
from plugin.storefronts.shopify.signature import verified_delivery
from plugin.storefronts.unasked import CannotBeAsked

_TOPIC = re.compile(r"[a-z_]+/[a-z_]+")
_DELETED = "The store deleted this order and sent only its id: see to it in its admin."
_NOT_THE_ORDER = {
    "orders/edited": "An edit tells only what it changed; the order's own update follows.",
    "orders/risk_assessment_changed": "A risk assessment holds no order.",
    "orders/shopify_protect_eligibility_changed": "A change of protection holds no order.",
    "orders/link_requested": "A request for a link holds no order.",
}


class ShopifyStorefront(CannotBeAsked):
    name = "shopify"
    platform = "Shopify"

    def verify(self, headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: datetime) -> Delivery:
        """See ``Storefront.verify``. No time is signed, so ``now`` proves nothing here."""
        return verified_delivery(headers, body, secrets)

    def parse(self, topic: str, body: bytes) -> Parsed:
        """See ``Storefront.parse``. The topic says only whether this is an order; its state is in the body."""
        if not _TOPIC.fullmatch(topic):
            raise Unparseable(f"{topic!r} is no topic of Shopify's.")
        if topic in _NOT_THE_ORDER:
            return Ignored(_NOT_THE_ORDER[topic])
        if not topic.startswith("orders/"):
            return Ignored(f"{topic} holds no order; what it changes in one comes with the order's own update.")
        try:
            return OrderChanged(read_order(body))
        except Unparseable as error:
            reason = _DELETED if topic == "orders/delete" else error.args[0]
            raise Unparseable(reason, order_named_in(body)) from error
