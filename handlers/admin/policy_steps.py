"""Writing and publishing policies. Each step names what its caller has seen, and the later of two is told so."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from litestar import Response, delete, post, put
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import HeaderParameter, JSONBody, RawBody

from handlers.admin.case_bodies import StepAsk
from handlers.admin.entrance import SECURITY, STAFF, fresh, may
from handlers.admin.frame import FRESH, KNOWN, ONCE, in_utc, once
from handlers.admin.policies import VersionNumber
from handlers.admin.policy_bodies import PromoteAsk, PublishAsk, RollBackAsk, ScheduleAsk, VersionRow, VersionWhole
from handlers.idempotent import IdempotencyKey, Remember
from handlers.problems import problem_responses
from plugin.access.roles import Permission
from plugin.access.staff import Member
from plugin.db import Transaction, transaction
from plugin.policies import service
from plugin.policies.document import parse_policy
from plugin.policies.models import PolicyVersion
from plugin.policies.store import number_from
from plugin.ports.runtime import Ports

TAGS = ["Policies"]
_WRITES = [may(Permission.WRITE_POLICIES)]
_PUBLISHES = [may(Permission.PUBLISH_POLICIES), fresh]
_DRAFT = {404: "There is no draft."}
_FASTER = {409: "Somebody else was faster; `code`, `by` and `at` say who and how."}
_PUBLISHED = {200: ResponseSpec(VersionRow, description="The version as it stands now.")}
_SECOND = FRESH | {403: "Your role may not do this, `reauthenticate`, or `second_person_needed`."}
_UNSOUND = {422: "The key was used with another body, or the policy has errors that keep it from being published."}

IfMatch = Annotated[
    str | None,
    HeaderParameter(
        name="If-Match", required=False, max_length=80,
        description="The `hash` of the draft that this one replaces; without it there must be none.",
    ),
]  # fmt: skip


def _seen(if_match: str | None) -> str | None:
    return if_match.strip().strip('"') if if_match is not None else None


@put(
    "/v1/admin/policies/draft",
    dependencies=STAFF,
    guards=_WRITES,
    security=SECURITY,
    tags=TAGS,
    summary="Save the draft",
    description="The same document again changes nothing.",
    responses=problem_responses(KNOWN | _DRAFT | _FASTER | {422: "This is no policy; `row` and `field` say where."}),
)
async def save_draft(
    ports: NamedDependency[Ports], member: NamedDependency[Member], data: JSONBody[dict[str, Any]],
    if_match: IfMatch = None,
) -> VersionWhole:  # fmt: skip
    policy = parse_policy(data)
    async with transaction(ports.doorbell) as tx:
        saved = await service.save_draft(
            tx, shop_id=member.shop_id, policy=policy, by=member.actor, at=ports.clock.now(), expected=_seen(if_match)
        )
    return VersionWhole.of(saved)


@delete(
    "/v1/admin/policies/draft",
    dependencies=STAFF,
    guards=_WRITES,
    security=SECURITY,
    tags=TAGS,
    summary="Throw the draft away",
    responses=problem_responses(KNOWN | _DRAFT | _FASTER),
)
async def discard_draft(
    ports: NamedDependency[Ports], member: NamedDependency[Member], if_match: IfMatch = None
) -> None:
    async with transaction(ports.doorbell) as tx:
        await service.discard_draft(
            tx, shop_id=member.shop_id, draft=_seen(if_match) or "", by=member.actor, at=ports.clock.now()
        )


Put = Callable[[Transaction], Awaitable[PolicyVersion]]


async def _publish(
    ports: Ports, member: Member, route: str, key: str | None, body: bytes, put_live: Put
) -> Response[bytes]:
    async def use_case(remember: Remember) -> None:
        async with transaction(ports.doorbell) as tx:
            await remember(tx, VersionRow.of(await put_live(tx)))

    return await once(ports, member, f"policy.{route}", "live", key, body, use_case)


@post(
    "/v1/admin/policies/draft/publish",
    status_code=200,
    dependencies=STAFF,
    guards=_PUBLISHES,
    security=SECURITY,
    tags=TAGS,
    summary="Publish the draft",
    description="Where the shop wants a second person, a colleague of whoever wrote it does this: that is the "
    "approval.",
    responses=_PUBLISHED | problem_responses(_SECOND | _DRAFT | _FASTER | ONCE | _UNSOUND),
)
async def publish_draft(
    ports: NamedDependency[Ports], member: NamedDependency[Member], data: JSONBody[PublishAsk], body: RawBody,
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:  # fmt: skip
    async def put_live(tx: Transaction) -> PolicyVersion:
        return await service.publish_draft(
            tx, shop_id=member.shop_id, draft=data.draft, by=member.actor, at=ports.clock.now(),
            expected_live=data.expected_live,
        )  # fmt: skip

    return await _publish(ports, member, "publish", idempotency_key, body, put_live)


@post(
    "/v1/admin/policies/draft/schedule",
    status_code=200,
    dependencies=STAFF,
    guards=_PUBLISHES,
    security=SECURITY,
    tags=TAGS,
    summary="Have the draft decide from a time on",
    responses=_PUBLISHED
    | problem_responses(
        _SECOND | _DRAFT | _FASTER | ONCE | {422: "The key was used before, the time is over, or it has errors."}
    ),
)
async def schedule_draft(
    ports: NamedDependency[Ports], member: NamedDependency[Member], data: JSONBody[ScheduleAsk], body: RawBody,
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:  # fmt: skip
    async def put_live(tx: Transaction) -> PolicyVersion:
        return await service.schedule_draft(
            tx, shop_id=member.shop_id, draft=data.draft, live_from=in_utc(data.live_from), by=member.actor,
            at=ports.clock.now(),
        )  # fmt: skip

    return await _publish(ports, member, "schedule", idempotency_key, body, put_live)


@post(
    "/v1/admin/policies/scheduled/unschedule",
    status_code=200,
    dependencies=STAFF,
    guards=_PUBLISHES,
    security=SECURITY,
    tags=TAGS,
    summary="Take the scheduled version back to a draft",
    responses=_PUBLISHED | problem_responses(FRESH | _FASTER | ONCE | {404: "No version is scheduled."}),
)
async def unschedule(
    ports: NamedDependency[Ports], member: NamedDependency[Member], data: JSONBody[StepAsk], body: RawBody,
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:  # fmt: skip
    async def take_back(tx: Transaction) -> PolicyVersion:
        return await service.unschedule(tx, shop_id=member.shop_id, by=member.actor, at=ports.clock.now())

    return await _publish(ports, member, "back", idempotency_key, body, take_back)


@post(
    "/v1/admin/policies/versions/{number:str}/publish",
    status_code=200,
    dependencies=STAFF,
    guards=_PUBLISHES,
    security=SECURITY,
    tags=TAGS,
    summary="Roll back: publish an old version again",
    description="Its document becomes live under a number of its own, with the same hash.",
    responses=_PUBLISHED
    | problem_responses(_SECOND | _FASTER | ONCE | _UNSOUND | {404: "There never was a version of this number."}),
)
async def roll_back(
    ports: NamedDependency[Ports], member: NamedDependency[Member], number: VersionNumber, data: JSONBody[RollBackAsk],
    body: RawBody, idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:  # fmt: skip
    wanted = number_from(number)

    async def put_live(tx: Transaction) -> PolicyVersion:
        return await service.publish_again(
            tx, shop_id=member.shop_id, number=wanted, by=member.actor, at=ports.clock.now(),
            expected_live=data.expected_live,
        )  # fmt: skip

    return await _publish(ports, member, f"v{wanted}", idempotency_key, body, put_live)


@post(
    "/v1/admin/policies/promote",
    status_code=200,
    dependencies=STAFF,
    guards=_PUBLISHES,
    security=SECURITY,
    tags=TAGS,
    summary="Trust a row further, or less",
    description="Publishes the live policy with this one change; with `as_draft` a colleague does.",
    responses=_PUBLISHED
    | problem_responses(_SECOND | _FASTER | ONCE | _UNSOUND | {404: "The live policy has no row of this name."}),
)
async def promote(
    ports: NamedDependency[Ports], member: NamedDependency[Member], data: JSONBody[PromoteAsk], body: RawBody,
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:  # fmt: skip
    async def put_live(tx: Transaction) -> PolicyVersion:
        at, by = ports.clock.now(), member.actor
        if data.as_draft:
            return await service.draft_promotion(
                tx, shop_id=member.shop_id, row=data.row, mode=data.mode, by=by, at=at
            )  # fmt: skip
        return await service.promote(
            tx, shop_id=member.shop_id, row=data.row, mode=data.mode, by=by, at=at, expected_live=data.expected_live
        )

    return await _publish(ports, member, "promote", idempotency_key, body, put_live)


policy_step_routes = [save_draft, discard_draft, publish_draft, schedule_draft, unschedule, roll_back, promote]
