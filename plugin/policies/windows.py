"""When a span of time ends: exactly, or with the day in the order's zone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from plugin.policies.conditions import Span

End = Callable[[datetime, str | None], datetime]


@lru_cache(maxsize=1024)
def zone_of(name: str | None) -> tzinfo:
    """The zone of that IANA name; UTC where a store gave none, or none that exists."""
    try:
        return ZoneInfo(name) if name else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def end_of(span: Span) -> End:
    """How to find the first moment that is no longer within ``span`` of a start, in the zone of that name.

    Days are whole: "14 days" from any time on the 1st runs until the 15th is over (DESIGN §7: until 23:59).
    """
    if span.days is not None:
        nights = timedelta(days=span.days + 1)

        def end_of_day(start: datetime, zone: str | None) -> datetime:
            here = zone_of(zone)
            return datetime.combine(start.astimezone(here).date() + nights, time(0), here).astimezone(UTC)

        return end_of_day
    length = timedelta(minutes=span.minutes or 0, hours=span.hours or 0)
    return lambda start, zone: start + length
