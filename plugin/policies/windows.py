"""When a span of time ends: exactly, or with the day in the order's zone."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from plugin.policies.document import Span


@lru_cache(maxsize=1024)
def zone_of(name: str | None) -> tzinfo:
    """The zone of that IANA name; UTC where a store gave none, or none that exists."""
    try:
        return ZoneInfo(name) if name else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def span_end(start: datetime, span: Span, zone: str | None) -> datetime:
    """The first moment, in UTC, that is no longer within ``span`` of ``start``.

    Days are whole: "14 days" from any time on the 1st runs until the 15th is over (DESIGN §7: until 23:59).
    """
    if span.days is not None:
        here = zone_of(zone)
        last_day = start.astimezone(here).date() + timedelta(days=span.days)
        return datetime.combine(last_day + timedelta(days=1), time(0), here).astimezone(UTC)
    return (start + timedelta(minutes=span.minutes or 0, hours=span.hours or 0)).astimezone(UTC)
