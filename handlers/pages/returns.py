"""The pages of a return: choose, preview, confirm; tell how the parcel travels, take it back; the slip and its code."""

from __future__ import annotations

from uuid import uuid4

import msgspec
from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency
from litestar.response import Redirect

from handlers.dependencies import PublicId
from handlers.pages.confirming import confirmed, to_case
from handlers.pages.fault_forms import sent_photos
from handlers.pages.faults import TAKES_PHOTOS
from handlers.pages.forms import FormUnreadable, field, return_ask, return_confirm
from handlers.pages.order import INSIDE, POSTED
from handlers.pages.render import frame_of, page
from handlers.pages.visit import AnyRequest, Visit
from handlers.shopper.files import shoppers_file
from handlers.shopper.orders import order_now
from handlers.shopper.returns import ReturnAsk, TrackingAsk, return_once
from handlers.shopper.slip import qr_uri, slip_of, slip_pdf_of
from handlers.shopper.standing import parcel_now
from handlers.uploads import download
from plugin.core.errors import NotFound
from plugin.files.service import content_of
from plugin.journeys.evidence import needs_photos
from plugin.journeys.judging import Preview
from plugin.journeys.on_the_way import announce_parcel
from plugin.journeys.send_back import preview_return
from plugin.journeys.take_back import take_back
from plugin.journeys.view_order import view_case
from plugin.ports.runtime import Ports


@get("/order/return", **INSIDE)
async def return_page(
    request: AnyRequest, ports: NamedDependency[Ports], visit: NamedDependency[Visit]
) -> Response[str]:
    order = await order_now(ports, visit.guest, visit.wished)
    return page(request, "return", frame_of(visit, "/order/return"), order=order)


@post("/order/return/preview", **TAKES_PHOTOS)
async def preview_page(
    request: AnyRequest,
    ports: NamedDependency[Ports],
    visit: NamedDependency[Visit],
    form: NamedDependency[FormMultiDict],
) -> Response[str]:
    return_ask(form, [])  # what cannot be read at all is said before a photo is kept
    ask = return_ask(form, await sent_photos(ports, visit.guest, form))
    found = await preview_return(ports, visit.shop, visit.order.id, ask.ask(), ask.photos)
    return _preview(request, visit, found, ask)


def _preview(
    request: AnyRequest, visit: Visit, found: Preview, ask: ReturnAsk, *, has_changed: bool = False
) -> Response[str]:
    """The key is made here, once for each page that is shown: both clicks of a double click bring the same one."""
    return page(
        request,
        "return_preview",
        frame_of(visit, "/order/return"),
        status=409 if has_changed else 200,
        preview=visit.speak.preview(found),
        wants_photos=needs_photos(found.decision) and not ask.photos,
        ask=ask,
        key=uuid4().hex,
        has_changed=has_changed,
    )


@post("/order/return", **POSTED)
async def confirm(
    request: AnyRequest,
    ports: NamedDependency[Ports],
    visit: NamedDependency[Visit],
    form: NamedDependency[FormMultiDict],
) -> Response[str] | Redirect:
    ask, key, body = return_confirm(form), field(form, "key"), await request.body()
    return await confirmed(
        visit,
        lambda: return_once(ports, visit.guest, ask, key, body, visit.wished),
        lambda now: _preview(request, visit, now, ask, has_changed=True),
    )


@post("/order/cases/{case_id:str}/withdraw", **POSTED)
async def withdraw(
    ports: NamedDependency[Ports],
    visit: NamedDependency[Visit],
    form: NamedDependency[FormMultiDict],
    case_id: PublicId,
) -> Redirect:
    await take_back(ports, visit.shop, case_id, visit.order.id)
    return to_case(case_id)


@post("/order/cases/{case_id:str}/tracking", **POSTED)
async def tell_tracking(
    ports: NamedDependency[Ports],
    visit: NamedDependency[Visit],
    form: NamedDependency[FormMultiDict],
    case_id: PublicId,
) -> Redirect:
    try:
        told = msgspec.convert({"carrier": field(form, "carrier"), "number": field(form, "number")}, TrackingAsk)
    except msgspec.ValidationError as error:
        raise FormUnreadable() from error
    await announce_parcel(ports, visit.shop, case_id, visit.order.id, carrier=told.carrier, number=told.number)
    return to_case(case_id)


@get("/order/cases/{case_id:str}/slip", **INSIDE)
async def slip_page(request: AnyRequest, visit: NamedDependency[Visit], case_id: PublicId) -> Response[str]:
    slip = await slip_of(visit.guest, case_id, visit.speak)
    return page(request, "slip", frame_of(visit, f"/order/cases/{case_id}/slip"), slip=slip, qr=qr_uri(slip.number))


@get("/order/cases/{case_id:str}/slip.pdf", **INSIDE)
async def slip_pdf(visit: NamedDependency[Visit], case_id: PublicId) -> Response[bytes]:
    return await slip_pdf_of(await slip_of(visit.guest, case_id, visit.speak))


@get("/order/cases/{case_id:str}/label", **INSIDE)
async def label(ports: NamedDependency[Ports], visit: NamedDependency[Visit], case_id: PublicId) -> Response[bytes]:
    """The shop's own label for the parcel, where it gave one."""
    seen = await view_case(visit.shop, case_id, visit.order.id)
    parcel = parcel_now(seen.parcels)
    if parcel is None or parcel.label_file is None:
        raise NotFound(detail="There is no label for this request.", param="case_id")
    row = await shoppers_file(visit.guest, parcel.label_file)
    return download(row, await content_of(ports, row))


return_page_routes = [return_page, preview_page, confirm, withdraw, tell_tracking, slip_page, slip_pdf, label]
