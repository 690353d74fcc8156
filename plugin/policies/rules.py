"""A policy made ready to be asked often: rows become checks, and the verdict of every miss exists beforehand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

from plugin.policies.decision import Verdict
from plugin.policies.document import OTHERWISE, Policy, Row, Since, Then, When
from plugin.policies.facts import LineFacts, OrderFacts
from plugin.policies.reasons import Action
from plugin.policies.windows import span_end

# Whether a condition holds for an order, one of its lines and the shopper's reason. Time is not among its arguments.
Check = Callable[[OrderFacts, LineFacts, str | None], bool]


@dataclass(frozen=True, slots=True)
class Clock:
    """A ``since_…`` condition: the only kind whose answer changes by itself."""

    since: Since
    started: Callable[[OrderFacts, LineFacts], datetime | None]

    def holds(self, order: OrderFacts, line: LineFacts, at: datetime) -> bool:
        start = self.started(order, line)
        if start is None or at < start:
            return False
        opens, closes = self.since.at_least, self.since.at_most
        if closes is not None and at >= span_end(start, closes, order.time_zone):
            return False
        return opens is None or at >= span_end(start, opens, order.time_zone)

    def turns(self, order: OrderFacts, line: LineFacts) -> list[datetime]:
        """The moments at which the answer may change."""
        start = self.started(order, line)
        spans = [span for span in (self.since.at_least, self.since.at_most) if span]
        return [] if start is None else [start, *(span_end(start, span, order.time_zone) for span in spans)]


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
    last = {Action.CANCEL: policy.otherwise.cancel}
    return Rules(
        {
            action: (
                *(_rule(row) for row in policy.rows if row.action is action),
                Rule((), (), _hit(OTHERWISE, then), then),
            )
            for action, then in last.items()
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
    return [(name, Clock(since, started)) for name, started in _STARTS.items() if (since := getattr(when, name))]


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


def _any_in(read: Callable[[OrderFacts, LineFacts], Iterable[str]]) -> Callable[[Iterable[str]], Check]:
    def make(wanted: Iterable[str]) -> Check:
        among = frozenset(wanted)
        return lambda order, line, reason: not among.isdisjoint(read(order, line))

    return make


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
    "custodians": _any_in(lambda order, line: order.custodians),
    "prior_cases_at_least": _prior_cases_at_least,
    "reasons": _reason_in,
    "line_kinds": _line_in("kind"),
    "products": _line_in("product_id"),
    "tags": _any_in(lambda order, line: line.tags),
    "categories": _any_in(lambda order, line: line.categories),
    "final_sale": _line_is("final_sale"),
    "personalised": _line_is("personalised"),
}

_STARTS: Mapping[str, Callable[[OrderFacts, LineFacts], datetime | None]] = {
    "since_placed": lambda order, line: order.placed_at,
    "since_shipped": lambda order, line: line.shipped_at,
    "since_delivered": lambda order, line: line.delivered_at,
}
