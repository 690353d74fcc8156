"""Where a request stands: read once, or followed as it moves."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.response import ServerSentEvent, ServerSentEventMessage

from handlers.closing import Closing
from handlers.dependencies import Guest, PublicId
from handlers.problems import problem_responses
from handlers.shopper.present import Presenter, presenter
from handlers.shopper.present_exchange import dearer_view, exchange_view
from handlers.shopper.views import CaseView
from handlers.shopper.visit import GUEST, SECURITY, Locale
from plugin.access.service import is_open
from plugin.journeys.view_order import SeenCase, view_case
from plugin.orders.service import get_order
from plugin.ports.runtime import Ports

LOOK_EVERY = 0.25
STREAM_LASTS = 120.0
SESSION_EVERY = 20  # looks


def case_view(speak: Presenter, seen: SeenCase, ports: Ports) -> CaseView:
    said = speak.case(seen, ports.vault)
    if seen.exchange is not None:
        return msgspec.structs.replace(said, exchange=exchange_view(seen.exchange, speak.words))
    if seen.dearer is not None:
        return msgspec.structs.replace(said, fix=dearer_view(seen.dearer, speak.words))
    return said


@get(
    "/v1/cases/{case_id:str}",
    dependencies=GUEST,
    security=SECURITY,
    tags=["order page"],
    summary="See where a request stands",
    responses=problem_responses({401: "The session has ended.", 404: "No such request of this order."}),
)
async def see_case(
    ports: NamedDependency[Ports],
    guest: NamedDependency[Guest],
    case_id: PublicId,
    locale: Locale = None,
) -> CaseView:
    return await case_now(ports, guest, case_id, locale)


async def case_now(ports: Ports, guest: Guest, case_id: str, locale: str | None) -> CaseView:
    """The request as it stands at this moment."""
    seen = await view_case(guest.shop, case_id, guest.visitor.order_id)
    order = await get_order(guest.shop.id, guest.visitor.order_id)
    return case_view(presenter(guest.shop, order, ports.clock.now(), locale), seen, ports)


@get(
    "/v1/cases/{case_id:str}/events",
    media_type="text/event-stream",
    dependencies=GUEST,
    security=SECURITY,
    tags=["order page"],
    summary="Follow a request as it moves",
    description="A server-sent event `case` with the whole request whenever it has changed, until it is final.",
    responses=problem_responses({401: "The session has ended.", 404: "No such request of this order."}),
)
async def follow_case(
    ports: NamedDependency[Ports],
    closing: NamedDependency[Closing],
    guest: NamedDependency[Guest],
    case_id: PublicId,
    locale: Locale = None,
) -> ServerSentEvent:
    first = await case_now(ports, guest, case_id, locale)
    return ServerSentEvent(changes(ports, closing, guest, first, locale))


async def changes(
    ports: Ports, closing: Closing, guest: Guest, first: CaseView, locale: str | None
) -> AsyncIterator[ServerSentEventMessage]:
    """The request each time it has changed, until it is final, the session is closed, two minutes are over, or the
    process ends: the browser asks another one by itself.

    The session is looked at again before anything is told, and now and then while there is no news.
    """
    told: CaseView | None = None
    now = first
    looks = int(STREAM_LASTS / LOOK_EVERY)
    for look in range(looks):
        is_news = told is None or _differs(told, now)
        if look and (is_news or look % SESSION_EVERY == 0) and not await is_open(guest.visitor, ports.clock.now()):
            return
        if is_news:
            yield ServerSentEventMessage(event="case", data=msgspec.json.encode(now).decode(), retry=1000)
            told = now
        if now.is_final or await closing.begins_within(LOOK_EVERY):
            return
        now = await case_now(ports, guest, first.id, locale)


def _differs(told: CaseView, now: CaseView) -> bool:
    """Whether there is news: how soon a person would answer is none."""
    return msgspec.structs.replace(now, person=told.person) != told


case_routes = [see_case, follow_case]
