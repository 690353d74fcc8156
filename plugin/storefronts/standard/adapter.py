"""The adapter of our own published format: signed webhooks in, signed calls out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import httpx

from plugin.ports.runtime import Clock, SystemClock
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
from plugin.storefronts.addresses import Resolve, resolve_by_system
from plugin.storefronts.calling import Outgoing
from plugin.storefronts.standard.cancelling import Ask, ask_store
from plugin.storefronts.standard.orders import read_order, read_type
from plugin.storefronts.standard.signature import verified_id

ORDER_UPDATED = "order.updated"
TIMEOUT_SECONDS = 5.0


class StandardStorefront:
    """``http`` should be an ``outgoing_client()``; ``clock`` dates the signatures of our own calls."""

    name = "standard"

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        resolve: Resolve = resolve_by_system,
        clock: Clock | None = None,
        timeout: float = TIMEOUT_SECONDS,
    ) -> None:
        self._outgoing = Outgoing(http, resolve, timeout)
        self._clock = clock or SystemClock()

    def verify(self, headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: datetime) -> Delivery:
        """See ``Storefront.verify``. The key is the ``webhook-id``, the topic is the message's type."""
        key = verified_id(headers, body, secrets, now)
        try:
            return Delivery(key=key, topic=read_type(body))
        except Unparseable:
            return Delivery(key=key, topic="unreadable")  # kept all the same, and set aside with its reason by `parse`

    def parse(self, topic: str, body: bytes) -> Parsed:
        """See ``Storefront.parse``. The body's own type decides, not ``topic``."""
        type = read_type(body)
        if type != ORDER_UPDATED:
            return Ignored(f"Only {ORDER_UPDATED} carries an order; this is {type}.")
        return OrderChanged(read_order(body))

    async def cancel(self, store: StoreConnection, request: CancelRequest) -> CancelAnswer:
        """See ``Storefront.cancel``."""
        return await ask_store(self._outgoing, store, request, Ask.CANCEL, self._clock.now())

    async def read_cancel(self, store: StoreConnection, request: CancelRequest) -> CancelAnswer:
        """See ``Storefront.read_cancel``."""
        return await ask_store(self._outgoing, store, request, Ask.STATUS, self._clock.now())
