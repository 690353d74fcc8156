"""Exports: everything that is kept of a person, and the cases and refunds of a time as CSV or JSON lines, streamed.

Each is a POST, because it leaves a trace: the audit says who took what out, and not whom it was about.
"""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from litestar import Response, post
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import JSONBody
from litestar.response import Stream
from msgspec import Meta, Struct

from handlers.admin.case_bodies import LegRow
from handlers.admin.entrance import SECURITY, STAFF, fresh, may
from handlers.admin.frame import FRESH, in_utc
from handlers.problems import problem_responses
from plugin.access.roles import Permission
from plugin.access.staff import Member
from plugin.audit import service as audit
from plugin.cases.many import whole_cases_after
from plugin.core.errors import DomainError
from plugin.db import transaction
from plugin.journeys.erase_person import who_is
from plugin.journeys.export_person import export_person
from plugin.orders.people import Who, external_ids
from plugin.orders.service import number_key
from plugin.ports.runtime import Ports
from plugin.refunds.store import legs_written
from plugin.shops.models import Shop

TAGS = ["Exports"]
AT_ONCE = 500
_GUARDS = [may(Permission.EXPORT), fresh]
_TYPES = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl"}
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")  # a spreadsheet takes a cell that begins so for a formula

Reference = Annotated[str, Meta(min_length=1, max_length=120, pattern=r"^[^\x00]+$")]


class NobodyNamed(DomainError):
    status = 422
    code = "nobody_named"
    sentence = "Say whom it is about: an address, the store's id of a customer, or orders."


class PersonExportAsk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whatever is named counts; ``orders`` by their number or the store's id."""

    email: Annotated[str, Meta(max_length=254, pattern=r"^[^\x00]*$")] | None = None
    customer: Reference | None = None
    orders: Annotated[list[str], Meta(max_length=100)] = []


class PeriodAsk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From ``since`` on, before ``until``: when a case was asked, or a refund was written."""

    since: Annotated[datetime, Meta(tz=True, examples=["2026-11-01T00:00:00Z"])]
    until: Annotated[datetime, Meta(tz=True, examples=["2026-12-01T00:00:00Z"])]
    format: Literal["csv", "jsonl"] = "csv"


class CaseLine(Struct, frozen=True, kw_only=True):
    """A case in an export. It holds no name, no address and nothing that anybody wrote."""

    id: str
    number: str
    order_id: str
    kind: str
    basis: str
    state: str
    outcome: str
    reason: str
    answer: str | None
    owed: int
    withheld: int
    currency: str
    policy_id: str
    asked_at: datetime
    closed_at: datetime | None


async def person_of(ports: Ports, shop: Shop, ask: PersonExportAsk) -> Who:
    """Who is named; an order that could not be read is known by the store's id only."""
    keys = [number_key(each) for each in ask.orders]
    ids = await external_ids(shop.id, ask.orders, keys) if ask.orders else ()
    return who_is(ports, shop, customer_id=ask.customer, email=ask.email, order_ids=ids or tuple(ask.orders))


async def _noted(ports: Ports, member: Member, what: str, **more: str) -> None:
    async with transaction(ports.doorbell) as tx:
        await audit.record(
            tx, shop_id=member.shop_id, order_id=None, kind="exported", actor=member.actor, at=ports.clock.now(),
            data={"what": what, **more},
        )  # fmt: skip


def _span(ask: PeriodAsk) -> tuple[datetime, datetime]:
    return in_utc(ask.since), in_utc(ask.until)


