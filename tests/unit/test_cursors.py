"""Where a page of the desk goes on: our own texts come back as they were, and anybody else's are refused."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from datetime import UTC, datetime

import pytest

from handlers.admin.frame import BadCursor, cursor_of, place_of


def test_a_cursor_says_where_the_page_ended() -> None:
    at = datetime(2026, 11, 23, 9, 30, 0, 123, tzinfo=UTC)
    assert place_of(cursor_of(at, "case_1")) == (at, "case_1")


@pytest.mark.parametrize(
    "said",
    [
        "", "2026-11-23", "2026-11-23T09:30:00 case_1", "2026-11-23T09:30:00+00:00 ", "2026-11-23T09:30:00+00:00 a\0",
        "0001-01-01T00:00:00+14:00 case_1", "9999-12-31T23:59:59-14:00 case_1", "then case_1",
    ],
)  # fmt: skip
def test_what_is_no_place_is_refused(said: str) -> None:
    with pytest.raises(BadCursor):
        place_of(urlsafe_b64encode(said.encode()).decode())
