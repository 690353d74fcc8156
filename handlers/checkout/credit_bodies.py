"""What the checkout API of store credit takes and answers; amounts are integers in minor units of ``currency``."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from handlers.checkout.bodies import Amount, CartId, CodeText, Currency, Locale, OrderId
from plugin.core.words import Words
from plugin.credit.refusals import ERROR_FOR
from plugin.credit.service import Held, Quote, Spent

Part = Annotated[int, Meta(ge=1, le=10**15, description="Minor units, at least one.", examples=[1500])]


class CreditCart(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be paid: ``total`` is the cart with shipping and tax, after every discount."""

    total: Amount
    currency: Currency
    id: CartId | None = None


class CreditQuoteAsk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    code: CodeText
    cart: CreditCart
    locale: Locale | None = None


class CreditQuoteAnswer(Struct, frozen=True, kw_only=True):
    """``pays`` is how much of the cart the credit can pay; if none, ``sentence`` says to the shopper why."""

    good: bool
    pays: Amount
    available: Amount
    currency: Currency
    expires_at: datetime | None = None
    reason: Annotated[str, Meta(examples=["credit_expired"])] | None = None
    sentence: Annotated[str, Meta(examples=["This store credit has come to its end date."])] | None = None

    @classmethod
    def of(cls, quote: Quote, words: Words) -> CreditQuoteAnswer:
        return cls(
            good=quote.refusal is None, pays=quote.pays, available=quote.available, currency=quote.currency,
            expires_at=quote.expires_at, reason=quote.refusal.value if quote.refusal else None,
            sentence=words.say(ERROR_FOR[quote.refusal].sentence) if quote.refusal else None,
        )  # fmt: skip


class HeldCreditCart(CreditCart, frozen=True, kw_only=True):
    """A cart that holds credit is known by its ``id``."""

    id: CartId


class CreditReserveAsk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``amount`` is what the cart wants to pay by credit; without it, as much of its total as there is."""

    code: CodeText
    cart: HeldCreditCart
    amount: Part | None = None
    minutes: Annotated[int, Meta(ge=1, le=120, examples=[30])] = 30


class CreditReserveAnswer(Struct, frozen=True, kw_only=True):
    """``amount`` is held for the cart, ``available`` is what is left for others."""

    cart_id: CartId
    amount: Amount
    available: Amount
    currency: Currency
    reserved_until: datetime

    @classmethod
    def of(cls, held: Held) -> CreditReserveAnswer:
        return cls(
            cart_id=held.cart_id, amount=held.amount, available=held.available, currency=held.currency,
            reserved_until=held.until,
        )  # fmt: skip


class CreditRedeemAsk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Sent when the order is placed. ``amount`` is what the credit pays of it."""

    code: CodeText
    cart_id: CartId
    order_id: OrderId
    amount: Part
    currency: Currency


class CreditRedeemAnswer(Struct, frozen=True, kw_only=True):
    """Name it among the order's payments with ``payment_id`` as its id, ``manual`` as custodian and ``stored_value`` as
    instrument: then what is refunded to it goes back to the credit by itself."""

    payment_id: Annotated[str, Meta(examples=["cent_01jd0000000000000000000000"])]
    order_id: OrderId
    amount: Amount
    available: Amount
    currency: Currency
    redeemed_at: datetime

    @classmethod
    def of(cls, spent: Spent) -> CreditRedeemAnswer:
        return cls(
            payment_id=spent.payment_id, order_id=spent.external_order_id, amount=spent.amount,
            available=spent.available, currency=spent.currency, redeemed_at=spent.at,
        )  # fmt: skip
