"""When days, business days and cut-offs end; and what happens when the clocks are turned."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from time import process_time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import convert

from plugin.policies.calendars import BusinessDays
from plugin.policies.conditions import Since, Span, When
from plugin.policies.document import Calendar
from plugin.policies.reasons import Outcome
from plugin.policies.windows import end_of
from tests.unit.policies.documents import spans
from tests.unit.policies.making import APPROVE, REFUSE, a_line, an_order, decided, everything, some_rules

MADRID, NEW_YORK, SAO_PAULO, APIA = "Europe/Madrid", "America/New_York", "America/Sao_Paulo", "Pacific/Apia"
WEEKDAYS = BusinessDays(frozenset(range(5)), frozenset(), None, None)
IN_GERMANY = BusinessDays(frozenset(range(5)), frozenset({date(2026, 12, 24)}), "DE", None)
IN_BAVARIA = BusinessDays(frozenset(range(5)), frozenset(), "DE", "BY")
SUNDAYS = BusinessDays(frozenset({6}), frozenset(), None, None)


def end(calendar: BusinessDays, start: str, zone: str | None, **span: int | str) -> str:
    """The end of a span, by the clock of its zone as it is then."""
    moment = end_of(convert(span, Span), calendar)(datetime.fromisoformat(start).replace(tzinfo=UTC), zone)
    assert moment.tzinfo is UTC
    return moment.isoformat(timespec="minutes").removesuffix("+00:00")


# 2026-11-20 is a Friday.
BUSINESS = [
    ("Monday, one day", WEEKDAYS, "2026-11-16T10:00", 1, "2026-11-18T00:00"),
    ("Friday, one day", WEEKDAYS, "2026-11-20T23:59", 1, "2026-11-24T00:00"),
    ("Saturday, one day", WEEKDAYS, "2026-11-21T10:00", 1, "2026-11-24T00:00"),
    ("Friday, five days", WEEKDAYS, "2026-11-20T10:00", 5, "2026-11-28T00:00"),
    ("only Sundays", SUNDAYS, "2026-11-16T10:00", 2, "2026-11-30T00:00"),
    ("Christmas and a day off", IN_GERMANY, "2026-12-23T10:00", 1, "2026-12-29T00:00"),
    ("Epiphany is none for all of Germany", IN_GERMANY, "2026-01-05T10:00", 1, "2026-01-07T00:00"),
    ("Epiphany is one in Bavaria", IN_BAVARIA, "2026-01-05T10:00", 1, "2026-01-08T00:00"),
    ("over the turn of the year", IN_GERMANY, "2026-12-31T10:00", 1, "2027-01-05T00:00"),
]


@pytest.mark.parametrize(
    ("days", "start", "number", "ends"), [row[1:] for row in BUSINESS], ids=[row[0] for row in BUSINESS]
)
def test_business_days_leave_out_weekends_holidays_and_closed_days(
    days: BusinessDays, start: str, number: int, ends: str
) -> None:
    assert end(days, start, None, business_days=number) == ends


BY = [
    ("before it, today", "2026-11-18T13:59", {"days": 0, "by": "14:00"}, "2026-11-18T14:00"),
    ("at it, tomorrow", "2026-11-18T14:00", {"days": 0, "by": "14:00"}, "2026-11-19T14:00"),
    ("two days, before it", "2026-11-18T13:00", {"days": 2, "by": "14:00"}, "2026-11-20T14:00"),
    ("two days, after it", "2026-11-18T15:00", {"days": 2, "by": "14:00"}, "2026-11-21T14:00"),
    ("Friday before it", "2026-11-20T13:00", {"business_days": 0, "by": "14:00"}, "2026-11-20T14:00"),
    ("Friday after it", "2026-11-20T14:00", {"business_days": 0, "by": "14:00"}, "2026-11-23T14:00"),
    ("Saturday", "2026-11-21T09:00", {"business_days": 0, "by": "14:00"}, "2026-11-23T14:00"),
    ("Friday after it, one day", "2026-11-20T14:00", {"business_days": 1, "by": "14:00"}, "2026-11-24T14:00"),
    ("Saturday, one day", "2026-11-21T09:00", {"business_days": 1, "by": "14:00"}, "2026-11-24T14:00"),
]


@pytest.mark.parametrize(("start", "span", "ends"), [row[1:] for row in BY], ids=[row[0] for row in BY])
def test_a_cut_off_counts_from_the_first_day_on_which_it_is_still_to_come(
    start: str, span: dict[str, int | str], ends: str
) -> None:
    assert end(WEEKDAYS, start, None, **span) == ends


# In Madrid 02:30 does not exist on 2026-03-29 and exists twice on 2026-10-25. In São Paulo 2018-11-04 begins at 01:00.
# In Apia there is no 2011-12-30. Starts and ends are in UTC.
TURNED = [
    ("a cut-off in Madrid is by its clock", MADRID, "2026-07-01T11:59", {"days": 0, "by": "14:00"}, "2026-07-01T12:00"),
    ("a missing time, as if not turned", MADRID, "2026-03-28T12:00", {"days": 0, "by": "02:30"}, "2026-03-29T01:30"),
    ("missing, and it is past", MADRID, "2026-03-29T01:30", {"days": 0, "by": "02:30"}, "2026-03-30T00:30"),
    ("a time that comes twice, the second", MADRID, "2026-10-24T12:00", {"days": 0, "by": "02:30"}, "2026-10-25T01:30"),
    ("between the two", MADRID, "2026-10-25T01:00", {"days": 0, "by": "02:30"}, "2026-10-25T01:30"),
    ("after the second", MADRID, "2026-10-25T01:30", {"days": 0, "by": "02:30"}, "2026-10-26T01:30"),
    ("a day of 23 hours", MADRID, "2026-03-28T12:00", {"days": 1}, "2026-03-29T22:00"),
    ("a day of 25 hours", MADRID, "2026-10-24T12:00", {"days": 1}, "2026-10-25T23:00"),
    ("hours are exact", MADRID, "2026-03-28T12:00", {"hours": 24}, "2026-03-29T12:00"),
    ("a day that begins at 1:00", SAO_PAULO, "2018-11-02T12:00", {"days": 1}, "2018-11-04T03:00"),
    ("a day that is no day", APIA, "2011-12-29T12:00", {"days": 0, "by": "14:00"}, "2011-12-30T00:00"),
    ("after the missing day", APIA, "2011-12-30T00:00", {"days": 0, "by": "14:00"}, "2011-12-31T00:00"),
]


@pytest.mark.parametrize(("zone", "start", "span", "ends"), [row[1:] for row in TURNED], ids=[row[0] for row in TURNED])
def test_turned_clocks_cut_nobodys_time_short(zone: str, start: str, span: dict[str, int | str], ends: str) -> None:
    assert end(WEEKDAYS, start, zone, **span) == ends


@settings(max_examples=300, deadline=None)
@given(
    spans,
    st.sampled_from([None, MADRID, NEW_YORK, SAO_PAULO, APIA, "Australia/Lord_Howe"]),
    st.sampled_from(["2011-12-27T00:00", "2018-11-01T00:00", "2026-03-27T00:00", "2026-10-23T00:00"]),
    st.integers(0, 6 * 24 * 60),
    st.integers(0, 24 * 60),
)
def test_a_window_ends_after_it_starts_and_who_starts_later_ends_no_sooner(
    span: Span, zone: str | None, around: str, minutes: int, later: int
) -> None:
    ends = end_of(span, IN_GERMANY)
    start = datetime.fromisoformat(around).replace(tzinfo=UTC) + timedelta(minutes=minutes)
    assert start < ends(start, zone) <= ends(start + timedelta(minutes=later), zone)


def test_what_would_end_after_the_last_year_never_ends() -> None:
    placed = datetime(9999, 12, 31, 12, tzinfo=UTC)
    for span in (Span(hours=87_600), Span(days=3_650), Span(business_days=1_000), Span(business_days=0, by="09:00")):
        rules = some_rules((When(since_placed=Since(at_most=span)), APPROVE), otherwise=REFUSE)
        decision = decided(an_order(placed_at=placed, time_zone=APIA), everything(), rules, placed)
        assert (decision.outcome, decision.deadline) == (Outcome.APPROVE, None)


def test_a_thousand_rows_of_a_thousand_business_days_are_counted_at_once() -> None:
    mondays = Calendar(
        country="DE", weekdays=(0,), closed=tuple(date(2027, 1, 4) + timedelta(days=n) for n in range(99))
    )
    late = [When(since_placed=Since(at_least=Span(business_days=n))) for n in range(1, 1001)]
    rules = some_rules(*((when, REFUSE) for when in late), calendar=mondays)
    started = process_time()
    assert decided(an_order(), everything(), rules).deadline == datetime(2026, 12, 1, tzinfo=UTC)
    assert process_time() - started < 0.5


def test_a_thousand_windows_one_after_the_other_are_looked_through_once() -> None:
    open_for_an_hour = [
        When(since_placed=Since(at_least=Span(hours=n), at_most=Span(hours=n + 1))) for n in range(1, 1001)
    ]
    rules = some_rules(*((when, APPROVE) for when in reversed(open_for_an_hour)), otherwise=APPROVE)
    order = an_order(*(a_line(f"line-{n}") for n in range(20)))
    started = process_time()
    assert decided(order, everything(), rules).deadline is None
    assert process_time() - started < 1


def test_the_policys_own_calendar_counts() -> None:
    closed = Calendar(country="US", closed=(date(2026, 11, 27),))  # the 26th is Thanksgiving
    within = When(since_placed=Since(at_most=Span(business_days=3)))
    order = an_order(time_zone=NEW_YORK)  # placed on a Monday
    plain = some_rules((within, APPROVE), otherwise=REFUSE)
    assert decided(order, everything(), plain).deadline == datetime(2026, 11, 27, 5, tzinfo=UTC)
    rules = some_rules((within, APPROVE), otherwise=REFUSE, calendar=closed)
    assert decided(order, everything(), rules).deadline == datetime(2026, 12, 1, 5, tzinfo=UTC)


SHIPPED, DELIVERED = datetime(2026, 11, 23, 12, tzinfo=UTC), datetime(2026, 11, 23, 14, tzinfo=UTC)


@pytest.mark.parametrize(
    ("since", "fallback", "facts", "starts"),
    [
        ("since_delivered", None, {"shipped_at": SHIPPED}, None),
        ("since_delivered", "shipped", {"shipped_at": SHIPPED}, SHIPPED),
        ("since_delivered", "shipped", {"shipped_at": SHIPPED, "delivered_at": DELIVERED}, DELIVERED),
        ("since_delivered", "shipped", {}, None),
        ("since_delivered", "placed", {"shipped_at": SHIPPED}, an_order().placed_at),
        ("since_shipped", "placed", {}, an_order().placed_at),
        ("since_shipped", "placed", {"shipped_at": SHIPPED}, SHIPPED),
    ],
)
def test_a_count_starts_at_its_fallback_until_the_thing_has_happened(
    since: str, fallback: str | None, facts: dict[str, Any], starts: datetime | None
) -> None:
    when = convert({since: {"at_most": {"hours": 9}, "fallback": fallback}}, When)
    decision = decided(
        an_order(a_line(**facts)), everything(), some_rules((when, APPROVE), otherwise=REFUSE), DELIVERED
    )
    assert decision.deadline == (starts and starts + timedelta(hours=9))
