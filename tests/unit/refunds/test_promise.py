"""The dated promise: counted in the days on which banks work."""

from __future__ import annotations

from datetime import date

import pytest

from plugin.ports.orders import Instrument
from plugin.refunds.plan import LegKind
from plugin.refunds.promise import promise

MONDAY = date(2026, 11, 23)
CHRISTMAS_EVE = date(2026, 12, 24)


@pytest.mark.parametrize(
    ("kind", "instrument", "on", "country", "arrives"),
    [
        (LegKind.REFUND, Instrument.CARD, MONDAY, None, date(2026, 12, 7)),
        (LegKind.REFUND, Instrument.CARD, MONDAY, "US", date(2026, 12, 8)),  # Thanksgiving in between
        (LegKind.REFUND, Instrument.CARD, CHRISTMAS_EVE, "DE", date(2027, 1, 11)),
        (LegKind.STOREFRONT, Instrument.OTHER, MONDAY, None, date(2026, 12, 7)),
        (LegKind.STOREFRONT, Instrument.STORED_VALUE, CHRISTMAS_EVE, "DE", date(2026, 12, 28)),
        (LegKind.VOID, Instrument.CARD, MONDAY, "US", date(2026, 11, 30)),
        (LegKind.LOWER_CAPTURE, Instrument.CARD, MONDAY, "US", date(2026, 11, 30)),
        (LegKind.MANUAL, Instrument.OTHER, MONDAY, None, date(2026, 11, 30)),
        (LegKind.REFUND, Instrument.CARD, MONDAY, "a country of the mind", date(2026, 12, 7)),
    ],
)
def test_the_money_is_promised_for(
    kind: LegKind, instrument: Instrument, on: date, country: str | None, arrives: date
) -> None:
    assert promise(kind, instrument, on, country) == arrives


def test_a_transfer_takes_the_shops_own_days() -> None:
    assert promise(LegKind.MANUAL, Instrument.OTHER, MONDAY, None, manual_days=2) == date(2026, 11, 25)
