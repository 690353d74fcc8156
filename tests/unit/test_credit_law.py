"""How long store credit is good: as the shop says, and never less than a law does."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from plugin.credit.law import LEAST_LIVES, ends_at, last_day_by_law

ISSUED = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("valid_days", "countries", "last_day"),
    [
        (90, ("ES",), date(2027, 2, 21)),
        (90, ("US",), date(2031, 11, 23)),
        (90, ("DE", None), date(2029, 12, 31)),
        (90, ("DE", "US"), date(2031, 11, 23)),
        (3650, ("US",), date(2036, 11, 20)),
    ],
)
def test_the_later_of_policy_and_law_ends_it(
    valid_days: int, countries: tuple[str | None, ...], last_day: date
) -> None:
    end = ends_at(ISSUED, valid_days, [each for each in countries if each], ZoneInfo("Europe/Berlin"))
    assert end is not None
    assert end.astimezone(ZoneInfo("Europe/Berlin")).date() == last_day


def test_a_shop_that_ends_none_ends_none() -> None:
    assert ends_at(ISSUED, None, ["US"], UTC) is None


def test_a_leap_day_loses_no_day() -> None:
    assert last_day_by_law(date(2028, 2, 29), ["US"]) == date(2033, 3, 1)


def test_every_law_has_its_source() -> None:
    assert all(law.source and law.url.startswith("https://") and law.countries for law in LEAST_LIVES)
