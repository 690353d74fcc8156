"""What a person does with a case. Each step happens once, whoever else is at the same case: the second gets a 409."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import JSONBody, RawBody

from handlers.admin.case_bodies import CaseRow, LessAsk, OverrideAsk, PayStepAsk, StepAsk
from handlers.admin.entrance import SECURITY, STAFF, fresh, may
from handlers.admin.frame import FRESH, KNOWN, ONCE, once
from handlers.dependencies import PublicId
from handlers.idempotent import IdempotencyKey, Remember
from handlers.problems import problem_responses
from plugin.access.roles import Permission
from plugin.access.staff import PROOF_LASTS, Member
from plugin.cases.models import Case
from plugin.cases.store import get_case, lock_case
from plugin.db import Transaction
from plugin.journeys import staff
from plugin.journeys.on_desk import Less
from plugin.journeys.override import override
from plugin.journeys.pay_owed import pay_owed
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop

TAGS = ["Cases"]
DECIDES = [may(Permission.DECIDE_CASES)]
MOVES_MONEY = [may(Permission.MOVE_MONEY), fresh]
NO_SUCH = {404: "The shop has no such case."}
MOVED = {200: ResponseSpec(CaseRow, description="The case as it stands now.")}
NOW = {409: "The case is not where this can be done (any more); `code` and `detail` say why."}
_LESS = {422: "The key was used with another body, or the amount is not less than what is owed."}

Do = Callable[[staff.Answered], Awaitable[object]]


async def step(
    ports: Ports, member: Member, route: str, case_id: str, key: str | None, body: bytes, do: Do
) -> Response[bytes]:
    await get_case(member.shop_id, case_id)

    async def use_case(remember: Remember) -> None:
        async def answered(tx: Transaction) -> None:
            await remember(tx, CaseRow.of(await lock_case(tx, case_id), ports.clock.now()))

        await do(answered)

    return await once(ports, member, route, case_id, key, body, use_case)


def moves_money(ports: Ports, member: Member) -> bool:
    """Whether this person may decide on money just now."""
    return member.may(Permission.MOVE_MONEY) and ports.clock.now() - member.proved_at <= PROOF_LASTS


def _less(ports: Ports, member: Member, ask: LessAsk | None) -> Less | None:
    """Paying less than was decided is a decision on money; raises ``NotAllowed`` and ``Reauthenticate``."""
    if ask is None:
        return None
    member.check_may(Permission.MOVE_MONEY)
    member.check_fresh(ports.clock.now())
    return Less(ask.amount, ask.reason)


@post(
    "/v1/admin/cases/{case_id:str}/approve",
    status_code=200,
    dependencies=STAFF,
    guards=DECIDES,
    security=SECURITY,
    tags=TAGS,
    summary="Approve a case under review",
    description="The store is asked, and the money follows. With `less`, or on an order whose money was stopped, it "
    "needs `move_money` and a fresh sign-in.",
    responses=MOVED | problem_responses(FRESH | NO_SUCH | ONCE | NOW | _LESS),
)
async def approve(
    ports: NamedDependency[Ports], member: NamedDependency[Member], shop: NamedDependency[Shop], case_id: PublicId,
    data: JSONBody[PayStepAsk], body: RawBody, idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:  # fmt: skip
    less = _less(ports, member, data.less)
    unfreezes = moves_money(ports, member)

    async def do(answered: staff.Answered) -> None:
        await staff.approve(ports, shop, case_id, member.actor, less, unfreezes=unfreezes, answered=answered)

    return await step(ports, member, "case.approve", case_id, idempotency_key, body, do)


@post(
    "/v1/admin/cases/{case_id:str}/refuse",
    status_code=200,
    dependencies=STAFF,
    guards=DECIDES,
    security=SECURITY,
    tags=TAGS,
    summary="Refuse a case",
    description="Nothing is paid back, and the shopper is told what is possible instead.",
    responses=MOVED | problem_responses(KNOWN | NO_SUCH | ONCE | NOW),
)
async def refuse(
    ports: NamedDependency[Ports], member: NamedDependency[Member], shop: NamedDependency[Shop], case_id: PublicId,
    data: JSONBody[StepAsk], body: RawBody, idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:  # fmt: skip
    async def do(answered: staff.Answered) -> None:
        await staff.refuse(ports, shop, case_id, member.actor, answered=answered)

    return await step(ports, member, "case.refuse", case_id, idempotency_key, body, do)


@post(
    "/v1/admin/cases/{case_id:str}/override",
    status_code=201,
    dependencies=STAFF,
    guards=MOVES_MONEY,
    security=SECURITY,
    tags=TAGS,
    summary="Grant what was refused",
    description="Opens a new case of goodwill and approves it; the refused one stays as it is. What cannot be done at "
    "all, because it has shipped or is cancelled, is answered `cannot_be_done`.",
    responses={201: ResponseSpec(CaseRow, description="The new case.")}
    | problem_responses(FRESH | NO_SUCH | ONCE | NOW),
)
async def override_case(
    ports: NamedDependency[Ports], member: NamedDependency[Member], shop: NamedDependency[Shop], case_id: PublicId,
    data: JSONBody[OverrideAsk], body: RawBody, idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:  # fmt: skip
    await get_case(member.shop_id, case_id)

    async def use_case(remember: Remember) -> None:
        async def answered(tx: Transaction, granted: Case) -> None:
            await remember(tx, CaseRow.of(granted, ports.clock.now()))

        await override(ports, shop, case_id, member.actor, data.reason, answered=answered)

    return await once(ports, member, "case.override", case_id, idempotency_key, body, use_case, status=201)


@post(
    "/v1/admin/cases/{case_id:str}/ask-again",
    status_code=200,
    dependencies=STAFF,
    guards=DECIDES,
    security=SECURITY,
    tags=TAGS,
    summary="Ask the store once more",
    description="After what kept it from answering is mended. With `less` it needs `move_money` and a fresh sign-in.",
    responses=MOVED | problem_responses(FRESH | NO_SUCH | ONCE | NOW | _LESS),
)
async def ask_again(
    ports: NamedDependency[Ports], member: NamedDependency[Member], shop: NamedDependency[Shop], case_id: PublicId,
    data: JSONBody[PayStepAsk], body: RawBody, idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:  # fmt: skip
    less = _less(ports, member, data.less)

    async def do(answered: staff.Answered) -> None:
        await staff.ask_again(ports, shop, case_id, member.actor, less, answered=answered)

    return await step(ports, member, "case.ask", case_id, idempotency_key, body, do)


@post(
    "/v1/admin/cases/{case_id:str}/store-cancelled",
    status_code=200,
    dependencies=STAFF,
    guards=MOVES_MONEY,
    security=SECURITY,
    tags=TAGS,
    summary="Confirm by hand that the store has cancelled",
    description="You have cancelled in the store's own admin: the money may go, all of it or `less`.",
    responses=MOVED | problem_responses(FRESH | NO_SUCH | ONCE | NOW | _LESS),
)
async def store_cancelled(
    ports: NamedDependency[Ports], member: NamedDependency[Member], shop: NamedDependency[Shop], case_id: PublicId,
    data: JSONBody[PayStepAsk], body: RawBody, idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:  # fmt: skip
    less = _less(ports, member, data.less)

    async def do(answered: staff.Answered) -> None:
        await staff.confirmed_by_hand(ports, shop, case_id, member.actor, less, answered=answered)

    return await step(ports, member, "case.cancelled", case_id, idempotency_key, body, do)


@post(
    "/v1/admin/cases/{case_id:str}/pay",
    status_code=200,
    dependencies=STAFF,
    guards=MOVES_MONEY,
    security=SECURITY,
    tags=TAGS,
    summary="Pay what the order's payments could not give when it was due",
    description="They are read again first, and can give it by now; or you pay back `less`.",
    responses=MOVED | problem_responses(FRESH | NO_SUCH | ONCE | NOW | _LESS),
)
async def pay(
    ports: NamedDependency[Ports], member: NamedDependency[Member], shop: NamedDependency[Shop], case_id: PublicId,
    data: JSONBody[PayStepAsk], body: RawBody, idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:  # fmt: skip
    less = _less(ports, member, data.less)

    async def do(answered: staff.Answered) -> None:
        await pay_owed(ports, shop, case_id, member.actor, less, answered=answered)

    return await step(ports, member, "case.pay", case_id, idempotency_key, body, do)


@post(
    "/v1/admin/cases/{case_id:str}/close",
    status_code=200,
    dependencies=STAFF,
    guards=DECIDES,
    security=SECURITY,
    tags=TAGS,
    summary="Close a case that is with a person",
    description="Everything about it is in order.",
    responses=MOVED | problem_responses(KNOWN | NO_SUCH | ONCE | NOW),
)
async def close(
    ports: NamedDependency[Ports], member: NamedDependency[Member], shop: NamedDependency[Shop], case_id: PublicId,
    data: JSONBody[StepAsk], body: RawBody, idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:  # fmt: skip
    async def do(answered: staff.Answered) -> None:
        await staff.close(ports, shop, case_id, member.actor, answered=answered)

    return await step(ports, member, "case.close", case_id, idempotency_key, body, do)


@post(
    "/v1/admin/cases/{case_id:str}/unfreeze",
    status_code=200,
    dependencies=STAFF,
    guards=MOVES_MONEY,
    security=SECURITY,
    tags=TAGS,
    summary="Let the money of a stopped order flow again",
    description="You have looked at what had stopped it. Of an order that is not stopped nothing changes.",
    responses=MOVED
    | problem_responses(FRESH | NO_SUCH | ONCE | {409: "The first call with this key is still running."}),
)
async def unfreeze(
    ports: NamedDependency[Ports], member: NamedDependency[Member], shop: NamedDependency[Shop], case_id: PublicId,
    data: JSONBody[StepAsk], body: RawBody, idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:  # fmt: skip
    async def do(answered: staff.Answered) -> None:
        await staff.let_money_flow(ports, shop, case_id, member.actor, answered=answered)

    return await step(ports, member, "case.unfreeze", case_id, idempotency_key, body, do)


case_step_routes = [approve, refuse, override_case, ask_again, store_cancelled, pay, close, unfreeze]
