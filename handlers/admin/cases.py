"""The queue of cases, one case whole, and notes on it."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import JSONBody, QueryParameter, RawBody

from handlers.admin.case_bodies import (
    CasePage,
    CaseRow,
    CaseWhole,
    EventView,
    LegRow,
    NoteAsk,
    NoteKept,
    NoteView,
    OrderBrief,
    ParcelRow,
    UnitRow,
)
from handlers.admin.entrance import SECURITY, STAFF, may
from handlers.admin.frame import KNOWN, ONCE, After, PageSize, cursor_of, once, place_of
from handlers.dependencies import PublicId
from handlers.idempotent import IdempotencyKey, Remember
from handlers.problems import problem_responses
from handlers.shopper.cases import case_view
from handlers.shopper.present import presenter
from plugin.access.roles import Permission
from plugin.access.staff import Member
from plugin.cases.notes import write_note
from plugin.cases.queue import Place, Wanted, cases_waiting
from plugin.cases.states import CaseState, WaitsOn
from plugin.cases.store import get_case, lock_case
from plugin.db import transaction
from plugin.journeys.view_case import see_case_whole
from plugin.orders.service import lock_order
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop

TAGS = ["Cases"]
NO_SUCH = {404: "The shop has no such case."}

State = Annotated[CaseState | None, QueryParameter(name="state", description="Only those in this state.")]
WaitingOn = Annotated[WaitsOn | None, QueryParameter(description="Only those that wait for these.")]
Why = Annotated[str | None, QueryParameter(max_length=60, description="Only those with this `why`.")]
Overdue = Annotated[bool, QueryParameter(description="Only those that were due before now.")]
Open = Annotated[bool, QueryParameter(name="open", description="False lists what is closed, the last closed first.")]


@get(
    "/v1/admin/cases",
    dependencies=STAFF,
    guards=[may(Permission.READ_CASES)],
    security=SECURITY,
    tags=TAGS,
    summary="The queue",
    description="Open cases, those that are due soonest first. `waiting_on=staff` is what waits for a person.",
    responses=problem_responses(KNOWN | {400: "A parameter is not exact, or `after` is no `next` of a page."}),
)
async def list_cases(
    ports: NamedDependency[Ports], member: NamedDependency[Member], case_state: State = None,
    waiting_on: WaitingOn = None, why: Why = None, overdue: Overdue = False, is_open: Open = True,
    limit: PageSize = 50, after: After = None,
) -> CasePage:  # fmt: skip
    at = ports.clock.now()
    wanted = Wanted(case_state, waiting_on, why, at if overdue else None, is_open)
    place = Place(*place_of(after)) if after else None
    found = await cases_waiting(member.shop_id, wanted, limit + 1, place)
    page, last = found[:limit], found[limit - 1] if len(found) > limit else None
    ended = (last.due_at or last.closed_at) if last else None
    return CasePage(
        cases=tuple(CaseRow.of(case, at) for case in page),
        next=cursor_of(ended, last.id) if last and ended else None,
    )


@get(
    "/v1/admin/cases/{case_id:str}",
    dependencies=STAFF,
    guards=[may(Permission.READ_CASES)],
    security=SECURITY,
    tags=TAGS,
    summary="One case whole",
    responses=problem_responses(KNOWN | NO_SUCH),
)
async def show_case(
    ports: NamedDependency[Ports], member: NamedDependency[Member], shop: NamedDependency[Shop], case_id: PublicId
) -> CaseWhole:
    seen = await see_case_whole(shop, case_id)
    case, at = seen.case, ports.clock.now()
    speak = presenter(shop, seen.order, at, case.locale)
    return CaseWhole(
        case=CaseRow.of(case, at),
        order=OrderBrief.of(seen.order),
        reason=case.reason,
        store_reason=case.store_reason,
        withheld_reason=case.withheld_reason,
        answer=case.answer,
        proposed=seen.decision.proposed,
        policy_id=case.policy_id,
        facts=case.facts,
        decision=msgspec.to_builtins(seen.decision),
        shopper_reads=case_view(speak, seen.as_shopper(), ports),
        resolution=case.resolution,
        fault=case.fault,
        resolved_at=case.resolved_at,
        parcels=tuple(ParcelRow.of(parcel) for parcel in seen.parcels),
        units=tuple(UnitRow.of(unit) for unit in seen.units),
        legs=tuple(LegRow.of(leg) for leg in seen.legs),
        notes=tuple(NoteView.of(note) for note in seen.notes),
        timeline=tuple(EventView.of(event) for event in seen.events),
    )


@post(
    "/v1/admin/cases/{case_id:str}/notes",
    status_code=201,
    dependencies=STAFF,
    guards=[may(Permission.DECIDE_CASES)],
    security=SECURITY,
    tags=TAGS,
    summary="Write a note on a case",
    description="For colleagues; the shopper does not read it, though it is part of what is exported of them and is "
    "erased with them.",
    responses={201: ResponseSpec(NoteKept, description="The note is kept.")}
    | problem_responses(KNOWN | NO_SUCH | ONCE | {409: "The first call with this key is still running."}),
)
async def note_case(
    ports: NamedDependency[Ports], member: NamedDependency[Member], case_id: PublicId, data: JSONBody[NoteAsk],
    body: RawBody, idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:  # fmt: skip
    found = await get_case(member.shop_id, case_id)

    async def use_case(remember: Remember) -> None:
        async with transaction(ports.doorbell) as tx:
            await lock_order(tx, found.order_id)
            case = await lock_case(tx, case_id)
            note = await write_note(tx, case, data.text, by=member.actor, at=ports.clock.now())
            await remember(tx, NoteKept(id=note.id, case_id=case_id, created_at=note.created_at))

    return await once(ports, member, "case.note", case_id, idempotency_key, body, use_case, status=201)


case_routes = [list_cases, show_case, note_case]
