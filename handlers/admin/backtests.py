"""Trying a policy on the past: begin, look how far it is and what it found, stop it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import JSONBody, RawBody
from msgspec import Meta, Struct

from handlers.admin.case_bodies import StepAsk
from handlers.admin.entrance import SECURITY, STAFF, may
from handlers.admin.frame import KNOWN, ONCE, once
from handlers.dependencies import PublicId
from handlers.idempotent import IdempotencyKey, Remember
from handlers.problems import problem_responses
from plugin.access.roles import Permission
from plugin.access.staff import Member
from plugin.db import Transaction
from plugin.journeys.backtest_jobs import cancel_backtest, get_backtest, report_of, start_backtest
from plugin.policies.document import parse_policy
from plugin.policies.models import Backtest
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop

TAGS = ["Policies"]
_WRITES = [may(Permission.WRITE_POLICIES)]
_NO_SUCH = {404: "The shop has no such back-test."}


class BacktestAsk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A policy document, and on how many days of the past it is tried."""

    policy: dict[str, Any]
    days: Annotated[int, Meta(ge=1, le=3650)] = 90


class BacktestRow(Struct, frozen=True, kw_only=True):
    """How far a back-test is: ``done`` of ``total`` cases and orders."""

    id: str
    state: Annotated[str, Meta(description="queued, running, done, failed or cancelled.", examples=["running"])]
    days: int
    done: int
    total: int
    document_hash: str
    asked_by: str
    asked_at: datetime
    finished_at: datetime | None
    problem: str | None

    @classmethod
    def of(cls, job: Backtest) -> BacktestRow:
        return cls(**{name: getattr(job, name) for name in BacktestRow.__struct_fields__})


class BacktestView(BacktestRow, frozen=True, kw_only=True):
    """With the figures so far: ``asks`` are what was asked for, ``orders`` what could be asked for now, by action."""

    result: dict[str, Any]

    @classmethod
    def of(cls, job: Backtest) -> BacktestView:
        fields = {name: getattr(job, name) for name in BacktestRow.__struct_fields__}
        return cls(**fields, result=msgspec.to_builtins(report_of(job)))


@post(
    "/v1/admin/policies/backtests",
    status_code=202,
    dependencies=STAFF,
    guards=_WRITES,
    security=SECURITY,
    tags=TAGS,
    summary="Begin to try a policy on the past",
    description="Against the version that is live now. One at a time for a shop.",
    responses={202: ResponseSpec(BacktestRow, description="It has begun; look at it by its id.")}
    | problem_responses(
        KNOWN
        | ONCE
        | {
            409: "No policy is live, another back-test still runs, or the first call with this key does.",
            422: "This is no policy, or the key was used with another body.",
        }
    ),
)
async def start(
    ports: NamedDependency[Ports], member: NamedDependency[Member], shop: NamedDependency[Shop],
    data: JSONBody[BacktestAsk], body: RawBody, idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:  # fmt: skip
    policy = parse_policy(data.policy)

    async def use_case(remember: Remember) -> None:
        async def answered(tx: Transaction, job: Backtest) -> None:
            await remember(tx, BacktestRow.of(job))

        await start_backtest(ports, shop, policy, days=data.days, by=member.actor, answered=answered)

    return await once(ports, member, "backtest.start", "shop", idempotency_key, body, use_case, status=202)


@get(
    "/v1/admin/policies/backtests/{backtest_id:str}",
    dependencies=STAFF,
    guards=[may(Permission.READ_POLICIES)],
    security=SECURITY,
    tags=TAGS,
    summary="How far a back-test is, and what it found",
    responses=problem_responses(KNOWN | _NO_SUCH),
)
async def show(member: NamedDependency[Member], backtest_id: PublicId) -> BacktestView:
    return BacktestView.of(await get_backtest(member.shop_id, backtest_id))


@post(
    "/v1/admin/policies/backtests/{backtest_id:str}/cancel",
    status_code=200,
    dependencies=STAFF,
    guards=_WRITES,
    security=SECURITY,
    tags=TAGS,
    summary="Stop a back-test",
    description="One that is over stays as it is; so it may be sent as often as one likes.",
    responses=problem_responses(KNOWN | _NO_SUCH),
)
async def cancel(
    ports: NamedDependency[Ports], member: NamedDependency[Member], backtest_id: PublicId, data: JSONBody[StepAsk]
) -> BacktestRow:
    return BacktestRow.of(await cancel_backtest(ports, member.shop_id, backtest_id))


backtest_routes = [start, show, cancel]
