"""When a statutory period ends: with the last hour of its last day, where the shopper is.

Counted as Regulation (EEC, Euratom) No 1182/71 does (Art. 3): the day of the event does not count, and a last day that
is a Saturday, a Sunday or a public holiday moves to the next working day, under the statutes that say so.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

from plugin.policies.calendars import DAY, knows_holidays, public_holidays
from plugin.policies.facts import LineFacts, OrderFacts
from plugin.policies.law.statutes import Conformity, Start, Withdrawal
from plugin.policies.windows import zone_of
from plugin.ports.orders import LineKind

_SATURDAY = 5
_ESTIMATE_MAY_BE_OFF_BY = timedelta(days=14)


def withdrawal_ends(law: Withdrawal, order: OrderFacts, line: LineFacts) -> datetime | None:
    """The first moment (UTC) at which the line's period is over; None while it has not begun to run."""
    started = _started(law, order, line)
    return None if started is None else _within_time(lambda: _end(law, order, started))


def is_reckoned(law: Withdrawal, order: OrderFacts, line: LineFacts) -> bool:
    """Whether the period is counted from a delivery that nobody has told of."""
    if line.kind in law.from_conclusion:
        return False
    counted = (line,) if law.start is Start.RECEIPT else tuple(filter(_is_sent, order.lines))
    return any(each.delivery_is_estimated for each in counted)


def latest_end(ends: datetime) -> datetime | None:
    """The end, had the parcel come two weeks later than we reckon."""
    return _within_time(lambda: ends + _ESTIMATE_MAY_BE_OFF_BY)


def conformity_ends(law: Conformity, order: OrderFacts, line: LineFacts) -> datetime | None:
    """The first moment (UTC) at which the trader no longer answers for the line; None before it was delivered."""
    if line.delivered_at is None:
        return None
    day = _day(order, line.delivered_at)
    return _within_time(lambda: _midnight_after(order, _years_later(day, law.years) + law.days * DAY))


def _within_time(end: Callable[[], datetime]) -> datetime | None:
    """None for an end beyond the year 9999: a store can send any date, and an answer is never an error."""
    try:
        return end()
    except (OverflowError, ValueError):
        return None


def _started(law: Withdrawal, order: OrderFacts, line: LineFacts) -> datetime | None:
    if line.kind in law.from_conclusion:
        return order.placed_at
    if law.start is Start.RECEIPT:
        return line.delivered_at
    received = [each.delivered_at for each in order.lines if _is_sent(each)]
    return max((at for at in received if at is not None), default=None) if None not in received else None


def _is_sent(line: LineFacts) -> bool:
    """Whether this line belongs to what the shopper receives: goods of which any have left or still have to."""
    return line.kind is LineKind.PHYSICAL and (line.fulfilled > 0 or line.left > 0)


def _end(law: Withdrawal, order: OrderFacts, started: datetime) -> datetime:
    day, country = _day(order, started), order.country or ""
    if law.business_days:
        for _ in range(law.days):
            day = _working_day_from(day + DAY, country)
    else:
        day += law.days * DAY
        if law.rolls_over is not None:
            day = _working_day_from(day, country)
    return _midnight_after(order, day)


def _working_day_from(day: date, country: str) -> date:
    while day.weekday() >= _SATURDAY or _is_holiday(country, day):
        day += DAY
    return day


def _is_holiday(country: str, day: date) -> bool:
    return knows_holidays(country) and day in public_holidays(country, None, day.year)


def _day(order: OrderFacts, at: datetime) -> date:
    return at.astimezone(zone_of(order.time_zone)).date()


def _midnight_after(order: OrderFacts, day: date) -> datetime:
    return datetime.combine(day + DAY, time(0), zone_of(order.time_zone)).astimezone(UTC)


def _years_later(day: date, years: int) -> date:
    """The same date in a later year; after 29 February the last day of that month."""
    is_leap_day = (day.month, day.day) == (2, 29)
    return day.replace(year=day.year + years, day=28 if is_leap_day else day.day)
