"""How far an order has come, by its lines and by the store's word."""

from __future__ import annotations

import pytest

from plugin.policies.facts import LineFacts, Progress, progress_of
from tests.unit.policies.making import a_line

SHIPPED = a_line(fulfilled=3)
CANCELLED = a_line(cancelled=3)


@pytest.mark.parametrize(
    ("lines", "cancelled", "progress"),
    [
        ([a_line(), a_line()], False, Progress.UNFULFILLED),
        ([a_line(), a_line(fulfilled=1)], False, Progress.PARTLY_FULFILLED),
        ([SHIPPED, a_line()], False, Progress.PARTLY_FULFILLED),
        ([SHIPPED, SHIPPED], False, Progress.FULFILLED),
        ([SHIPPED, CANCELLED], False, Progress.FULFILLED),
        ([a_line(fulfilled=2, cancelled=1)], False, Progress.FULFILLED),
        ([CANCELLED, CANCELLED], False, Progress.CANCELLED),
        ([a_line()], True, Progress.CANCELLED),
        ([], False, Progress.UNFULFILLED),
    ],
)
def test_the_progress_of_an_order(lines: list[LineFacts], cancelled: bool, progress: Progress) -> None:
    assert progress_of(lines, cancelled=cancelled) is progress
