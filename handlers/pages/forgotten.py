"""A code that was forgotten at the checkout, as pages: type it in, see what it gives back, confirm."""

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
from handlers.shopper.forgotten import CodeBody, CodeConfirm, code_now, code_once, code_view
from plugin.journeys.bring_code import CodeAnswerChanged, SeenCode
from plugin.ports.runtime import Ports


@get("/order/fix/code", **INSIDE)
async def code_page(request: AnyRequest, visit: NamedDependency[Visit]) -> Response[str]:
    return page(request, "forgotten", frame_of(visit, "/order/fix/code"), preview=None)


@post("/order/fix/code/preview", **POSTED)
async def code_preview_page(
    request: AnyRequest,
    ports: NamedDependency[Ports],
    visit: NamedDependency[Visit],
    form: NamedDependency[FormMultiDict],
) -> Response[str]:
    try:
        text = msgspec.convert({"code": field(form, "code")}, CodeBody).code
    except msgspec.ValidationError as error:
        raise FormUnreadable() from error
    return _preview(request, ports, visit, await code_now(ports, visit.guest, text), text)


def _preview(
    request: AnyRequest, ports: Ports, visit: Visit, seen: SeenCode, text: str, *, has_changed: bool = False
) -> Response[str]:
    """The key is made here, once for each page that is shown: both clicks of a double click bring the same one."""
    return page(
        request,
        "forgotten",
        frame_of(visit, "/order/fix/code"),
        status=409 if has_changed else 200,
        preview=code_view(ports, visit.guest, seen, visit.wished),
        code=text,
        key=uuid4().hex,
        has_changed=has_changed,
    )


@post("/order/fix/code", **POSTED)
async def code_confirm_page(
    request: AnyRequest,
    ports: NamedDependency[Ports],
    visit: NamedDependency[Visit],
    form: NamedDependency[FormMultiDict],
) -> Response[str] | Redirect:
    try:
        asked = msgspec.convert({name: field(form, name) for name in ("code", "digest")}, CodeConfirm)
    except msgspec.ValidationError as error:
        raise FormUnreadable() from error
    key, body = field(form, "key"), await request.body()
    try:
        case_id = await in_turn(lambda: code_once(ports, visit.guest, asked, key, body, visit.wished))
    except CodeAnswerChanged as changed:
        return _preview(request, ports, visit, changed.now, asked.code, has_changed=True)
    return to_case(case_id)


forgotten_page_routes = [code_page, code_preview_page, code_confirm_page]
