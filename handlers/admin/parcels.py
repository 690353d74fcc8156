"""Parcels that are awaited, what a person has seen of them, and debits: what was paid too early and too much."""

from __future__ import annotations

from typing import Annotated
from uuid import uuid4

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import JSONBody, QueryParameter, RawBody
from msgspec import Struct

from handlers.admin.case_bodies import StepAsk
from handlers.admin.entrance import SECURITY, STAFF, fresh, may
from handlers.admin.frame import (
    FRESH,
    KNOWN,
    ONCE,
    After,
    PageSize,
    cursor_of,
    in_utc,
    once,
    place_of,
)
from handlers.admin.goods_bodies import DebitPage, DebitRow, LabelAsk, ParcelPage, ParcelRow, SeenAsk
from handlers.dependencies import PublicId
from handlers.idempotent import IdempotencyKey, Remember
from handlers.problems import problem_responses
from plugin.access.roles import Permission
from plugin.access.staff import Member
from plugin.cases.store import get_case
from plugin.db import Transaction
from plugin.journeys.debits import settle_debit, waive_debit
from plugin.journeys.labels import give_label
from plugin.journeys.parcel_moved import STAFF as BY_STAFF
from plugin.journeys.parcel_moved import News, parcel_seen
from plugin.parcels.models import Parcel
from plugin.parcels.states import ParcelState
from plugin.parcels.store import get_parcel, parcels_awaited
from plugin.ports.runtime import Ports
from plugin.refunds.debits import DebitState, debits_in, get_debit
from plugin.refunds.models import Debit
from plugin.shops.models import Shop
from plugin.shops.service import carrier_secrets, webhook_secrets

TAGS = ["Goods"]
_DECIDES = [may(Permission.DECIDE_CASES)]
_MOVES_MONEY = [may(Permission.MOVE_MONEY), fresh]
_NO_PARCEL = {404: "The shop has no such parcel."}
_NO_DEBIT = {404: "The shop has no such debit."}
_BAD_PAGE = {400: "A parameter is not exact, or `after` is no `next` of a page."}
_RUNNING = {409: "The first call with this key is still running."}
_PARCEL = {200: ResponseSpec(ParcelRow, description="The parcel as it stands now.")}
_DEBIT = {200: ResponseSpec(DebitRow, description="The debit, closed.")}
_AWAITED = (ParcelState.LABEL, ParcelState.IN_TRANSIT, ParcelState.RECEIVED)

State = Annotated[ParcelState | None, QueryParameter(name="state", description="Only those in this state.")]
Which = Annotated[DebitState, QueryParameter(name="state", description="Those in this state.")]


@get(
    "/v1/admin/parcels",
    dependencies=STAFF,
    guards=[may(Permission.READ_CASES)],
    security=SECURITY,
    tags=TAGS,
    summary="Parcels on their way back",
    description="Those that are awaited, or here and not inspected, the one with the nearest last day first.",
    responses=problem_responses(KNOWN | _BAD_PAGE),
)
async def list_parcels(
    member: NamedDependency[Member], parcel_state: State = None, limit: PageSize = 50, after: After = None
) -> ParcelPage:
    states = [parcel_state] if parcel_state else list(_AWAITED)
    found = await parcels_awaited(member.shop_id, states, limit + 1, place_of(after) if after else None)
    last = found[limit - 1][0] if len(found) > limit else None
    return ParcelPage(
        parcels=tuple(ParcelRow.of(parcel, case) for parcel, case in found[:limit]),
        next=cursor_of(last.send_by, last.id) if last else None,
    )


