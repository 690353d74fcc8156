"""What a handler is given: the ports, the shop behind a key, the visitor behind a session."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import PathParameter

from handlers.closing import Closing
from handlers.logs import name_shop
from handlers.origins import grant_origin
from plugin.access.service import OpensGiftOnly, SessionExpired, Visitor, visit_of
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop
from plugin.shops.service import BadKey, settings_of, shop_by_publishable_key, shop_by_secret_key

SESSION_COOKIE = "__Host-comeback"
PLAIN_SESSION_COOKIE = "comeback"  # on http://localhost, where a browser takes no __Host- cookie

AnyRequest = Request[object, object, State]
PublicId = Annotated[str, PathParameter(max_length=40, description="An id of ours, such as case_01jd….")]


def provide_ports(state: State) -> Ports:
    """The adapters that ``handlers.compose`` built for this process."""
    ports: Ports = state.ports
    return ports


def provide_closing(state: State) -> Closing:
    """How this process ends."""
    closing: Closing = state.closing
    return closing


def bearer(request: ASGIConnection[Any, Any, Any, Any]) -> str | None:
    """The token of an ``Authorization: Bearer`` header."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


async def provide_server_shop(request: AnyRequest) -> Shop:
    """The shop whose server calls with its secret key; raises ``BadKey``."""
    token = bearer(request)
    if token is None:
        raise BadKey(detail="Send the shop's secret key as Authorization: Bearer sk_comeback_….")
    return await shop_by_secret_key(token)


async def provide_page_shop(request: AnyRequest) -> Shop:
    """The shop whose page calls with its publishable key; raises ``BadKey``."""
    token = bearer(request) or request.headers.get("x-comeback-key")
    if not token:
        raise BadKey(detail="Send the shop's publishable key as Authorization: Bearer pk_comeback_….")
    shop = await shop_by_publishable_key(token)
    grant_origin(request, settings_of(shop).origins)
    return shop


@dataclass(frozen=True)
class Guest:
    """A visitor and the shop that the visit is in."""

    visitor: Visitor
    shop: Shop


async def provide_guest(request: AnyRequest, ports: NamedDependency[Ports]) -> Guest:
    """The shopper behind the session's bearer token; raises ``SessionExpired``, and ``OpensGiftOnly`` for the receiver
    of a gift, whom no door of the order's shopper lets in.

    The cookie is for the pages only: the API takes no ambient authority, so there is nothing to forge across sites.
    """
    return await _guest(request, ports, is_gift=False)


async def provide_receiver(request: AnyRequest, ports: NamedDependency[Ports]) -> Guest:
    """The receiver of a gift behind the session's bearer token; raises ``SessionExpired`` and ``OpensGiftOnly``."""
    return await _guest(request, ports, is_gift=True)


async def _guest(request: AnyRequest, ports: Ports, *, is_gift: bool) -> Guest:
    token = bearer(request)
    if token is None:
        raise SessionExpired(detail="Send the session's token as Authorization: Bearer cs_….")
    visitor, shop = await visit_of(token, ports.clock.now())
    if visitor.is_gift is not is_gift:
        raise OpensGiftOnly()
    name_shop(request.scope, shop.id)
    grant_origin(request, settings_of(shop).origins)
    return Guest(visitor, shop)
