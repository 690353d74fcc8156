"""What we need of a payment custodian: read a payment, give money back once, publish a promotion code.

Amounts here are ISO minor units, as everywhere in the house; an adapter converts to its own and back. Every call
that changes something takes an idempotency key made from our row's id, runs outside any transaction, and ends in
one of four ways: a fact, ``OutcomeUnknown`` (ask again with the same key and the same parameters), ``Rejected``
(a definitive no; nothing happened) or ``OutcomeStored`` (an error that is stored under the key: reconcile).
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from plugin.ports.orders import PaymentState


class OutcomeUnknown(Exception):
    """Time-out, connection lost, 409 while running, 429: it may or may not have happened."""

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after


class OutcomeStored(Exception):
    """A server error that the custodian has stored under our key: the same key would only repeat it."""


class RejectCode(StrEnum):
    ALREADY_REFUNDED = "already_refunded"
    INSUFFICIENT_BALANCE = "insufficient_balance"
    UNEXPECTED_STATE = "unexpected_state"
    NOT_FOUND = "not_found"
    TOO_SMALL = "too_small"  # less than the custodian collects in that currency
    BAD_CREDENTIALS = "bad_credentials"
    OTHER = "other"


class Rejected(Exception):
    """A definitive no of the custodian: nothing happened, and asking again alike will not help."""

    def __init__(self, code: RejectCode, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class PaymentAccount(Struct, frozen=True, kw_only=True):
    """A shop's account at Stripe, opened from the vault for one use. ``base`` is another API address (sandbox)."""

    shop_id: str
    api_key: str
    base: str | None = None


class RefundState(StrEnum):
    PENDING = "pending"
    REQUIRES_ACTION = "requires_action"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class RefundFact(Struct, frozen=True, kw_only=True):
    """One refund as its custodian reports it. ``leg_id`` is ours from its metadata, None when it began elsewhere.

    ``step`` is the smallest amount, in minor units, that the custodian can move in this currency: parts are rounded to
    it on their running sum, so one of them may differ from what was asked by less than a step.
    """

    id: str
    payment_reference: str
    amount: int
    currency: str
    state: RefundState
    created_at: datetime
    leg_id: str | None = None
    failure_reason: str | None = None
    bank_reference: str | None = None  # the ARN, by which the shopper's bank finds the money
    step: int = 1


class DisputeFact(Struct, frozen=True, kw_only=True):
    """A dispute. An inquiry (Stripe's ``warning_*``) has not taken money and ``holds_money`` is False."""

    id: str
    payment_reference: str
    amount: int
    currency: str
    state: str
    holds_money: bool
    is_closed: bool


class PaymentFact(Struct, frozen=True, kw_only=True):
    """A payment as its custodian reports it now, with all its refunds and disputes."""

    reference: str
    currency: str
    state: PaymentState
    authorised: int
    capturable: int
    captured: int
    refunds: tuple[RefundFact, ...] = ()
    disputes: tuple[DisputeFact, ...] = ()
    label: str | None = None
    capture_before: datetime | None = None


class PromotionKind(StrEnum):
    PERCENT = "percent"
    AMOUNT = "amount"
    FREE_SHIPPING = "free_shipping"


class Promotion(Struct, frozen=True, kw_only=True):
    """A retention code to publish at the custodian: a coupon and its single-use promotion code."""

    code_id: str
    code: str
    kind: PromotionKind
    percent: int | None
    amount: int | None
    currency: str
    minimum: int | None
    expires_at: datetime
    times_redeemed: int = 0


class PaymentAsk(Struct, frozen=True, kw_only=True):
    """A sum that the shopper pays on a page of the custodian's, which sees to 3-D Secure. ``ask_id`` goes into the
    metadata of the page and of its payment. The page ends at ``ends_at``: 30 minutes to 24 hours from now (Stripe).
    Where the custodian's amounts are coarser than ours it collects less than ``amount`` by less than a step, never
    more."""

    ask_id: str
    key: str
    amount: int
    currency: str
    description: str
    back_to: str  # where the shopper comes back to, paid or not
    ends_at: datetime
    email: str | None = None
    locale: str | None = None


