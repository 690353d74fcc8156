"""Declarations of withdrawal: which wait, what was declared, and what a person says of one. Nobody refuses one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import JSONBody, QueryParameter, RawBody
from msgspec import Meta, Struct

from handlers.admin.case_bodies import StepAsk
from handlers.admin.entrance import SECURITY, STAFF, may
from handlers.admin.frame import KNOWN, ONCE, After, PageSize, cursor_of, once, place_of
from handlers.dependencies import PublicId
from handlers.idempotent import IdempotencyKey, Remember
from handlers.problems import problem_responses
from handlers.shopper.orders import LineAsk
from plugin.access.roles import Permission
from plugin.access.staff import Member
from plugin.db import Transaction
from plugin.journeys import withdrawal_desk as desk
from plugin.journeys.staff import Answered
from plugin.journeys.withdrawal_sentences import Ineffective
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop
from plugin.withdrawals.models import Withdrawal
from plugin.withdrawals.states import WithdrawalState
from plugin.withdrawals.store import get_withdrawal, lock_withdrawal, withdrawals_waiting

TAGS = ["Withdrawals"]
_DECIDES = [may(Permission.DECIDE_CASES)]
_NO_SUCH = {404: "The shop has no such declaration."}
_NOW = {409: "The declaration is not where this can be done (any more); `code` and `detail` say why."}

State = Annotated[
    WithdrawalState | None,
    QueryParameter(name="state", description="Only those in this state. Without it, all that were confirmed."),
]


class WithdrawalRow(Struct, frozen=True, kw_only=True):
    """A declaration where it stands. ``why`` is the stable word for why a person has it."""

    id: str
    number: Annotated[str, Meta(examples=["W-7K2M4QX"])]
    state: Annotated[str, Meta(examples=["with_person"])]
    why: str | None
    order_id: str | None
    order_number: Annotated[str, Meta(description="As it was declared.")]
    cases: tuple[str, ...]
    declared_at: datetime
    confirmed_at: datetime | None
    verified_at: datetime | None
    due_at: datetime | None
    closed_at: datetime | None
    ineffective_reason: str | None
    ineffective_by: str | None

    @classmethod
    def of(cls, found: Withdrawal) -> WithdrawalRow:
        return cls(
            id=found.id, number=found.number, state=found.state, why=found.person_reason, order_id=found.order_id,
            order_number=found.order_number, cases=tuple(found.cases), declared_at=found.declared_at,
            confirmed_at=found.confirmed_at, verified_at=found.verified_at, due_at=found.due_at,
            closed_at=found.closed_at, ineffective_reason=found.ineffective_reason,
            ineffective_by=found.ineffective_by,
        )  # fmt: skip


class WithdrawalWhole(Struct, frozen=True, kw_only=True):
    """A declaration with what was stated; empty where its person was erased. No ``items`` is the whole contract."""

    withdrawal: WithdrawalRow
    name: str
    contact: str
    items: str | None


class WithdrawalPage(Struct, frozen=True, kw_only=True):
    """``next`` asks for the page after this one; null on the last."""

    withdrawals: tuple[WithdrawalRow, ...]
    next: str | None


class AssignAsk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    order_id: Annotated[str, Meta(min_length=1, max_length=40, examples=["ord_01jd7vq2k9"])]


class EffectAsk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``{}`` is all that was declared; with ``lines`` only those, and ``rest`` is why not the others: whoever declared
    it is told."""

    lines: Annotated[list[LineAsk], Meta(max_length=1000)] = []
    rest: Ineffective | None = None


class IneffectiveAsk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    reason: Ineffective


_STANDS = {200: ResponseSpec(WithdrawalRow, description="The declaration as it stands now.")}


async def _step(
    ports: Ports, member: Member, route: str, withdrawal_id: str, key: str | None, body: bytes,
    do: Callable[[Answered], Awaitable[None]],
) -> Response[bytes]:  # fmt: skip
    await get_withdrawal(member.shop_id, withdrawal_id)

    async def use_case(remember: Remember) -> None:
        async def answered(tx: Transaction) -> None:
            await remember(tx, WithdrawalRow.of(await lock_withdrawal(tx, withdrawal_id)))

        await do(answered)

    return await once(ports, member, route, withdrawal_id, key, body, use_case)


@get(
    "/v1/admin/withdrawals",
    dependencies=STAFF,
    guards=[may(Permission.READ_CASES)],
    security=SECURITY,
    tags=TAGS,
    summary="Declarations of withdrawal",
    description="The last declared first. `state=with_person` is what waits for a person.",
    responses=problem_responses(KNOWN | {400: "A parameter is not exact, or `after` is no `next` of a page."}),
)
async def list_withdrawals(
    member: NamedDependency[Member], withdrawal_state: State = None, limit: PageSize = 50, after: After = None
) -> WithdrawalPage:
    found = await withdrawals_waiting(member.shop_id, withdrawal_state, limit + 1, place_of(after) if after else None)
    page, last = found[:limit], found[limit - 1] if len(found) > limit else None
    return WithdrawalPage(
        withdrawals=tuple(WithdrawalRow.of(each) for each in page),
        next=cursor_of(last.declared_at, last.id) if last else None,
    )


