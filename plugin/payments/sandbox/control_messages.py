"""What goes in and out at ``/_sandbox/``: one struct for each message, shared by server and client.

Amounts are in Stripe's units. ``key`` is the API key whose account is meant.
"""

from __future__ import annotations

import msgspec


class Keyed(msgspec.Struct, kw_only=True):
    key: str


class ClockOffset(msgspec.Struct):
    """Seconds ahead of the real time; negative is behind."""

    offset: int


class DeliveryMode(msgspec.Struct, kw_only=True):
    """How webhooks go out from now on: held until released, each ``copies`` times, the next ``drop`` lost."""

    is_held: bool = False
    copies: int = 1
    drop: int = 0
    delay_ms: int = 0


class Release(msgspec.Struct, kw_only=True):
    is_reversed: bool = False
    copies: int = 1


class DeliveryReport(msgspec.Struct):
    """``state``: waiting, held, dropped, delivered or failed."""

    event_id: str
    type: str
    url: str
    state: str
    attempts: int


class NewEndpoint(Keyed, kw_only=True):
    url: str
    secret: str
    enabled_events: list[str] = msgspec.field(default_factory=lambda: ["*"])


class DashboardRefund(Keyed, kw_only=True):
    payment_intent: str
    amount: int | None = None
    reason: str | None = None


class SettleRefund(Keyed, kw_only=True):
    """``status``: succeeded, failed, canceled or requires_action; None for what its card had in store for it."""

    refund: str
    status: str | None = None


class OpenDispute(Keyed, kw_only=True):
    payment_intent: str
    amount: int | None = None
    reason: str = "general"
    is_inquiry: bool = False


class CloseDispute(Keyed, kw_only=True):
    dispute: str
    status: str


class SetBalance(Keyed, kw_only=True):
    """What the account has in ``currency``; None lifts the limit."""

    currency: str
    amount: int | None


class Redeem(Keyed, kw_only=True):
    promotion_code: str


class Made(msgspec.Struct):
    """The id of what was made or changed."""

    id: str


class RefundEntry(msgspec.Struct):
    """``is_release`` marks the entry of an authorisation let go, with which no money moved."""

    id: str
    amount: int
    status: str
    created: int
    metadata: dict[str, str]
    is_release: bool


class DisputeEntry(msgspec.Struct):
    id: str
    amount: int
    status: str


class PaymentEntry(msgspec.Struct):
    """``refunded`` counts money given back or on its way: neither failed refunds nor releases."""

    id: str
    currency: str
    status: str
    amount: int
    captured: int
    refunded: int
    metadata: dict[str, str]
    refunds: list[RefundEntry]
    disputes: list[DisputeEntry]


class LedgerDump(msgspec.Struct):
    payments: list[PaymentEntry]
