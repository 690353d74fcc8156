"""Business days and public holidays, by the ``holidays`` package: known without asking anybody."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import MAXYEAR, date, timedelta
from functools import lru_cache

import holidays

DAY = timedelta(days=1)


@lru_cache(maxsize=256)
def knows_holidays(country: str, subdivision: str | None = None) -> bool:
    """Whether the public holidays of this country (and part of it) are known."""
    supported = holidays.list_supported_countries()
    return country in supported and (subdivision is None or subdivision in supported[country])


@lru_cache(maxsize=2048)
def public_holidays(country: str, subdivision: str | None, year: int) -> frozenset[date]:
    """The public holidays of one year; the country must be a known one."""
    return frozenset(holidays.country_holidays(country, subdiv=subdivision, years=year))


@dataclass(frozen=True, slots=True, eq=False)
class BusinessDays:
    """Which days count. Made once per policy version; what it has counted is remembered."""

    weekdays: frozenset[int]
    closed: frozenset[date]
    country: str | None
    subdivision: str | None

    def is_open(self, day: date) -> bool:
        if day.weekday() not in self.weekdays or day in self.closed:
            return False
        return self.country is None or day not in public_holidays(self.country, self.subdivision, day.year)

    def after(self, day: date, number: int) -> date:
        """The ``number``-th business day after ``day`` (itself for zero); ``OverflowError`` beyond the year 9999."""
        return _counted(self, day, number)


@lru_cache(maxsize=16_384)
def _counted(days: BusinessDays, day: date, number: int) -> date:
    if number == 0:
        return day
    # By whole years, for a policy may count a thousand days in a thousand rows.
    year = day.year
    of_year = _open_days(days, year)
    index = bisect_right(of_year, day) + number - 1
    while index >= len(of_year):
        index -= len(of_year)
        year += 1
        of_year = _open_days(days, year)
    return of_year[index]


@lru_cache(maxsize=2048)
def _open_days(days: BusinessDays, year: int) -> tuple[date, ...]:
    if year > MAXYEAR:
        raise OverflowError
    first = date(year, 1, 1).toordinal()
    whole_year = map(date.fromordinal, range(first, date(year, 12, 31).toordinal() + 1))
    return tuple(day for day in whole_year if days.is_open(day))
