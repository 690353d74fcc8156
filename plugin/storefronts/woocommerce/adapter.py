"""The adapter of WooCommerce: its webhooks in; calls back are not made yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from plugin.ports.storefronts import Delivery, Ignored, OrderChanged, Parsed, Unparseable
from plugin.storefronts.unasked import CannotBeAsked
from plugin.storefronts.woocommerce.orders import read_order
from plugin.storefronts.woocommerce.signature import verified_delivery

_OTHER_RESOURCES = frozenset({"coupon", "customer", "product", "action", "subscription"})


class WooCommerceStorefront(CannotBeAsked):
    name = "woocommerce"
    platform = "WooCommerce"

    def verify(self, headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: datetime) -> Delivery:
        """See ``Storefront.verify``. No time is signed, so ``now`` proves nothing here."""
        return verified_delivery(headers, body, secrets)

    def parse(self, topic: str, body: bytes) -> Parsed:
        """See ``Storefront.parse``. The topic says only whether this is an order; its state is in the body."""
        resource = topic.partition(".")[0]
        if resource in _OTHER_RESOURCES:
            return Ignored(f"{topic} concerns no order.")
        if resource != "order":
            raise Unparseable(f"{topic!r} is no topic of WooCommerce's.")
        try:
            order = read_order(body)
        except Unparseable as error:
            if topic == "order.deleted":
                raise Unparseable(
                    "The store deleted this order and sent only its id: see to it in its admin."
                ) from error
            raise
        return OrderChanged(order) if order else Ignored("A draft is no order yet.")
