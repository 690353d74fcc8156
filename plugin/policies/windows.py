"""When a span of time ends: exactly, with a day in the order's zone, or at a time of day.

Clocks that are turned are decided here, once. A day ends when its date is over, however many hours it had. A time of
day that does not exist, or exists twice, is the later of its two readings (PEP 495): nobody's time is cut short.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from plugin.policies.calendars import DAY, BusinessDays
from plugin.policies.conditions import Span

End = Callable[[datetime, str | None], datetime]
MIDNIGHT = time(0)


@lru_cache(maxsize=1024)
def zone_of(name: str | None) -> tzinfo:
    """The zone of that IANA name; UTC where a store gave none, or none that exists."""
    try:
        return ZoneInfo(name) if name else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def end_of(span: Span, calendar: BusinessDays) -> End:
    """How to find the first moment that is no longer within ``span`` of a start, in the zone of that name.

    Days are whole: "14 days" from any time on the 1st runs until the 15th is over (DESIGN §7: until 23:59), and "one
    business day" from any time on a Friday until Monday is. What would end after the year 9999 raises
    ``OverflowError``.
    """
    if span.days is None and span.business_days is None:
        length = timedelta(minutes=span.minutes or 0, hours=span.hours or 0)
        return lambda start, zone: start + length
    last = _last_day(span, calendar)
    if span.by is not None:
        return _ending_by(time.fromisoformat(span.by), last, None if span.business_days is None else calendar)

    def end_of_day(start: datetime, zone: str | None) -> datetime:
        here = zone_of(zone)
        return _end_of_date(last(start.astimezone(here).date()), here)

    return end_of_day


def _last_day(span: Span, calendar: BusinessDays) -> Callable[[date], date]:
    number = span.business_days
    if number is not None:
        return lambda day: calendar.after(day, number)
    length = timedelta(days=span.days or 0)
    return lambda day: day + length


def _ending_by(cut_off: time, last: Callable[[date], date], calendar: BusinessDays | None) -> End:
    """Count from the first day whose cut-off is still to come; with a calendar, from the first such business day."""

    # Orders are many and days are few, so each day is worked out once; the same goes for the end of a date.
    def first(day: date) -> date:
        return day if calendar is None else calendar.after(day - DAY, 1)

    @lru_cache(maxsize=4096)
    def ends(today: date, here: tzinfo) -> tuple[datetime, datetime, datetime]:
        """The first cut-off of who comes today, and the end for who comes before it and for who comes after it."""
        day = first(today)
        return (
            _later_reading(day, cut_off, here),
            _later_reading(last(day), cut_off, here),
            _later_reading(last(first(day + DAY)), cut_off, here),
        )

    def end_at_cut_off(start: datetime, zone: str | None) -> datetime:
        here = zone_of(zone)
        first_cut_off, before, after = ends(start.astimezone(here).date(), here)
        return before if start < first_cut_off else after

    return end_at_cut_off


@lru_cache(maxsize=16_384)
def _end_of_date(day: date, here: tzinfo) -> datetime:
    return datetime.combine(day + DAY, MIDNIGHT, here).astimezone(UTC)


def _later_reading(day: date, at: time, here: tzinfo) -> datetime:
    moment = datetime.combine(day, at, here)
    return max(moment.astimezone(UTC), moment.replace(fold=1).astimezone(UTC))
