"""Withdrawing from a contract as plain pages: declare, look once more, confirm. No login, and nothing in between.

Nothing is offered here, nobody is asked why, and looking changes nothing. What is confirmed is shown whole, to print.
"""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from handlers.addresses import caller_group
from handlers.dependencies import PublicId
from handlers.pages.entry import FORM, PAGE
from handlers.pages.forms import FormUnreadable, field
from handlers.pages.order import INSIDE, POSTED
from handlers.pages.render import Frame, frame_of, outer_frame, page
from handlers.pages.visit import AnyRequest, Visit, look_at, words_for
from handlers.shopper import withdraw_phrases as phrases
from handlers.shopper.orders import order_now
from handlers.shopper.withdraw import Contact, Name, WithdrawAsk, confirmed_here, declared_here
from handlers.shopper.withdraw_views import WithdrawalView, labels_view, withdrawal_view
from plugin.journeys.withdraw import (
    WithdrawalLinkUnknown,
    confirm_as_guest,
    declare_as_guest,
    verify_by_link,
    verify_in_session,
    withdrawing_shop,
)
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop
from plugin.shops.service import get_shop, settings_of
from plugin.withdrawals.store import find_by_token


async def _shop(request: AnyRequest, shop_id: str) -> Shop:
    look_at(request, await get_shop(shop_id))
    return await withdrawing_shop(shop_id)


def _frame(request: AnyRequest, shop: Shop) -> Frame:
    return outer_frame(shop, words_for(request, shop), f"/shops/{shop.id}/withdraw")


def _form_page(request: AnyRequest, shop: Shop, form: FormMultiDict | None = None) -> Response[str]:
    frame = _frame(request, shop)
    kept = {name: field(form, name) if form else "" for name in ("name", "number", "contact", "items")}
    return page(
        request, "withdraw", frame, status=422 if form else 200, labels=labels_view(shop, _country(shop), frame.words),
        kept=kept, wrong=form is not None, shop_id=shop.id,
    )  # fmt: skip


def _country(shop: Shop) -> str:
    return settings_of(shop).country


@get("/shops/{shop_id:str}/withdraw", **PAGE)
async def withdraw_page(request: AnyRequest, shop_id: PublicId) -> Response[str]:
    return _form_page(request, await _shop(request, shop_id))


@post("/shops/{shop_id:str}/withdraw", **FORM, status_code=200)
async def review_page(request: AnyRequest, ports: NamedDependency[Ports], shop_id: PublicId) -> Response[str]:
    shop = await _shop(request, shop_id)
    form = await request.form()
    items = field(form, "items") if field(form, "part") == "items" else ""
    asked = {
        "name": field(form, "name"), "order_number": field(form, "number"), "contact": field(form, "contact"),
        "items": items or None,
    }  # fmt: skip
    try:
        ask = msgspec.convert(asked, WithdrawAsk)
    except msgspec.ValidationError:
        return _form_page(request, shop, form)
    frame = _frame(request, shop)
    made = await declare_as_guest(ports, shop, ask.statement(frame.words.locale), caller=caller_group(request))
    view = withdrawal_view(made, labels_view(shop, _country(shop), frame.words), frame.words)
    return _review(request, frame, view, f"/shops/{shop.id}/withdraw/{made.id}", f"/shops/{shop.id}/withdraw")


def _review(request: AnyRequest, frame: Frame, view: WithdrawalView, post_to: str, back: str) -> Response[str]:
    return page(request, "withdraw_review", frame, declaration=view, post_to=post_to, back=back)


@post("/shops/{shop_id:str}/withdraw/{withdrawal_id:str}", **FORM, status_code=200)
async def done_page(
    request: AnyRequest, ports: NamedDependency[Ports], shop_id: PublicId, withdrawal_id: PublicId
) -> Response[str]:
    shop = await _shop(request, shop_id)
    made = await confirm_as_guest(ports, shop, withdrawal_id, caller=caller_group(request))
    frame = _frame(request, shop)
    view = withdrawal_view(made, labels_view(shop, _country(shop), frame.words), frame.words)
    return _done(request, frame, view, frame.words.say(phrases.SHOW_WHO))


def _done(request: AnyRequest, frame: Frame, view: WithdrawalView, next_sentence: str | None) -> Response[str]:
    return page(request, "withdraw_done", frame, declaration=view, next_sentence=next_sentence)


