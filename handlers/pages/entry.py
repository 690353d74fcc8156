"""The doors: a signed link, and a guest's lookup with its mailed code. Looking changes nothing; a form opens."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from handlers.addresses import caller_group
from handlers.dependencies import PublicId
from handlers.pages.forms import field
from handlers.pages.render import Frame, outer_frame, page
from handlers.pages.visit import AnyRequest, from_our_own_page, is_secure, look_at, session_cookies, words_for
from handlers.shopper import phrases
from handlers.shopper.sessions import LookupAsk, try_code
from plugin.access.service import SESSION_LASTS, LinkExpired, OpenedSession, WrongCode, find_link, open_by_link
from plugin.access.service import shop_of_link as shop_behind
from plugin.journeys.look_up import look_up
from plugin.orders.service import get_order
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop
from plugin.shops.service import get_shop

FORM: dict[str, Any] = {"opt": {"page": True}, "include_in_schema": False, "guards": [from_our_own_page]}
PAGE: dict[str, Any] = {"opt": {"page": True}, "include_in_schema": False}


@get("/o/{token:str}", **PAGE)
async def link_door(request: AnyRequest, ports: NamedDependency[Ports], token: FromPath[str]) -> Response[str]:
    return await _link_page(request, ports, token, to_person=False)


@get("/o/{token:str}/person", **PAGE)
async def link_door_to_person(
    request: AnyRequest, ports: NamedDependency[Ports], token: FromPath[str]
) -> Response[str]:
    return await _link_page(request, ports, token, to_person=True)


@post("/o/{token:str}", **FORM)
async def enter_by_link(request: AnyRequest, ports: NamedDependency[Ports], token: FromPath[str]) -> Redirect:
    return await _enter(request, ports, token, "/order")


@post("/o/{token:str}/person", **FORM)
async def enter_to_person(request: AnyRequest, ports: NamedDependency[Ports], token: FromPath[str]) -> Redirect:
    return await _enter(request, ports, token, "/order/person")


@get("/o/{token:str}/credits", **PAGE)
async def link_door_to_credits(
    request: AnyRequest, ports: NamedDependency[Ports], token: FromPath[str]
) -> Response[str]:
    return await _link_page(request, ports, token, to_person=False)


@post("/o/{token:str}/credits", **FORM)
async def enter_to_credits(request: AnyRequest, ports: NamedDependency[Ports], token: FromPath[str]) -> Redirect:
    return await _enter(request, ports, token, "/order/credits")


@get("/o/{token:str}/cases/{case_id:str}", **PAGE)
async def link_door_to_case(
    request: AnyRequest, ports: NamedDependency[Ports], token: FromPath[str], case_id: PublicId
) -> Response[str]:
    return await _link_page(request, ports, token, to_person=False)


@post("/o/{token:str}/cases/{case_id:str}", **FORM)
async def enter_to_case(
    request: AnyRequest, ports: NamedDependency[Ports], token: FromPath[str], case_id: PublicId
) -> Redirect:
    return await _enter(request, ports, token, f"/order/cases/{case_id}")


@get("/shops/{shop_id:str}/orders", **PAGE)
async def lookup_page(request: AnyRequest, shop_id: PublicId) -> Response[str]:
    shop = await _shop(request, shop_id)
    return page(request, "lookup", _lookup_frame(request, shop), number="", email="", wrong=False)


@post("/shops/{shop_id:str}/orders", **FORM)
async def ask_for_code(
    request: AnyRequest, ports: NamedDependency[Ports], shop_id: PublicId
) -> Response[str] | Redirect:
    shop = await _shop(request, shop_id)
    frame = _lookup_frame(request, shop)
    form = await request.form()
    number, email = field(form, "number"), field(form, "email")
    try:
        ask = msgspec.convert({"order_number": number, "email": email}, LookupAsk)
    except msgspec.ValidationError:
        return page(request, "lookup", frame, status=422, number=number, email=email, wrong=True)
    caller = caller_group(request)
    lookup_id = await look_up(ports, shop, number=ask.order_number, email=ask.email, caller=caller)
    return Redirect(f"/shops/{shop.id}/orders/{lookup_id}", status_code=303)


@get("/shops/{shop_id:str}/orders/{lookup_id:str}", **PAGE)
async def code_page(request: AnyRequest, shop_id: PublicId, lookup_id: PublicId) -> Response[str]:
    return _code_page(request, await _shop(request, shop_id))


@post("/shops/{shop_id:str}/orders/{lookup_id:str}", **FORM)
async def enter_by_code(
    request: AnyRequest, ports: NamedDependency[Ports], shop_id: PublicId, lookup_id: PublicId
) -> Response[str] | Redirect:
    shop = await _shop(request, shop_id)
    form = await request.form()
    try:
        opened = await try_code(request, ports, shop, lookup_id, field(form, "code"))
    except WrongCode as wrong:
        return _code_page(request, shop, wrong)
    return _inside(ports, opened, "/order")


def _code_page(request: AnyRequest, shop: Shop, wrong: WrongCode | None = None) -> Response[str]:
    frame = _lookup_frame(request, shop)
    return page(
        request,
        "code",
        frame,
        status=wrong.status if wrong else 200,
        shop_id=shop.id,
        sentence=frame.words.say(phrases.LOOKUP),
        wrong=frame.words.say(wrong.sentence) if wrong else None,
    )


async def _link_page(request: AnyRequest, ports: Ports, token: str, *, to_person: bool) -> Response[str]:
    link = await find_link(token, ports.clock.now())
    if link is None:
        await _show_the_right_door(request, token)
        raise LinkExpired()
    shop = await _shop(request, link.shop_id)
    order = await get_order(shop.id, link.order_id)
    words = words_for(request, shop, order.now.customer.locale)
    frame = outer_frame(shop, words, request.url.path, person_url=f"/o/{token}/person")
    return page(request, "door", frame, to_person=to_person)


async def _enter(request: AnyRequest, ports: Ports, token: str, to: str) -> Redirect:
    try:
        opened = await open_by_link(token, ports.clock.now())
    except LinkExpired:
        await _show_the_right_door(request, token)
        raise
    return _inside(ports, opened, "/gift" if opened.visitor.is_gift else to)


async def _show_the_right_door(request: AnyRequest, token: str) -> None:
    """A link that opens nothing any more still tells whose lookup form its shopper needs."""
    if shop_id := await shop_behind(token):
        words_for(request, await _shop(request, shop_id))


def _inside(ports: Ports, opened: OpenedSession, to: str) -> Redirect:
    seconds = int(SESSION_LASTS.total_seconds())
    return Redirect(to, status_code=303, cookies=session_cookies(opened, seconds, secure=is_secure(ports)))


async def _shop(request: AnyRequest, shop_id: str) -> Shop:
    shop = await get_shop(shop_id)
    look_at(request, shop)
    return shop


def _lookup_frame(request: AnyRequest, shop: Shop) -> Frame:
    return outer_frame(shop, words_for(request, shop), request.url.path)


entry_routes = [
    link_door, link_door_to_credits, link_door_to_person, enter_by_link, enter_to_credits, enter_to_person, lookup_page,
    ask_for_code, code_page, enter_by_code, link_door_to_case, enter_to_case,
]  # fmt: skip
