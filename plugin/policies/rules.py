"""A policy made ready to be asked often: rows become checks, and the verdict of every miss exists beforehand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any

from plugin.policies.conditions import When
from plugin.policies.decision import Verdict
from plugin.policies.document import OTHERWISE, Policy, Row, Then
from plugin.policies.facts import LineFacts, OrderFacts
from plugin.policies.reasons import Action
from plugin.policies.windows import End, end_of

BEFORE = datetime.min.replace(tzinfo=UTC)
NEVER = datetime.max.replace(tzinfo=UTC)

# Whether a condition holds for an order, one of its lines and the shopper's reason. Time is not among its arguments.
Check = Callable[[OrderFacts, LineFacts, str | None], bool]


@dataclass(frozen=True, slots=True)
class Clock:
    """A ``since_…`` condition: the only kind whose answer changes by itself."""

    started: Callable[[OrderFacts, LineFacts], datetime | None]
    opens: End | None
    closes: End | None

    def interval(self, order: OrderFacts, line: LineFacts) -> tuple[datetime, datetime]:
        """It holds from the first moment until before the second; never, if the thing has not happened."""
        start = self.started(order, line)
        if start is None:
            return NEVER, NEVER
        return (
            start if self.opens is None else self.opens(start, order.time_zone),
            NEVER if self.closes is None else self.closes(start, order.time_zone),
        )


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


def compile_policy(policy: Policy) -> Rules:
    """Compile once per version; a version is immutable, so the result can be kept as long as one likes."""
    return Rules(
        {
            action: (
                *(_rule(row) for row in policy.rows if row.action is action),
                Rule((), (), _hit(OTHERWISE, then), then),
            )
            for action, then in policy.otherwise.by_action.items()
        }
    )


def _hit(rule: str, then: Then) -> Verdict:
    return Verdict(rule, matched=True, outcome=then.outcome, reason=then.reason)


def _rule(row: Row) -> Rule:
    def with_miss(named: Iterable[tuple[str, Any]]) -> tuple[tuple[Any, Verdict], ...]:
        return tuple((condition, Verdict(row.id, matched=False, failed=name)) for name, condition in named)

    return Rule(
        checks=with_miss(_checks(row.when)), clocks=with_miss(_clocks(row.when)),
        hit=_hit(row.id, row.then), then=row.then,
    )  # fmt: skip


def _checks(when: When) -> list[tuple[str, Check]]:
    """The timeless conditions in the document's order, unnamed ones left out."""
    return [(name, make(value)) for name, make in _MAKERS.items() if (value := getattr(when, name)) is not None]


def _clocks(when: When) -> list[tuple[str, Clock]]:
    return [
        (name, Clock(started, *(end_of(span) if span else None for span in (since.at_least, since.at_most))))
        for name, started in _STARTS.items()
        if (since := getattr(when, name))
    ]


def _order_in(attribute: str) -> Callable[[Iterable[str]], Check]:
    read = attrgetter(attribute)

    def make(wanted: Iterable[str]) -> Check:
        among = frozenset(wanted)
        return lambda order, line, reason: read(order) in among

    return make


def _line_in(attribute: str) -> Callable[[Iterable[str]], Check]:
    read = attrgetter(attribute)

    def make(wanted: Iterable[str]) -> Check:
        among = frozenset(wanted)
        return lambda order, line, reason: read(line) in among

    return make


def _line_any_in(attribute: str) -> Callable[[Iterable[str]], Check]:
    read = attrgetter(attribute)

    def make(wanted: Iterable[str]) -> Check:
        among = frozenset(wanted)
        return lambda order, line, reason: not among.isdisjoint(read(line))

    return make


def _paid_with_any(wanted: Iterable[str]) -> Check:
    among = frozenset(wanted)
    return lambda order, line, reason: not among.isdisjoint(order.custodians)


def _line_is(attribute: str) -> Callable[[bool], Check]:
    read = attrgetter(attribute)
    return lambda wanted: lambda order, line, reason: read(line) is wanted


def _value_at_least(limits: Mapping[str, int]) -> Check:
    return lambda order, line, reason: order.total >= limits.get(order.currency, order.total)


def _value_at_most(limits: Mapping[str, int]) -> Check:
    return lambda order, line, reason: order.total <= limits.get(order.currency, order.total - 1)


def _reason_in(wanted: Iterable[str]) -> Check:
    among = frozenset(wanted)
    return lambda order, line, reason: reason in among


def _prior_cases_at_least(least: int) -> Check:
    return lambda order, line, reason: order.prior_cases >= least


_MAKERS: Mapping[str, Callable[[Any], Check]] = {
    "order_states": _order_in("state"),
    "value_at_least": _value_at_least,
    "value_at_most": _value_at_most,
    "countries": _order_in("country"),
    "channels": _order_in("channel"),
    "custodians": _paid_with_any,
    "prior_cases_at_least": _prior_cases_at_least,
    "reasons": _reason_in,
    "line_kinds": _line_in("kind"),
    "products": _line_in("product_id"),
    "tags": _line_any_in("tags"),
    "categories": _line_any_in("categories"),
    "final_sale": _line_is("final_sale"),
    "personalised": _line_is("personalised"),
}

_STARTS: Mapping[str, Callable[[OrderFacts, LineFacts], datetime | None]] = {
    "since_placed": lambda order, line: order.placed_at,
    "since_shipped": lambda order, line: line.shipped_at,
    "since_delivered": lambda order, line: line.delivered_at,
}
