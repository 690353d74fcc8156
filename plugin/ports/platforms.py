"""What a connected platform offers beyond its webhooks: looking orders up, paying back, codes, and its own webhooks.

A storefront that was connected with credentials is asked here; one that only sends webhooks has no ``Platform``, and a
person does in its admin what we would ask of it. Amounts are ISO minor units, as everywhere in the house.

Every call does its own I/O with its own time-outs, holds to the platform's rate limit, runs outside any transaction and
ends in one of three ways, in the words of ``plugin.ports.payments``: an answer, ``OutcomeUnknown`` (it may or may not
have happened; ``retry_after`` where the platform named one) or ``Rejected`` (a definitive no; nothing happened).
``RejectCode.BAD_CREDENTIALS`` stands for a key that opens nothing or lacks the permission.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from msgspec import Struct

from plugin.ports.orders import StoreOrder
from plugin.ports.payments import Promotion, RefundFact
from plugin.ports.storefronts import StoreConnection


class Permission(Struct, frozen=True, kw_only=True):
    """One thing that the credentials must allow. ``needed_for`` completes "without it …"; ``mend`` is for a person."""

    name: str
    needed_for: str
    is_granted: bool
    mend: str | None = None


class StoreFacts(Struct, frozen=True, kw_only=True):
    """What a store says of itself when it is asked for the first time."""

    name: str
    currency: str | None = None
    country: str | None = None  # ISO 3166-1 alpha-2
    time_zone: str | None = None  # IANA, None where the store has only an offset
    locale: str | None = None
    version: str | None = None  # of the platform or of its API, for the doctor
    home_url: str | None = None


class OrderPage(Struct, frozen=True):
    """Some orders, the oldest change first, and where the rest of them is: None when there are no more.

    ``unreadable`` are orders that make no neutral one, as (id, reason): they are told of and block nothing.
    """

    orders: tuple[StoreOrder, ...]
    next: str | None = None
    unreadable: tuple[tuple[str, str], ...] = ()
    total: int | None = None  # of all pages, where the platform counts them


class PlatformRefund(Struct, frozen=True, kw_only=True):
    """Money to be paid back by the platform itself, once. ``leg_id`` is written into its record, to find it again.

    ``key`` is the idempotency key; what is asked never changes under it. ``payment_id`` is ``StorePayment.id``.
    Money alone: units were cancelled by ``Storefront.cancel``, and nothing is restocked a second time.
    """

    leg_id: str
    key: str
    order_id: str
    payment_id: str
    amount: int
    currency: str
    note: str


class RefundRecord(Struct, frozen=True, kw_only=True):
    """A refund that was paid elsewhere (at Stripe), to stand in the store's books without being paid again."""

    leg_id: str
    order_id: str
    amount: int
    currency: str
    note: str
    gateway_refund_id: str | None = None


class Hook(Struct, frozen=True, kw_only=True):
    """One webhook of ours as the platform keeps it. ``is_live`` is False where it was switched off or points
    elsewhere; ``reason`` then says why, in words for staff."""

    topic: str
    is_live: bool
    id: str | None = None
    reason: str | None = None


class Platform(Protocol):
    """The calls to one platform."""

    name: str

    async def describe(self, store: StoreConnection) -> StoreFacts:
        """What the store says of itself: the first call of a connection, which proves the credentials."""
        ...

    async def permissions(self, store: StoreConnection) -> tuple[Permission, ...]:
        """Try each permission that we need, without changing anything."""
        ...

    async def fetch_order(self, store: StoreConnection, order_id: str) -> StoreOrder | None:
        """The order as it stands now, with its refunds' lines and its parcels; None where the store has it no more
        (then it was deleted) or it is a draft. Raises ``Unparseable`` as ``Storefront.parse`` does."""
        ...

    async def orders_changed(self, store: StoreConnection, since: datetime, cursor: str | None = None) -> OrderPage:
        """Orders that were changed at ``since`` or later, page by page by ``OrderPage.next``."""
        ...

    async def refund(self, store: StoreConnection, refund: PlatformRefund) -> RefundFact:
        """Pay back through the platform's own gateway. ``OutcomeStored`` where the platform knows no idempotency key
        and may have been asked before: then the refund is only looked for, and in the end by a person."""
        ...

    async def find_refund(self, store: StoreConnection, refund: PlatformRefund) -> RefundFact | None:
        """List the order's refunds and match ours by its ``leg_id``."""
        ...

    async def record_refund(self, store: StoreConnection, record: RefundRecord) -> bool:
        """Write a refund that was paid elsewhere into the store's books, unless they hold it already: by its gateway's
        own record, or by ours. Whether one was written."""
        ...

    async def note(self, store: StoreConnection, order_id: str, text: str) -> None:
        """Leave a note for the store's staff at the order. The same text is not written a second time."""
        ...

    async def hold(self, store: StoreConnection, order_id: str, key: str, reason: str) -> None:
        """Keep what has not left from being packed while a person decides. A platform that knows no hold does
        nothing; holding twice under one key is holding once."""
        ...

    async def release_hold(self, store: StoreConnection, order_id: str, key: str) -> None:
        """Let go what ``hold`` held under this key, and nothing that others hold."""
        ...

    async def publish_code(self, store: StoreConnection, promotion: Promotion, email: str | None, *, key: str) -> str:
        """Make a single-use code of the store's own, bound to ``email`` where the platform can; its id there."""
        ...

    async def withdraw_code(self, store: StoreConnection, promotion_id: str, *, key: str) -> None:
        """Make the code unusable. One that is gone is withdrawn."""
        ...

    async def hooks(self, store: StoreConnection, url: str) -> tuple[Hook, ...]:
        """Every webhook that we need, and how it stands; one that is missing has no id."""
        ...

    async def register_hooks(self, store: StoreConnection, url: str, secret: str) -> tuple[Hook, ...]:
        """Make the webhooks that are missing, and put right those that are off, point elsewhere or are doubled."""
        ...

    async def remove_hooks(self, store: StoreConnection, url: str) -> int:
        """Take away every webhook that points at ``url``; how many."""
        ...
