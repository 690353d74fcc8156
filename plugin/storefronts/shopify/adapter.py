"""The adapter of Shopify: its webhooks in, and the ask to cancel out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from plugin.ports.runtime import Clock, SystemClock
from plugin.ports.storefronts import (
    CancelAnswer,
    CancelRequest,
    Delivery,
    Ignored,
    OrderChanged,
    OrderTouched,
    Parsed,
    PersonAsked,
    ShopLeft,
    StoreConnection,
    Unparseable,
)
from plugin.storefronts.platform_values import decode, email, text
from plugin.storefronts.shopify.api import ShopifyApi
from plugin.storefronts.shopify.cancelling import Cancelling
from plugin.storefronts.shopify.orders import read_order
from plugin.storefronts.shopify.signature import verified_delivery
from plugin.storefronts.shopify.wire import PersonMessage, Touch
from plugin.storefronts.unasked import CannotBeAsked

_TOPIC = re.compile(r"[a-z_]+/[a-z_]+")
_NOT_THE_ORDER = {
    "orders/risk_assessment_changed": "A risk assessment holds no order.",
    "orders/shopify_protect_eligibility_changed": "A change of protection holds no order.",
    "orders/link_requested": "A request for a link holds no order.",
}
_BY_ORDER_ID = frozenset(
    {"refunds/create", "fulfillments/create", "fulfillments/update", "fulfillment_events/create"}
)  # fmt: skip


class ShopifyStorefront(CannotBeAsked):
    """Without an ``api``, or for a shop without a token, it answers as a storefront that cannot be asked."""

    name = "shopify"
    platform = "Shopify"

    def __init__(self, api: ShopifyApi | None = None, clock: Clock | None = None) -> None:
        self._cancelling = Cancelling(api) if api else None
        self._clock = clock or SystemClock()

    def verify(self, headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: datetime) -> Delivery:
        """See ``Storefront.verify``. No time is signed, so ``now`` proves nothing here."""
        return verified_delivery(headers, body, secrets)

    def parse(self, topic: str, body: bytes) -> Parsed:
        """See ``Storefront.parse``. The topic says only whether this is an order; its state is in the body."""
        if not _TOPIC.fullmatch(topic):
            raise Unparseable(f"{topic!r} is no topic of Shopify's.")
        if topic in ("customers/data_request", "customers/redact"):
            return _person(body, erase=topic == "customers/redact")
        if topic in ("shop/redact", "app/uninstalled"):
            return ShopLeft(erase=topic == "shop/redact")
        if topic in _NOT_THE_ORDER:
            return Ignored(_NOT_THE_ORDER[topic])
        if topic in _BY_ORDER_ID or topic in ("orders/edited", "orders/delete"):
            return _touched(topic, body)
        if not topic.startswith("orders/"):
            return Ignored(f"{topic} holds no order; what it changes in one comes with the order's own update.")
        return OrderChanged(read_order(body))

    async def cancel(self, store: StoreConnection, request: CancelRequest) -> CancelAnswer:
        """See ``Storefront.cancel``."""
        if self._cancelling is None or not (store.address and store.secret):
            return await super().cancel(store, request)
        return await self._cancelling.cancel(store, request, self._clock.now())

    async def read_cancel(self, store: StoreConnection, request: CancelRequest) -> CancelAnswer:
        """See ``Storefront.read_cancel``."""
        if self._cancelling is None or not (store.address and store.secret):
            return await super().read_cancel(store, request)
        return await self._cancelling.read(store, request, self._clock.now())


def _touched(topic: str, body: bytes) -> Parsed:
    """The order that a body names without showing it. An order that was deleted is named by its own id."""
    touch = decode(body, Touch, "Shopify")
    id = touch.order_id or (touch.order_edit and touch.order_edit.order_id)
    if topic == "orders/delete":
        id = touch.id
    if id is None:
        raise Unparseable(f"{topic} names no order.")
    return OrderTouched(str(id))


def _person(body: bytes, *, erase: bool) -> PersonAsked:
    """https://shopify.dev/docs/apps/build/privacy-law-compliance: a customer, or only an address, and some orders."""
    message = decode(body, PersonMessage, "Shopify")
    customer = message.customer
    orders = (message.orders_to_redact if erase else message.orders_requested) or []
    return PersonAsked(
        erase=erase,
        customer_id=text(customer.id) if customer else None,
        email=email(customer.email, "customer.email") if customer else None,
        order_ids=tuple(str(id) for id in orders),
    )
