"""WooCommerce as a ``Platform``: which use is told where, and what it does not know."""

from __future__ import annotations

from datetime import datetime
from html import unescape

import httpx
from msgspec import Struct

from plugin.ports.orders import StoreOrder
from plugin.ports.payments import Promotion, RefundFact
from plugin.ports.platforms import Hook, OrderPage, Permission, PlatformRefund, RefundRecord, StoreFacts
from plugin.ports.runtime import Clock, SystemClock
from plugin.ports.storefronts import StoreConnection
from plugin.storefronts.addresses import Resolve, resolve_by_system
from plugin.storefronts.calling import Outgoing
from plugin.storefronts.woocommerce import asking_around, coupons, looking, refunding, subscribing
from plugin.storefronts.woocommerce.api import Way, WooApi

TIMEOUT_SECONDS = 10.0
PREPARES_WITHIN_SECONDS = 12.0  # less than what is left of a worker's lease when it calls (15 s)


class _Note(Struct, frozen=True):
    note: str = ""


class WooCommercePlatform:
    """``http`` should be an ``outgoing_client()``. Stores send their mails within the request, so it may take long."""

    name = "woocommerce"

    def __init__(
        self, http: httpx.AsyncClient, *, resolve: Resolve = resolve_by_system, timeout: float = TIMEOUT_SECONDS,
        clock: Clock | None = None, prepares_within: float = PREPARES_WITHIN_SECONDS,
    ) -> None:  # fmt: skip
        self._outgoing = Outgoing(http, resolve, timeout)
        self._ways: dict[str, Way] = {}
        self._clock = clock or SystemClock()
        self._prepares_within = prepares_within

    def api(self, store: StoreConnection) -> WooApi:
        """The API of one store; raises ``Rejected`` where the connection has no credentials."""
        return WooApi(self._outgoing, store, self._ways, self._clock.now, self._prepares_within)

    async def describe(self, store: StoreConnection) -> StoreFacts:
        return await asking_around.describe(self.api(store))

    async def permissions(self, store: StoreConnection) -> tuple[Permission, ...]:
        return await asking_around.permissions(self.api(store))

    async def fetch_order(self, store: StoreConnection, order_id: str) -> StoreOrder | None:
        return await looking.fetch(self.api(store), order_id)

    async def orders_changed(self, store: StoreConnection, since: datetime, cursor: str | None = None) -> OrderPage:
        return await looking.changed(self.api(store), since, cursor)

    async def refund(self, store: StoreConnection, refund: PlatformRefund) -> RefundFact:
        return await refunding.refund(self.api(store), refund)

    async def find_refund(self, store: StoreConnection, refund: PlatformRefund) -> RefundFact | None:
        return await refunding.find_refund(self.api(store), refund)

    async def record_refund(self, store: StoreConnection, record: RefundRecord) -> bool:
        return await refunding.record_refund(self.api(store), record)

    async def note(self, store: StoreConnection, order_id: str, text: str) -> None:
        """See ``Platform.note``. The note is for staff: the shopper is neither shown it nor mailed."""
        api = self.api(store)
        notes = (await api.get(f"orders/{order_id}/notes")).read(list[_Note])
        if not any(unescape(each.note).strip() == text.strip() for each in notes):
            await api.post(f"orders/{order_id}/notes", {"note": text, "customer_note": False})

    async def hold(self, store: StoreConnection, order_id: str, key: str, reason: str) -> None:
        """WooCommerce's ``on-hold`` is a state of the payment (it waits for money) and mails the shopper: nothing is
        done, and the note tells staff."""

    async def release_hold(self, store: StoreConnection, order_id: str, key: str) -> None:
        """See ``hold``: nothing was held."""

    async def publish_code(self, store: StoreConnection, promotion: Promotion, email: str | None, *, key: str) -> str:
        return await coupons.publish(self.api(store), promotion, email)

    async def withdraw_code(self, store: StoreConnection, promotion_id: str, *, key: str) -> None:
        await coupons.withdraw(self.api(store), promotion_id)

    async def hooks(self, store: StoreConnection, url: str) -> tuple[Hook, ...]:
        return await subscribing.list_hooks(self.api(store), url)

    async def register_hooks(self, store: StoreConnection, url: str, secret: str) -> tuple[Hook, ...]:
        return await subscribing.register(self.api(store), url, secret)

    async def remove_hooks(self, store: StoreConnection, url: str) -> int:
        return await subscribing.remove(self.api(store), url)
