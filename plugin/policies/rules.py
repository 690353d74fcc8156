"""A policy made ready to be asked often: rows become checks, and the verdict of every miss exists beforehand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from plugin.policies.calendars import BusinessDays
from plugin.policies.checks import Check, Holds, checks_of, kinds_of_goods
from plugin.policies.conditions import Since, When
from plugin.policies.decision import Verdict
from plugin.policies.document import OTHERWISE, Policy, Row, Then
from plugin.policies.facts import LineFacts, OrderFacts
from plugin.policies.reasons import Action, GoodsKind, Resolution
from plugin.policies.windows import End, end_of

BEFORE = datetime.min.replace(tzinfo=UTC)
NEVER = datetime.max.replace(tzinfo=UTC)

Started = Callable[[OrderFacts, LineFacts], datetime | None]

# What may be chosen where a row names nothing, the suggested one first. Faulty goods are paid back or sent again; other
# goods and store credit are an answer only where the shop says so.
USUAL_RESOLUTIONS: Mapping[Action, tuple[Resolution, ...]] = {
    Action.CANCEL: (Resolution.REFUND,),
    Action.RETURN: (Resolution.REFUND,),
    Action.EXCHANGE: (Resolution.EXCHANGE,),
    Action.FAULT: (Resolution.REFUND, Resolution.RESHIPMENT),
}


@dataclass(frozen=True, slots=True)
class Clock:
    """A ``since_…`` condition: the only kind whose answer changes by itself."""

    started: Started
    opens: End | None
    closes: End | None

    def interval(self, order: OrderFacts, line: LineFacts) -> tuple[datetime, datetime]:
        """It holds from the first moment until before the second; never, if the thing has not happened."""
        start = self.started(order, line)
        if start is None:
            return NEVER, NEVER
        try:
            opens = start if self.opens is None else self.opens(start, order.time_zone)
        except OverflowError:
            return NEVER, NEVER
        try:
            return opens, NEVER if self.closes is None else self.closes(start, order.time_zone)
        except OverflowError:
            return opens, NEVER


@dataclass(frozen=True, slots=True)
class Rule:
    """One row. ``checks`` and ``clocks`` each come with the verdict that is kept when they do not hold."""

    checks: tuple[tuple[Check, Verdict], ...]
    clocks: tuple[tuple[Clock, Verdict], ...]
    hit: Verdict
    then: Then


@dataclass(frozen=True, slots=True)
class Rules:
    """A compiled policy: for each action its rows in order, the last of which matches everything."""

    by_action: Mapping[Action, tuple[Rule, ...]]
    kinds: Mapping[GoodsKind, Holds]

    def goods_of(self, line: LineFacts) -> frozenset[GoodsKind]:
        """Which kinds of goods this line is, by the policy's selectors and by the store's own mark."""
        return frozenset(kind for kind, holds in self.kinds.items() if holds(line))


def compile_policy(policy: Policy) -> Rules:
    """Compile once per version; a version is immutable, so the result can be kept as long as one likes."""
    calendar, kinds = policy.calendar, kinds_of_goods(policy.goods)
    days = BusinessDays(
        frozenset(calendar.weekdays), frozenset(calendar.closed), calendar.country, calendar.subdivision
    )
    return Rules(
        {
            action: (
                *(_rule(row, kinds, days) for row in policy.rows if row.action is action),
                Rule((), (), _hit(OTHERWISE, then), then),
            )
            for action, then in policy.otherwise.by_action.items()
        },
        kinds,
    )


def resolutions_of(action: Action, then: Then) -> tuple[Resolution, ...]:
    """What the shopper may choose from, the suggested one first."""
    return then.resolutions or USUAL_RESOLUTIONS[action]


def _hit(rule: str, then: Then) -> Verdict:
    return Verdict(rule, matched=True, outcome=then.outcome, reason=then.reason)


def _rule(row: Row, kinds: Mapping[GoodsKind, Holds], days: BusinessDays) -> Rule:
    def with_miss(named: Iterable[tuple[str, Any]]) -> tuple[tuple[Any, Verdict], ...]:
        return tuple((condition, Verdict(row.id, matched=False, failed=name)) for name, condition in named)

    return Rule(
        checks=with_miss(checks_of(row.when, kinds)), clocks=with_miss(_clocks(row.when, days)),
        hit=_hit(row.id, row.then), then=row.then,
    )  # fmt: skip


def _clocks(when: When, days: BusinessDays) -> list[tuple[str, Clock]]:
    clocks = (
        ("since_placed", when.since_placed, _placed),
        ("since_shipped", when.since_shipped, _shipped),
        ("since_delivered", when.since_delivered, _delivered),
    )
    return [(name, _clock(since, started, days)) for name, since, started in clocks if since is not None]


def _clock(since: Since, started: Started, days: BusinessDays) -> Clock:
    opens, closes = (end_of(span, days) if span else None for span in (since.at_least, since.at_most))
    if since.fallback is None:
        return Clock(started, opens, closes)
    fallback = _placed if since.fallback == "placed" else _shipped
    return Clock(lambda order, line: started(order, line) or fallback(order, line), opens, closes)


def _placed(order: OrderFacts, line: LineFacts) -> datetime | None:
    return order.placed_at


def _shipped(order: OrderFacts, line: LineFacts) -> datetime | None:
    return line.shipped_at


def _delivered(order: OrderFacts, line: LineFacts) -> datetime | None:
    return line.delivered_at
