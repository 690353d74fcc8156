"""What a code is good for: pure questions, the time an argument, money in integer minor units.

The order of refusals is the order in which a shopper can do least about them, so that nobody fills a cart up to the
minimum of a code that has expired.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo

from plugin.codes.refusals import Refusal
from plugin.codes.states import CodeState
from plugin.core.words import Words
from plugin.ports.payments import PromotionKind
from plugin.shops.settings import CodeOffer


@dataclass(frozen=True)
class Cart:
    """A cart at checkout, in minor units of ``currency``: ``subtotal`` its goods, ``shipping`` what sending costs."""

    subtotal: int
    shipping: int
    currency: str
    id: str | None = None


@dataclass(frozen=True)
class Terms:
    """What a code gives, and until when. ``amount`` and ``minimum`` are minor units of ``currency``."""

    kind: PromotionKind
    currency: str
    expires_at: datetime
    percent: int | None = None
    amount: int | None = None
    minimum: int | None = None


@dataclass(frozen=True)
class Standing:
    """How a code stands: its state, the customer it is bound to (a pseudonym, None once erased), and the cart that has
    reserved it."""

    state: CodeState
    customer_hash: str | None
    cart_id: str | None = None
    reserved_until: datetime | None = None

    def is_held_by_another(self, cart_id: str | None, at: datetime) -> bool:
        """Whether another cart's reservation is still alive."""
        return (
            self.state is CodeState.RESERVED
            and self.cart_id != cart_id
            and self.reserved_until is not None
            and at < self.reserved_until
        )


def refusal(terms: Terms, standing: Standing, cart: Cart, customer_hash: str | None, at: datetime) -> Refusal | None:
    """Why the code is not good for this cart; None when it is. Without ``customer_hash`` the binding is not asked."""
    other_customer = customer_hash is not None and customer_hash != standing.customer_hash
    answers = (
        (standing.state is CodeState.REVOKED, Refusal.REVOKED),
        (standing.state is CodeState.REDEEMED, Refusal.USED),
        (standing.state is CodeState.EXPIRED or at >= terms.expires_at, Refusal.EXPIRED),
        (other_customer, Refusal.OTHER_CUSTOMER),
        (standing.is_held_by_another(cart.id, at), Refusal.RESERVED_ELSEWHERE),
        (cart.currency != terms.currency, Refusal.CURRENCY_DIFFERS),
        (cart.subtotal < (terms.minimum or 0), Refusal.BELOW_MINIMUM),
    )
    return next((reason for holds, reason in answers if holds), None)


def discount_on(terms: Terms, cart: Cart) -> int:
    """What the code takes off this cart: never more than the goods cost, or than sending them costs."""
    if terms.kind is PromotionKind.FREE_SHIPPING:
        return cart.shipping
    if terms.kind is PromotionKind.PERCENT:
        return percent_of(cart.subtotal, terms.percent or 0)
    return min(terms.amount or 0, cart.subtotal)


def percent_of(amount: int, percent: int) -> int:
    """``percent`` of ``amount``, rounded half to even in integers."""
    whole, hundredths = divmod(amount * percent, 100)
    rounds_up = hundredths > 50 or (hundredths == 50 and whole % 2 == 1)
    return whole + rounds_up


def is_held_out(customer_hash: str, percent: int) -> bool:
    """Whether this customer is of the share that gets no code, so that we learn what codes really keep.

    By the pseudonym alone: the same customer is always on the same side.
    """
    return int(customer_hash[:8], 16) % 100 < percent


def worth_of(offer: CodeOffer, currency: str) -> int | None:
    """What one code is reckoned to cost the shop at most, in minor units; None when the shop has not said."""
    return offer.amounts.get(currency) if offer.kind == "amount" else offer.worth.get(currency)


def ends_at(at: datetime, valid_days: int, zone: tzinfo) -> datetime:
    """The end of a code: 23:59:59 of its last day on the shopper's own clock (DESIGN §7), as UTC."""
    last_day = at.astimezone(zone).date() + timedelta(days=valid_days)
    return datetime.combine(last_day, time(23, 59, 59), zone).astimezone(UTC)


def customer_window(customer_hash: str, per_days: int, at: datetime) -> str:
    """The counter of a customer's codes: one for each fixed stretch of ``per_days`` days since 1970, in UTC."""
    return f"codes:{customer_hash}:{per_days}:{int(at.timestamp()) // 86_400 // per_days}"


def budget_month(currency: str, at: datetime) -> str:
    """The counter of the margin that a month's codes may cost, in UTC months."""
    return f"code-budget:{currency}:{at.astimezone(UTC):%Y-%m}"


def describe(terms: Terms, words: Words) -> str:
    """What the code gives, in the shopper's language: "Free shipping on your next order until 23 December 2026"."""
    values = {
        "date": words.date(terms.expires_at),
        "percent": terms.percent,
        "amount": words.money(terms.amount or 0, terms.currency),
        "minimum": words.money(terms.minimum or 0, terms.currency),
    }
    return words.say(_SENTENCES[terms.kind, bool(terms.minimum)], **values)


_SENTENCES = {
    (PromotionKind.FREE_SHIPPING, False): "Free shipping on your next order until {date}",
    (PromotionKind.FREE_SHIPPING, True): "Free shipping on your next order of {minimum} or more until {date}",
    (PromotionKind.PERCENT, False): "{percent}% off your next order until {date}",
    (PromotionKind.PERCENT, True): "{percent}% off your next order of {minimum} or more until {date}",
    (PromotionKind.AMOUNT, False): "{amount} off your next order until {date}",
    (PromotionKind.AMOUNT, True): "{amount} off your next order of {minimum} or more until {date}",
}
