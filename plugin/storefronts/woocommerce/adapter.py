"""The storefront of WooCommerce: its webhooks in, and asks to cancel out where we hold the store's key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from plugin.ports.storefronts import (
    CancelAnswer,
    CancelRequest,
    Delivery,
    Ignored,
    OrderChanged,
    Parsed,
    StoreConnection,
    Unparseable,
)
from plugin.storefronts.platform_values import order_named_in
from plugin.storefronts.unasked import CannotBeAsked
from plugin.storefronts.woocommerce.api import WooApi
from plugin.storefronts.woocommerce.cancelling import ask_to_cancel, read_again
from plugin.storefronts.woocommerce.orders import read_order
from plugin.storefronts.woocommerce.platform import WooCommercePlatform
from plugin.storefronts.woocommerce.signature import verified_delivery

_DELETED = "The store deleted this order and sent only its id: see to it in its admin."
_OTHER_RESOURCES = frozenset({"coupon", "customer", "product", "action", "subscription"})


class WooCommerceStorefront(CannotBeAsked):
    """Without ``connected``, or without a key in the store's connection, a person cancels in the store's admin."""

    name = "woocommerce"
    platform = "WooCommerce"

    def __init__(self, connected: WooCommercePlatform | None = None) -> None:
        self._connected = connected

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
            reason = _DELETED if topic == "order.deleted" else error.args[0]
            raise Unparseable(reason, order_named_in(body)) from error
        return OrderChanged(order) if order else Ignored("A draft is no order yet.")

    async def cancel(self, store: StoreConnection, request: CancelRequest) -> CancelAnswer:
        """See ``Storefront.cancel``."""
        api = self._api(store)
        return await (ask_to_cancel(api, request) if api else super().cancel(store, request))

    async def read_cancel(self, store: StoreConnection, request: CancelRequest) -> CancelAnswer:
        """See ``Storefront.read_cancel``."""
        api = self._api(store)
        return await (read_again(api, request) if api else super().cancel(store, request))

    def _api(self, store: StoreConnection) -> WooApi | None:
        has_key = bool(store.address and store.key and store.secret)
        return self._connected.api(store) if self._connected and has_key else None
