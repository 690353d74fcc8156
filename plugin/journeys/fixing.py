"""What would become of a correction now: a pure rule over the order's facts, then the store's word on what it costs.

An order is put right while nothing of what the correction touches has left, nothing about its money is open, and no
other ask of it is under way. Everything else is for a person: no policy has rows for it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from enum import StrEnum

import msgspec
from msgspec import Struct

from plugin.policies.facts import OrderFacts, Progress
from plugin.ports.goods import Address, Fix, FixAnswer, StoreStatus, Wanted


class FixReason(StrEnum):
    """Why it can be done, or not; each has its sentence (``handlers.shopper.fix_words``)."""

    ALLOWED = "allowed"
    ORDER_CANCELLED = "order_cancelled"
    ALREADY_SHIPPED = "already_shipped"
    UNKNOWN_LINE = "unknown_line"
    MORE_THAN_LEFT = "more_than_left"
    SAME_ITEM = "same_item"  # fewer of it is a cancellation of the rest
    ASKED_ALREADY = "asked_already"  # another ask of this order is under way
    PERSON_DECIDES = "person_decides"  # its money is stopped, disputed or unexplained, or the shop is paused
    NOT_OFFERED = "not_offered"  # the store takes no corrections
    OUT_OF_STOCK = "out_of_stock"
    STORE_SAYS_NO = "store_says_no"
    COSTS_MORE = "costs_more"  # and it cannot be collected here: a person does


class FixAsk(Struct, frozen=True, kw_only=True):
    """Another address, or ``to.quantity`` units of ``line_id`` as ``to``: one of the two."""

    address: Address | None = None
    line_id: str | None = None
    to: Wanted | None = None

    def as_asked(self, key: str, order_id: str, *, is_trial: bool = False) -> Fix:
        """As the store is asked, under ``key``; ``order_id`` is the store's."""
        return Fix(
            key=key, order_id=order_id, address=self.address, line_id=self.line_id, to=self.to, is_trial=is_trial,
        )  # fmt: skip


@dataclass(frozen=True)
class Verdict:
    """``costs`` is by how much the order's total grows (negative: that goes back), ``tax`` by how much its tax does and
    ``shipping`` by how much the sending, with its tax, where the store tells it; both are within ``costs``."""

    ask: FixAsk
    reason: FixReason
    currency: str
    costs: int = 0
    tax: int = 0
    shipping: int = 0

    @property
    def is_possible(self) -> bool:
        return self.reason is FixReason.ALLOWED

    @property
    def digest(self) -> str:
        """SHA-256 of all that a shopper agrees to: the correction, the answer and the sums; hexadecimal."""
        agreed = (self.ask, self.reason, self.currency, self.costs, self.tax, self.shipping)
        return hashlib.sha256(msgspec.json.encode(agreed, order="sorted")).hexdigest()

    def but(self, reason: FixReason) -> Verdict:
        """The same ask, answered with this."""
        return replace(self, reason=reason, costs=0, tax=0, shipping=0)


def by_the_facts(facts: OrderFacts, ask: FixAsk, *, is_asked: bool, is_the_same: bool = False) -> Verdict:
    """Whether the order may be corrected at all; ``is_asked`` says that another ask of it is under way, and
    ``is_the_same`` that the line is of what is asked for already."""
    reason = _reason(facts, ask, is_asked=is_asked)
    if reason is FixReason.ALLOWED and is_the_same:
        reason = FixReason.SAME_ITEM
    return Verdict(ask=ask, reason=reason, currency=facts.currency)


def _reason(facts: OrderFacts, ask: FixAsk, *, is_asked: bool) -> FixReason:
    if facts.state is Progress.CANCELLED:
        return FixReason.ORDER_CANCELLED
    if ask.line_id is None:
        if any(line.fulfilled for line in facts.lines):
            return FixReason.ALREADY_SHIPPED
    else:
        line = next((line for line in facts.lines if line.id == ask.line_id), None)
        if line is None:
            return FixReason.UNKNOWN_LINE
        if line.fulfilled:
            return FixReason.ALREADY_SHIPPED
        if ask.to is None or ask.to.quantity > line.left:
            return FixReason.MORE_THAN_LEFT
    if is_asked:
        return FixReason.ASKED_ALREADY
    if facts.frozen or facts.paused or facts.has_open_dispute or facts.unexplained or facts.unattributed:
        return FixReason.PERSON_DECIDES
    return FixReason.ALLOWED


_OF_THE_STORE = {
    StoreStatus.OUT_OF_STOCK: FixReason.OUT_OF_STOCK,
    StoreStatus.TOO_LATE: FixReason.ALREADY_SHIPPED,
    StoreStatus.REFUSED: FixReason.STORE_SAYS_NO,
    StoreStatus.UNSUPPORTED: FixReason.NOT_OFFERED,
}


def by_the_store(verdict: Verdict, trial: FixAnswer, *, can_collect: bool) -> Verdict:
    """The same with the store's word on it; ``UNKNOWN`` is no word and is not passed here. ``can_collect`` says whether
    the shopper can pay here what it costs more."""
    if trial.status is not StoreStatus.DONE:
        return verdict.but(_OF_THE_STORE[trial.status])
    if trial.costs > 0 and not can_collect:
        return verdict.but(FixReason.COSTS_MORE)
    return replace(verdict, costs=trial.costs, tax=trial.tax, shipping=trial.shipping)