@post(
    "/v1/admin/parcels/{parcel_id:str}/seen",
    status_code=200,
    dependencies=STAFF,
    guards=_DECIDES,
    security=SECURITY,
    tags=TAGS,
    summary="Say that a parcel was seen, or is lost",
    description="What the policy pays at that moment is paid.",
    responses=_PARCEL | problem_responses(KNOWN | _NO_PARCEL | ONCE | _RUNNING),
)
async def see_parcel(
    ports: NamedDependency[Ports], member: NamedDependency[Member], shop: NamedDependency[Shop], parcel_id: PublicId,
    data: JSONBody[SeenAsk], body: RawBody, idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:  # fmt: skip
    case = await get_case(member.shop_id, (await get_parcel(member.shop_id, parcel_id)).case_id)
    happened_at = in_utc(data.happened_at) if data.happened_at else ports.clock.now()
    news = News(data.kind, BY_STAFF, uuid4().hex, happened_at)

    async def use_case(remember: Remember) -> None:
        async def answered(tx: Transaction, parcel: Parcel) -> None:
            await remember(tx, ParcelRow.of(parcel, case))

        await parcel_seen(ports, shop, parcel_id, news, member.actor, answered=answered)

    return await once(ports, member, "parcel.seen", parcel_id, idempotency_key, body, use_case)


@post(
    "/v1/admin/parcels/{parcel_id:str}/label",
    status_code=200,
    dependencies=STAFF,
    guards=_DECIDES,
    security=SECURITY,
    tags=TAGS,
    summary="Give a parcel the shop's label",
    description="Add the file to the case first, with `purpose=label`. The shopper fetches it from their page.",
    responses=_PARCEL | problem_responses(KNOWN | _NO_PARCEL | ONCE | {409: "Nothing is to be sent in it (any more)."}),
)
async def label_parcel(
    ports: NamedDependency[Ports], member: NamedDependency[Member], shop: NamedDependency[Shop], parcel_id: PublicId,
    data: JSONBody[LabelAsk], body: RawBody, idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:  # fmt: skip
    case = await get_case(member.shop_id, (await get_parcel(member.shop_id, parcel_id)).case_id)

    async def use_case(remember: Remember) -> None:
        async def answered(tx: Transaction, parcel: Parcel) -> None:
            await remember(tx, ParcelRow.of(parcel, case))

        await give_label(ports, shop, parcel_id, data.file_id, member.actor, answered=answered)

    return await once(ports, member, "parcel.label", parcel_id, idempotency_key, body, use_case)


@get(
    "/v1/admin/debits",
    dependencies=STAFF,
    guards=[may(Permission.READ_CASES)],
    security=SECURITY,
    tags=TAGS,
    summary="What was paid too early and too much",
    description="Nobody is charged for it: a person settles it with the shopper, or waives it. The oldest first.",
    responses=problem_responses(KNOWN | _BAD_PAGE),
)
async def list_debits(
    member: NamedDependency[Member], debit_state: Which = DebitState.OPEN, limit: PageSize = 50, after: After = None
) -> DebitPage:
    found = await debits_in(member.shop_id, debit_state, limit + 1, place_of(after) if after else None)
    last = found[limit - 1] if len(found) > limit else None
    return DebitPage(
        debits=tuple(DebitRow.of(each) for each in found[:limit]),
        next=cursor_of(last.created_at, last.id) if last else None,
    )


@post(
    "/v1/admin/debits/{debit_id:str}/settle",
    status_code=200,
    dependencies=STAFF,
    guards=_MOVES_MONEY,
    security=SECURITY,
    tags=TAGS,
    summary="The shopper has paid a debit back",
    description="What was not accepted may be asked for again.",
    responses=_DEBIT | problem_responses(FRESH | _NO_DEBIT | ONCE | {409: "It was closed before."}),
)
async def settle(
    ports: NamedDependency[Ports], member: NamedDependency[Member], shop: NamedDependency[Shop], debit_id: PublicId,
    data: JSONBody[StepAsk], body: RawBody, idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:  # fmt: skip
    return await _close(ports, member, shop, debit_id, DebitState.SETTLED, idempotency_key, body)


@post(
    "/v1/admin/debits/{debit_id:str}/waive",
    status_code=200,
    dependencies=STAFF,
    guards=_MOVES_MONEY,
    security=SECURITY,
    tags=TAGS,
    summary="Let a debit off",
    responses=_DEBIT | problem_responses(FRESH | _NO_DEBIT | ONCE | {409: "It was closed before."}),
)
async def waive(
    ports: NamedDependency[Ports], member: NamedDependency[Member], shop: NamedDependency[Shop], debit_id: PublicId,
    data: JSONBody[StepAsk], body: RawBody, idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:  # fmt: skip
    return await _close(ports, member, shop, debit_id, DebitState.WAIVED, idempotency_key, body)


async def _close(
    ports: Ports, member: Member, shop: Shop, debit_id: str, state: DebitState, key: str | None, body: bytes
) -> Response[bytes]:
    await get_debit(member.shop_id, debit_id)
    close = settle_debit if state is DebitState.SETTLED else waive_debit

    async def use_case(remember: Remember) -> None:
        async def answered(tx: Transaction, debit: Debit) -> None:
            await remember(tx, DebitRow.of(debit))

        await close(ports, shop, debit_id, member.actor, answered=answered)

    return await once(ports, member, f"debit.{state}", debit_id, key, body, use_case)


class CarrierSecret(Struct, frozen=True):
    """What signs reports on parcels, as Standard Webhooks writes it."""

    secret: str


@get(
    "/v1/admin/carrier-secret",
    dependencies=STAFF,
    guards=[may(Permission.MANAGE_SHOP), fresh],
    security=SECURITY,
    tags=TAGS,
    summary="The secret that carriers sign with",
    description="For `/hooks/{shop}/carrier`. It changes with the secret of the shop's webhooks, and signs no order.",
    responses=problem_responses(FRESH),
)
async def show_carrier_secret(
    ports: NamedDependency[Ports], member: NamedDependency[Member], shop: NamedDependency[Shop]
) -> CarrierSecret:
    return CarrierSecret(carrier_secrets(webhook_secrets(ports.vault, shop))[0])


parcel_routes = [show_carrier_secret, list_parcels, see_parcel, label_parcel, list_debits, settle, waive]
