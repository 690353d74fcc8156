"""What a person does with the goods of a case: count in, inspect, wait longer, or wait no more."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import JSONBody, RawBody

from handlers.admin.case_bodies import CaseRow, StepAsk
from handlers.admin.entrance import SECURITY, STAFF, fresh, may
from handlers.admin.frame import FRESH, KNOWN, ONCE, once
from handlers.admin.goods_bodies import (
    DebitRow,
    ExtendAsk,
    FindingRow,
    GoodsView,
    InspectAsk,
    ParcelRow,
    ReceiveAsk,
    ScanAsk,
    UnitRow,
)
from handlers.dependencies import PublicId
from handlers.idempotent import IdempotencyKey, Remember
from handlers.problems import problem_responses
from plugin.access.roles import Permission
from plugin.access.staff import Member
from plugin.cases.models import Case
from plugin.cases.store import case_of_number, get_case, units_of_case
from plugin.db import Transaction
from plugin.journeys.close_short import close_short
from plugin.journeys.inspect_goods import inspect
from plugin.journeys.more_time import extend
from plugin.journeys.receive import Answered, receive, scan
from plugin.parcels.store import findings_of_case, parcels_of_case
from plugin.ports.runtime import Ports
from plugin.refunds.debits import debits_of_case
from plugin.shops.models import Shop

TAGS = ["Goods"]
_DECIDES = [may(Permission.DECIDE_CASES)]
_MOVES_MONEY = [may(Permission.MOVE_MONEY), fresh]
_NO_SUCH = {404: "The shop has no such case."}
_NOW = {409: "The goods are not where this can be done (any more); `code` and `detail` say why."}
_DONE = {200: ResponseSpec(GoodsView, description="The goods as they stand now.")}
_STEP = _DONE | problem_responses(KNOWN | _NO_SUCH | ONCE | _NOW)

Do = Callable[[Answered], Awaitable[object]]


async def _view(ports: Ports, case: Case) -> GoodsView:
    return GoodsView(
        case=CaseRow.of(case, ports.clock.now()),
        parcels=tuple(ParcelRow.of(each, case) for each in await parcels_of_case(case.id)),
        units=tuple(UnitRow.of(each) for each in await units_of_case(case.id)),
        findings=tuple(FindingRow.of(each) for each in await findings_of_case(case.id)),
        debits=tuple(DebitRow.of(each) for each in await debits_of_case(case.id)),
    )


async def _step(
    ports: Ports, member: Member, route: str, case_id: str, key: str | None, body: bytes, do: Do
) -> Response[bytes]:
    await get_case(member.shop_id, case_id)

    async def use_case(remember: Remember) -> None:
        async def answered(tx: Transaction, case: Case) -> None:
            await remember(tx, await _view(ports, case))

        await do(answered)

    return await once(ports, member, route, case_id, key, body, use_case)


@get(
    "/v1/admin/cases/{case_id:str}/goods",
    dependencies=STAFF,
    guards=[may(Permission.READ_CASES)],
    security=SECURITY,
    tags=TAGS,
    summary="The goods of a case",
    description="Its parcels, its units, what came beside them, and what was paid too early.",
    responses=problem_responses(KNOWN | _NO_SUCH),
)
async def show_goods(ports: NamedDependency[Ports], member: NamedDependency[Member], case_id: PublicId) -> GoodsView:
    return await _view(ports, await get_case(member.shop_id, case_id))


@post(
    "/v1/admin/cases/{case_id:str}/receive",
    status_code=200,
    dependencies=STAFF,
    guards=_DECIDES,
    security=SECURITY,
    tags=TAGS,
    summary="Count in what has come",
    description="Fewer than asked: the rest stays awaited. More, or something else, is kept as a finding.",
    responses=_STEP,
)
async def receive_goods(
    ports: NamedDependency[Ports], member: NamedDependency[Member], shop: NamedDependency[Shop], case_id: PublicId,
    data: JSONBody[ReceiveAsk], body: RawBody, idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:  # fmt: skip
    came = [each.as_came() for each in data.came]

    async def do(answered: Answered) -> None:
        await receive(ports, shop, case_id, came, member.actor, answered=answered)

    return await _step(ports, member, "goods.receive", case_id, idempotency_key, body, do)


@post(
    "/v1/admin/returns/scan",
    status_code=200,
    dependencies=STAFF,
    guards=_DECIDES,
    security=SECURITY,
    tags=TAGS,
    summary="Count in one unit that was scanned",
    description="By the return number on its parcel, and its SKU or the id of its line.",
    responses=_STEP,
)
async def scan_unit(
    ports: NamedDependency[Ports], member: NamedDependency[Member], shop: NamedDependency[Shop],
    data: JSONBody[ScanAsk], body: RawBody, idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:  # fmt: skip
    case = await case_of_number(member.shop_id, data.number)

    async def do(answered: Answered) -> None:
        await scan(ports, shop, data.number, data.code, member.actor, answered=answered)

    return await _step(ports, member, "goods.scan", case.id, idempotency_key, body, do)


@post(
    "/v1/admin/cases/{case_id:str}/inspect",
    status_code=200,
    dependencies=STAFF,
    guards=_DECIDES,
    security=SECURITY,
    tags=TAGS,
    summary="Judge what is here",
    description="Unit by unit. Once all that is here was judged, what was accepted is what is owed.",
    responses=_STEP,
)
async def inspect_units(
    ports: NamedDependency[Ports], member: NamedDependency[Member], shop: NamedDependency[Shop], case_id: PublicId,
    data: JSONBody[InspectAsk], body: RawBody, idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:  # fmt: skip
    judged = [each.as_judgement() for each in data.judged]

    async def do(answered: Answered) -> None:
        await inspect(ports, shop, case_id, judged, member.actor, photos=data.photos, answered=answered)

    return await _step(ports, member, "goods.inspect", case_id, idempotency_key, body, do)


@post(
    "/v1/admin/cases/{case_id:str}/extend",
    status_code=200,
    dependencies=STAFF,
    guards=_DECIDES,
    security=SECURITY,
    tags=TAGS,
    summary="Give more time",
    description="To send it, to find it, or by taking what came after the end. An expired return goes on.",
    responses=_STEP,
)
async def give_more_time(
    ports: NamedDependency[Ports], member: NamedDependency[Member], shop: NamedDependency[Shop], case_id: PublicId,
    data: JSONBody[ExtendAsk], body: RawBody, idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:  # fmt: skip
    async def do(answered: Answered) -> None:
        await extend(ports, shop, case_id, data.days, member.actor, answered=answered)

    return await _step(ports, member, "goods.extend", case_id, idempotency_key, body, do)


@post(
    "/v1/admin/cases/{case_id:str}/close-short",
    status_code=200,
    dependencies=STAFF,
    guards=_DECIDES,
    security=SECURITY,
    tags=TAGS,
    summary="Wait no more for what has not come",
    description="What came and was accepted is what is owed.",
    responses=_STEP,
)
async def wait_no_more(
    ports: NamedDependency[Ports], member: NamedDependency[Member], shop: NamedDependency[Shop], case_id: PublicId,
    data: JSONBody[StepAsk], body: RawBody, idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:  # fmt: skip
    async def do(answered: Answered) -> None:
        await close_short(ports, shop, case_id, member.actor, pays=False, answered=answered)

    return await _step(ports, member, "goods.short", case_id, idempotency_key, body, do)


@post(
    "/v1/admin/cases/{case_id:str}/give-anyway",
    status_code=200,
    dependencies=STAFF,
    guards=_MOVES_MONEY,
    security=SECURITY,
    tags=TAGS,
    summary="Give what was agreed although it has not come",
    description="For a lost parcel, say: what has not come counts as accepted.",
    responses=_DONE | problem_responses(FRESH | _NO_SUCH | ONCE | _NOW),
)
async def give_anyway(
    ports: NamedDependency[Ports], member: NamedDependency[Member], shop: NamedDependency[Shop], case_id: PublicId,
    data: JSONBody[StepAsk], body: RawBody, idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:  # fmt: skip
    async def do(answered: Answered) -> None:
        await close_short(ports, shop, case_id, member.actor, pays=True, answered=answered)

    return await _step(ports, member, "goods.anyway", case_id, idempotency_key, body, do)


goods_routes = [show_goods, receive_goods, scan_unit, inspect_units, give_more_time, wait_no_more, give_anyway]
