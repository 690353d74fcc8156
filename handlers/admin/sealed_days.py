"""The days of the audit that are sealed under one hash each, and proving that a day is still what was sealed."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Annotated

from litestar import get
from litestar.di import NamedDependency
from litestar.params import PathParameter
from msgspec import Struct

from handlers.admin.entrance import SECURITY, STAFF, may
from handlers.admin.frame import KNOWN, After, PageSize, cursor_of, place_of
from handlers.problems import problem_responses
from plugin.access.roles import Permission
from plugin.access.staff import Member
from plugin.audit.reading import sealed_days
from plugin.audit.service import verify_root
from plugin.core.errors import NotFound

TAGS = ["Audit"]
Day = Annotated[str, PathParameter(max_length=40, description="A day of UTC, such as 2026-11-23.")]
_READS = [may(Permission.READ_AUDIT)]


class DayView(Struct, frozen=True, kw_only=True):
    """A sealed day (UTC): ``root`` is one hash over all its ``events``. Kept elsewhere, it proves the day for good."""

    day: date
    events: int
    root: str


class DayPage(Struct, frozen=True, kw_only=True):
    """``next`` asks for the page after this one; null on the last."""

    days: tuple[DayView, ...]
    next: str | None


class DayVerified(Struct, frozen=True, kw_only=True):
    """Whether the events of a sealed day are still those that were sealed."""

    day: date
    is_whole: bool


@get(
    "/v1/admin/audit/days",
    dependencies=STAFF,
    guards=_READS,
    security=SECURITY,
    tags=TAGS,
    summary="The sealed days, the last one first",
    responses=problem_responses(KNOWN | {400: "A parameter is not exact, or `after` is no `next` of a page."}),
)
async def list_days(member: NamedDependency[Member], limit: PageSize = 50, after: After = None) -> DayPage:
    found = await sealed_days(member.shop_id, limit + 1, place_of(after)[0].date() if after else None)
    last = found[limit - 1] if len(found) > limit else None
    return DayPage(
        days=tuple(DayView(day=each.day, events=each.events, root=each.root) for each in found[:limit]),
        next=cursor_of(datetime.combine(last.day, time(), UTC), last.id) if last else None,
    )


@get(
    "/v1/admin/audit/days/{day:str}/verify",
    dependencies=STAFF,
    guards=_READS,
    security=SECURITY,
    tags=TAGS,
    summary="Verify a sealed day",
    responses=problem_responses(KNOWN | {404: "That day of the shop is not sealed."}),
)
async def verify_day(member: NamedDependency[Member], day: Day) -> DayVerified:
    sealed = _date_of(day)
    if sealed is None or (is_whole := await verify_root(member.shop_id, sealed)) is None:
        raise NotFound(detail="This day is not sealed: nothing happened on it, or it is not over yet.", param="day")
    return DayVerified(day=sealed, is_whole=is_whole)


def _date_of(text: str) -> date | None:
    """A day as an address has it: as text, so that who is not signed in is told that first."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


day_routes = [list_days, verify_day]
