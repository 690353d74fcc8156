"""Reading the audit, by order, by the shop's own chain and by time; and verifying that nothing in it was changed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from litestar import get
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from msgspec import Struct

from handlers.admin.case_bodies import EventView
from handlers.admin.entrance import SECURITY, STAFF, may
from handlers.admin.frame import KNOWN, After, PageSize, cursor_of, in_utc, place_of
from handlers.problems import problem_responses
from plugin.access.roles import Permission
from plugin.access.staff import Member
from plugin.audit.reading import Span, events_of
from plugin.audit.service import verify_order, verify_shop
from plugin.orders.service import get_order

TAGS = ["Audit"]
_READS = [may(Permission.READ_AUDIT)]

OrderId = Annotated[str | None, QueryParameter(max_length=40, description="Only the chain of this order.")]
OwnChain = Annotated[bool, QueryParameter(description="Only what was done to the shop itself.")]
Since = Annotated[datetime | None, QueryParameter(description="From this moment on.")]
Until = Annotated[datetime | None, QueryParameter(description="Before this moment.")]


class EventPage(Struct, frozen=True, kw_only=True):
    """``next`` asks for the page after this one; null on the last."""

    events: tuple[EventView, ...]
    next: str | None


class BreakView(Struct, frozen=True, kw_only=True):
    """Where a chain does not hold, and how."""

    n: int
    what: str


class VerifiedView(Struct, frozen=True, kw_only=True):
    """Whether every event of a chain follows from the one before, up to the head on its order's or shop's row."""

    order_id: str | None
    is_whole: bool
    breaks: tuple[BreakView, ...]


@get(
    "/v1/admin/audit",
    dependencies=STAFF,
    guards=_READS,
    security=SECURITY,
    tags=TAGS,
    summary="What was done, by whom, newest first",
    responses=problem_responses(
        KNOWN
        | {400: "A parameter is not exact, or `after` is no `next` of a page.", 422: "A moment outside all calendars."}
    ),
)
async def read_audit(
    member: NamedDependency[Member], order_id: OrderId = None, shop_chain: OwnChain = False, since: Since = None,
    until: Until = None, limit: PageSize = 50, after: After = None,
) -> EventPage:  # fmt: skip
    span = Span(order_id, shop_chain, in_utc(since) if since else None, in_utc(until) if until else None)
    found = await events_of(member.shop_id, span, limit + 1, place_of(after) if after else None)
    last = found[limit - 1] if len(found) > limit else None
    return EventPage(
        events=tuple(EventView.of(event) for event in found[:limit]),
        next=cursor_of(last.at, last.id) if last else None,
    )


@get(
    "/v1/admin/audit/verify",
    dependencies=STAFF,
    guards=_READS,
    security=SECURITY,
    tags=TAGS,
    summary="Verify the chain of an order, or the shop's own",
    description="All of them, with the sealed days: `comeback audit verify`.",
    responses=problem_responses(KNOWN | {404: "The shop has no such order."}),
)
async def verify(member: NamedDependency[Member], order_id: OrderId = None) -> VerifiedView:
    if order_id is not None:
        await get_order(member.shop_id, order_id)
        breaks = await verify_order(order_id) and await verify_order(order_id)
    else:
        # Looked at twice: an event may be written between the reading of the head and of its chain.
        breaks = await verify_shop(member.shop_id) and await verify_shop(member.shop_id)
    return VerifiedView(
        order_id=order_id, is_whole=not breaks,
        breaks=tuple(BreakView(n=each.n, what=each.what) for each in breaks),
    )  # fmt: skip


audit_routes = [read_audit, verify]
