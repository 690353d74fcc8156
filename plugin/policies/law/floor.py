"""The layer that a policy cannot go below: what the rows have answered is lifted to what the law gives.

Only a consumer's return and fault are lifted. Nothing here is a statutory withdrawal itself: that is declared, needs no
answer of ours and has its own journey (docs/adr/0011-law-is-a-floor.md).
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from msgspec.structs import replace

from plugin.policies.decision import Verdict
from plugin.policies.document import Fee, Then
from plugin.policies.facts import Ask, LineFacts, OrderFacts
from plugin.policies.judge import Judgement, outcome_for
from plugin.policies.law.periods import conformity_ends, is_reckoned, latest_end, withdrawal_ends
from plugin.policies.law.statutes import Statute, Withdrawal
from plugin.policies.law.table import CONFORMITY_IN, WITHDRAWAL_IN
from plugin.policies.reasons import Action, GoodsKind, Outcome, Payer, Reason, Resolution
from plugin.ports.orders import LineKind

_CANCEL = Action.CANCEL  # most asks are cancellations, and reading a member off its enumeration is slow


class KnowsGoods(Protocol):
    """A compiled policy, as far as the law asks it."""

    def goods_of(self, line: LineFacts) -> frozenset[GoodsKind]: ...


def lift(
    order: OrderFacts, line: LineFacts, ask: Ask, rules: KnowsGoods, at: datetime, judgement: Judgement
) -> Judgement:
    """The judgement, nowhere below the law; it is the same object where the law has nothing to add.

    Within a right to return that the goods have, a refusal, a fee or credit alone becomes a refund without a fee, and
    the way back is not dearer than the law allows; the deadline is the later one. A person's look stays one. Where
    nobody has told of the delivery, a person looks at what would be refused for two weeks longer. Within
    the time for which a trader answers for faults, a refusal becomes a person's look.
    """
    if ask.action is _CANCEL or order.is_business or order.country is None:
        return judgement
    if ask.action is Action.RETURN:
        return _lift_return(order, line, ask, rules, at, judgement)
    if ask.action is Action.FAULT:
        return _lift_fault(order, line, ask, at, judgement)
    return judgement


# The right is lost when the seal is broken (Directive 2011/83/EU Art. 16(e)), which no fact of an order tells.
EXEMPT_ONCE_OPENED = frozenset({GoodsKind.SEALED_HYGIENE})


def _lift_return(
    order: OrderFacts, line: LineFacts, ask: Ask, rules: KnowsGoods, at: datetime, judgement: Judgement
) -> Judgement:
    law = WITHDRAWAL_IN.get(order.country or "")
    if law is None or not _holds(law, order) or line.kind not in {LineKind.PHYSICAL, *law.from_conclusion}:
        return judgement
    goods = rules.goods_of(line)
    if law.exempt & goods - EXEMPT_ONCE_OPENED:
        return judgement
    ends = counted = withdrawal_ends(law, order, line)
    if ends is not None and is_reckoned(law, order, line):
        ends = latest_end(ends)
    if ends is not None and at >= ends:
        return judgement
    # The parcel may have come later than we reckon: from then on only a refusal is lifted, and to a person's look.
    is_perhaps_over = counted is not None and at >= counted
    # Whether a download has begun, a service is done or a seal is broken, only a person can find out.
    is_plain = line.kind is LineKind.PHYSICAL and not goods and not is_perhaps_over
    then = judgement.then
    if then.outcome is Outcome.REFUSE or not is_perhaps_over:
        then = _at_least(law, order, line, then, is_plain=is_plain)
    deadline = _later(ask, judgement, ends)
    if then == judgement.then and deadline == judgement.deadline:
        return judgement
    is_lifted = then != judgement.then and (then.outcome is Outcome.APPROVE or judgement.then.outcome is Outcome.REFUSE)
    return Judgement(
        then,
        (*judgement.verdicts, _verdict(law, then.outcome)),
        deadline,
        Reason.STATUTORY if is_lifted else judgement.reason,
    )


def _lift_fault(order: OrderFacts, line: LineFacts, ask: Ask, at: datetime, judgement: Judgement) -> Judgement:
    law = CONFORMITY_IN.get(order.country or "")
    if law is None or not _holds(law, order) or line.kind is not LineKind.PHYSICAL:
        return judgement
    ends = conformity_ends(law, order, line)
    if ends is not None and at >= ends:
        return judgement
    then, reason = judgement.then, judgement.reason
    if then.outcome is Outcome.REFUSE:
        then, reason = Then(outcome=Outcome.REVIEW, reason=Reason.PERSON_DECIDES, mode=then.mode), Reason.STATUTORY
    deadline = _later(ask, judgement, ends)
    if then is judgement.then and deadline == judgement.deadline:
        return judgement
    return Judgement(then, (*judgement.verdicts, _verdict(law, then.outcome)), deadline, reason)


def _holds(law: Statute, order: OrderFacts) -> bool:
    return law.since is None or order.placed_at.date() >= law.since


def _later(ask: Ask, judgement: Judgement, ends: datetime | None) -> datetime | None:
    """Until when: a refusal has waited for nothing but the law; without a deadline the policy never refuses."""
    if outcome_for(ask, judgement.then) is Outcome.REFUSE:
        return ends
    if judgement.deadline is None or ends is None:
        return None
    return max(judgement.deadline, ends)


def _verdict(law: Statute, outcome: Outcome) -> Verdict:
    return Verdict(law.rule, matched=True, outcome=outcome, reason=Reason.STATUTORY)


def _at_least(law: Withdrawal, order: OrderFacts, line: LineFacts, then: Then, *, is_plain: bool) -> Then:
    """The answer, with a refund to choose, no fee above the law's, and a way back that is no dearer than it says."""
    if then.outcome is Outcome.REFUSE:
        return Then(
            outcome=Outcome.APPROVE if is_plain else Outcome.REVIEW,
            reason=Reason.ALLOWED if is_plain else Reason.PERSON_DECIDES,
            resolutions=(Resolution.REFUND,),
            label=law.way_back,
            mode=then.mode,
        )
    resolutions, fee, label = then.resolutions, then.fee, then.label
    if resolutions is not None and Resolution.REFUND not in resolutions:
        resolutions = (Resolution.REFUND, *resolutions)
    if fee is not None and not _may_keep(law, fee, order, line):
        fee = None
    if law.way_back is Payer.SHOP and not then.keep_item:
        label = Payer.SHOP
    if (resolutions, fee, label) == (then.resolutions, then.fee, then.label):
        return then
    return replace(then, resolutions=resolutions, fee=fee, label=label, offer=None)


def _may_keep(law: Withdrawal, fee: Fee, order: OrderFacts, line: LineFacts) -> bool:
    """Whether the fee is within the law's, be it for a single unit or for all of them."""
    if fee.percent is not None:
        most = line.total * fee.percent // 100
        return fee.percent <= law.fee_percent and most <= law.fee_at_most.get(order.currency, most)
    kept = (fee.amounts or {}).get(order.currency, 0)
    price = line.total // line.quantity
    return kept <= price * law.fee_percent // 100 and kept <= law.fee_at_most.get(order.currency, kept)
