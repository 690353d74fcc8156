"""Statutory periods on real calendars: which moment is the first one that is too late."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from plugin.policies.law.periods import conformity_ends, withdrawal_ends
from plugin.policies.law.table import CONFORMITY_IN, WITHDRAWAL_IN
from plugin.ports.orders import LineKind
from tests.unit.policies.law.sending_back import delivered, received


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def ends(country: str, zone: str, receipt: str) -> datetime | None:
    line = received(at=at(receipt))
    order = delivered(line, country=country, time_zone=zone)
    return withdrawal_ends(WITHDRAWAL_IN[country], order, line)


CALENDAR = [
    # an ordinary fortnight: Thursday to Thursday, until 24:00 in Berlin
    ("DE", "Europe/Berlin", "2026-03-05T12:00:00Z", "2026-03-20T00:00:00+01:00"),
    # received at 23:30 UTC is the next day in Berlin
    ("DE", "Europe/Berlin", "2026-03-05T23:30:00Z", "2026-03-21T00:00:00+01:00"),
    # the last day is a Saturday: Monday
    ("DE", "Europe/Berlin", "2026-03-07T12:00:00Z", "2026-03-24T00:00:00+01:00"),
    # the last day is a Sunday, and the clocks have changed on it
    ("DE", "Europe/Berlin", "2026-03-15T12:00:00Z", "2026-03-31T00:00:00+02:00"),
    # Christmas Day is a Friday in 2026, the 26th and 27th a weekend: Monday the 28th
    ("DE", "Europe/Berlin", "2026-12-11T12:00:00Z", "2026-12-29T00:00:00+01:00"),
    # 1 January 2027 is a Friday: Monday the 4th
    ("FR", "Europe/Paris", "2026-12-18T12:00:00Z", "2027-01-05T00:00:00+01:00"),
    # in Spain the 6th of January is a holiday as well, a Wednesday in 2027
    ("ES", "Europe/Madrid", "2026-12-23T12:00:00Z", "2027-01-08T00:00:00+01:00"),
    # Norway's constitution day, a Monday in 2027, after a weekend
    ("NO", "Europe/Oslo", "2027-05-01T12:00:00Z", "2027-05-19T00:00:00+02:00"),
    # the British regulations move no last day: Sunday it is
    ("GB", "Europe/London", "2026-03-15T12:00:00Z", "2026-03-30T00:00:00+01:00"),
    # seven days in Brazil; the last is Tiradentes, a Tuesday
    ("BR", "America/Sao_Paulo", "2026-04-14T15:00:00Z", "2026-04-23T00:00:00-03:00"),
    # ten days in Argentina, weekends or not
    ("AR", "America/Argentina/Buenos_Aires", "2026-03-05T15:00:00Z", "2026-03-16T00:00:00-03:00"),
    # five business days in Mexico, over a weekend and the holiday of Monday 16 March
    ("MX", "America/Mexico_City", "2026-03-11T18:00:00Z", "2026-03-20T00:00:00-06:00"),
    # seven days in Taiwan, over the lunar new year
    ("TW", "Asia/Taipei", "2026-02-10T04:00:00Z", "2026-02-24T00:00:00+08:00"),
]


@pytest.mark.parametrize(("country", "zone", "receipt", "end"), CALENDAR, ids=[f"{c[0]} {c[2][:10]}" for c in CALENDAR])
def test_a_period_ends_with_the_last_hour_of_its_last_day(country: str, zone: str, receipt: str, end: str) -> None:
    assert ends(country, zone, receipt) == at(end)


@pytest.mark.parametrize("country", ["DE", "BR", "MX"])
def test_a_date_at_the_end_of_time_has_no_end(country: str) -> None:
    assert ends(country, "America/Mexico_City", "9999-12-30T12:00:00Z") is None
    line = received(at=at("9999-12-30T12:00:00Z"))
    assert conformity_ends(CONFORMITY_IN["DE"], delivered(line), line) is None


def _two_parcels(country: str, **second: Any) -> datetime | None:
    first, other = received(at=at("2026-03-05T12:00:00Z")), received("lamp", **second)
    return withdrawal_ends(WITHDRAWAL_IN[country], delivered(first, other, country=country), first)


def test_in_the_union_the_last_parcel_of_the_order_starts_the_period_of_all() -> None:
    assert _two_parcels("DE", at=at("2026-03-10T12:00:00Z")) == at("2026-03-25T00:00:00+01:00")


def test_the_period_has_not_begun_while_a_parcel_is_under_way_or_still_to_be_sent() -> None:
    assert _two_parcels("DE", at=None) is None
    assert _two_parcels("DE", at=None, fulfilled=0, shipped_at=None) is None


def test_what_was_cancelled_or_is_no_good_is_not_waited_for() -> None:
    assert _two_parcels("DE", at=None, fulfilled=0, cancelled=3, free=()) == at("2026-03-20T00:00:00+01:00")
    assert _two_parcels("DE", at=None, kind=LineKind.DIGITAL) == at("2026-03-20T00:00:00+01:00")


def test_where_the_law_speaks_of_the_goods_alone_each_line_has_its_own_period() -> None:
    assert _two_parcels("BR", at=None) == at("2026-03-13T00:00:00+01:00")


def test_a_download_counts_from_the_contract() -> None:
    line = received(kind=LineKind.DIGITAL, at=None)
    assert withdrawal_ends(WITHDRAWAL_IN["DE"], delivered(line), line) == at("2026-03-17T00:00:00+01:00")


@pytest.mark.parametrize(
    ("country", "receipt", "end"),
    [
        ("DE", "2026-03-05T12:00:00Z", "2028-03-06T00:00:00+01:00"),
        ("ES", "2026-03-05T12:00:00Z", "2029-03-06T00:00:00+01:00"),
        ("GB", "2024-02-29T12:00:00Z", "2030-03-01T00:00:00+01:00"),
        ("BR", "2026-03-05T12:00:00Z", "2026-06-04T00:00:00+02:00"),
    ],
)
def test_a_trader_answers_for_faults_from_delivery_on(country: str, receipt: str, end: str) -> None:
    line = received(at=at(receipt))
    assert conformity_ends(CONFORMITY_IN[country], delivered(line, country=country), line) == at(end)
