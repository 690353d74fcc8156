"""How long store credit is good: as the shop says, and never less than a law does."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from plugin.credit.law import LEAST_LIVES, LEFT_TO_THE_SHOP, ends_at, last_day_by_law

ISSUED = datetime(2026, 11, 23, 12, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
SHOPS_OWN, FIVE_YEARS = date(2027, 2, 21), date(2031, 11, 23)


def last_day(valid_days: int | None, *countries: str) -> date | None:
    end = ends_at(ISSUED, valid_days, countries, BERLIN)
    return end and end.astimezone(BERLIN).date()


@pytest.mark.parametrize(
    ("countries", "expected"),
    [
        (("FR",), SHOPS_OWN),
        (("GB",), SHOPS_OWN),
        (("IE",), SHOPS_OWN),
        (("IT",), SHOPS_OWN),
        (("NZ",), SHOPS_OWN),
        (("AU",), date(2029, 11, 23)),
        (("DE",), date(2029, 12, 31)),
        (("US",), None),  # of California, for all that we know
        (("CA",), None),
        (("ES",), None),
        (("SE",), FIVE_YEARS),  # of which nothing was read
        (("ZZ",), FIVE_YEARS),
        (("FR", "GB"), SHOPS_OWN),
        (("FR", "DE"), date(2029, 12, 31)),
        (("DE", "SE"), FIVE_YEARS),
        (("FR", "US"), None),
    ],
)
def test_the_later_of_the_shops_ninety_days_and_the_law_ends_it(
    countries: tuple[str, ...], expected: date | None
) -> None:
    assert last_day(90, *countries) == expected


def test_a_shop_may_give_more_than_the_law_and_may_end_none() -> None:
    assert last_day(3650, "AU") == date(2036, 11, 20)
    assert last_day(36_500, "SE") == date(2126, 10, 30)
    assert last_day(None, "FR") is None


def test_a_country_that_nobody_has_read_about_is_never_worse_off_than_one_that_has_a_period() -> None:
    issued = ISSUED.date()
    known = [last_day_by_law(issued, law.countries) for law in LEAST_LIVES if law.years is not None]
    assert all(last_day_by_law(issued, ["ZZ"]) >= day for day in known if day != date.max)


def test_a_leap_day_loses_no_day() -> None:
    assert last_day_by_law(date(2028, 2, 29), ["SE"]) == date(2033, 3, 1)
    assert last_day_by_law(date(2028, 2, 29), ["AU"]) == date(2031, 3, 1)


def test_it_ends_with_the_last_second_of_the_day_where_the_shopper_is() -> None:
    assert ends_at(ISSUED, 1, ["FR"], BERLIN) == datetime(2026, 11, 24, 22, 59, 59, tzinfo=UTC)


def test_every_entry_has_its_source_and_no_country_stands_in_both_tables() -> None:
    assert all(law.source and law.url.startswith("http") and law.countries for law in LEAST_LIVES)
    assert all(each.source and each.url.startswith("https://") for each in LEFT_TO_THE_SHOP)
    assert not {each.country for each in LEFT_TO_THE_SHOP} & frozenset().union(*(law.countries for law in LEAST_LIVES))
