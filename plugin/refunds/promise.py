"""The date by which the money has arrived, said at once and kept as a promise.

We promise the late end of what the custodian names, so that the shopper hears from us first or not at all:
- a card refund shows "approximately 5-10 business days later, depending upon the bank" (Stripe, "Refund and cancel
  payments", docs.stripe.com/refunds); other methods and the platforms' own refunds are given the same;
- an authorisation that is released lapses within 7 days at the latest (Stripe, "Place a hold on a payment method");
- stored value is booked by the store itself, on its next business day;
- what a person transfers takes the shop's own number of business days.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

import holidays

from plugin.ports.orders import Instrument
from plugin.refunds.plan import LegKind

REFUND_BUSINESS_DAYS = 10
RELEASE_DAYS = 7
STORED_VALUE_BUSINESS_DAYS = 1


def promise(kind: LegKind, instrument: Instrument, on: date, country: str | None, *, manual_days: int = 5) -> date:
    """By when the money of a leg that starts on the day ``on`` (of the shop's zone) is there.

    ``country`` (ISO 3166-1) gives the bank holidays; ``manual_days`` are the shop's business days for a transfer.
    """
    if kind in (LegKind.VOID, LegKind.LOWER_CAPTURE):
        return on + timedelta(days=RELEASE_DAYS)
    if kind is LegKind.MANUAL:
        return add_business_days(on, manual_days, country)
    is_stored = instrument is Instrument.STORED_VALUE
    return add_business_days(on, STORED_VALUE_BUSINESS_DAYS if is_stored else REFUND_BUSINESS_DAYS, country)


def add_business_days(on: date, days: int, country: str | None) -> date:
    """The ``days``-th day after ``on`` that is neither weekend nor public holiday in ``country``.

    Where we know no calendar of the country, Saturdays and Sundays are the weekend and there are no holidays.
    """
    day: date = _calendar(country).get_nth_working_day(on, days)
    return day


@lru_cache(maxsize=512)
def _calendar(country: str | None) -> holidays.HolidayBase:
    if country in holidays.list_supported_countries():
        return holidays.country_holidays(country)
    return holidays.HolidayBase()
