"""What can wait is not said at night, wherever the shopper is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.shops.hours import SLEEPS, WAKES, next_waking_moment

ZONES = st.sampled_from(["UTC", "America/Los_Angeles", "Asia/Tokyo", "Europe/Berlin", "Pacific/Kiritimati"])


@pytest.mark.parametrize(
    ("at", "wakes"),
    [
        ("2026-11-23T12:00", "2026-11-23T12:00"),
        ("2026-11-23T08:00", "2026-11-23T08:00"),
        ("2026-11-23T07:59", "2026-11-23T08:00"),
        ("2026-11-23T21:00", "2026-11-24T08:00"),
        ("2026-11-23T00:00", "2026-11-23T08:00"),
    ],
)
def test_by_day_at_once_and_by_night_in_the_morning(at: str, wakes: str) -> None:
    moment = datetime.fromisoformat(at).replace(tzinfo=UTC)
    assert next_waking_moment(moment, UTC) == datetime.fromisoformat(wakes).replace(tzinfo=UTC)


@given(st.integers(0, 2 * 365 * 24 * 60), ZONES)
def test_it_is_always_day_there_and_never_more_than_a_night_away(minutes: int, zone: str) -> None:
    moment, there = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes), ZoneInfo(zone)
    wakes = next_waking_moment(moment, there)
    assert timedelta(0) <= wakes - moment <= timedelta(hours=24 - SLEEPS + WAKES + 1)
    assert WAKES <= wakes.astimezone(there).hour < SLEEPS
    assert next_waking_moment(wakes, there) == wakes
