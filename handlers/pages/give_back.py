"""The pages of an order that was sent in part: what is here is cancelled and what has left sent back, in one go."""

from __future__ import annotations

from uuid import uuid4

from litestar import Response, post
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency
from litestar.response import Redirect

from handlers.pages.fault_forms import give_back_ask, give_back_confirm
from handlers.pages.forms import field
from handlers.pages.order import POSTED
from handlers.pages.render import frame_of, page
from handlers.pages.visit import AnyRequest, Visit
from handlers.shopper.give_back import GiveBackAsk, both_views, give_back_once
from plugin.cases.store import UnitsTaken
from plugin.inbox.idempotency import CallStillRunning, IdempotencyKeyReused
from plugin.journeys.give_back import BothChanged, TwoHalves, preview_both
from plugin.ports.runtime import Ports


@post("/order/give-back/preview", **POSTED)
async def preview_page(
    request: AnyRequest,
    ports: NamedDependency[Ports],
    visit: NamedDependency[Visit],
    form: NamedDependency[FormMultiDict],
) -> Response[str]:
    ask = give_back_ask(form)
    return _preview(request, visit, await preview_both(ports, visit.shop, visit.order.id, ask.wanted()), ask)


def _preview(
    request: AnyRequest, visit: Visit, found: TwoHalves, ask: GiveBackAsk, *, has_changed: bool = False
) -> Response[str]:
    return page(
        request,
        "give_back",
        frame_of(visit),
        status=409 if has_changed else 200,
        both=both_views(visit.speak, found),
        ask=ask,
        key=uuid4().hex,
        has_changed=has_changed,
    )


@post("/order/give-back", **POSTED)
async def confirm(
    request: AnyRequest,
    ports: NamedDependency[Ports],
    visit: NamedDependency[Visit],
    form: NamedDependency[FormMultiDict],
) -> Response[str] | Redirect:
    ask = give_back_confirm(form)
    try:
        await give_back_once(ports, visit.guest, ask, field(form, "key"), await request.body(), visit.wished)
    except BothChanged as changed:
        return _preview(request, visit, changed.now, ask, has_changed=True)
    except (UnitsTaken, IdempotencyKeyReused, CallStillRunning):
        pass  # asked already, by the other click or in another tab: the order's page shows what became of it
    return Redirect("/order", status_code=303)


give_back_page_routes = [preview_page, confirm]
