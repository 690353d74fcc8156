"""The pages of a gift: the link that its giver makes, and what its receiver sees and does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeVar
from uuid import uuid4

import msgspec
from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency, Provide
from litestar.response import Redirect

from handlers.pages.forms import FormUnreadable, field
from handlers.pages.order import POSTED
from handlers.pages.render import Frame, frame_of, outer_frame, page
from handlers.pages.visit import AnyRequest, Visit, from_our_own_page, provide_form, provide_receivers_visit
from handlers.shopper.gifts import GiftAsk, GiftConfirm, GiftPreview, gift_link, gift_now, return_gift_once
from plugin.cases.store import UnitsTaken
from plugin.inbox.idempotency import CallStillRunning, IdempotencyKeyReused
from plugin.journeys.judging import DecisionChanged
from plugin.journeys.return_gift import preview_gift
from plugin.ports.runtime import Ports

Asked = TypeVar("Asked", bound=GiftAsk)
VISIT = {"visit": Provide(provide_receivers_visit)}
RECEIVED: dict[str, Any] = {"opt": {"page": True}, "include_in_schema": False, "dependencies": VISIT}
RECEIVER_POSTED: dict[str, Any] = RECEIVED | {
    "dependencies": VISIT | {"form": Provide(provide_form)},
    "guards": [from_our_own_page],
    "status_code": 200,
}


@post("/order/gift-link", **POSTED)
async def gift_link_page(
    request: AnyRequest, ports: NamedDependency[Ports], visit: NamedDependency[Visit],
    form: NamedDependency[FormMultiDict],
) -> Response[str]:  # fmt: skip
    link = await gift_link(ports, visit.guest)
    return page(request, "gift_link", frame_of(visit, "/order"), link=link)


@get("/gift", **RECEIVED)
async def gift_page(request: AnyRequest, ports: NamedDependency[Ports], visit: NamedDependency[Visit]) -> Response[str]:
    gift = await gift_now(ports, visit.guest, visit.wished)
    return page(request, "gift", _frame(visit), gift=gift, mark=visit.form_mark)


def _frame(visit: Visit) -> Frame:
    """Around a receiver's page: a person is reached by mail, as the order's own form writes in its giver's name."""
    return replace(outer_frame(visit.shop, visit.words, "/gift"), look=frame_of(visit).look)


@post("/gift/preview", **RECEIVER_POSTED)
async def gift_preview_page(
    request: AnyRequest, ports: NamedDependency[Ports], visit: NamedDependency[Visit],
    form: NamedDependency[FormMultiDict],
) -> Response[str] | Redirect:  # fmt: skip
    chosen = _chosen(form)
    if not chosen:
        return Redirect("/gift", status_code=303)
    ask = _read(GiftAsk, lines=chosen)
    found = await preview_gift(ports, visit.shop, visit.order.id, ask.counts())
    return _preview(request, visit, GiftPreview.of(found, visit.words), ask, has_changed=False)


@post("/gift/return", **RECEIVER_POSTED)
async def return_gift_page(
    request: AnyRequest, ports: NamedDependency[Ports], visit: NamedDependency[Visit],
    form: NamedDependency[FormMultiDict],
) -> Response[str] | Redirect:  # fmt: skip
    ask = _read(GiftConfirm, lines=_chosen(form), email=field(form, "email"), digest=field(form, "digest"))
    try:
        await return_gift_once(ports, visit.guest, ask, field(form, "key"), await request.body(), visit.wished)
    except DecisionChanged as changed:
        return _preview(request, visit, GiftPreview.of(changed.now, visit.words), ask, has_changed=True)
    except (UnitsTaken, IdempotencyKeyReused, CallStillRunning):
        pass  # asked already, by the other click or tab: the page says what became of it
    return Redirect("/gift", status_code=303)


def _preview(
    request: AnyRequest, visit: Visit, preview: GiftPreview, ask: GiftAsk, *, has_changed: bool
) -> Response[str]:
    return page(
        request, "gift_preview", _frame(visit), status=409 if has_changed else 200, preview=preview, ask=ask,
        key=uuid4().hex, mark=visit.form_mark, has_changed=has_changed,
        email=ask.email if isinstance(ask, GiftConfirm) else "",
    )  # fmt: skip


def _chosen(form: FormMultiDict) -> list[dict[str, str]]:
    lines, quantities = form.getall("line", []), form.getall("quantity", [])
    if len(lines) != len(quantities):
        raise FormUnreadable(param="quantity")
    return [
        {"line_id": line, "quantity": quantity}
        for line, quantity in zip(lines, quantities, strict=True)
        if quantity not in ("", "0")
    ]


def _read(kind: type[Asked], **said: Any) -> Asked:
    try:
        return msgspec.convert(said, kind, strict=False)  # a form holds texts, also where a number is meant
    except msgspec.ValidationError as error:
        raise FormUnreadable() from error


gift_page_routes = [gift_link_page, gift_page, gift_preview_page, return_gift_page]
