"""The order as a page, and its cancellation: see, preview, confirm, follow."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency, Provide
from litestar.response import Redirect, ServerSentEvent

from handlers.closing import Closing
from handlers.dependencies import PublicId
from handlers.pages.confirming import confirmed
from handlers.pages.forms import cancel_ask, cancel_confirm, field
from handlers.pages.render import frame_of, page
from handlers.pages.timeline import headline, is_moving, timeline
from handlers.pages.visit import AnyRequest, Visit, from_our_own_page, provide_form, provide_visit
from handlers.shopper.cases import case_now, changes
from handlers.shopper.orders import CancelAsk, cancel_once, order_now
from plugin.insights.effort import is_unanswered
from plugin.journeys.bring_code import takes_codes
from plugin.journeys.cancel import preview_cancellation
from plugin.journeys.judging import Preview
from plugin.ports.runtime import Ports

VISIT = {"visit": Provide(provide_visit)}
INSIDE: dict[str, Any] = {"opt": {"page": True}, "include_in_schema": False, "dependencies": VISIT}
POSTED: dict[str, Any] = INSIDE | {
    "dependencies": VISIT | {"form": Provide(provide_form)},
    "guards": [from_our_own_page],
    "status_code": 200,
}


@get("/order", **INSIDE)
async def order_page(
    request: AnyRequest, ports: NamedDependency[Ports], visit: NamedDependency[Visit]
) -> Response[str]:
    order = await order_now(ports, visit.guest, visit.wished)
    takes_code = takes_codes(visit.shop, visit.order, ports.clock.now())
    return page(request, "order", frame_of(visit), order=order, takes_code=takes_code)


@post("/order/cancel/preview", **POSTED)
async def preview_page(
    request: AnyRequest,
    ports: NamedDependency[Ports],
    visit: NamedDependency[Visit],
    form: NamedDependency[FormMultiDict],
) -> Response[str]:
    ask = cancel_ask(form)
    found = await preview_cancellation(ports, visit.shop, visit.order.id, ask.ask())
    return _preview(request, visit, found, ask)


def _preview(
    request: AnyRequest, visit: Visit, found: Preview, ask: CancelAsk, *, has_changed: bool = False
) -> Response[str]:
    """The key is made here, once for each page that is shown: both clicks of a double click bring the same one."""
    return page(
        request,
        "preview",
        frame_of(visit),
        status=409 if has_changed else 200,
        preview=visit.speak.preview(found),
        ask=ask,
        key=uuid4().hex,
        has_changed=has_changed,
    )


@post("/order/cancel", **POSTED)
async def confirm(
    request: AnyRequest,
    ports: NamedDependency[Ports],
    visit: NamedDependency[Visit],
    form: NamedDependency[FormMultiDict],
) -> Response[str] | Redirect:
    ask, key, body = cancel_confirm(form), field(form, "key"), await request.body()
    return await confirmed(
        visit,
        lambda: cancel_once(ports, visit.guest, ask, key, body, visit.wished),
        lambda now: _preview(request, visit, now, ask, has_changed=True),
    )


@get("/order/cases/{case_id:str}", **INSIDE)
async def case_page(
    request: AnyRequest, ports: NamedDependency[Ports], visit: NamedDependency[Visit], case_id: PublicId
) -> Response[str]:
    case = await case_now(ports, visit.guest, case_id, visit.wished)
    say = visit.words.say
    return page(
        request,
        "case",
        frame_of(visit, f"/order/cases/{case.id}"),
        case=case,
        headline=headline(case, say),
        steps=timeline(case, say),
        asks_effort=case.is_final and await is_unanswered(case.id),
        is_moving=is_moving(case),
    )


@get("/order/cases/{case_id:str}/events", **INSIDE)
async def case_events(
    ports: NamedDependency[Ports], closing: NamedDependency[Closing], visit: NamedDependency[Visit], case_id: PublicId
) -> ServerSentEvent:
    """What makes the page look again: the API's own stream, opened by the cookie."""
    first = await case_now(ports, visit.guest, case_id, visit.wished)
    return ServerSentEvent(changes(ports, closing, visit.guest, first, visit.wished))


order_page_routes = [order_page, preview_page, confirm, case_page, case_events]
