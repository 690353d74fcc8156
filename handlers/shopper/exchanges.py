"""The API of exchanges: what there is instead, what it would come to, and doing it."""

from __future__ import annotations

from typing import Annotated

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import HeaderParameter, JSONBody, QueryParameter
from msgspec import Meta, Struct

from handlers.dependencies import Guest
from handlers.problems import problem_responses
from handlers.shopper.confirming import CONFIRM_PROBLEMS, confirm_once
from handlers.shopper.exchange_views import GoodsView, QuotedView
from handlers.shopper.orders import LineAsk
from handlers.shopper.present import presenter
from handlers.shopper.present_exchange import offered_view, quote_view
from handlers.shopper.visit import GUEST, SECURITY, Locale
from plugin.access import rate
from plugin.journeys.confirming import Answered
from plugin.journeys.exchange import confirm_exchange
from plugin.journeys.quote import Quoted, make_quote, see_goods
from plugin.orders.service import get_order
from plugin.policies.reasons import Resolution
from plugin.ports.goods import Wanted
from plugin.ports.orders import LineCount
from plugin.ports.runtime import Ports

LOOKS_AN_HOUR = 240  # each asks the store
_Id = Annotated[str | None, QueryParameter(max_length=80)]
_STORE = {
    401: "The session has ended.",
    404: "No such product of this order.",
    429: "Too many looks; see Retry-After.",
    503: "The shop's system does not answer.",
}


class WantedAsk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many units of a product, or of one of its variants, by the store's own ids."""

    product_id: Annotated[str, Meta(min_length=1, max_length=80, examples=["coat"])]
    variant_id: Annotated[str, Meta(min_length=1, max_length=80, examples=["coat-3"])] | None = None
    quantity: Annotated[int, Meta(ge=1, le=1000)] = 1


class QuoteAsk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What goes back, and what is wanted for it. ``otherwise`` is what the shopper would rather have, should that be
    sold out after all: refund or store_credit."""

    lines: Annotated[list[LineAsk], Meta(min_length=1, max_length=1000)]
    wanted: Annotated[list[WantedAsk], Meta(min_length=1, max_length=50)]
    reason: Annotated[str, Meta(max_length=500, examples=["A size too small"])] | None = None
    otherwise: Annotated[Resolution, Meta(examples=["refund"])] = Resolution.REFUND


class ExchangeConfirm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The quote that the shopper agreed to."""

    quote: Annotated[str, Meta(min_length=1, max_length=40)]
    digest: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


@get(
    "/v1/order/exchange/goods",
    dependencies=GUEST,
    security=SECURITY,
    tags=["order page"],
    summary="See what a product comes in",
    description="All variants of the product of a line (`line_id`), or of any other product (`product_id`), with what "
    "they cost and whether there are any.",
    responses=problem_responses(_STORE | {409: "The store cannot tell its prices here."}),
)
async def goods(
    ports: NamedDependency[Ports],
    guest: NamedDependency[Guest],
    line_id: _Id = None,
    product_id: _Id = None,
    locale: Locale = None,
) -> GoodsView:
    await _count_look(ports, guest)
    found = await see_goods(ports, guest.shop, guest.visitor.order_id, line_id=line_id, product_id=product_id)
    order = await get_order(guest.shop.id, guest.visitor.order_id)
    words = presenter(guest.shop, order, ports.clock.now(), locale).words
    return GoodsView(goods=tuple(offered_view(each, words) for each in found))


@post(
    "/v1/order/exchanges/quote",
    status_code=200,
    dependencies=GUEST,
    security=SECURITY,
    tags=["order page"],
    summary="Ask what an exchange would come to",
    description="The policy decides, the store names its prices, and the sums are frozen for a while. Nothing happens "
    "before the quote is confirmed.",
    responses=problem_responses(
        _STORE
        | {
            409: "Sold out, or not sold: `instead` names what there is. Or dearer, and the shop can collect nothing.",
            422: "Nothing is wanted, or it is not sold in the order's currency.",
        }
    ),
)
async def quote(
    ports: NamedDependency[Ports], guest: NamedDependency[Guest], data: JSONBody[QuoteAsk], locale: Locale = None
) -> QuotedView:
    found = await quoted(ports, guest, data)
    speak = presenter(guest.shop, found.preview.order, ports.clock.now(), locale)
    return QuotedView(
        preview=speak.preview(found.preview), quote=quote_view(found.quote, speak.words) if found.quote else None
    )


async def quoted(ports: Ports, guest: Guest, data: QuoteAsk) -> Quoted:
    """The answer and the quote, for the API and the pages alike."""
    await _count_look(ports, guest)
    return await make_quote(
        ports, guest.shop, guest.visitor.order_id,
        [LineCount(line.line_id, line.quantity) for line in data.lines], data.reason,
        [Wanted(product_id=w.product_id, variant_id=w.variant_id, quantity=w.quantity) for w in data.wanted],
        otherwise=data.otherwise,
    )  # fmt: skip


async def _count_look(ports: Ports, guest: Guest) -> None:
    await rate.count(f"goods:{guest.visitor.order_id}", limit=LOOKS_AN_HOUR, at=ports.clock.now())


@post(
    "/v1/order/exchanges",
    status_code=201,
    dependencies=GUEST,
    security=SECURITY,
    tags=["order page"],
    summary="Confirm an exchange",
    description="Takes the quote. If its time is over, or the policy's answer is another one by now, nothing is done "
    "and a new quote is needed (409). Where a difference is to be paid, nothing happens before it is: `exchange.pay` "
    "of the request leads to the page. Send a fresh `Idempotency-Key` for each intent and the same one for each retry.",
    responses=problem_responses(CONFIRM_PROBLEMS),
)
async def confirm(
    request: Request[object, object, State],
    ports: NamedDependency[Ports],
    guest: NamedDependency[Guest],
    data: JSONBody[ExchangeConfirm],
    idempotency_key: Annotated[str | None, HeaderParameter(name="Idempotency-Key")] = None,
    locale: Locale = None,
) -> Response[bytes]:
    return await exchange_once(ports, guest, data, idempotency_key, await request.body(), locale)


async def exchange_once(
    ports: Ports, guest: Guest, data: ExchangeConfirm, key: str | None, body: bytes, locale: str | None
) -> Response[bytes]:
    """Confirm under the caller's key, for the API and the pages alike."""

    async def confirmed(answered: Answered) -> None:
        await confirm_exchange(
            ports, guest.shop, guest.visitor.order_id, data.quote,
            agreed=data.digest, asked_by="shopper", locale=locale or "", answered=answered,
        )  # fmt: skip

    return await confirm_once(ports, guest, "exchange", key, body, locale, confirmed)


exchange_routes = [goods, quote, confirm]
