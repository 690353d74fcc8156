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
    Parsed,
    PersonAsked,
    ShopLeft,
    StoreConnection,
    Unparseable,
)
from plugin.storefronts.platform_values import decode, email, order_named_in, text
from plugin.storefronts.shopify.api import ShopifyApi
from plugin.storefronts.shopify.cancelling import Cancelling
from plugin.storefronts.shopify.orders import read_order
from plugin.storefronts.shopify.signature import verified_delivery
from plugin.storefronts.shopify.wire import NamesOrder, PersonMessage, StoreMessage
from plugin.storefronts.unasked import CannotBeAsked

_TOPIC = re.compile(r"[a-z_]+/[a-z_]+")
_NOT_THE_ORDER = {
    "orders/risk_assessment_changed": "A risk assessment holds no order.",
    "orders/shopify_protect_eligibility_changed": "A change of protection holds no order.",
    "orders/link_requested": "A request for a link holds no order.",
}
_PART = "It shows no order: what changed comes with orders/updated, or at once where the store is connected."
_NAMES_THE_ORDER = {
    "orders/delete": "The store deleted this order and sent only its id: see to it in its admin.",
    "orders/edited": _PART,
    "refunds/create": _PART,
    "fulfillments/create": _PART,
    "fulfillments/update": _PART,
    "fulfillment_events/create": _PART,
}


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
            message = decode(body, StoreMessage, "Shopify")
            store = text(message.shop_domain or message.myshopify_domain, 253)
            return ShopLeft(erase=topic == "shop/redact", store=store)
        if topic in _NOT_THE_ORDER:
            return Ignored(_NOT_THE_ORDER[topic])
        if topic in _NAMES_THE_ORDER:
            raise _only_named(topic, body)
        if not topic.startswith("orders/"):
            return Ignored(f"{topic} holds no order; what it changes in one comes with the order's own update.")
        try:
            return OrderChanged(read_order(body))
        except Unparseable as error:
            raise Unparseable(error.args[0], order_named_in(body)) from error

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


def _only_named(topic: str, body: bytes) -> Unparseable:
    """For a body that names an order without showing it. An order that was deleted is named by its own id."""
    named = decode(body, NamesOrder, "Shopify")
    id = named.order_id or (named.order_edit and named.order_edit.order_id)
    if topic == "orders/delete":
        id = named.id
    if not id:
        return Unparseable(f"{topic} names no order.")
    return Unparseable(_NAMES_THE_ORDER[topic], str(id))


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
        store=text(message.shop_domain, 253),
    )
