"""What the checkout API takes and answers. Every amount is an integer in minor units of ``currency``."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from plugin.codes.redemption import Redemption
from plugin.codes.refusals import ERROR_FOR
from plugin.codes.rules import Cart, describe
from plugin.codes.service import Purchase, Quote, Reservation
from plugin.core.words import Words

Amount = Annotated[int, Meta(ge=0, le=10**15, description="Minor units: 4990 is 49.90 USD.", examples=[4990])]
Currency = Annotated[str, Meta(pattern="^[A-Z]{3}$", description="ISO 4217.", examples=["USD"])]
CodeText = Annotated[
    str,
    Meta(
        min_length=1, max_length=64, examples=["7K3F-9QWX-2M4T-H6VB"],
        description="The code as the shopper typed it; case, dashes and blanks do not matter.",
    ),
]  # fmt: skip
CartId = Annotated[str, Meta(min_length=1, max_length=120, description="Your cart's id.", examples=["cart_81723"])]
OrderId = Annotated[
    str, Meta(min_length=1, max_length=80, description="Your order's id, as in its webhooks.", examples=["100124"])
]
Email = Annotated[
    str,
    Meta(max_length=254, description="Where known: the code is bound to its customer.", examples=["ada@example.com"]),
]
Locale = Annotated[str, Meta(max_length=35, description="The shopper's language, BCP 47.", examples=["es-MX"])]


class CartBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A cart before the discount: ``subtotal`` is its goods, ``shipping`` what sending them costs."""

    subtotal: Amount
    currency: Currency
    shipping: Amount = 0
    id: CartId | None = None

    def cart(self) -> Cart:
        return Cart(subtotal=self.subtotal, shipping=self.shipping, currency=self.currency, id=self.id)


class QuoteAsk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    code: CodeText
    cart: CartBody
    email: Email | None = None
    locale: Locale | None = None


class QuoteAnswer(Struct, frozen=True, kw_only=True):
    """``good`` or not; if not, ``reason`` is stable and ``sentence`` says it to the shopper."""

    good: bool
    discount: Amount
    currency: Currency
    kind: Annotated[str, Meta(examples=["free_shipping"], description="free_shipping, percent or amount.")]
    description: Annotated[str, Meta(examples=["Free shipping on your next order until December 23, 2026"])]
    expires_at: datetime
    minimum: Amount | None = None
    reason: Annotated[str, Meta(examples=["code_below_minimum"])] | None = None
    sentence: Annotated[str, Meta(examples=["This code has expired."])] | None = None

    @classmethod
    def of(cls, quote: Quote, words: Words) -> QuoteAnswer:
        return cls(
            good=quote.refusal is None, discount=quote.discount, currency=quote.terms.currency,
            kind=quote.terms.kind.value, description=describe(quote.terms, words), expires_at=quote.terms.expires_at,
            minimum=quote.terms.minimum, reason=quote.refusal.value if quote.refusal else None,
            sentence=words.say(ERROR_FOR[quote.refusal].sentence) if quote.refusal else None,
        )  # fmt: skip


class HeldCartBody(CartBody, frozen=True, kw_only=True):
    """A cart that holds a code is known by its ``id``."""

    id: CartId


class ReserveAsk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``cart.id`` names who holds the code; ``minutes`` for how long."""

    code: CodeText
    cart: HeldCartBody
    email: Email | None = None
    minutes: Annotated[int, Meta(ge=1, le=120, examples=[30])] = 30


class ReserveAnswer(Struct, frozen=True, kw_only=True):
    cart_id: CartId
    discount: Amount
    currency: Currency
    kind: str
    reserved_until: datetime

    @classmethod
    def of(cls, held: Reservation) -> ReserveAnswer:
        return cls(
            cart_id=held.cart_id, discount=held.discount, currency=held.terms.currency, kind=held.terms.kind.value,
            reserved_until=held.until,
        )  # fmt: skip


class ReleaseAsk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    code: CodeText
    cart_id: CartId


class ReleaseAnswer(Struct, frozen=True, kw_only=True):
    cart_id: CartId
    held: bool = False


class RedeemAsk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Sent when the order is placed. ``order_total`` is what the shopper paid, ``discount`` what the code took off."""

    code: CodeText
    cart_id: CartId
    order_id: OrderId
    order_total: Amount
    discount: Annotated[int, Meta(ge=0, le=10**15, examples=[500])]
    currency: Currency

    def purchase(self) -> Purchase:
        return Purchase(self.cart_id, self.order_id, self.order_total, self.discount, self.currency)


class CameFrom(Struct, frozen=True, kw_only=True):
    """Where the code came from: our ids of the case, its order, and the message that carried the code."""

    case_id: Annotated[str, Meta(examples=["case_01jd0000000000000000000000"])]
    order_id: Annotated[str, Meta(examples=["ord_01jd0000000000000000000000"])]
    message_id: str | None = None


class RedeemAnswer(Struct, frozen=True, kw_only=True):
    """``flag`` says when the redemption came late: it stands, and a person may look at it."""

    order_id: OrderId
    redeemed_at: datetime
    discount_given: Amount
    revenue_kept: Amount
    currency: Currency
    came_from: CameFrom
    flag: Annotated[str, Meta(examples=["redeemed_after_reservation"])] | None = None

    @classmethod
    def of(cls, done: Redemption) -> RedeemAnswer:
        return cls(
            order_id=done.external_order_id, redeemed_at=done.redeemed_at, discount_given=done.discount_given or 0,
            revenue_kept=done.revenue_kept, currency=done.currency, flag=done.flag,
            came_from=CameFrom(case_id=done.case_id, order_id=done.order_id, message_id=done.message_id),
        )  # fmt: skip
