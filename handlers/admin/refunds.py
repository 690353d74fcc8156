"""Refunds that a person must see to: which ones there are, one more try, and what was paid by hand."""

from __future__ import annotations

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import JSONBody, RawBody
from msgspec import Struct

from handlers.admin.case_bodies import LegRow, StepAsk
from handlers.admin.entrance import SECURITY, STAFF, fresh, may
from handlers.admin.frame import FRESH, KNOWN, ONCE, After, PageSize, cursor_of, once, place_of
from handlers.dependencies import PublicId
from handlers.idempotent import IdempotencyKey, Remember
from handlers.problems import problem_responses
from plugin.access.roles import Permission
from plugin.access.staff import Member
from plugin.db import Transaction
from plugin.journeys import staff
from plugin.ports.runtime import Ports
from plugin.refunds.store import get_leg, legs_for_a_person, lock_leg, replacement_of
from plugin.shops.models import Shop

TAGS = ["Refunds"]
_MOVES_MONEY = [may(Permission.MOVE_MONEY), fresh]
_NO_SUCH = {404: "The shop has no such refund."}
_NOW = {409: "The refund is not where this can be done (any more); `code` and `detail` say why."}


class RefundPage(Struct, frozen=True, kw_only=True):
    """``next`` asks for the page after this one; null on the last."""

    refunds: tuple[LegRow, ...]
    next: str | None


@get(
    "/v1/admin/refunds",
    dependencies=STAFF,
    guards=[may(Permission.READ_CASES)],
    security=SECURITY,
    tags=TAGS,
    summary="Refunds that need a person",
    description="Those that are with one, and those that failed for good and were not tried again; oldest first.",
    responses=problem_responses(KNOWN | {400: "A parameter is not exact, or `after` is no `next` of a page."}),
)
async def list_refunds(member: NamedDependency[Member], limit: PageSize = 50, after: After = None) -> RefundPage:
    found = await legs_for_a_person(member.shop_id, limit + 1, place_of(after) if after else None)
    last = found[limit - 1] if len(found) > limit else None
    return RefundPage(
        refunds=tuple(LegRow.of(leg) for leg in found[:limit]),
        next=cursor_of(last.created_at, last.id) if last else None,
    )


@get(
    "/v1/admin/refunds/{refund_id:str}",
    dependencies=STAFF,
    guards=[may(Permission.READ_CASES)],
    security=SECURITY,
    tags=TAGS,
    summary="One refund",
    responses=problem_responses(KNOWN | _NO_SUCH),
)
async def show_refund(member: NamedDependency[Member], refund_id: PublicId) -> LegRow:
    return LegRow.of(await get_leg(member.shop_id, refund_id))


@post(
    "/v1/admin/refunds/{refund_id:str}/retry",
    status_code=201,
    dependencies=STAFF,
    guards=_MOVES_MONEY,
    security=SECURITY,
    tags=TAGS,
    summary="Try a failed refund once more",
    description="As a new refund under a new key; the failed one stays as it is.",
    responses={201: ResponseSpec(LegRow, description="The new refund, which is on its way.")}
    | problem_responses(FRESH | _NO_SUCH | ONCE | _NOW),
)
async def retry(
    ports: NamedDependency[Ports], member: NamedDependency[Member], shop: NamedDependency[Shop], refund_id: PublicId,
    data: JSONBody[StepAsk], body: RawBody, idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:  # fmt: skip
    await get_leg(member.shop_id, refund_id)

    async def use_case(remember: Remember) -> None:
        async def answered(tx: Transaction) -> None:
            await remember(tx, LegRow.of(await replacement_of(tx, refund_id)))

        await staff.retry(ports, shop, refund_id, member.actor, answered=answered)

    return await once(ports, member, "refund.retry", refund_id, idempotency_key, body, use_case, status=201)


@post(
    "/v1/admin/refunds/{refund_id:str}/paid",
    status_code=200,
    dependencies=STAFF,
    guards=_MOVES_MONEY,
    security=SECURITY,
    tags=TAGS,
    summary="You have paid it by hand",
    description="Say by bank transfer. Only now is it called refunded, and the shopper is told.",
    responses={200: ResponseSpec(LegRow, description="The refund, which has succeeded.")}
    | problem_responses(FRESH | _NO_SUCH | ONCE | _NOW),
)
async def paid(
    ports: NamedDependency[Ports], member: NamedDependency[Member], shop: NamedDependency[Shop], refund_id: PublicId,
    data: JSONBody[StepAsk], body: RawBody, idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:  # fmt: skip
    await get_leg(member.shop_id, refund_id)

    async def use_case(remember: Remember) -> None:
        async def answered(tx: Transaction) -> None:
            await remember(tx, LegRow.of(await lock_leg(tx, refund_id)))

        await staff.mark_paid(ports, shop, refund_id, member.actor, answered=answered)

    return await once(ports, member, "refund.paid", refund_id, idempotency_key, body, use_case)


refund_routes = [list_refunds, show_refund, retry, paid]
