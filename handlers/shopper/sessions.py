"""How a shopper gets in: from the store's own server, by a signed link, or by a guest's lookup."""

from __future__ import annotations

from typing import Annotated

from litestar import Request, post
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody
from msgspec import Meta, Struct

from handlers.addresses import caller_group
from handlers.dependencies import PublicId, provide_page_shop, provide_server_shop
from handlers.problems import problem_responses
from handlers.reference import BY_PUBLISHABLE_KEY, BY_SERVER_KEY
from handlers.shopper import phrases
from handlers.shopper.session_views import LinkView, LookupView, SessionView
from plugin.access import rate
from plugin.access.service import (
    LINK_LASTS,
    WIDGET_SESSION_LASTS,
    LinkKind,
    OpenedSession,
    open_by_code,
    open_by_link,
    open_session,
)
from plugin.access.service import make_link as make_order_link
from plugin.core.errors import NotFound
from plugin.core.words import Words, choose_locale
from plugin.db import transaction
from plugin.journeys.look_up import look_up
from plugin.orders.service import StoredOrder, find_by_external_id
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop
from plugin.shops.service import settings_of, zone_of

Ref = Annotated[str, Meta(min_length=1, max_length=80, description="The order's id in your store.", examples=["1001"])]
CODE_TRIES = 60  # an hour and caller, over all lookups; each lookup has five of its own
Token = Annotated[str, Meta(min_length=1, max_length=200)]


class OrderAsk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    order_id: Ref


class LinkAsk(OrderAsk, frozen=True, kw_only=True):
    """``gift``: a link for the receiver of a gift, who sees the items without prices and may return them for credit."""

    gift: bool = False


class SessionAsk(OrderAsk, frozen=True, kw_only=True):
    """``customer_id`` or ``customer_email`` of who is signed in: a session for somebody else's order is refused."""

    customer_id: Annotated[str, Meta(max_length=80, examples=["cus_81"])] | None = None
    customer_email: Annotated[str, Meta(max_length=254, examples=["ana@example.com"])] | None = None


class ExchangeAsk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``link`` is the last part of a signed link's address: ``…/o/<link>``."""

    link: Token


class LookupAsk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    order_number: Annotated[str, Meta(min_length=1, max_length=80, examples=["#1001"])]
    email: Annotated[
        str, Meta(min_length=3, max_length=254, pattern="^[^@ \\x00]+@[^@ \\x00]+$", examples=["ana@example.com"])
    ]
    locale: Annotated[str, Meta(max_length=35, examples=["es"])] | None = None


class CodeAsk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    code: Annotated[str, Meta(min_length=4, max_length=20, examples=["K7Q2M4XW"])]


SERVER_SHOP = {"shop": Provide(provide_server_shop)}
PAGE_SHOP = {"shop": Provide(provide_page_shop)}


async def _order_of(shop: Shop, external_id: str) -> StoredOrder:
    order = await find_by_external_id(shop.id, external_id)
    if order is None:
        raise NotFound(detail="No webhook has told us of this order yet. Send it, or check the id.", param="order_id")
    return order


@post(
    "/v1/sessions",
    dependencies=SERVER_SHOP,
    security=[{BY_SERVER_KEY: []}],
    tags=["order page"],
    summary="Open a session for the signed-in shopper",
    description="Your server calls this for the order that its own signed-in customer looks at, and hands the token "
    "to the page. It lasts five minutes and opens this order only.",
    responses=problem_responses({401: "The secret key is not known.", 404: "The order has not come in yet."}),
)
async def create_session(
    ports: NamedDependency[Ports], shop: NamedDependency[Shop], data: JSONBody[SessionAsk]
) -> SessionView:
    order = await _order_of(shop, data.order_id)
    customer = order.now.customer
    is_other = data.customer_id is not None and data.customer_id != customer.id
    if is_other or (data.customer_email is not None and data.customer_email.strip().lower() != order.row.email):
        raise NotFound(detail="This order does not belong to that customer.", param="order_id")
    opened = await open_session(shop.id, order.id, "server", ports.clock.now(), WIDGET_SESSION_LASTS)
    return SessionView(token=opened.token, expires_at=opened.visitor.expires_at, order_id=order.id)