@get(
    "/v1/admin/withdrawals/{withdrawal_id:str}",
    dependencies=STAFF,
    guards=[may(Permission.READ_CASES)],
    security=SECURITY,
    tags=TAGS,
    summary="One declaration whole",
    responses=problem_responses(KNOWN | _NO_SUCH),
)
async def show_withdrawal(member: NamedDependency[Member], withdrawal_id: PublicId) -> WithdrawalWhole:
    found = await get_withdrawal(member.shop_id, withdrawal_id)
    return WithdrawalWhole(
        withdrawal=WithdrawalRow.of(found), name=found.name, contact=found.contact, items=found.items
    )


@post(
    "/v1/admin/withdrawals/{withdrawal_id:str}/assign",
    status_code=200,
    dependencies=STAFF,
    guards=_DECIDES,
    security=SECURITY,
    tags=TAGS,
    summary="Say which order a declaration means",
    responses=_STANDS
    | problem_responses(KNOWN | {404: "The shop has no such declaration, or no such order."} | ONCE | _NOW),
)
async def assign(
    ports: NamedDependency[Ports], member: NamedDependency[Member], shop: NamedDependency[Shop],
    withdrawal_id: PublicId, data: JSONBody[AssignAsk], body: RawBody, idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:  # fmt: skip
    async def do(answered: Answered) -> None:
        await desk.assign(ports, shop, withdrawal_id, data.order_id, member.actor, answered=answered)

    return await _step(ports, member, "wd.assign", withdrawal_id, idempotency_key, body, do)


@post(
    "/v1/admin/withdrawals/{withdrawal_id:str}/take-effect",
    status_code=200,
    dependencies=STAFF,
    guards=_DECIDES,
    security=SECURITY,
    tags=TAGS,
    summary="Let a declaration take effect",
    description="You answer for it that the customer has declared it and has the right. What has not left is "
    "cancelled, the rest is sent back, and the money follows.",
    responses=_STANDS
    | problem_responses(
        KNOWN
        | _NO_SUCH
        | ONCE
        | _NOW
        | {422: f"{ONCE[422]} Or it would leave something out, and `rest` does not say why."}
    ),
)
async def take_effect(
    ports: NamedDependency[Ports], member: NamedDependency[Member], shop: NamedDependency[Shop],
    withdrawal_id: PublicId, data: JSONBody[EffectAsk], body: RawBody, idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:  # fmt: skip
    lines: dict[str, int] = {}
    for line in data.lines:
        lines[line.line_id] = lines.get(line.line_id, 0) + line.quantity

    async def do(answered: Answered) -> None:
        await desk.let_take_effect(
            ports, shop, withdrawal_id, member.actor, lines or None, rest=data.rest, answered=answered
        )

    return await _step(ports, member, "wd.effect", withdrawal_id, idempotency_key, body, do)


@post(
    "/v1/admin/withdrawals/{withdrawal_id:str}/ineffective",
    status_code=200,
    dependencies=STAFF,
    guards=_DECIDES,
    security=SECURITY,
    tags=TAGS,
    summary="Say that a declaration has no effect",
    description="For one of the reasons that there are; whoever declared it is told.",
    responses=_STANDS | problem_responses(KNOWN | _NO_SUCH | ONCE | _NOW),
)
async def ineffective(
    ports: NamedDependency[Ports], member: NamedDependency[Member], shop: NamedDependency[Shop],
    withdrawal_id: PublicId, data: JSONBody[IneffectiveAsk], body: RawBody, idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:  # fmt: skip
    async def do(answered: Answered) -> None:
        await desk.call_ineffective(ports, shop, withdrawal_id, data.reason, member.actor, answered=answered)

    return await _step(ports, member, "wd.ineffective", withdrawal_id, idempotency_key, body, do)


@post(
    "/v1/admin/withdrawals/{withdrawal_id:str}/reopen",
    status_code=200,
    dependencies=STAFF,
    guards=_DECIDES,
    security=SECURITY,
    tags=TAGS,
    summary="Look once more at a declaration that was called ineffective",
    responses=_STANDS | problem_responses(KNOWN | _NO_SUCH | ONCE | _NOW),
)
async def reopen(
    ports: NamedDependency[Ports], member: NamedDependency[Member], shop: NamedDependency[Shop],
    withdrawal_id: PublicId, data: JSONBody[StepAsk], body: RawBody, idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:  # fmt: skip
    async def do(answered: Answered) -> None:
        await desk.look_again(ports, shop, withdrawal_id, member.actor, answered=answered)

    return await _step(ports, member, "wd.reopen", withdrawal_id, idempotency_key, body, do)


@post(
    "/v1/admin/withdrawals/{withdrawal_id:str}/close",
    status_code=200,
    dependencies=STAFF,
    guards=_DECIDES,
    security=SECURITY,
    tags=TAGS,
    summary="Close a declaration that was carried out by hand",
    responses=_STANDS | problem_responses(KNOWN | _NO_SUCH | ONCE | _NOW),
)
async def close(
    ports: NamedDependency[Ports], member: NamedDependency[Member], shop: NamedDependency[Shop],
    withdrawal_id: PublicId, data: JSONBody[StepAsk], body: RawBody, idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:  # fmt: skip
    async def do(answered: Answered) -> None:
        await desk.close(ports, shop, withdrawal_id, member.actor, answered=answered)

    return await _step(ports, member, "wd.close", withdrawal_id, idempotency_key, body, do)


withdrawal_routes = [list_withdrawals, show_withdrawal, assign, take_effect, ineffective, reopen, close]
