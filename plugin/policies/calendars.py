"""Business days and public holidays, by the ``holidays`` package: known without asking anybody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
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
    while number:
        day += DAY
        number -= days.is_open(day)
    return day
