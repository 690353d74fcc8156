"""Exchanging as pages: choose what and for what, see the quote, confirm it, and come back from the payment."""

from __future__ import annotations

from typing import Annotated
from uuid import uuid4

import msgspec
from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.response import Redirect

from handlers.dependencies import PublicId
from handlers.pages.confirming import in_turn, to_case
from handlers.pages.forms import LONGEST_REASON, FormUnreadable, field
from handlers.pages.order import INSIDE, POSTED
from handlers.pages.render import frame_of, page
from handlers.pages.visit import AnyRequest, Visit
from handlers.shopper.exchange_views import OfferedView
from handlers.shopper.exchanges import ExchangeConfirm, QuoteAsk, exchange_once, quoted
from handlers.shopper.orders import order_now
from handlers.shopper.present_exchange import offered_view, quote_view
from plugin.cases.store import UnitsTaken
from plugin.core.errors import DomainError, NotFound
from plugin.exchanges.refusals import (
    CannotCollect,
    NothingWanted,
    NotSold,
    OtherCurrency,
    OutOfStock,
    QuoteEnded,
    StoreCannotQuote,
    StoreDoesNotAnswer,
)
from plugin.inbox.idempotency import IdempotencyKeyReused
from plugin.journeys.difference import shopper_is_back
from plugin.journeys.judging import DecisionChanged
from plugin.journeys.quote import see_goods
from plugin.journeys.view_order import newest_case
from plugin.ports.runtime import Ports

_Text = Annotated[str | None, QueryParameter(max_length=80)]
_Count = Annotated[int, QueryParameter(ge=1, le=1000)]
_SEPARATOR = "\t"  # between a product's id and its variant's: in no id of a store
NO_QUOTE = (
    NotSold, OutOfStock, OtherCurrency, NothingWanted, CannotCollect, StoreCannotQuote, StoreDoesNotAnswer,
)  # fmt: skip


@get("/order/exchange", **INSIDE)
async def choose(
    request: AnyRequest,
    ports: NamedDependency[Ports],
    visit: NamedDependency[Visit],
    line: _Text = None,
    quantity: _Count = 1,
    product: _Text = None,
) -> Response[str]:
    """First what goes back, then what for: the line's product in its other variants, or the ``product`` named."""
    return await _choose(request, ports, visit, line, quantity, product)


async def _choose(
    request: AnyRequest, ports: Ports, visit: Visit, line: str | None, quantity: int, product: str | None,
    why_not: str | None = None,
) -> Response[str]:  # fmt: skip
    order = await order_now(ports, visit.guest, visit.wished)
    found: tuple[OfferedView, ...] = ()
    if line is not None:
        try:
            goods = await see_goods(ports, visit.shop, visit.order.id, line_id=line, product_id=product)
            found = tuple(offered_view(each, visit.words) for each in goods if each.available != 0)
        except (NotFound, StoreCannotQuote, StoreDoesNotAnswer) as no:
            why_not = why_not or visit.words.say(no.sentence)
    return page(
        request,
        "exchange",
        frame_of(visit, "/order/exchange"),
        status=409 if why_not else 200,
        order=order,
        line=next((each for each in order.lines if each.id == line), None),
        quantity=quantity,
        goods=found,
        value=lambda each: _SEPARATOR.join((each.product_id, each.variant_id or "")),
        why_not=why_not,
    )


@post("/order/exchange/quote", **POSTED)
async def quote(
    request: AnyRequest,
    ports: NamedDependency[Ports],
    visit: NamedDependency[Visit],
    form: NamedDependency[FormMultiDict],
) -> Response[str]:
    ask = _asked(form)
    try:
        found = await quoted(ports, visit.guest, ask)
    except NO_QUOTE as no:
        line, product = ask.lines[0], ask.wanted[0].product_id
        return await _choose(request, ports, visit, line.line_id, line.quantity, product, visit.words.say(no.sentence))
    return page(
        request,
        "exchange_quote",
        frame_of(visit, "/order/exchange"),
        preview=visit.speak.preview(found.preview),
        quote=quote_view(found.quote, visit.words) if found.quote else None,
        key=uuid4().hex,
    )


def _asked(form: FormMultiDict) -> QuoteAsk:
    """One line with its quantity, and as many of one product for it; raises ``FormUnreadable``."""
    product, _, variant = field(form, "wanted").partition(_SEPARATOR)
    quantity = field(form, "quantity")
    asked = {
        "lines": [{"line_id": field(form, "line"), "quantity": quantity}],
        "wanted": [{"product_id": product, "variant_id": variant or None, "quantity": quantity}],
        "reason": field(form, "reason")[:LONGEST_REASON] or None,
    }
    try:
        return msgspec.convert(asked, QuoteAsk, strict=False)
    except msgspec.ValidationError as error:
        raise FormUnreadable() from error


@post("/order/exchange", **POSTED)
async def confirm(
    request: AnyRequest,
    ports: NamedDependency[Ports],
    visit: NamedDependency[Visit],
    form: NamedDependency[FormMultiDict],
) -> Response[str] | Redirect:
    try:
        data = msgspec.convert({name: field(form, name) for name in ("quote", "digest")}, ExchangeConfirm)
    except msgspec.ValidationError as error:
        raise FormUnreadable() from error
    key, body = field(form, "key"), await request.body()

    async def once() -> Response[bytes]:
        return await exchange_once(ports, visit.guest, data, key, body, visit.wished)

    try:
        return to_case(await in_turn(once))
    except (QuoteEnded, UnitsTaken, IdempotencyKeyReused, DecisionChanged) as over:
        return await _over(request, ports, visit, over)


async def _over(request: AnyRequest, ports: Ports, visit: Visit, over: DomainError) -> Response[str] | Redirect:
    """Taken already, in another tab: here is what became of it. Else the quote's time is over, and a new one is due."""
    newest = await newest_case(visit.order.id)
    if newest is not None and isinstance(over, UnitsTaken | IdempotencyKeyReused):
        return to_case(newest)
    return await _choose(request, ports, visit, None, 1, None, visit.words.say(over.sentence))


@get("/order/cases/{case_id:str}/paid", **INSIDE)
async def back_from_payment(
    ports: NamedDependency[Ports], visit: NamedDependency[Visit], case_id: PublicId
) -> Redirect:
    """The shopper is back, paid or not: the page is read, which changes nothing but what we know."""
    await shopper_is_back(ports, visit.shop, visit.order.id, case_id)
    return to_case(case_id)


exchange_page_routes = [choose, quote, confirm, back_from_payment]
