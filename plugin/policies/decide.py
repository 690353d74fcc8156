"""The one place where it is decided what a shopper may do, in plain steps:

1. An ask becomes one quantity per line; duplicates are merged; "everything" is every line with units left.
2. Structure: what cannot be done at all is refused before any rule is read (unknown line, nothing left, too many).
3. Rows: the first row that matches decides the line; every row tried keeps its verdict.
4. Guards: an approval becomes a review while the order is frozen, disputed, or its money is not fully explained,
   or while the shop is paused.
5. One refused line refuses the ask; else one review makes it a review; else it is approved.
6. Money: the worth of the units taken; shipping and extras only if everything is cancelled; then the fee, once,
   never more than what is owed before it.

Pure: the time is an argument, and the same arguments give the same answer.
"""

from __future__ import annotations

from datetime import datetime

from plugin.core.money import worth_of_units
from plugin.policies.decision import Amounts, Decision, LineDecision, LineOption, Verdict
from plugin.policies.facts import Ask, Component, LineFacts, OrderFacts, Progress
from plugin.policies.judge import judge
from plugin.policies.reasons import Action, Outcome, Reason
from plugin.policies.rules import Rules

_STRUCTURE = {
    reason: Verdict("structure", matched=True, outcome=Outcome.REFUSE, reason=reason)
    for reason in (
        Reason.NOTHING_ASKED,
        Reason.UNKNOWN_LINE,
        Reason.BAD_QUANTITY,
        Reason.MORE_THAN_LEFT,
        Reason.ORDER_CANCELLED,
        Reason.ALREADY_CANCELLED,
        Reason.ALREADY_SHIPPED,
        Reason.IN_OPEN_CASE,
    )
}
# Why nothing of a whole order is left, the most telling reason first.
_NONE_LEFT = (Reason.ORDER_CANCELLED, Reason.ALREADY_SHIPPED, Reason.IN_OPEN_CASE, Reason.ALREADY_CANCELLED)
_NOTHING = Component(0)
_GRAVITY = {Outcome.APPROVE: 0, Outcome.REVIEW: 1, Outcome.REFUSE: 2}
_GUARDS = {
    reason: Verdict("guard", matched=True, outcome=Outcome.REVIEW, reason=reason)
    for reason in (
        Reason.ORDER_FROZEN,
        Reason.OPEN_DISPUTE,
        Reason.AMOUNTS_UNEXPLAINED,
        Reason.REFUNDED_ELSEWHERE,
        Reason.PERSON_DECIDES,
    )
}


def decide(order: OrderFacts, ask: Ask, rules: Rules, at: datetime) -> Decision:
    """Answer one ask at one moment. Total: whatever the ask, the answer is a decision and never an error."""
    asked = _asked(order, ask)
    if not asked:
        return _refused_as_a_whole(order, ask)
    guard = _guard(order)
    known = {line.id: line for line in order.lines}
    lines = tuple(
        _decide_line(order, known[line_id], quantity, ask, rules, at, guard)
        if line_id in known
        else _refused_line(line_id, "", quantity, 0, Reason.UNKNOWN_LINE)
        for line_id, quantity in asked.items()
    )
    leading = max(lines, key=lambda line: _GRAVITY[line.outcome])  # the first of the gravest
    outcome, reason = leading.outcome, leading.reason
    everything = outcome is not Outcome.REFUSE and _is_everything(order, asked)
    amounts = _amounts(order, lines, everything) if outcome is not Outcome.REFUSE else Amounts(currency=order.currency)
    verdicts: tuple[Verdict, ...] = ()
    if amounts.total < 0:  # a negative rounding on an order that cost nothing: never a bill to the shopper
        amounts = Amounts(currency=order.currency)
        outcome, reason = Outcome.REVIEW, Reason.AMOUNTS_UNEXPLAINED
        verdicts = (_GUARDS[reason],)
    return Decision(
        action=ask.action,
        outcome=outcome,
        reason=reason,
        lines=lines,
        amounts=amounts,
        everything=everything,
        deadline=min([line.deadline for line in lines if line.deadline], default=None),
        offer=next((line.offer for line in lines if line.outcome is outcome and line.offer), None),
        verdicts=verdicts,
    )


def options(order: OrderFacts, rules: Rules, at: datetime, action: Action = Action.CANCEL) -> tuple[LineOption, ...]:
    """For each line of the order: all that is left of it, judged as if it were asked for now and alone."""
    guard = _guard(order)
    ask = Ask(action=action)
    answers = (_decide_line(order, line, max(1, line.left), ask, rules, at, guard) for line in order.lines)
    return tuple(
        LineOption(
            action=action,
            line_id=answer.line_id,
            title=answer.title,
            outcome=answer.outcome,
            reason=answer.reason,
            quantity=len(answer.units),
            goods=answer.goods,
            tax=answer.tax,
            deadline=answer.deadline,
        )
        for answer in answers
    )