def _cell(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.lstrip(" ").startswith(_FORMULA) else value


def _lines(rows: Sequence[Struct], ask: PeriodAsk) -> bytes:
    if ask.format == "jsonl":
        return msgspec.json.Encoder().encode_lines(rows)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerows([_cell(value) for value in msgspec.to_builtins(row).values()] for row in rows)
    return text.getvalue().encode()


def _head(kind: type[Struct], ask: PeriodAsk) -> bytes:
    return (",".join(kind.__struct_fields__) + "\r\n").encode() if ask.format == "csv" else b""


async def _cases(shop_id: str, ask: PeriodAsk) -> AsyncIterator[bytes]:
    yield _head(CaseLine, ask)
    (at, until), case_id = _span(ask), ""
    own = [name for name in CaseLine.__struct_fields__ if name not in ("outcome", "reason")]
    while found := await whole_cases_after(shop_id, at, case_id, until, AT_ONCE):
        yield _lines(
            [
                CaseLine(
                    **{name: getattr(case, name) for name in own},
                    outcome=case.decision.get("outcome", ""), reason=case.decision.get("reason", ""),
                )
                for case in found
            ],
            ask,
        )  # fmt: skip
        at, case_id = found[-1].asked_at, found[-1].id


async def _refunds(shop_id: str, ask: PeriodAsk) -> AsyncIterator[bytes]:
    yield _head(LegRow, ask)
    (at, until), leg_id = _span(ask), ""
    while found := await legs_written(shop_id, at, leg_id, until, AT_ONCE):
        yield _lines([LegRow.of(leg) for leg in found], ask)
        at, leg_id = found[-1].created_at, found[-1].id


def _stream(parts: AsyncIterator[bytes], name: str, ask: PeriodAsk) -> Stream:
    headers = {"Content-Disposition": f'attachment; filename="{name}.{ask.format}"'}
    return Stream(parts, media_type=_TYPES[ask.format], headers=headers, status_code=200)


@post(
    "/v1/admin/exports/person",
    status_code=200,
    dependencies=STAFF,
    guards=_GUARDS,
    security=SECURITY,
    tags=TAGS,
    summary="Everything that is kept of a person",
    description="One JSON document to send to them (GDPR Art. 15 and 20); without orders where nothing is kept.",
    responses={200: ResponseSpec(dict[str, Any], description="The document.")}
    | problem_responses(FRESH | {422: "Nobody is named."}),
)
async def export_of_person(
    ports: NamedDependency[Ports], member: NamedDependency[Member], shop: NamedDependency[Shop],
    data: JSONBody[PersonExportAsk],
) -> Response[bytes]:  # fmt: skip
    if not (data.email or data.customer or data.orders):
        raise NobodyNamed()
    who = await person_of(ports, shop, data)
    await _noted(ports, member, "person")
    kept = await export_person(ports, shop, who)
    return Response(msgspec.json.encode(kept), media_type="application/json")


@post(
    "/v1/admin/exports/cases",
    status_code=200,
    media_type="text/csv",
    dependencies=STAFF,
    guards=_GUARDS,
    security=SECURITY,
    tags=TAGS,
    summary="The cases of a time",
    description="Oldest first. A text that a spreadsheet would take for a formula begins with an apostrophe.",
    responses=problem_responses(FRESH | {422: "A moment outside all calendars."}),
)
async def export_cases(
    ports: NamedDependency[Ports], member: NamedDependency[Member], data: JSONBody[PeriodAsk]
) -> Stream:
    since, until = _span(data)
    await _noted(ports, member, "cases", since=since.isoformat(), until=until.isoformat())
    return _stream(_cases(member.shop_id, data), "cases", data)


@post(
    "/v1/admin/exports/refunds",
    status_code=200,
    media_type="text/csv",
    dependencies=STAFF,
    guards=_GUARDS,
    security=SECURITY,
    tags=TAGS,
    summary="The refunds of a time",
    description="Oldest first. A text that a spreadsheet would take for a formula begins with an apostrophe.",
    responses=problem_responses(FRESH | {422: "A moment outside all calendars."}),
)
async def export_refunds(
    ports: NamedDependency[Ports], member: NamedDependency[Member], data: JSONBody[PeriodAsk]
) -> Stream:
    since, until = _span(data)
    await _noted(ports, member, "refunds", since=since.isoformat(), until=until.isoformat())
    return _stream(_refunds(member.shop_id, data), "refunds", data)


export_routes = [export_of_person, export_cases, export_refunds]
