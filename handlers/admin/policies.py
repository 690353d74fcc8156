"""Reading policies: the versions, the schema, what is wrong with a document, what it would change, and agreement."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Annotated, Any

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter, QueryParameter

from handlers.admin.entrance import SECURITY, STAFF, may
from handlers.admin.frame import KNOWN, BadCursor, PageSize
from handlers.admin.policy_bodies import (
    AgreementRow,
    AgreementView,
    ChangeView,
    CheckView,
    DiffView,
    RemarkView,
    VersionPage,
    VersionRow,
    VersionWhole,
)
from handlers.problems import problem_responses
from plugin.access import rate
from plugin.access.roles import Permission
from plugin.access.staff import Member
from plugin.cases.trust import agreement
from plugin.policies.diff import compare
from plugin.policies.document import parse_policy, policy_hash, policy_schema
from plugin.policies.lint import has_errors, lint
from plugin.policies.states import VersionState
from plugin.policies.store import number_from, numbered_version, page_of_versions, version_that_is
from plugin.policies.versions import policy_of
from plugin.ports.runtime import Ports

TAGS = ["Policies"]
READS = [may(Permission.READ_POLICIES)]
COMPARISONS = 240  # an hour and shop: each may take seconds of a core
STEPS = 1_000_000  # of one comparison; some three seconds
BAD = {422: "This is no policy; `row` and `field` say where.", 429: "Too many comparisons; see Retry-After."}

# As text, so that who is not signed in is told that before anything is said of the number.
VersionNumber = Annotated[str, PathParameter(max_length=40, description="The number of a version.")]
Country = Annotated[
    list[str] | None, QueryParameter(max_items=60, description="Where you sell to; without it, everywhere.")
]


@get(
    "/v1/admin/policies",
    dependencies=STAFF,
    guards=READS,
    security=SECURITY,
    tags=TAGS,
    summary="The versions of the policy",
    description="The draft and the scheduled one first, then those that were live, newest first.",
    responses=problem_responses(KNOWN | {400: "A parameter is not exact, or `after` is no `next` of a page."}),
)
async def list_versions(
    member: NamedDependency[Member],
    limit: PageSize = 50,
    after: Annotated[str | None, QueryParameter(max_length=10, description="The `next` of the page before.")] = None,
) -> VersionPage:
    if after is not None and not (after.isascii() and after.isdecimal() and int(after) < 2**31):
        raise BadCursor(param="after")
    found = await page_of_versions(member.shop_id, limit + 1, int(after) if after else None)
    last = found[limit - 1] if len(found) > limit else None
    return VersionPage(
        versions=tuple(VersionRow.of(version) for version in found[:limit]),
        next=str(last.number if last.number is not None else 2**31 - 1) if last else None,
    )


@get(
    "/v1/admin/policies/schema",
    dependencies=STAFF,
    guards=READS,
    security=SECURITY,
    tags=TAGS,
    summary="The JSON Schema of a policy document",
    responses=problem_responses(KNOWN),
)
async def show_schema() -> dict[str, Any]:
    return policy_schema()


@get(
    "/v1/admin/policies/live",
    dependencies=STAFF,
    guards=READS,
    security=SECURITY,
    tags=TAGS,
    summary="The version that decides",
    responses=problem_responses(KNOWN | {409: "The shop has not published a policy yet."}),
)
async def show_live(member: NamedDependency[Member]) -> VersionWhole:
    return VersionWhole.of(await version_that_is(member.shop_id, VersionState.LIVE))


@get(
    "/v1/admin/policies/draft",
    dependencies=STAFF,
    guards=READS,
    security=SECURITY,
    tags=TAGS,
    summary="The draft",
    responses=problem_responses(KNOWN | {404: "There is no draft."}),
)
async def show_draft(member: NamedDependency[Member]) -> VersionWhole:
    return VersionWhole.of(await version_that_is(member.shop_id, VersionState.DRAFT))


@get(
    "/v1/admin/policies/scheduled",
    dependencies=STAFF,
    guards=READS,
    security=SECURITY,
    tags=TAGS,
    summary="The scheduled version",
    responses=problem_responses(KNOWN | {404: "No version is scheduled."}),
)
async def show_scheduled(member: NamedDependency[Member]) -> VersionWhole:
    return VersionWhole.of(await version_that_is(member.shop_id, VersionState.SCHEDULED))


@get(
    "/v1/admin/policies/versions/{number:str}",
    dependencies=STAFF,
    guards=READS,
    security=SECURITY,
    tags=TAGS,
    summary="A version that was live, by its number",
    responses=problem_responses(KNOWN | {404: "There never was a version of this number."}),
)
async def show_version(member: NamedDependency[Member], number: VersionNumber) -> VersionWhole:
    return VersionWhole.of(await numbered_version(member.shop_id, number_from(number)))


@post(
    "/v1/admin/policies/check",
    status_code=200,
    dependencies=STAFF,
    guards=READS,
    security=SECURITY,
    tags=TAGS,
    summary="What is wrong with a document, row by row",
    description="Keeps nothing.",
    responses=problem_responses(KNOWN | BAD),
)
async def check(
    ports: NamedDependency[Ports], member: NamedDependency[Member], data: JSONBody[dict[str, Any]],
    country: Country = None,
) -> CheckView:  # fmt: skip
    policy = parse_policy(data)
    await rate.count(f"policy:check:{member.shop_id}", limit=COMPARISONS, at=ports.clock.now())
    remarks = await asyncio.to_thread(lint, policy, country)
    return CheckView(
        is_sound=not has_errors(remarks), hash=policy_hash(policy),
        remarks=tuple(RemarkView.of(remark) for remark in remarks),
    )  # fmt: skip


@post(
    "/v1/admin/policies/diff",
    status_code=200,
    dependencies=STAFF,
    guards=READS,
    security=SECURITY,
    tags=TAGS,
    summary="Whose answer a document would change, against the live version",
    description="In sentences, each with its smallest example. Keeps nothing.",
    responses=problem_responses(KNOWN | BAD | {409: "The shop has not published a policy yet."}),
)
async def diff(
    ports: NamedDependency[Ports], member: NamedDependency[Member], data: JSONBody[dict[str, Any]]
) -> DiffView:
    policy, at = parse_policy(data), ports.clock.now()
    live = await version_that_is(member.shop_id, VersionState.LIVE)
    await rate.count(f"policy:diff:{member.shop_id}", limit=COMPARISONS, at=at)
    found = await asyncio.to_thread(compare, policy_of(live), policy, at, STEPS)
    return DiffView(
        against=live.number or 0,
        changes=tuple(
            ChangeView(
                action=each.action, sentence=each.sentence, before=each.before, after=each.after,
                old_rows=each.old_rows, new_rows=each.new_rows, unless=each.unless,
                example=msgspec.to_builtins(each.example),
            )
            for each in found.changes
        ),
        is_complete=found.is_complete,
    )  # fmt: skip


@get(
    "/v1/admin/policies/agreement",
    dependencies=STAFF,
    guards=READS,
    security=SECURITY,
    tags=TAGS,
    summary="Row by row, how people answered where a row on trial left it to them",
    responses=problem_responses(KNOWN),
)
async def show_agreement(
    ports: NamedDependency[Ports],
    member: NamedDependency[Member],
    days: Annotated[int, QueryParameter(ge=1, le=3650, description="How far to look back.")] = 90,
) -> AgreementView:
    since = ports.clock.now() - timedelta(days=days)
    found = await agreement(member.shop_id, since)
    return AgreementView(since=since, rows=tuple(AgreementRow.of(each) for each in found))


policy_routes = [
    list_versions, show_schema, show_live, show_draft, show_scheduled, show_version, check, diff, show_agreement,
]  # fmt: skip