def _asked(order: OrderFacts, ask: Ask) -> dict[str, int]:
    """Quantity by line. A line named twice is one line; one impossible quantity spoils the line, as zero."""
    if ask.whole:
        return {line.id: line.left for line in order.lines if line.left and order.state is not Progress.CANCELLED}
    asked: dict[str, int] = {}
    for wanted in ask.lines:
        is_bad = wanted.quantity <= 0 or asked.get(wanted.line_id, 1) <= 0
        asked[wanted.line_id] = 0 if is_bad else asked.get(wanted.line_id, 0) + wanted.quantity
    return asked


def _refused_as_a_whole(order: OrderFacts, ask: Ask) -> Decision:
    reason = Reason.NOTHING_ASKED
    if ask.whole and order.lines:
        reasons = [_why_none_left(order, line) for line in order.lines]
        reason = min(reasons, key=_NONE_LEFT.index)
    return Decision(
        action=ask.action,
        outcome=Outcome.REFUSE,
        reason=reason,
        lines=(),
        amounts=Amounts(currency=order.currency),
        verdicts=(_STRUCTURE[reason],),
    )


def _why_none_left(order: OrderFacts, line: LineFacts) -> Reason:
    if order.state is Progress.CANCELLED:
        return Reason.ORDER_CANCELLED
    if line.fulfilled:
        return Reason.ALREADY_SHIPPED
    return Reason.IN_OPEN_CASE if line.in_open_cases else Reason.ALREADY_CANCELLED


def _obstacle(order: OrderFacts, line: LineFacts, left: int, quantity: int) -> Reason | None:
    if quantity <= 0:
        return Reason.BAD_QUANTITY
    if order.state is Progress.CANCELLED or left == 0:
        return _why_none_left(order, line)
    return Reason.MORE_THAN_LEFT if quantity > left else None


def _guard(order: OrderFacts) -> Verdict | None:
    """What a person must see before money moves, the gravest first."""
    if order.frozen:
        return _GUARDS[Reason.ORDER_FROZEN]
    if order.has_open_dispute:
        return _GUARDS[Reason.OPEN_DISPUTE]
    if order.unexplained:
        return _GUARDS[Reason.AMOUNTS_UNEXPLAINED]
    if order.unattributed:
        return _GUARDS[Reason.REFUNDED_ELSEWHERE]
    return _GUARDS[Reason.PERSON_DECIDES] if order.paused else None


def _refused_line(line_id: str, title: str, asked: int, left: int, reason: Reason) -> LineDecision:
    return LineDecision(
        line_id=line_id, title=title, asked=asked, left=left,
        outcome=Outcome.REFUSE, reason=reason, verdicts=(_STRUCTURE[reason],),
    )  # fmt: skip


def _decide_line(
    order: OrderFacts, line: LineFacts, quantity: int, ask: Ask, rules: Rules, at: datetime, guard: Verdict | None
) -> LineDecision:
    left = line.left
    obstacle = _obstacle(order, line, left, quantity)
    if obstacle is not None:
        return _refused_line(line.id, line.title, quantity, left, obstacle)
    answer = judge(order, line, ask, rules, at)
    then, verdicts = answer.then, answer.verdicts
    if then.outcome is Outcome.REFUSE:
        return LineDecision(
            line_id=line.id, title=line.title, asked=quantity, left=left,
            outcome=then.outcome, reason=then.reason, verdicts=verdicts, offer=then.offer,
        )  # fmt: skip
    outcome, reason = then.outcome, then.reason
    if guard is not None:
        verdicts = (*verdicts, guard)
        if outcome is Outcome.APPROVE:
            outcome, reason = Outcome.REVIEW, guard.reason or reason
    units = line.free[:quantity]
    return LineDecision(
        line_id=line.id,
        title=line.title,
        asked=quantity,
        left=left,
        outcome=outcome,
        reason=reason,
        verdicts=verdicts,
        units=units,
        goods=worth_of_units(line.total, line.quantity, units),
        tax=worth_of_units(line.tax, line.quantity, units),
        fee=(then.fee.amounts or {}).get(order.currency, 0) if then.fee else 0,
        deadline=answer.deadline,
        offer=then.offer,
    )


def _is_everything(order: OrderFacts, asked: dict[str, int]) -> bool:
    """Nothing has shipped, and after this ask no unit remains that is not cancelled or being cancelled."""
    for line in order.lines:
        if line.fulfilled or line.quantity > line.cancelled + line.in_open_cases + asked.get(line.id, 0):
            return False
    return True


def _amounts(order: OrderFacts, lines: tuple[LineDecision, ...], everything: bool) -> Amounts:
    goods = tax = fee = 0
    for line in lines:
        goods += line.goods
        tax += line.tax
        fee = max(fee, line.fee)
    shipping, extras = (order.shipping, order.extras) if everything else (_NOTHING, _NOTHING)
    owed = max(0, goods + shipping.amount + extras.amount)
    return Amounts(
        currency=order.currency, goods=Component(goods, tax), shipping=shipping, extras=extras, fee=min(fee, owed)
    )
