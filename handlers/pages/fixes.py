"""Another address for the order, as pages: type it in, see what it means, confirm."""

from __future__ import annotations

from uuid import uuid4

import msgspec
from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency
from litestar.response import Redirect

from handlers.pages.confirming import in_turn, to_case
from handlers.pages.forms import FormUnreadable, field
from handlers.pages.order import INSIDE, POSTED
from handlers.pages.render import frame_of, page
from handlers.pages.visit import AnyRequest, Visit
from handlers.shopper.fixes import AddressAsk, FixConfirm, fix_now, fix_once, fix_view
from plugin.journeys.fix_order import FixChanged, SeenFix
from plugin.journeys.fixing import FixAsk
from plugin.ports.runtime import Ports

_PARTS = ("name", "line1", "line2", "city", "region", "postal_code", "country", "phone")


def _address(form: FormMultiDict) -> AddressAsk:
    """What was typed in; raises ``FormUnreadable``."""
    typed = {name: field(form, name) or None for name in _PARTS}
    try:
        return msgspec.convert({**typed, "country": field(form, "country").upper()}, AddressAsk)
    except msgspec.ValidationError as error:
        raise FormUnreadable() from error


@get("/order/fix", **INSIDE)
async def fix_page(request: AnyRequest, visit: NamedDependency[Visit]) -> Response[str]:
    customer = visit.order.now.customer
    return page(
        request, "fix", frame_of(visit, "/order/fix"), name=customer.name or "", country=customer.country or ""
    )  # fmt: skip


@post("/order/fix/preview", **POSTED)
async def fix_preview_page(
    request: AnyRequest,
    ports: NamedDependency[Ports],
    visit: NamedDependency[Visit],
    form: NamedDependency[FormMultiDict],
) -> Response[str]:
    address = _address(form)
    seen = await fix_now(ports, visit.guest, FixAsk(address=address.address()))
    return _preview(request, ports, visit, seen, address)


def _preview(
    request: AnyRequest, ports: Ports, visit: Visit, seen: SeenFix, address: AddressAsk, *, has_changed: bool = False
) -> Response[str]:
    """The key is made here, once for each page that is shown: both clicks of a double click bring the same one."""
    return page(
        request,
        "fix_preview",
        frame_of(visit, "/order/fix"),
        status=409 if has_changed else 200,
        preview=fix_view(ports, visit.guest, seen, visit.wished),
        address=address,
        key=uuid4().hex,
        has_changed=has_changed,
    )


@post("/order/fix", **POSTED)
async def fix_confirm_page(
    request: AnyRequest,
    ports: NamedDependency[Ports],
    visit: NamedDependency[Visit],
    form: NamedDependency[FormMultiDict],
) -> Response[str] | Redirect:
    address = _address(form)
    try:
        asked = FixConfirm(address=address, digest=field(form, "digest"))
        key, body = field(form, "key"), await request.body()
        case_id = await in_turn(lambda: fix_once(ports, visit.guest, asked, key, body, visit.wished))
    except FixChanged as changed:
        return _preview(request, ports, visit, changed.now, address, has_changed=True)
    return to_case(case_id)


fix_page_routes = [fix_page, fix_preview_page, fix_confirm_page]
