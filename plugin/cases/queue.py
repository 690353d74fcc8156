"""The queue of the shop's people: cases by what they wait for, those that are due soonest first, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from plugin.cases.models import Case
from plugin.cases.states import CaseState, WaitsOn
from plugin.db import read


@dataclass(frozen=True)
class Wanted:
    """Which cases; None is any. ``overdue`` are those that were due by then, ``is_open`` those that are not closed."""

    state: CaseState | None = None
    waiting_on: WaitsOn | None = None
    reason: str | None = None
    overdue_at: datetime | None = None
    is_open: bool = True


@dataclass(frozen=True)
class Place:
    """The last case of the page before: when it is due (or was closed), and its id."""

    at: datetime
    case_id: str


async def cases_waiting(shop_id: str, wanted: Wanted, limit: int, after: Place | None = None) -> Sequence[Case]:
    """Open cases with the oldest due first, or closed ones with the last closed first."""
    if not wanted.is_open:
        return await read(
            Case,
            "WHERE shop_id = $1 AND closed_at IS NOT NULL AND ($2::text IS NULL OR state = $2) "
            "AND ($3::timestamptz IS NULL OR (closed_at, id) < ($3, $4::text)) "
            "ORDER BY closed_at DESC, id DESC LIMIT $5",
            shop_id, wanted.state, after.at if after else None, after.case_id if after else None, limit,
        )  # fmt: skip
    return await read(
        Case,
        "WHERE shop_id = $1 AND closed_at IS NULL AND ($2::text IS NULL OR state = $2) "
        "AND ($3::text IS NULL OR waiting_on = $3) AND ($4::text IS NULL OR person_reason = $4) "
        "AND ($5::timestamptz IS NULL OR due_at < $5) "
        "AND ($6::timestamptz IS NULL OR (due_at, id) > ($6, $7::text)) ORDER BY due_at, id LIMIT $8",
        shop_id, wanted.state, wanted.waiting_on, wanted.reason, wanted.overdue_at, after.at if after else None,
        after.case_id if after else None, limit,
    )  # fmt: skip
