"""Shopify as a connected platform: what ``Platform`` offers, call by call, over the Admin GraphQL API."""

from __future__ import annotations

from datetime import datetime

import httpx

from plugin.ports.orders import StoreOrder
from plugin.ports.payments import Promotion, RefundFact
from plugin.ports.platforms import Hook, OrderPage, Permission, PlatformRefund, RefundRecord, StoreFacts
from plugin.ports.runtime import Clock, SystemClock
from plugin.ports.storefronts import StoreConnection
from plugin.storefronts.addresses import Resolve, resolve_by_system
from plugin.storefronts.calling import Outgoing
from plugin.storefronts.shopify import codes, holding, hooks, permissions, reading, refunding
from plugin.storefronts.shopify.api import ShopifyApi
from plugin.storefronts.shopify.tokens import AccessTokens

TIMEOUT_SECONDS = 15.0


def shopify_api(
    http: httpx.AsyncClient, *, resolve: Resolve = resolve_by_system, clock: Clock, timeout: float = TIMEOUT_SECONDS
) -> ShopifyApi:
    """The one API object of a process: its storefront and its platform share the tokens. ``http`` should be an
    ``outgoing_client()``."""
    outgoing = Outgoing(http, resolve, timeout)
    return ShopifyApi(outgoing, AccessTokens(outgoing, clock))


class ShopifyPlatform:
    """``clock`` dates the codes."""

    name = "shopify"

    def __init__(self, api: ShopifyApi, clock: Clock | None = None) -> None:
        self._api = api
        self._clock = clock or SystemClock()

    async def describe(self, store: StoreConnection) -> StoreFacts:
        """See ``Platform.describe``."""
        return await permissions.describe(self._api, store)

    async def permissions(self, store: StoreConnection) -> tuple[Permission, ...]:
        """See ``Platform.permissions``."""
        return await permissions.permissions(self._api, store)

    async def fetch_order(self, store: StoreConnection, order_id: str) -> StoreOrder | None:
        """See ``Platform.fetch_order``."""
        return await reading.fetch_order(self._api, store, order_id)

    async def orders_changed(self, store: StoreConnection, since: datetime, cursor: str | None = None) -> OrderPage:
        """See ``Platform.orders_changed``."""
        return await reading.orders_changed(self._api, store, since, cursor)

    async def refund(self, store: StoreConnection, refund: PlatformRefund) -> RefundFact:
        """See ``Platform.refund``."""
        return await refunding.refund(self._api, store, refund)

    async def find_refund(self, store: StoreConnection, refund: PlatformRefund) -> RefundFact | None:
        """See ``Platform.find_refund``."""
        return await refunding.find_refund(self._api, store, refund)

    async def record_refund(self, store: StoreConnection, record: RefundRecord) -> bool:
        """See ``Platform.record_refund``: never. No payment of a Shopify order is ever ours at Stripe, and a refund
        with a transaction would ask its gateway to pay."""
        return False

    async def note(self, store: StoreConnection, order_id: str, text: str) -> None:
        """See ``Platform.note``."""
        await holding.note(self._api, store, order_id, text)

    async def hold(self, store: StoreConnection, order_id: str, key: str, reason: str) -> None:
        """See ``Platform.hold``."""
        await holding.hold(self._api, store, order_id, key, reason)

    async def release_hold(self, store: StoreConnection, order_id: str, key: str) -> None:
        """See ``Platform.release_hold``."""
        await holding.release_hold(self._api, store, order_id, key)

    async def publish_code(self, store: StoreConnection, promotion: Promotion, email: str | None, *, key: str) -> str:
        """See ``Platform.publish_code``. The code's own text is the key: it exists only once in a shop."""
        return await codes.publish_code(self._api, store, promotion, email, self._clock.now())

    async def withdraw_code(self, store: StoreConnection, promotion_id: str, *, key: str) -> None:
        """See ``Platform.withdraw_code``."""
        await codes.withdraw_code(self._api, store, promotion_id)

    async def hooks(self, store: StoreConnection, url: str) -> tuple[Hook, ...]:
        """See ``Platform.hooks``."""
        return await hooks.hooks(self._api, store, url)

    async def register_hooks(self, store: StoreConnection, url: str, secret: str) -> tuple[Hook, ...]:
        """See ``Platform.register_hooks``. ``secret`` is not used: Shopify signs with the app's client secret."""
        return await hooks.register_hooks(self._api, store, url)

    async def remove_hooks(self, store: StoreConnection, url: str) -> int:
        """See ``Platform.remove_hooks``."""
        return await hooks.remove_hooks(self._api, store, url)
