"""Webhooks that were set aside: which, why, what they said, and reading them once more after a fix."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import JSONBody, RawBody
from msgspec import Meta, Struct

from handlers.admin.case_bodies import StepAsk
from handlers.admin.entrance import SECURITY, STAFF, may
from handlers.admin.frame import KNOWN, ONCE, After, PageSize, cursor_of, once, place_of
from handlers.dependencies import PublicId
from handlers.idempotent import IdempotencyKey, Remember
from handlers.problems import problem_responses
from plugin.access.roles import Permission
from plugin.access.staff import Member
from plugin.db import Transaction
from plugin.inbox.events import get_event, set_aside_page
from plugin.inbox.models import InboxEvent
from plugin.journeys.replay import AT_ONCE, Replayed, replay_all, replay_one
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop

TAGS = ["Webhooks set aside"]
_READS = [may(Permission.READ_CASES)]
_MANAGES = [may(Permission.MANAGE_SHOP)]
_NO_SUCH = {404: "The shop has no such webhook."}
_RUNNING = {409: "The first call with this key is still running."}


class WebhookRow(Struct, frozen=True, kw_only=True):
    """A webhook as it was received. ``reason`` says why it could not be read."""

    id: str
    source: Annotated[str, Meta(examples=["woocommerce"])]
    topic: str
    state: Annotated[str, Meta(examples=["set_aside"])]
    reason: str | None
    received_at: datetime
    handled_at: datetime | None

    @classmethod
    def of(cls, event: InboxEvent) -> WebhookRow:
        return cls(**{name: getattr(event, name) for name in WebhookRow.__struct_fields__})


class WebhookWhole(WebhookRow, frozen=True, kw_only=True):
    """``body`` as text, for whom may see it (``manage_shop``): it may name a shopper. Null for everybody else."""

    body: str | None


class WebhookPage(Struct, frozen=True, kw_only=True):
    """``next`` asks for the page after this one; null on the last."""

    webhooks: tuple[WebhookRow, ...]
    next: str | None


class ReplayView(Struct, frozen=True, kw_only=True):
    """How many are being read again, and how many are still set aside: ask again while there are some."""

    replayed: int
    left: int


@get(
    "/v1/admin/webhooks",
    dependencies=STAFF,
    guards=_READS,
    security=SECURITY,
    tags=TAGS,
    summary="What could not be read, newest first",
    responses=problem_responses(KNOWN | {400: "A parameter is not exact, or `after` is no `next` of a page."}),
)
async def list_webhooks(member: NamedDependency[Member], limit: PageSize = 50, after: After = None) -> WebhookPage:
    found = await set_aside_page(member.shop_id, limit + 1, place_of(after) if after else None)
    last = found[limit - 1] if len(found) > limit else None
    return WebhookPage(
        webhooks=tuple(WebhookRow.of(event) for event in found[:limit]),
        next=cursor_of(last.received_at, last.id) if last else None,
    )


@get(
    "/v1/admin/webhooks/{event_id:str}",
    dependencies=STAFF,
    guards=_READS,
    security=SECURITY,
    tags=TAGS,
    summary="One webhook",
    responses=problem_responses(KNOWN | _NO_SUCH),
)
async def show_webhook(member: NamedDependency[Member], event_id: PublicId) -> WebhookWhole:
    event = await get_event(member.shop_id, event_id)
    is_shown = member.may(Permission.MANAGE_SHOP)
    fields = {name: getattr(event, name) for name in WebhookRow.__struct_fields__}
    return WebhookWhole(**fields, body=bytes(event.body).decode(errors="replace") if is_shown else None)


async def _remembered(remember: Remember, tx: Transaction, done: Replayed) -> None:
    await remember(tx, ReplayView(replayed=done.replayed, left=done.left))


@post(
    "/v1/admin/webhooks/{event_id:str}/replay",
    status_code=200,
    dependencies=STAFF,
    guards=_MANAGES,
    security=SECURITY,
    tags=TAGS,
    summary="Read one webhook again",
    description="One that was read in the meantime is left as it is.",
    responses={200: ResponseSpec(ReplayView, description="It is being read again.")}
    | problem_responses(KNOWN | _NO_SUCH | ONCE | _RUNNING),
)
async def replay_webhook(
    ports: NamedDependency[Ports], member: NamedDependency[Member], shop: NamedDependency[Shop], event_id: PublicId,
    data: JSONBody[StepAsk], body: RawBody, idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:  # fmt: skip
    await get_event(member.shop_id, event_id)

    async def use_case(remember: Remember) -> None:
        async def answered(tx: Transaction, done: Replayed) -> None:
            await _remembered(remember, tx, done)

        await replay_one(ports, shop, event_id, member.actor, answered=answered)

    return await once(ports, member, "webhook.replay", event_id, idempotency_key, body, use_case)


@post(
    "/v1/admin/webhooks/replay",
    status_code=200,
    dependencies=STAFF,
    guards=_MANAGES,
    security=SECURITY,
    tags=TAGS,
    summary="Read everything again that was set aside",
    description=f"The oldest first, {AT_ONCE} with each call.",
    responses={200: ResponseSpec(ReplayView, description="They are being read again.")}
    | problem_responses(KNOWN | ONCE | _RUNNING),
)
async def replay_webhooks(
    ports: NamedDependency[Ports], member: NamedDependency[Member], shop: NamedDependency[Shop],
    data: JSONBody[StepAsk], body: RawBody, idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:  # fmt: skip
    async def use_case(remember: Remember) -> None:
        async def answered(tx: Transaction, done: Replayed) -> None:
            await _remembered(remember, tx, done)

        await replay_all(ports, shop, member.actor, answered=answered)

    return await once(ports, member, "webhook.replay", "all", idempotency_key, body, use_case)


webhook_routes = [list_webhooks, show_webhook, replay_webhook, replay_webhooks]
