"""Asking the rows about one line: which of them answers, what the others said, and until when that stays."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from heapq import heappop, heappush
from typing import NamedTuple

from plugin.policies.decision import Verdict
from plugin.policies.document import Then
from plugin.policies.facts import Ask, LineFacts, OrderFacts
from plugin.policies.reasons import Mode, Outcome, Reason
from plugin.policies.rules import BEFORE, NEVER, Rule, Rules, resolutions_of


class Judgement(NamedTuple):
    """The answer of the first row that matched, every verdict up to it, and the moment from which it is a refusal.

    The deadline is that of what the shopper gets: while a row's mode leaves it to a person, its refusal is none.
    ``reason`` is set where it is not the row's own but found by the law (``plugin.policies.law``).
    """

    then: Then
    verdicts: tuple[Verdict, ...]
    deadline: datetime | None
    reason: Reason | None = None


# A member read off its enumeration costs more than a whole condition (CPython 3.11); these are read for every line.
_REVIEW, _REFUSE, _AUTOMATIC = Outcome.REVIEW, Outcome.REFUSE, Mode.AUTOMATIC

# A row whose other conditions hold: from when until when its clocks hold too, and its outcome.
_Timed = tuple[datetime, datetime, Outcome]


def judge(order: OrderFacts, line: LineFacts, ask: Ask, rules: Rules, at: datetime) -> Judgement:
    """Try the rows in order; the last one has no conditions, so one always matches."""
    rows = rules.by_action[ask.action]
    verdicts: list[Verdict] = []
    timed: list[_Timed] = []
    for rule in rows:
        for holds, miss in rule.checks:
            if not holds(order, line, ask):
                verdicts.append(miss)
                break
        else:
            late = _read_clocks(rule, order, line, ask, at, timed) if rule.clocks else None
            if late is None:
                verdicts.append(rule.hit)
                break
            verdicts.append(late)
    deadline = None
    if timed and outcome_for(ask, rule.then) is not _REFUSE:
        following = rows[len(verdicts) :] if rule.clocks else ()
        deadline = _refused_from(timed, rule, following, order, line, ask, at)
    return Judgement(rule.then, tuple(verdicts), deadline)


def outcome_for(ask: Ask, then: Then) -> Outcome:
    """What the shopper gets by an answer: a review while its mode leaves it to a person, and a refusal where it does
    not offer what was asked for."""
    wanted = ask.resolution
    if wanted is not None and then.outcome is not _REFUSE and wanted not in resolutions_of(ask.action, then):
        return _REFUSE
    return then.outcome if then.mode is _AUTOMATIC else _REVIEW


def _read_clocks(
    rule: Rule, order: OrderFacts, line: LineFacts, ask: Ask, at: datetime, timed: list[_Timed]
) -> Verdict | None:
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
        timed.append((opens, closes, outcome_for(ask, rule.then)))
    return miss


def _refused_from(
    timed: list[_Timed], matched: Rule, following: Sequence[Rule],
    order: OrderFacts, line: LineFacts, ask: Ask, at: datetime,
) -> datetime | None:  # fmt: skip
    """The first moment after ``at`` at which the first open row refuses; answers change only when a clock turns."""
    last = matched
    for last in following:
        if all(holds(order, line, ask) for holds, _ in last.checks):
            if not last.clocks:
                break
            _read_clocks(last, order, line, ask, at, timed)
    turns = [opens for opens, _, _ in timed if opens > at] + [closes for _, closes, _ in timed if closes < NEVER]
    turns.sort()
    otherwise = outcome_for(ask, last.then)
    waiting = sorted(range(len(timed)), key=lambda number: timed[number][0], reverse=True)
    begun: list[int] = []  # a heap: the row that comes first is on top, and one that is over goes when it gets there
    for turn in turns:
        while waiting and timed[waiting[-1]][0] <= turn:
            heappush(begun, waiting.pop())
        while begun and timed[begun[0]][1] <= turn:
            heappop(begun)
        if (timed[begun[0]][2] if begun else otherwise) is _REFUSE:
            return turn
    return None
