"""What we need of a storefront: read its webhooks, and ask it to cancel.

An adapter is built once and holds no shop's secrets; each call is handed the shop's ``StoreConnection``. ``parse``
and ``verify`` are pure, the others do I/O with their own time-out and never raise for the store's troubles: not
knowing is an answer (``UNKNOWN``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from plugin.core.errors import DomainError
from plugin.ports.orders import LineCount, StoreOrder


class SignatureInvalid(DomainError):
    """The webhook is not from the shop's store, or it is too old, or too far in the future. Always the same words."""

    status = 401
    code = "signature_invalid"
    sentence = "This webhook's signature could not be verified."


class Unparseable(Exception):
    """A verified body that makes no order. ``args[0]`` is the reason, in words for the shop's staff.

    ``order_id`` is the store's own id of the order that the body names all the same (``StoreOrder.id``): a connected
    store is asked for that order, as a deletion tells no more than the id.
    """

    def __init__(self, reason: str, order_id: str | None = None) -> None:
        super().__init__(reason)
        self.order_id = order_id


class Delivery(Struct, frozen=True):
    """One verified webhook: ``key`` is unique per event and shop, so that a repetition is seen; ``topic`` as sent.

    ``is_ping`` marks a message that proves the connection and means nothing: answered 200 and not stored.
    """

    key: str
    topic: str
    is_ping: bool = False


class OrderChanged(Struct, frozen=True):
    order: StoreOrder


class Ignored(Struct, frozen=True):
    """A body that is well understood and concerns nothing of ours."""

    reason: str


class PersonAsked(Struct, frozen=True, kw_only=True):
    """A person asks through the platform for what is kept of them, or for its erasure (``erase``).

    ``customer_id``, ``email`` and ``order_ids`` are the store's own; any of them may be all that we are told.
    ``store`` as in ``ShopLeft``.
    """

    erase: bool
    customer_id: str | None = None
    email: str | None = None
    order_ids: tuple[str, ...] = ()
    store: str | None = None


class ShopLeft(Struct, frozen=True):
    """The store has disconnected us. ``erase``: and wants everything of its shoppers erased.

    ``store`` is the host of the store that says so, where the message names one: an app has one secret and one address
    for this, and may be installed in several stores.
    """

    erase: bool
    store: str | None = None


Parsed = OrderChanged | PersonAsked | ShopLeft | Ignored


class StoreConnection(Struct, frozen=True, kw_only=True):
    """Where a shop's store is called, opened from the vault for one use.

    ``secret`` signs our calls (standard), is the consumer secret (WooCommerce), or the access token or the app's client
    secret (Shopify). ``key`` is the public half: the consumer key (WooCommerce), the app's client id (Shopify, None
    where the secret is an access token).
    """

    shop_id: str
    address: str | None
    secret: str | None
    key: str | None = None
    allow_private_address: bool = False  # only on embedded defaults, where the demo storefront is on this machine


class CancelStatus(StrEnum):
    CANCELLED = "cancelled"
    TOO_LATE = "too_late"
    PENDING = "pending"
    UNSUPPORTED = "unsupported"
    UNKNOWN = "unknown"


class CancelRequest(Struct, frozen=True, kw_only=True):
    """Asks the store to cancel units of an order. ``key`` names the ask: the same one twice is one cancellation.

    It is the case's id, with a number after it where a person asks anew. An ask never changes under its key.

    ``capture_at_most`` tells a store that captures at shipment what an authorised payment may now be captured for,
    by payment reference.
    """

    key: str
    order_id: str
    order_number: str
    whole_order: bool
    lines: tuple[LineCount, ...]
    reason: str | None = None
    capture_at_most: dict[str, int] = {}


class CancelAnswer(Struct, frozen=True, kw_only=True):
    status: CancelStatus
    deadline: datetime | None = None  # for PENDING: when the store will have answered
    reason: str | None = None


class Storefront(Protocol):
    """One platform's adapter."""

    name: str

    def verify(self, headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: datetime) -> Delivery:
        """Check the signature over the raw bytes against each live secret, in constant time.

        ``headers`` have lower-case names. Raises ``SignatureInvalid``, for every cause alike.
        """
        ...

    def parse(self, topic: str, body: bytes) -> Parsed:
        """Turn a verified body into the neutral order; raises ``Unparseable`` with a reason for a person."""
        ...

    async def cancel(self, store: StoreConnection, request: CancelRequest) -> CancelAnswer:
        """Ask the store to cancel. UNKNOWN when no answer was read: the store may or may not have done it."""
        ...

    async def read_cancel(self, store: StoreConnection, request: CancelRequest) -> CancelAnswer:
        """Re-read what became of an earlier ask with the same key, without asking again. UNKNOWN: no such ask known,
        or no answer read."""
        ...
