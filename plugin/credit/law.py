"""How long store credit has to be good at least: what the law says, by country, with its source.

Only laws that reach credit given for returned goods stand here. Ireland's and New Zealand's gift card acts name such
vouchers among what they do not cover, so that they are left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo


@dataclass(frozen=True, slots=True, kw_only=True)
class LeastLife:
    """``years`` from the day of issue, or from the end of the year of issue."""

    countries: frozenset[str]
    years: int
    from_end_of_year: bool = False
    source: str
    url: str


LEAST_LIVES = (
    LeastLife(
        countries=frozenset({"US"}),
        years=5,
        source="CARD Act, 15 U.S.C. § 1693l-1(c): no end earlier than five years after the issue",
        url="https://www.law.cornell.edu/uscode/text/15/1693l-1",
    ),
    LeastLife(
        countries=frozenset({"DE"}),
        years=3,
        from_end_of_year=True,
        source="BGB §§ 195, 199(1): a claim lapses three years after the end of the year in which it arose",
        url="https://www.gesetze-im-internet.de/bgb/__199.html",
    ),
)


def last_day_by_law(issued: date, countries: Iterable[str]) -> date | None:
    """The earliest day that may be the last one, by the strictest law of these countries; None: no law says."""
    theirs = frozenset(countries)
    return max((_last_day(each, issued) for each in LEAST_LIVES if each.countries & theirs), default=None)


def _last_day(law: LeastLife, issued: date) -> date:
    start = date(issued.year, 12, 31) if law.from_end_of_year else issued
    try:
        return start.replace(year=start.year + law.years)
    except ValueError:  # from a 29th of February
        return date(start.year + law.years, 3, 1)


def ends_at(issued_at: datetime, valid_days: int | None, countries: Iterable[str], zone: tzinfo) -> datetime | None:
    """When credit ends: 23:59:59 of its last day on the shopper's own clock, as UTC; None where the shop ends none."""
    if valid_days is None:
        return None
    issued = issued_at.astimezone(zone).date()
    by_policy, by_law = issued + timedelta(days=valid_days), last_day_by_law(issued, countries)
    return datetime.combine(max(by_policy, by_law or by_policy), time(23, 59, 59), zone).astimezone(UTC)