@get("/withdrawals/{token:str}", **PAGE)
async def who_declared_page(request: AnyRequest, token: FromPath[str]) -> Response[str]:
    """The page of a mail's link: a mail scanner that looks at it changes nothing."""
    found = await find_by_token(token)
    if found is None:
        raise WithdrawalLinkUnknown()
    shop = await get_shop(found.shop_id)
    look_at(request, shop)
    frame = outer_frame(shop, words_for(request, shop, found.locale), request.url.path)
    return page(request, "withdraw_who", frame, number=found.number, said=None)


@post("/withdrawals/{token:str}", **FORM, status_code=200)
async def it_was_me(request: AnyRequest, ports: NamedDependency[Ports], token: FromPath[str]) -> Response[str]:
    found = await find_by_token(token)
    shop = await verify_by_link(ports, token, caller=caller_group(request))
    look_at(request, shop)
    frame = outer_frame(shop, words_for(request, shop, found.locale if found else None), request.url.path)
    return page(
        request, "withdraw_who", frame, number=found.number if found else "", said=frame.words.say(phrases.SHOWN)
    )


@get("/order/withdraw", **INSIDE)
async def withdraw_here_page(
    request: AnyRequest, ports: NamedDependency[Ports], visit: NamedDependency[Visit]
) -> Response[str]:
    """Also where the entry is not shown: whether a declaration has effect is not said here."""
    await withdrawing_shop(visit.shop.id)
    order = await order_now(ports, visit.guest, visit.wished)
    customer = visit.order.now.customer
    labels = labels_view(visit.shop, visit.order.placement.customer.country, visit.words)
    return page(
        request, "withdraw_here", frame_of(visit, "/order/withdraw"), order=order, labels=labels,
        name=customer.name or "", contact=visit.order.row.email or "",
    )  # fmt: skip


@post("/order/withdraw", **POSTED)
async def review_here_page(
    request: AnyRequest, ports: NamedDependency[Ports], visit: NamedDependency[Visit],
    form: NamedDependency[FormMultiDict],
) -> Response[str]:  # fmt: skip
    try:
        name = msgspec.convert(field(form, "name"), Name)
        contact = msgspec.convert(field(form, "contact"), Contact)
    except msgspec.ValidationError as error:
        raise FormUnreadable() from error
    view = await declared_here(ports, visit.guest, name, contact, _chosen(form), visit.wished)
    return _review(request, frame_of(visit, "/order/withdraw"), view, f"/order/withdraw/{view.id}", "/order/withdraw")


def _chosen(form: FormMultiDict) -> dict[str, int]:
    """Each ``line`` with its ``quantity`` where only some items are meant; nothing is the whole contract."""
    if field(form, "part") != "items":
        return {}
    lines, quantities = form.getall("line", []), form.getall("quantity", [])
    chosen = {
        str(line): int(n)
        for line, n in zip(lines, quantities, strict=False)
        if isinstance(n, str) and n.isascii() and n.isdigit() and 0 < int(n[:9]) < 10**6
    }
    if not chosen:
        raise FormUnreadable(param="quantity")
    return chosen


@post("/order/withdraw/{withdrawal_id:str}", **POSTED)
async def done_here_page(
    request: AnyRequest, ports: NamedDependency[Ports], visit: NamedDependency[Visit],
    form: NamedDependency[FormMultiDict], withdrawal_id: PublicId,
) -> Response[str]:  # fmt: skip
    view = await confirmed_here(ports, visit.guest, withdrawal_id, visit.wished)
    return _done(request, frame_of(visit), view, None)


@post("/order/withdraw/{withdrawal_id:str}/verify", **POSTED)
async def verify_here_page(
    ports: NamedDependency[Ports], visit: NamedDependency[Visit], form: NamedDependency[FormMultiDict],
    withdrawal_id: PublicId,
) -> Redirect:  # fmt: skip
    await verify_in_session(ports, visit.shop, withdrawal_id, visit.order.id)
    return Redirect("/order", status_code=303)


withdraw_page_routes: list[Any] = [
    withdraw_page, review_page, done_page, who_declared_page, it_was_me,
    withdraw_here_page, review_here_page, done_here_page, verify_here_page,
]  # fmt: skip
