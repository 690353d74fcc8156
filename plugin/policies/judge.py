"""Asking the rows about one line: which of them answers, what the others said, and until when that stays."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from plugin.policies.decision import Verdict
from plugin.policies.document import Then
from plugin.policies.facts import Ask, LineFacts, OrderFacts
from plugin.policies.reasons import Outcome, Reason
from plugin.policies.rules import BEFORE, NEVER, Rule, Rules


class Judgement(NamedTuple):
    """The answer of the first row that matched, every verdict up to it, and the moment from which it is a refusal.

    ``reason`` is set where it is not the row's own but found by the law (``plugin.policies.law``).
    """

    then: Then
    verdicts: tuple[Verdict, ...]
    deadline: datetime | None
    reason: Reason | None = None


# A row whose other conditions hold: from when until when its clocks hold too, and its outcome.
_Timed = tuple[datetime, datetime, Outcome]


def judge(order: OrderFacts, line: LineFacts, ask: Ask, rules: Rules, at: datetime) -> Judgement:
    """Try the rows in order; the last one has no conditions, so one always matches."""
    rows, reason = rules.by_action[ask.action], ask.reason
    verdicts: list[Verdict] = []
    timed: list[_Timed] = []
    for rule in rows:
        for holds, miss in rule.checks:
            if not holds(order, line, reason):
                verdicts.append(miss)
                break
        else:
            late = _read_clocks(rule, order, line, at, timed) if rule.clocks else None
            if late is None:
                verdicts.append(rule.hit)
                break
            verdicts.append(late)
    deadline = None
    if timed and rule.then.outcome is not Outcome.REFUSE:
        following = rows[len(verdicts) :] if rule.clocks else ()
        deadline = _refused_from(timed, rule, following, order, line, reason, at)
    return Judgement(rule.then, tuple(verdicts), deadline)


def _read_clocks(rule: Rule, order: OrderFacts, line: LineFacts, at: datetime, timed: list[_Timed]) -> Verdict | None:
    """The verdict of the first clock that does not hold now; the row is noted where it may hold later."""
    opens, closes, miss = BEFORE, NEVER, None
    for clock, verdict in rule.clocks:
        since, until = clock.interval(order, line)
        if miss is None and not since <= at < until:
            miss = verdict
        if since > opens:
            opens = since
        if until < closes:
            closes = until
    if at < closes and opens < closes:
        timed.append((opens, closes, rule.then.outcome))
    return miss


def _refused_from(
    timed: list[_Timed], matched: Rule, following: Sequence[Rule],
    order: OrderFacts, line: LineFacts, reason: str | None, at: datetime,
) -> datetime | None:  # fmt: skip
    """The first moment after ``at`` at which the first open row refuses; answers change only when a clock turns."""
    last = matched
    for last in following:
        if all(holds(order, line, reason) for holds, _ in last.checks):
            if not last.clocks:
                break
            _read_clocks(last, order, line, at, timed)
    turns = [opens for opens, _, _ in timed if opens > at] + [closes for _, closes, _ in timed if closes < NEVER]
    for turn in sorted(turns):
        outcome = next((outcome for opens, closes, outcome in timed if opens <= turn < closes), last.then.outcome)
        if outcome is Outcome.REFUSE:
            return turn
    return None
