"""Asking the rows about one line: which of them answers, what the others said, and until when that stays."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from plugin.policies.decision import Verdict
from plugin.policies.document import Then
from plugin.policies.facts import Ask, LineFacts, OrderFacts
from plugin.policies.reasons import Outcome
from plugin.policies.rules import Rule, Rules


class Judgement(NamedTuple):
    """The answer of the first row that matched, every verdict up to it, and the moment from which it is a refusal."""

    then: Then
    verdicts: tuple[Verdict, ...]
    deadline: datetime | None


def judge(order: OrderFacts, line: LineFacts, ask: Ask, rules: Rules, at: datetime) -> Judgement:
    """Try the rows in order; the last one has no conditions, so one always matches."""
    rows = rules.by_action[ask.action]
    verdicts: list[Verdict] = []
    waiting: list[Rule] = []  # rows that only their clock keeps from matching
    for rule in rows:
        miss = _first_miss(rule, order, line, ask.reason)
        if miss is None and rule.clocks:
            miss = _first_miss_by_clock(rule, order, line, at)
            if miss is not None:
                waiting.append(rule)
        if miss is None:
            verdicts.append(rule.hit)
            break
        verdicts.append(miss)
    deadline = None
    if (waiting or rule.clocks) and rule.then.outcome is not Outcome.REFUSE:
        later = _could_follow(rows[len(verdicts) :], order, line, ask.reason) if rule.clocks else []
        deadline = _refused_from([*waiting, rule, *later], order, line, at)
    return Judgement(rule.then, tuple(verdicts), deadline)


def _first_miss(rule: Rule, order: OrderFacts, line: LineFacts, reason: str | None) -> Verdict | None:
    for holds, miss in rule.checks:
        if not holds(order, line, reason):
            return miss
    return None


def _first_miss_by_clock(rule: Rule, order: OrderFacts, line: LineFacts, at: datetime) -> Verdict | None:
    for clock, miss in rule.clocks:
        if not clock.holds(order, line, at):
            return miss
    return None


def _could_follow(rows: Sequence[Rule], order: OrderFacts, line: LineFacts, reason: str | None) -> list[Rule]:
    """The rows that may match once time has passed, up to the first that needs no clock."""
    following: list[Rule] = []
    for rule in rows:
        if _first_miss(rule, order, line, reason) is None:
            following.append(rule)
            if not rule.clocks:
                break
    return following


def _refused_from(rows: Sequence[Rule], order: OrderFacts, line: LineFacts, at: datetime) -> datetime | None:
    """The first moment after ``at`` at which the first matching row refuses: answers change only when a clock turns."""
    turns = {turn for rule in rows for clock, _ in rule.clocks for turn in clock.turns(order, line) if turn > at}
    for turn in sorted(turns):
        answer = next(rule for rule in rows if _first_miss_by_clock(rule, order, line, turn) is None)
        if answer.then.outcome is Outcome.REFUSE:
            return turn
    return None