class PageState(StrEnum):
    OPEN = "open"
    PAID = "paid"
    ENDED = "ended"


class PaymentPage(Struct, frozen=True, kw_only=True):
    """``reference`` is the PaymentIntent, once there is one; ``url`` leads the shopper there while it is open."""

    id: str
    state: PageState
    url: str | None = None
    reference: str | None = None


class GatewayEvent(Struct, frozen=True):
    """A verified webhook of the custodian: only what says which object to read again."""

    id: str
    type: str
    object_id: str | None
    payment_reference: str | None


class PaymentGateway(Protocol):
    """Stripe, or whatever speaks its API at ``account.base``."""

    async def read(self, account: PaymentAccount, reference: str) -> PaymentFact:
        """Read the PaymentIntent with its charge, refunds and disputes. Raises ``Rejected`` or ``OutcomeUnknown``."""
        ...

    async def refund(
        self, account: PaymentAccount, *, reference: str, amount: int, currency: str, leg_id: str, key: str,
        refunded_before: int = 0,
    ) -> RefundFact:  # fmt: skip
        """Refund ``amount``. ``refunded_before`` is the sum refunded on this payment already, in minor units: where
        Stripe's amounts are coarser than ours (three-decimal currencies), the sum is quantised, not each part."""
        ...

    async def void(self, account: PaymentAccount, *, reference: str, leg_id: str, key: str) -> PaymentFact:
        """Cancel an authorised, uncaptured payment."""
        ...

    async def limit_capture(
        self, account: PaymentAccount, *, reference: str, at_most: int, currency: str, leg_id: str, key: str
    ) -> PaymentFact:
        """Write down at the payment that no more than ``at_most`` of what was authorised may be captured."""
        ...

    async def find_refund(self, account: PaymentAccount, *, reference: str, leg_id: str) -> RefundFact | None:
        """List the payment's refunds and match ours by its metadata."""
        ...

    async def refunds_since(self, account: PaymentAccount, since: datetime) -> tuple[RefundFact, ...]:
        """All refunds of the account that were created at ``since`` or later, whoever made them; one that was made
        without a PaymentIntent is not ours and is left out."""
        ...

    async def disputes_since(self, account: PaymentAccount, since: datetime) -> tuple[DisputeFact, ...]:
        """All disputes and inquiries of the account that were opened at ``since`` or later, over PaymentIntents."""
        ...

    async def ask_payment(self, account: PaymentAccount, ask: PaymentAsk) -> PaymentPage:
        """Make the page, or find the one that was made under this key."""
        ...

    async def read_page(self, account: PaymentAccount, page_id: str) -> PaymentPage:
        """How it stands now. Raises ``Rejected`` or ``OutcomeUnknown``."""
        ...

    async def end_page(self, account: PaymentAccount, page_id: str) -> PaymentPage:
        """Let nobody pay there any more; one that was paid meanwhile stays paid, and says so."""
        ...

    async def publish_code(self, account: PaymentAccount, promotion: Promotion, *, key: str) -> str:
        """Create coupon and promotion code; returns the promotion code's id at Stripe."""
        ...

    async def withdraw_code(self, account: PaymentAccount, promotion_id: str, *, key: str) -> None:
        """Deactivate the promotion code."""
        ...

    async def ping(self, account: PaymentAccount) -> str:
        """For ``doctor``: which account the key opens."""
        ...

    def verify(self, headers: dict[str, str], body: bytes, secrets: tuple[str, ...], now: datetime) -> GatewayEvent:
        """Check ``Stripe-Signature`` over the raw bytes, 300 s both ways; raises ``SignatureInvalid``, and
        ``Unparseable`` for a signed body that is no event."""
        ...

    def read_event(self, body: bytes) -> GatewayEvent:
        """What a body that was verified before tells; raises ``Unparseable``."""
        ...
