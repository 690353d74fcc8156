"""Comparing lengths of time without knowing the calendar: only what is so for every start, zone and holiday."""

from __future__ import annotations

from plugin.policies.conditions import Since, Span

_DAY = 24 * 60
_TURN = 60  # the most by which a turned clock makes a day shorter or longer, in minutes


def is_at_least(longer: Span, shorter: Span) -> bool:
    """Whether ``longer`` never ends before ``shorter``, from whatever moment both are counted."""
    if longer.by == shorter.by:
        for count, other in ((longer.days, shorter.days), (longer.business_days, shorter.business_days)):
            if count is not None and other is not None:
                return count >= other
        if longer.by is None and longer.business_days is not None and shorter.days is not None:
            return longer.business_days >= shorter.days
    most = _most_minutes(shorter)
    return most is not None and _fewest_minutes(longer) >= most


def _fewest_minutes(span: Span) -> int:
    days = span.days if span.days is not None else span.business_days
    if days is None:
        return (span.minutes or 0) + 60 * (span.hours or 0)
    return max(0, days * _DAY - _TURN)


def _most_minutes(span: Span) -> int | None:
    if span.business_days is not None:
        return None
    if span.days is not None:
        return (span.days + 1) * _DAY + _TURN
    return (span.minutes or 0) + 60 * (span.hours or 0)


def never_open(since: Since) -> bool:
    """Whether the window has closed before it opens."""
    return since.at_least is not None and since.at_most is not None and is_at_least(since.at_least, since.at_most)


def is_within(inner: Since, outer: Since) -> bool:
    """Whether every moment of ``inner`` is one of ``outer``, both about the same thing.

    Where the thing has happened both count from it. Where it has not, an ``inner`` without a fallback does not hold.
    """
    if inner.fallback is not None and inner.fallback != outer.fallback:
        return False
    opens = outer.at_least is None or (inner.at_least is not None and is_at_least(inner.at_least, outer.at_least))
    closes = outer.at_most is None or (inner.at_most is not None and is_at_least(outer.at_most, inner.at_most))
    return opens and closes
