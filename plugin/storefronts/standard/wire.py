"""The standard format on the wire: what a store sends us, as Structs that are also its published JSON Schema.

Amounts are integers in minor units of the order's currency. Unknown fields are allowed, so a store may send more.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from plugin.ports.orders import Custodian, ExtraKind, Instrument, LineKind, OrderState, PaymentState

NO_CONTROLS = r"^(?![\s\S]*[\x00-\x1f\x7f])"
MOST_LINES = 1000

Id = Annotated[str, Meta(min_length=1, max_length=80, pattern=NO_CONTROLS)]
Word = Annotated[str, Meta(max_length=200, pattern=NO_CONTROLS)]
Text = Annotated[str, Meta(max_length=1000, pattern=NO_CONTROLS)]
Email = Annotated[str, Meta(max_length=254, pattern=r"^(?![\s\S]*[\x00-\x20\x7f,;<>])[^@]+@[^@]+")]
Address = Annotated[str, Meta(max_length=2000, pattern=r"^(?![\s\S]*[\x00-\x20\x7f])https?://")]
Amount = Annotated[int, Meta(ge=0, le=10**13)]
SignedAmount = Annotated[int, Meta(ge=-(10**13), le=10**13)]
Count = Annotated[int, Meta(ge=1, le=100_000)]
Moment = Annotated[datetime, Meta(tz=True, description="ISO 8601 with an offset.")]


class LineCountBody(Struct, frozen=True, kw_only=True):
    """So many units of one line."""

    line_id: Id
    quantity: Count


class LineBody(Struct, frozen=True, kw_only=True):
    """One line. It costs ``unit_price * quantity - discount``, plus ``tax`` where prices exclude tax."""

    id: Annotated[Id, Meta(description="Unique in the order, and stable over its edits.")]
    title: Text
    quantity: Count
    unit_price: Annotated[Amount, Meta(description="As the shop shows it, before discounts.")]
    discount: Annotated[Amount, Meta(description="The line's own discounts, for all its units.")] = 0
    tax: Annotated[Amount, Meta(description="Tax on the line after all discounts, also the order's.")] = 0
    kind: LineKind = LineKind.PHYSICAL
    sku: Word | None = None
    product_id: Word | None = None
    variant: Text | None = None
    variant_id: Annotated[Word | None, Meta(description="Which variant it is, so that it can be ordered again.")] = None
    final_sale: bool = False
    personalised: bool = False
    tags: Annotated[tuple[Word, ...], Meta(max_length=100)] = ()
    categories: Annotated[tuple[Word, ...], Meta(max_length=100)] = ()
    image_url: Address | None = None


class DiscountBody(Struct, frozen=True, kw_only=True):
    """A discount on the whole order. We share it over the lines once, by largest remainder, and never again."""

    amount: Amount
    code: Word | None = None


class ShippingBody(Struct, frozen=True, kw_only=True):
    """Shipping costs ``price - discount``, plus ``tax`` where prices exclude tax."""

    price: Amount = 0
    discount: Amount = 0
    tax: Amount = 0
    title: Text | None = None


class ExtraBody(Struct, frozen=True, kw_only=True):
    """What is neither a line nor shipping. It costs ``price``, plus ``tax`` where prices exclude tax."""

    kind: ExtraKind
    price: Annotated[SignedAmount, Meta(description="Only a rounding may be negative.")]
    tax: Amount = 0
    title: Text | None = None


class PaymentBody(Struct, frozen=True, kw_only=True):
    id: Annotated[Id, Meta(description="Unique in the order.")]
    custodian: Annotated[
        Custodian,
        Meta(description="Who holds the money: Stripe (we refund), the storefront (it refunds), or a person (manual)."),
    ]
    status: PaymentState
    amount: Annotated[Amount, Meta(description="What was authorised or asked for.")]
    captured: Amount = 0
    instrument: Instrument = Instrument.OTHER
    stripe_payment_intent: (
        Annotated[str, Meta(pattern=r"^pi_[A-Za-z0-9_]+(?!\n)$", max_length=120, description="Required at Stripe.")]
        | None
    ) = None
    label: Annotated[Text, Meta(description="What the shopper calls it, such as 'Visa •••• 4242'.")] | None = None


class FulfilmentBody(Struct, frozen=True, kw_only=True):
    id: Id
    lines: tuple[LineCountBody, ...]
    shipped_at: Moment | None = None
    delivered_at: Moment | None = None
    carrier: Word | None = None
    tracking_number: Word | None = None
    tracking_url: Address | None = None


class RefundBody(Struct, frozen=True, kw_only=True):
    """A refund that the store has made or recorded itself."""

    id: Id
    amount: Amount
    lines: tuple[LineCountBody, ...] = ()
    payment_id: Id | None = None
    shipping: Annotated[Amount, Meta(description="The part of the amount that is shipping.")] = 0
    reason: Text | None = None
    gateway_refund_id: Word | None = None


class CustomerBody(Struct, frozen=True, kw_only=True):
    email: Email | None = None
    id: Id | None = None
    name: Text | None = None
    locale: Annotated[Word, Meta(description="BCP 47, such as es-ES.")] | None = None
    country: (
        Annotated[str, Meta(pattern="^[A-Z]{2}", max_length=2, description="ISO 3166-1 alpha-2, of the delivery.")]
        | None
    ) = None
    postcode: Word | None = None
    is_business: bool = False
    marketing_consent: bool = False


class OrderBody(Struct, frozen=True, kw_only=True):
    """An order as it is now. Its parts add up to ``total`` to the minor unit, or it is set aside with the sum."""

    id: Id
    number: Annotated[Id, Meta(description="What the shopper knows the order by.")]
    sequence: Annotated[
        int, Meta(ge=0, le=2**53 - 1, description="Grows with every change; an older version never wins.")
    ]
    placed_at: Moment
    updated_at: Moment
    currency: Annotated[str, Meta(min_length=3, max_length=3, description="ISO 4217; all amounts are in it.")]
    prices_include_tax: bool
    lines: Annotated[tuple[LineBody, ...], Meta(max_length=MOST_LINES)]
    total: Annotated[Amount, Meta(description="What the order costs, before any cancellation or refund.")]
    state: OrderState = OrderState.OPEN
    discounts: Annotated[tuple[DiscountBody, ...], Meta(max_length=100)] = ()
    shipping: ShippingBody = ShippingBody()
    extras: Annotated[tuple[ExtraBody, ...], Meta(max_length=100)] = ()
    payments: Annotated[tuple[PaymentBody, ...], Meta(max_length=100)] = ()
    fulfilments: Annotated[tuple[FulfilmentBody, ...], Meta(max_length=1000)] = ()
    cancelled: Annotated[tuple[LineCountBody, ...], Meta(description="Units that the store has cancelled.")] = ()
    refunds: Annotated[tuple[RefundBody, ...], Meta(max_length=1000)] = ()
    customer: CustomerBody = CustomerBody()
    tags: Annotated[tuple[Word, ...], Meta(max_length=100)] = ()
    channel: Word | None = None
    time_zone: Annotated[Word, Meta(description="IANA zone of the shopper, such as Europe/Madrid.")] | None = None
    is_test: bool = False


class OrderMessage(Struct, frozen=True, kw_only=True):
    """The body of the webhook."""

    type: Literal["order.updated"]
    timestamp: Moment
    data: OrderBody


class AnyMessage(Struct, frozen=True, kw_only=True):
    """Enough of any message to know what it is about."""

    type: Annotated[str, Meta(min_length=1, max_length=100, pattern=NO_CONTROLS)]
