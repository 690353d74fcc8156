"""Lengths of time whose ends tell moments apart: the windows of rows, and the terms of the law."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from msgspec.structs import replace as changed

from plugin.policies.cells import PROBE, Moment, Point, Sum, example_of, probe
from plugin.policies.conditions import Since, Span, When
from plugin.policies.document import Calendar, Otherwise, Policy, Row, Then
from plugin.policies.facts import OrderFacts, Progress
from plugin.policies.law.periods import conformity_ends, withdrawal_ends
from plugin.policies.law.statutes import Statute, Withdrawal
from plugin.policies.law.table import CONFORMITY_IN, WITHDRAWAL_IN
from plugin.policies.reasons import Action, Outcome
from plugin.policies.rules import NEVER, compile_policy
from plugin.ports.orders import LineKind

CLOCKS = ("placed", "shipped", "delivered")
_YES = Then(outcome=Outcome.APPROVE)
_LAWS: Mapping[Action, Mapping[str, Statute]] = {Action.RETURN: WITHDRAWAL_IN, Action.FAULT: CONFORMITY_IN}


class Length(Protocol):
    """A length of time that begins when something happens (``clock``)."""

    @property
    def clock(self) -> str: ...

    @property
    def knows_the_day(self) -> bool:
        """Whether it is longer on some days than on others."""

    @property
    def knows_the_time(self) -> bool:
        """Whether the time of day at which it begins counts; else all starts of a day end at the same midnight."""

    def within(self, action: Action) -> Callable[[Point], bool]:
        """Whether a point is still within it."""

    def ends(self, action: Action) -> Callable[[datetime], datetime | None]:
        """When it ends for such a start; None: never."""


@dataclass(frozen=True)
class Window:
    """That of a condition, by one calendar where it counts business days."""

    clock: str
    span: Span
    calendar: Calendar | None

    @property
    def knows_the_day(self) -> bool:
        return self.calendar is not None

    @property
    def knows_the_time(self) -> bool:
        return self.span.by is not None or bool(self.span.minutes or self.span.hours)

    def within(self, action: Action) -> Callable[[Point], bool]:
        when = changed(When(), **{f"since_{self.clock}": Since(at_most=self.span)})
        return probe(action, when, self._policy)

    def ends(self, action: Action) -> Callable[[datetime], datetime | None]:
        row = Row(id=PROBE, action=action, when=When(since_placed=Since(at_most=self.span)), then=_YES)
        (clock, _), *_ = compile_policy(changed(self._policy, rows=(row,))).by_action[action][0].clocks

        def end(start: datetime) -> datetime | None:
            order = example_of(action, Point(Moment(start, Progress.UNFULFILLED, start), Sum("USD", 1, 1))).facts
            _, closes = clock.interval(order, order.lines[0])
            return None if closes == NEVER else closes

        return end

    @property
    def _policy(self) -> Policy:
        policy = Policy(format=1, name="Window", rows=(), otherwise=Otherwise(cancel=_YES))
        return changed(policy, calendar=self.calendar) if self.calendar else policy


@dataclass(frozen=True)
class Term:
    """That of the statute on an action, for lines of some kinds in one country."""

    action: Action
    country: str
    kinds: tuple[LineKind, ...]
    is_named: bool  # by some row; else the country stands for all others of its statute

    @property
    def clock(self) -> str:
        return "delivered" if LineKind.PHYSICAL in self.kinds else "placed"

    @property
    def knows_the_day(self) -> bool:
        return True  # it may end on no weekend

    @property
    def knows_the_time(self) -> bool:
        return False

    @property
    def statute(self) -> Statute:
        return _LAWS[self.action][self.country]

    def within(self, action: Action) -> Callable[[Point], bool]:
        def holds(point: Point) -> bool:
            end = self._end(example_of(action, replace(point, country=self.country, kind=self.kinds[0])).facts)
            return end is None or point.moment.at < end

        return holds

    def ends(self, action: Action) -> Callable[[datetime], datetime | None]:
        def end(start: datetime) -> datetime | None:
            moment = Moment(start, Progress.FULFILLED, start, start, start)
            point = Point(moment, Sum("USD", 1, 1), country=self.country, kind=self.kinds[0])
            return self._end(example_of(action, point).facts)

        return end

    def _end(self, order: OrderFacts) -> datetime | None:
        statute, line = self.statute, order.lines[0]
        if isinstance(statute, Withdrawal):
            return withdrawal_ends(statute, order, line)
        return conformity_ends(statute, order, line)


def windows_of(policy: Policy, whens: Iterable[When]) -> set[Window]:
    """Every window that these conditions speak of; one that falls back to another clock is on that one as well."""
    found: set[Window] = set()
    for when in whens:
        for clock, since in ((clock, getattr(when, f"since_{clock}")) for clock in CLOCKS):
            for span in (since.at_least, since.at_most) if since else ():
                if span is not None:
                    calendar = policy.calendar if span.business_days is not None else None
                    found |= {Window(each, span, calendar) for each in {clock, since.fallback or clock}}
    return found


def terms_of(action: Action, countries: Iterable[str]) -> tuple[Term, ...]:
    """What the law says on this action in the countries that a row names, and in one other of each statute."""
    laws = _LAWS.get(action, {})
    named = [country for country in countries if country in laws]
    others: dict[str, str] = {}
    for country in sorted(laws):
        if country not in named:
            others.setdefault(laws[country].rule, country)
    return tuple(
        Term(action, country, kinds, country in named)
        for country in (*named, *others.values())
        for kinds in _kinds(laws[country])
    )


def _kinds(statute: Statute) -> list[tuple[LineKind, ...]]:
    concluded = sorted(statute.from_conclusion) if isinstance(statute, Withdrawal) else []
    return [(LineKind.PHYSICAL,), *([tuple(concluded)] if concluded else [])]
