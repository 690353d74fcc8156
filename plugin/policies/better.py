"""An order is judged by the better of two versions for the shopper: that at its purchase, and the current one.

Better is, in that order: approved before looked at before refused, more cash, a lower fee, more days (DESIGN §7). A tie
goes to the version at purchase. Cash is what can be had as a refund; credit and goods are not counted against it. A row
of the current version that is not trusted to answer by itself is the exception: then a person looks, whatever the older
version would have answered, or else nobody could take an answer out of service.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from plugin.policies.decide import GRAVITY, decide, options
from plugin.policies.decision import Decision, LineOption
from plugin.policies.facts import Ask, OrderFacts
from plugin.policies.reasons import Action, Outcome, Resolution
from plugin.policies.rules import NEVER, Rules

# The less, the better.
_Rank = tuple[int, int, int, timedelta]


def decide_better(
    order: OrderFacts, ask: Ask, at_purchase: Rules, current: Rules, at: datetime
) -> tuple[Decision, bool]:
    """The answer to an ask, and whether it is that of the version at purchase."""
    then = decide(order, ask, at_purchase, at)
    if current is at_purchase:
        return then, True
    now = decide(order, ask, current, at)
    if now.proposed is not None:
        return now, False
    return (now, False) if _rank_of_decision(now) < _rank_of_decision(then) else (then, True)


def options_better(
    order: OrderFacts, at_purchase: Rules, current: Rules, at: datetime, action: Action = Action.CANCEL
) -> tuple[LineOption, ...]:
    """For each line, as if it were asked for alone, what the better version for it allows."""
    then = options(order, at_purchase, at, action)
    if current is at_purchase:
        return then
    now = options(order, current, at, action)
    return tuple(
        new if new.is_on_trial else min(old, new, key=_rank_of_option)  # the first of equals
        for old, new in zip(then, now, strict=True)
    )


def _rank_of_decision(decision: Decision) -> _Rank:
    can_be_cash = bool(decision.lines) and all(Resolution.REFUND in line.resolutions for line in decision.lines)
    amounts = decision.amounts
    return _rank(decision.outcome, amounts.total if can_be_cash else 0, amounts.fee, decision.deadline)


def _rank_of_option(option: LineOption) -> _Rank:
    can_be_cash = Resolution.REFUND in option.resolutions
    return _rank(option.outcome, option.goods - option.fee if can_be_cash else 0, option.fee, option.deadline)


def _rank(outcome: Outcome, cash: int, fee: int, deadline: datetime | None) -> _Rank:
    return GRAVITY[outcome], -cash, fee, NEVER - (deadline or NEVER)
