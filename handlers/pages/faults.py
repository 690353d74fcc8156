"""The pages of a fault: say what is wrong with what, show it, see what happens, confirm. Without any script."""

from __future__ import annotations

from uuid import uuid4

from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency
from litestar.response import Redirect

from handlers.pages.confirming import confirmed
from handlers.pages.fault_forms import fault_ask, fault_confirm, sent_photos
from handlers.pages.forms import field
from handlers.pages.order import INSIDE, POSTED
from handlers.pages.render import frame_of, page
from handlers.pages.visit import AnyRequest, Visit
from handlers.security import FORM
from handlers.shopper.faults import FaultAsk, fault_once
from handlers.shopper.orders import order_now
from handlers.uploads import MULTIPART, PATIENCE
from plugin.journeys.evidence import needs_photos
from plugin.journeys.fault_words import beside
from plugin.journeys.judging import Preview
from plugin.journeys.report_fault import preview_fault
from plugin.policies.reasons import FaultKind
from plugin.ports.runtime import Ports

PHOTOS_TOGETHER = 21 * 1024 * 1024  # ten photos of two megabytes, or four of the largest
TAKES_PHOTOS = POSTED | {
    "opt": {"page": True, "accepts": (FORM, MULTIPART), "patience": PATIENCE},
    "request_max_body_size": PHOTOS_TOGETHER,
}


@get("/order/faults", **INSIDE)
async def fault_page(
    request: AnyRequest, ports: NamedDependency[Ports], visit: NamedDependency[Visit]
) -> Response[str]:
    order = await order_now(ports, visit.guest, visit.wished)
    return page(request, "fault", frame_of(visit, "/order/faults"), order=order, kinds=_kinds(visit))


def _kinds(visit: Visit) -> list[tuple[str, str]]:
    say = visit.words.say
    return [
        (FaultKind.DAMAGED, say("It is damaged, or does not work")),
        (FaultKind.WRONG_ITEM, say("Something else came instead")),
        (FaultKind.MISSING, say("It was not in the parcel")),
        (FaultKind.NOT_ARRIVED, say("The parcel has not arrived")),
        (FaultKind.NOT_AS_DESCRIBED, say("It is not as described")),
    ]


@post("/order/faults/preview", **TAKES_PHOTOS)
async def preview_page(
    request: AnyRequest,
    ports: NamedDependency[Ports],
    visit: NamedDependency[Visit],
    form: NamedDependency[FormMultiDict],
) -> Response[str]:
    fault_ask(form, [])  # what cannot be read at all is said before a photo is kept
    ask = fault_ask(form, await sent_photos(ports, visit.guest, form))
    found = await preview_fault(ports, visit.shop, visit.order.id, ask.ask(), ask.photos)
    return _preview(request, visit, found, ask)


def _preview(
    request: AnyRequest, visit: Visit, found: Preview, ask: FaultAsk, *, has_changed: bool = False
) -> Response[str]:
    """The key is made here, once for each page that is shown: both clicks of a double click bring the same one."""
    goes_back = any(line.label for line in found.decision.lines)
    return page(
        request,
        "fault_preview",
        frame_of(visit, "/order/faults"),
        status=409 if has_changed else 200,
        preview=visit.speak.preview(found),
        beside=beside(ask.kind, visit.words, goes_back=goes_back),
        wants_photos=needs_photos(found.decision) and not ask.photos,
        ask=ask,
        key=uuid4().hex,
        has_changed=has_changed,
    )


@post("/order/faults", **POSTED)
async def confirm(
    request: AnyRequest,
    ports: NamedDependency[Ports],
    visit: NamedDependency[Visit],
    form: NamedDependency[FormMultiDict],
) -> Response[str] | Redirect:
    ask, key, body = fault_confirm(form), field(form, "key"), await request.body()
    return await confirmed(
        visit,
        lambda: fault_once(ports, visit.guest, ask, key, body, visit.wished),
        lambda now: _preview(request, visit, now, ask, has_changed=True),
    )


fault_page_routes = [fault_page, preview_page, confirm]