@post(
    "/v1/links",
    dependencies=SERVER_SHOP,
    security=[{BY_SERVER_KEY: []}],
    tags=["order page"],
    summary="Make a signed link to an order",
    description="Put it on your order page or into your mails. Opening it changes nothing, so mail scanners are "
    "harmless; the shopper's own click exchanges it for a session.",
    responses=problem_responses({401: "The secret key is not known.", 404: "The order has not come in yet."}),
)
async def create_link(ports: NamedDependency[Ports], shop: NamedDependency[Shop], data: JSONBody[LinkAsk]) -> LinkView:
    order = await _order_of(shop, data.order_id)
    at = ports.clock.now()
    async with transaction(ports.doorbell) as tx:
        kind = LinkKind.GIFT if data.gift else LinkKind.ORDER
        token = await make_order_link(tx, shop_id=shop.id, order_id=order.id, at=at, kind=kind)
    return LinkView(url=f"{ports.public_url}/o/{token}", expires_at=at + LINK_LASTS)


@post(
    "/v1/sessions/exchange",
    tags=["order page"],
    summary="Exchange a signed link for a session",
    responses=problem_responses({410: "The link is no longer valid."}),
)
async def exchange_link(ports: NamedDependency[Ports], data: JSONBody[ExchangeAsk]) -> SessionView:
    opened = await open_by_link(data.link, ports.clock.now())
    visitor = opened.visitor
    return SessionView(
        token=opened.token, expires_at=visitor.expires_at, order_id=visitor.order_id, is_gift=visitor.is_gift
    )


@post(
    "/v1/lookups",
    status_code=202,
    dependencies=PAGE_SHOP,
    security=[{BY_PUBLISHABLE_KEY: []}],
    tags=["order page"],
    summary="Look an order up as a guest",
    description="Always answered alike. Where the number and the address belong to one order, a mail with a link and "
    "a code goes to the address on the order.",
    responses=problem_responses({429: "Too many look-ups; see Retry-After."}),
)
async def create_lookup(
    request: Request[object, object, State],
    ports: NamedDependency[Ports],
    shop: NamedDependency[Shop],
    data: JSONBody[LookupAsk],
) -> LookupView:
    caller = caller_group(request)
    lookup_id = await look_up(ports, shop, number=data.order_number, email=data.email, caller=caller)
    settings = settings_of(shop)
    words = Words(choose_locale(data.locale, settings.locale), zone_of(settings))
    return LookupView(lookup_id=lookup_id, sentence=words.say(phrases.LOOKUP))


@post(
    "/v1/lookups/{lookup_id:str}/open",
    dependencies=PAGE_SHOP,
    security=[{BY_PUBLISHABLE_KEY: []}],
    tags=["order page"],
    summary="Open a session with the mailed code",
    responses=problem_responses({403: "The code does not fit.", 429: "Too many tries; see Retry-After."}),
)
async def open_lookup(
    request: Request[object, object, State],
    ports: NamedDependency[Ports],
    shop: NamedDependency[Shop],
    lookup_id: PublicId,
    data: JSONBody[CodeAsk],
) -> SessionView:
    opened = await try_code(request, ports, shop, lookup_id, data.code)
    return SessionView(token=opened.token, expires_at=opened.visitor.expires_at, order_id=opened.visitor.order_id)


async def try_code(
    request: Request[object, object, State], ports: Ports, shop: Shop, lookup_id: str, code: str
) -> OpenedSession:
    """Open a session with a mailed code, for the API and the pages alike; raises ``WrongCode`` and ``TooMany``."""
    at = ports.clock.now()
    await rate.count(f"open:{shop.id}:{caller_group(request)}", limit=CODE_TRIES, at=at)
    return await open_by_code(shop.id, lookup_id, code, at)


session_routes = [create_session, create_link, exchange_link, create_lookup, open_lookup]
