"""What a draft would have changed, counted: pairs of decisions in, figures out, with sample orders behind each.

A refund counts where the answer is an approval: what a person would decide on is nobody's promise. Pure, and in
parts: a tally can be kept, read again and added to.
"""

from __future__ import annotations

from msgspec import Struct, field

from plugin.policies.decision import Decision
from plugin.policies.reasons import Outcome

MOST_SAMPLES = 5


class Sample(Struct, frozen=True, kw_only=True):
    """An order behind a figure; amounts in minor units of ``currency``, as decided before and by the draft."""

    order_id: str
    order_number: str
    case_id: str | None
    currency: str
    before: Outcome
    after: Outcome
    refund_before: int
    refund_after: int
    fee_before: int
    fee_after: int


class Figure(Struct, kw_only=True):
    """How often, and for example where: the first few that came."""

    count: int = 0
    samples: list[Sample] = field(default_factory=list)

    def add(self, sample: Sample) -> None:
        self.count += 1
        if len(self.samples) < MOST_SAMPLES:
            self.samples.append(sample)


class Money(Struct, kw_only=True):
    """Sums in minor units of one currency, and the decisions in which they differ."""

    before: int = 0
    after: int = 0
    changed: Figure = field(default_factory=Figure)


class Tally(Struct, kw_only=True):
    """``outcomes`` count all answers before and after; ``moves`` those that became another, as "approve>refuse".

    ``refunds`` and ``fees`` go by currency. ``with_defaults`` were decided from facts that were stored before some of
    today's were known, ``unreadable`` could not be decided again at all.
    """

    decided: int = 0
    changed: int = 0
    with_defaults: int = 0
    unreadable: int = 0
    outcomes_before: dict[str, int] = field(default_factory=dict)
    outcomes_after: dict[str, int] = field(default_factory=dict)
    moves: dict[str, Figure] = field(default_factory=dict)
    refunds: dict[str, Money] = field(default_factory=dict)
    fees: dict[str, Money] = field(default_factory=dict)

    def add(self, before: Decision, after: Decision, *, order_number: str, order_id: str, case_id: str | None) -> None:
        """Count one ask, decided twice."""
        currency = after.amounts.currency
        refund_before, fee_before = _paid(before)
        refund_after, fee_after = _paid(after)
        self.decided += 1
        for counts, outcome in ((self.outcomes_before, before.outcome), (self.outcomes_after, after.outcome)):
            counts[outcome.value] = counts.get(outcome.value, 0) + 1
        figures = []
        if before.outcome is not after.outcome:
            figures.append(self.moves.setdefault(f"{before.outcome}>{after.outcome}", Figure()))
        for sums, was, becomes in ((self.refunds, refund_before, refund_after), (self.fees, fee_before, fee_after)):
            if was or becomes:
                money = sums.setdefault(currency, Money())
                money.before += was
                money.after += becomes
                if was != becomes:
                    figures.append(money.changed)
        if not figures:
            return
        self.changed += 1
        sample = Sample(
            order_id=order_id, order_number=order_number, case_id=case_id, currency=currency,
            before=before.outcome, after=after.outcome, refund_before=refund_before, refund_after=refund_after,
            fee_before=fee_before, fee_after=fee_after,
        )  # fmt: skip
        for figure in figures:
            figure.add(sample)


class Report(Struct, kw_only=True):
    """``asks`` are what shoppers asked for, decided again at that very moment from the facts of then. ``orders`` are
    what could be asked for now: by action, everything that is left of each order, under the live policy and the draft.
    """

    asks: Tally = field(default_factory=Tally)
    orders: dict[str, Tally] = field(default_factory=dict)


def _paid(decision: Decision) -> tuple[int, int]:
    """What is paid back and what is kept as a fee, if nobody else has to decide."""
    if decision.outcome is not Outcome.APPROVE:
        return 0, 0
    return decision.amounts.total, decision.amounts.fee
