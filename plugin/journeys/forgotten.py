"""What a code that was forgotten at the checkout would have given, and whether it still does: a pure rule.

It is as if the code had been used when the order was placed: by the customer that it was made for, on what the order
still keeps, and with nothing beside it. It gives back at most what was paid.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from plugin.codes.publishing import Authority
from plugin.codes.refusals import Refusal
from plugin.codes.rules import Cart, Standing, Terms, discount_on, refusal
from plugin.core.money import unit_worth
from plugin.policies.facts import Component, LineFacts, OrderFacts, Progress
from plugin.ports.payments import PromotionKind

NOTHING = Component(0)


class CodeReason(StrEnum):
    """Why it gives something back, or not; beside these, a ``Refusal`` of the code itself."""

    ALLOWED = "allowed"
    NOT_OFFERED = "not_offered"  # the shop takes no code after the order
    ORDER_CANCELLED = "order_cancelled"
    TOO_LATE = "too_late"
    HAS_CODE = "order_has_a_code"  # codes do not add up
    UNKNOWN = "code_unknown"
    EARNED_HERE = "code_of_this_order"
    NEWER = "code_newer_than_order"
    ELSEWHERE = "code_redeemed_elsewhere"  # at Stripe or in the store, which alone can use it up
    ASKED_ALREADY = "asked_already"  # another ask of this order is under way
    PERSON_DECIDES = "person_decides"
    GIVES_NOTHING = "nothing_to_give"


@dataclass(frozen=True)
class Brought:
    """A code of this shop as it stands: ``order_id`` is the order that earned it."""

    id: str
    terms: Terms
    standing: Standing
    authority: str
    order_id: str
    minted_at: datetime


@dataclass(frozen=True)
class Placed:
    """What the rule asks of the order beside its facts. ``days`` is for how long the shop takes a forgotten code, and
    ``can_give`` what the order's payments can give back, in minor units."""

    customer_hash: str | None
    external_id: str
    has_code: bool
    is_asked: bool
    can_give: int
    days: int | None


@dataclass(frozen=True)
class CodeVerdict:
    """``given`` is what comes back, with the tax in it; zero where nothing does."""

    code_id: str | None
    reason: CodeReason | Refusal
    currency: str
    given: Component = NOTHING

    @property
    def is_possible(self) -> bool:
        return self.reason is CodeReason.ALLOWED

    @property
    def digest(self) -> str:
        """SHA-256 of all that a shopper agrees to: the code, the answer and the sum; hexadecimal."""
        agreed = (self.code_id, self.reason, self.currency, self.given)
        return hashlib.sha256(msgspec.json.encode(agreed)).hexdigest()


def cart_of(order_id: str) -> str:
    """The name of the cart that an order was, in the ledger of codes."""
    return f"order:{order_id}"


def judge_code(facts: OrderFacts, placed: Placed, code: Brought | None, at: datetime) -> CodeVerdict:
    """What the code gives back on this order now. ``code`` is None where the shop knows none that reads so."""
    goods, tax = kept_goods(facts)
    cart = Cart(goods, facts.shipping.amount, facts.currency, cart_of(placed.external_id))
    reason = _of_the_order(facts, placed, at) or _of_the_code(facts, placed, code, cart, at) or _guard(facts, placed)
    if reason is not None or code is None:
        return CodeVerdict(code.id if code else None, reason or CodeReason.UNKNOWN, facts.currency)
    amount = min(discount_on(code.terms, cart), placed.can_give)
    if amount <= 0:
        return CodeVerdict(code.id, CodeReason.GIVES_NOTHING, facts.currency)
    whole = facts.shipping if code.terms.kind is PromotionKind.FREE_SHIPPING else Component(goods, tax)
    given = Component(amount, whole.tax * amount // whole.amount)
    return CodeVerdict(code.id, CodeReason.ALLOWED, facts.currency, given)


def kept_goods(facts: OrderFacts) -> tuple[int, int]:
    """What the units cost that the order keeps, and the tax in it, in minor units."""
    kept = [(line, ordinal) for line in facts.lines for ordinal in _kept(line)]
    goods = sum(unit_worth(line.total, line.quantity, ordinal) for line, ordinal in kept)
    return goods, sum(unit_worth(line.tax, line.quantity, ordinal) for line, ordinal in kept)


def _kept(line: LineFacts) -> tuple[int, ...]:
    return line.free[: max(0, line.quantity - line.cancelled)]


def _of_the_order(facts: OrderFacts, placed: Placed, at: datetime) -> CodeReason | None:
    if placed.days is None:
        return CodeReason.NOT_OFFERED
    if facts.state is Progress.CANCELLED:
        return CodeReason.ORDER_CANCELLED
    if at > facts.placed_at + timedelta(days=placed.days):
        return CodeReason.TOO_LATE
    return CodeReason.HAS_CODE if placed.has_code or facts.forgotten_code else None


def _of_the_code(
    facts: OrderFacts, placed: Placed, code: Brought | None, cart: Cart, at: datetime
) -> CodeReason | Refusal | None:
    if code is None:
        return CodeReason.UNKNOWN
    # An order without a customer is nobody's that a code was made for.
    if refused := refusal(code.terms, code.standing, cart, placed.customer_hash or "", at):
        return refused
    if code.order_id == facts.id:
        return CodeReason.EARNED_HERE
    if code.minted_at >= facts.placed_at:
        return CodeReason.NEWER
    return None if code.authority == Authority.LEDGER else CodeReason.ELSEWHERE


def _guard(facts: OrderFacts, placed: Placed) -> CodeReason | None:
    if placed.is_asked:
        return CodeReason.ASKED_ALREADY
    is_doubtful = facts.frozen or facts.paused or facts.has_open_dispute or facts.unexplained or facts.unattributed
    by_hand = any(line.refunded_by_hand for line in facts.lines)
    return CodeReason.PERSON_DECIDES if is_doubtful or by_hand else None
