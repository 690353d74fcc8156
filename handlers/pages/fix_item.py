"""Another variant of an item, as pages: choose the item, what it comes in, see what it means, confirm."""

from __future__ import annotations

from typing import Annotated
from uuid import uuid4

import msgspec
from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.response import Redirect

from handlers.pages.confirming import in_turn, to_case
from handlers.pages.forms import FormUnreadable, field
from handlers.pages.order import INSIDE, POSTED
from handlers.pages.render import frame_of, page
from handlers.pages.visit import AnyRequest, Visit
from handlers.shopper.exchange_views import OfferedView
from handlers.shopper.fixes import FixConfirm, ItemAsk, fix_now, fix_once, fix_view
from handlers.shopper.orders import order_now
from handlers.shopper.present_exchange import offered_view
from plugin.core.errors import NotFound
from plugin.exchanges.refusals import StoreCannotQuote, StoreDoesNotAnswer
from plugin.journeys.fix_order import FixChanged, SeenFix
from plugin.journeys.quote import see_goods
from plugin.ports.runtime import Ports

_SEPARATOR = "\t"  # between a product's id and its variant's: in no id of a store


@get("/order/fix/item", **INSIDE)
async def item_page(
    request: AnyRequest,
    ports: NamedDependency[Ports],
    visit: NamedDependency[Visit],
    line: Annotated[str | None, QueryParameter(max_length=80)] = None,
    quantity: Annotated[int, QueryParameter(ge=1, le=1000)] = 1,
) -> Response[str]:
    """First which item, then what it comes in and is in stock."""
    order = await order_now(ports, visit.guest, visit.wished)
    chosen = next((each for each in order.lines if each.id == line), None)
    goods: tuple[OfferedView, ...] = ()
    why_not = None
    if chosen is not None:
        try:
            found = await see_goods(ports, visit.shop, visit.order.id, line_id=chosen.id)
            goods = tuple(offered_view(each, visit.words) for each in found if each.available != 0)
        except (NotFound, StoreCannotQuote, StoreDoesNotAnswer) as no:
            why_not = visit.words.say(no.sentence)
    return page(
        request,
        "fix_item",
        frame_of(visit, "/order/fix/item"),
        status=409 if why_not else 200,
        order=order,
        line=chosen,
        quantity=quantity,
        goods=goods,
        value=lambda each: _SEPARATOR.join((each.product_id, each.variant_id or "")),
        why_not=why_not,
    )


def _item(form: FormMultiDict) -> ItemAsk:
    """What was chosen; raises ``FormUnreadable``."""
    product, _, variant = field(form, "wanted").partition(_SEPARATOR)
    asked = {
        "line_id": field(form, "line"), "product_id": product, "variant_id": variant or None,
        "quantity": field(form, "quantity"),
    }  # fmt: skip
    try:
        return msgspec.convert(asked, ItemAsk, strict=False)
    except msgspec.ValidationError as error:
        raise FormUnreadable() from error


@post("/order/fix/item/preview", **POSTED)
async def item_preview_page(
    request: AnyRequest,
    ports: NamedDependency[Ports],
    visit: NamedDependency[Visit],
    form: NamedDependency[FormMultiDict],
) -> Response[str]:
    asked = FixConfirm(item=_item(form), digest="")
    return _preview(request, ports, visit, await fix_now(ports, visit.guest, asked.ask()), form)


def _preview(
    request: AnyRequest, ports: Ports, visit: Visit, seen: SeenFix, form: FormMultiDict, *, has_changed: bool = False
) -> Response[str]:
    """The key is made here, once for each page that is shown: both clicks of a double click bring the same one."""
    return page(
        request,
        "fix_item_preview",
        frame_of(visit, "/order/fix/item"),
        status=409 if has_changed else 200,
        preview=fix_view(ports, visit.guest, seen, visit.wished),
        line=next((each for each in visit.order.now.lines if each.id == field(form, "line")), None),
        asked={name: field(form, name) for name in ("line", "wanted", "quantity")},
        key=uuid4().hex,
        has_changed=has_changed,
    )


@post("/order/fix/item", **POSTED)
async def item_confirm_page(
    request: AnyRequest,
    ports: NamedDependency[Ports],
    visit: NamedDependency[Visit],
    form: NamedDependency[FormMultiDict],
) -> Response[str] | Redirect:
    asked = FixConfirm(item=_item(form), digest=field(form, "digest"))
    key, body = field(form, "key"), await request.body()
    try:
        case_id = await in_turn(lambda: fix_once(ports, visit.guest, asked, key, body, visit.wished))
    except FixChanged as changed:
        return _preview(request, ports, visit, changed.now, form, has_changed=True)
    return to_case(case_id)


fix_item_page_routes = [item_page, item_preview_page, item_confirm_page]
