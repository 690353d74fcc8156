"""The neutral order: what every storefront adapter makes of a body, and all that the rest of the house knows of it.

Amounts are integers in minor units of ``StoreOrder.currency``. A line's ``total`` is what the shopper paid for all
its units: after its own discounts and its share of the order's discounts, with its tax. ``tax`` is the part of
``total`` that is tax, whether the store's prices include it or not.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct


class LineKind(StrEnum):
    PHYSICAL = "physical"
    DIGITAL = "digital"
    GIFT_CARD = "gift_card"
    SERVICE = "service"


class Custodian(StrEnum):
    """Who holds the money of a payment, and so who alone can give it back."""

    STRIPE = "stripe"
    STOREFRONT = "storefront"
    MANUAL = "manual"


class Instrument(StrEnum):
    """What the shopper paid with. Stored value (gift card, store credit) is given back last."""

    CARD = "card"
    STORED_VALUE = "stored_value"
    OTHER = "other"


class PaymentState(StrEnum):
    AUTHORISED = "authorised"
    CAPTURED = "captured"
    VOIDED = "voided"
    PENDING = "pending"
    FAILED = "failed"


class OrderState(StrEnum):
    OPEN = "open"
    CANCELLED = "cancelled"
    DELETED = "deleted"


class ExtraKind(StrEnum):
    FEE = "fee"
    TIP = "tip"
    DUTY = "duty"
    ROUNDING = "rounding"


class StoreLine(Struct, frozen=True, kw_only=True):
    id: str
    title: str
    quantity: int
    unit_price: int
    discount: int  # positive; the line's own discounts and its frozen share of the order's
    tax: int
    total: int
    kind: LineKind = LineKind.PHYSICAL
    sku: str | None = None
    product_id: str | None = None
    variant: str | None = None  # as the shopper reads it
    variant_id: str | None = None  # the store's own id of it
    final_sale: bool = False
    personalised: bool = False
    tags: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    image_url: str | None = None


class StoreShipping(Struct, frozen=True, kw_only=True):
    """Shipping is its own component, paid back once. ``total`` includes ``tax`` and is after ``discount``."""

    total: int = 0
    tax: int = 0
    discount: int = 0
    title: str | None = None


class StoreExtra(Struct, frozen=True, kw_only=True):
    """A fee, tip, duty or rounding that is neither a line nor shipping; rounding may be negative."""

    kind: ExtraKind
    total: int
    tax: int = 0
    title: str | None = None


class StorePayment(Struct, frozen=True, kw_only=True):
    id: str
    custodian: Custodian
    state: PaymentState
    amount: int
    captured: int = 0
    refunded: int = 0  # by the store's own record; money is counted from the custodian's reports only
    instrument: Instrument = Instrument.OTHER
    reference: str | None = None  # the PaymentIntent, where the custodian is Stripe
    label: str | None = None  # what the shopper calls it: "Visa •••• 4242"


class LineCount(Struct, frozen=True):
    line_id: str
    quantity: int


class StoreFulfilment(Struct, frozen=True, kw_only=True):
    id: str
    lines: tuple[LineCount, ...]
    shipped_at: datetime | None = None
    delivered_at: datetime | None = None
    carrier: str | None = None
    tracking_number: str | None = None
    tracking_url: str | None = None


class StoreRefund(Struct, frozen=True, kw_only=True):
    """A refund in the store's own books: it settles units; money is counted from the custodian's report.

    ``leg_id`` is ours where the record carries it: the store's echo of what we did, and no refund beside it.
    """

    id: str
    amount: int
    lines: tuple[LineCount, ...] = ()
    payment_id: str | None = None
    shipping: int = 0
    reason: str | None = None
    gateway_refund_id: str | None = None
    leg_id: str | None = None


class StoreCustomer(Struct, frozen=True, kw_only=True):
    email: str | None = None
    id: str | None = None
    name: str | None = None
    locale: str | None = None  # BCP 47, as the store gave it
    country: str | None = None  # ISO 3166-1 alpha-2, of the delivery address
    postcode: str | None = None
    is_business: bool = False
    marketing_consent: bool = False


class StoreOrder(Struct, frozen=True, kw_only=True):
    """One order as the store sees it now. ``sequence`` only grows: an older version never overwrites a newer one.

    The standard format numbers its versions; for the platforms the adapter derives it from the modification time in
    milliseconds. ``unexplained`` is the platform's own total less the sum of all parts: anything but zero sends the
    order's asks to a person, with the reason.
    """

    id: str
    number: str
    sequence: int
    currency: str
    placed_at: datetime
    updated_at: datetime
    total: int
    lines: tuple[StoreLine, ...]
    customer: StoreCustomer = StoreCustomer()
    state: OrderState = OrderState.OPEN
    shipping: StoreShipping = StoreShipping()
    extras: tuple[StoreExtra, ...] = ()
    unexplained: int = 0
    payments: tuple[StorePayment, ...] = ()
    fulfilments: tuple[StoreFulfilment, ...] = ()
    cancelled: tuple[LineCount, ...] = ()
    refunds: tuple[StoreRefund, ...] = ()
    discount_codes: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    channel: str | None = None
    time_zone: str | None = None
    is_test: bool = False


def is_of_subscription(order: StoreOrder) -> bool:
    """Whether an order belongs to a contract that goes on without it: its store, or an app there, tags it so
    ("Subscription", "subscription_renewal", "Subscription Recurring Order")."""
    return any(tag.casefold().startswith("subscription") for tag in order.tags)


def parts_total(order: StoreOrder) -> int:
    """The sum of an order's parts: lines, shipping and extras."""
    return sum(line.total for line in order.lines) + order.shipping.total + sum(x.total for x in order.extras)
