"""Until when a line can be cancelled, if nothing but time changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec import convert

from plugin.policies.conditions import Since, Span, When
from plugin.policies.document import Then
from plugin.policies.reasons import Outcome
from plugin.policies.rules import Rules
from tests.unit.policies.making import (
    APPROVE,
    PLACED,
    REFUSE,
    REVIEW,
    a_line,
    an_order,
    decided,
    everything,
    some_rules,
)  # fmt: skip

HOUR = timedelta(hours=1)


def within(**span: int) -> When:
    return When(since_placed=Since(at_most=convert(span, Span)))


def after(**span: int) -> When:
    return When(since_placed=Since(at_least=convert(span, Span)))


TABLE: list[tuple[str, list[tuple[When, Then]], Then, timedelta | None]] = [
    ("no clock, no deadline", [], APPROVE, None),
    ("approved within, then refused", [(within(hours=1), APPROVE)], REFUSE, HOUR),
    ("refused after, else approved", [(after(hours=2), REFUSE)], APPROVE, 2 * HOUR),
    ("approved within, then reviewed", [(within(hours=1), APPROVE)], REVIEW, None),
    ("reviewed in between", [(within(hours=1), APPROVE), (within(hours=3), REVIEW)], REFUSE, 3 * HOUR),
    ("two windows, the later counts", [(within(hours=1), APPROVE), (within(minutes=90), APPROVE)], REFUSE, 1.5 * HOUR),
    ("a refusal opens inside a window", [(after(hours=1), REFUSE), (within(hours=5), APPROVE)], REVIEW, HOUR),
    ("a refusal behind a certain approval", [(When(), APPROVE), (after(hours=1), REFUSE)], REFUSE, None),
    ("refused already, later approved", [(after(hours=1), APPROVE)], REFUSE, None),
]


@pytest.mark.parametrize(("rows", "otherwise", "ends"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_the_deadline_is_the_first_moment_of_refusal(
    rows: list[tuple[When, Then]], otherwise: Then, ends: timedelta | None
) -> None:
    rules = some_rules(*rows, otherwise=otherwise)
    decision = decided(an_order(), everything(), rules)
    assert decision.deadline == (PLACED + ends if ends else None)
    if ends:
        assert decided(an_order(), everything(), rules, PLACED + ends).outcome is Outcome.REFUSE
        just_before = PLACED + ends - timedelta(microseconds=1)
        assert decided(an_order(), everything(), rules, just_before).outcome is not Outcome.REFUSE


def test_the_ask_ends_with_its_first_line() -> None:
    rules = some_rules(
        (When(tags=("fresh",), since_placed=Since(at_least=Span(hours=1))), REFUSE), (after(hours=5), REFUSE)
    )
    order = an_order(a_line("mug"), a_line("fish", tags=("fresh",)))
    decision = decided(order, everything(), rules)
    assert [line.deadline for line in decision.lines] == [PLACED + 5 * HOUR, PLACED + HOUR]
    assert decision.deadline == PLACED + HOUR


@pytest.mark.parametrize(
    ("zone", "ends"),
    [
        ("Europe/Madrid", datetime(2026, 11, 25, 23, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 11, 26, 5, tzinfo=UTC)),
        ("Pacific/Auckland", datetime(2026, 11, 25, 11, tzinfo=UTC)),
        (None, datetime(2026, 11, 26, tzinfo=UTC)),
        ("Nowhere/At_All", datetime(2026, 11, 26, tzinfo=UTC)),
        ("../../etc/passwd", datetime(2026, 11, 26, tzinfo=UTC)),
    ],
)
def test_days_end_with_the_day_in_the_orders_zone(zone: str | None, ends: datetime) -> None:
    rules = some_rules((within(days=2), APPROVE), otherwise=REFUSE)
    assert decided(an_order(time_zone=zone), everything(), rules).deadline == ends


def test_days_are_calendar_days_across_a_change_of_clocks() -> None:
    placed = datetime(2026, 10, 24, 10, tzinfo=UTC)  # Madrid turns its clocks back that night
    rules = some_rules((within(days=1), APPROVE), otherwise=REFUSE)
    order = an_order(placed_at=placed, time_zone="Europe/Madrid")
    assert decided(order, everything(), rules, placed).deadline == datetime(2026, 10, 25, 23, tzinfo=UTC)


@pytest.mark.parametrize("field", ["shipped_at", "delivered_at"])
def test_what_has_not_happened_opens_no_window(field: str) -> None:
    when: dict[str, Any] = {f"since_{field.removesuffix('_at')}": Since(at_most=Span(hours=1))}
    rules: Rules = some_rules((When(**when), APPROVE), otherwise=REFUSE)
    assert decided(an_order(), everything(), rules).outcome is Outcome.REFUSE
    facts: dict[str, Any] = {field: PLACED}
    happened = decided(an_order(a_line(**facts)), everything(), rules)
    assert happened.deadline == PLACED + HOUR


def test_a_window_between_two_moments_is_open_between_them() -> None:
    rules = some_rules(
        (When(since_placed=Since(at_least=Span(hours=1), at_most=Span(hours=2))), APPROVE), otherwise=REFUSE
    )
    outcomes = [
        decided(an_order(), everything(), rules, PLACED + hours * HOUR).outcome for hours in (0.5, 1, 1.5, 2, 2.5)
    ]
    approve, refuse = Outcome.APPROVE, Outcome.REFUSE
    assert outcomes == [refuse, approve, approve, refuse, refuse]
