"""What can be asked for at all, whatever the rules say: which units, and why a unit is not among them.

Only what has not left can be cancelled. Only what has left can come back, be exchanged or be told faulty, whatever the
fault: of what is missing or has not arrived the store says that it has left, or else it can be cancelled.
"""

from __future__ import annotations

from datetime import datetime

from plugin.policies.decision import Amounts, Decision, LineDecision, Verdict
from plugin.policies.facts import Ask, LineFacts, OrderFacts, Progress
from plugin.policies.reasons import Action, Outcome, Reason, Resolution

STRUCTURE = {
    reason: Verdict("structure", matched=True, outcome=Outcome.REFUSE, reason=reason)
    for reason in (
        Reason.NOTHING_ASKED,
        Reason.UNKNOWN_LINE,
        Reason.BAD_QUANTITY,
        Reason.MORE_THAN_LEFT,
        Reason.ORDER_CANCELLED,
        Reason.ALREADY_CANCELLED,
        Reason.ALREADY_SHIPPED,
        Reason.ALREADY_RETURNED,
        Reason.NOT_SHIPPED,
        Reason.NOT_DUE_YET,
        Reason.IN_OPEN_CASE,
        Reason.RESOLUTION_NOT_OFFERED,
    )
}
# Why nothing of a whole order is left, the most telling reason first.
_NONE_LEFT = (
    Reason.ORDER_CANCELLED,
    Reason.ALREADY_SHIPPED,
    Reason.IN_OPEN_CASE,
    Reason.ALREADY_RETURNED,
    Reason.NOT_SHIPPED,
    Reason.ALREADY_CANCELLED,
)
# A member read off its enumeration costs more than a whole condition (CPython 3.11); these are read for every line.
_CANCEL, _CANCELLED = Action.CANCEL, Progress.CANCELLED


def left_for(action: Action, line: LineFacts) -> int:
    """How many units of the line this action can still be asked for."""
    return line.left if action is _CANCEL else line.returnable


def quantities(order: OrderFacts, ask: Ask) -> dict[str, int]:
    """Quantity by line. A line named twice is one line; one impossible quantity spoils the line, as zero."""
    if ask.whole:
        if order.state is _CANCELLED:
            return {}
        return {line.id: left for line in order.lines if (left := left_for(ask.action, line))}
    asked: dict[str, int] = {}
    for wanted in ask.lines:
        is_bad = wanted.quantity <= 0 or asked.get(wanted.line_id, 1) <= 0
        asked[wanted.line_id] = 0 if is_bad else asked.get(wanted.line_id, 0) + wanted.quantity
    return asked


def obstacle(order: OrderFacts, line: LineFacts, action: Action, left: int, quantity: int) -> Reason | None:
    """Why this many units cannot be asked for, if they cannot."""
    if quantity <= 0:
        return Reason.BAD_QUANTITY
    if order.state is _CANCELLED or left == 0:
        return _why_none_left(order, line, action)
    return Reason.MORE_THAN_LEFT if quantity > left else None


def refused_line(
    line_id: str, title: str, asked: int, left: int, reason: Reason, *,
    before: tuple[Verdict, ...] = (), resolutions: tuple[Resolution, ...] = (), ask_from: datetime | None = None,
) -> LineDecision:  # fmt: skip
    """A line that is refused for a reason of structure; ``before`` are the verdicts that led there."""
    return LineDecision(
        line_id=line_id, title=title, asked=asked, left=left,
        outcome=Outcome.REFUSE, reason=reason, verdicts=(*before, STRUCTURE[reason]), resolutions=resolutions,
        ask_from=ask_from,
    )  # fmt: skip


def refused_as_a_whole(order: OrderFacts, ask: Ask) -> Decision:
    """The answer to an ask that holds nothing: nothing was named, or nothing of the order is left."""
    reason = Reason.NOTHING_ASKED
    if ask.whole and order.lines:
        reason = min((_why_none_left(order, line, ask.action) for line in order.lines), key=_NONE_LEFT.index)
    return Decision(
        action=ask.action,
        outcome=Outcome.REFUSE,
        reason=reason,
        lines=(),
        amounts=Amounts(currency=order.currency),
        verdicts=(STRUCTURE[reason],),
    )


def _why_none_left(order: OrderFacts, line: LineFacts, action: Action) -> Reason:
    if order.state is _CANCELLED:
        return Reason.ORDER_CANCELLED
    if action is _CANCEL:
        if line.fulfilled:
            return Reason.ALREADY_SHIPPED
        return Reason.IN_OPEN_CASE if line.in_open_cases else Reason.ALREADY_CANCELLED
    if line.fulfilled > line.returned:
        return Reason.IN_OPEN_CASE if line.in_open_cases else Reason.ALREADY_RETURNED
    if line.fulfilled:
        return Reason.ALREADY_RETURNED
    if line.quantity > line.cancelled + line.in_open_cases:
        return Reason.NOT_SHIPPED
    return Reason.IN_OPEN_CASE if line.in_open_cases else Reason.ALREADY_CANCELLED
