"""The door of the admin API: who calls, what their role lets them do, and when they must show again who they are.

A route that needs a person of the shop takes ``member: NamedDependency[Member]`` with ``dependencies=STAFF``, and says
what they need: ``guards=[may(Permission.DECIDE_CASES)]``; what moves money, publishes a policy or changes who may sign
in adds ``fresh``. Every query of such a route is by ``member.shop_id``, so that ids of another shop are not found.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.di import Provide
from litestar.handlers import BaseRouteHandler
from litestar.types import Guard

from handlers.dependencies import AnyRequest, bearer
from handlers.logs import name_shop
from handlers.reference import BY_STAFF_SESSION
from plugin.access.roles import Permission
from plugin.access.staff import Member, NotSignedIn, member_of
from plugin.core.errors import DomainError
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop

STAFF_COOKIE = "__Host-comeback-staff"
PLAIN_STAFF_COOKIE = "comeback-staff"  # on http://localhost, where a browser takes no __Host- cookie
SECURITY: list[dict[str, list[str]]] = [{BY_STAFF_SESSION: []}]
_READS = ("GET", "HEAD", "OPTIONS")

Connection = ASGIConnection[Any, Any, Any, State]


class ForeignCall(DomainError):
    status = 403
    code = "foreign_call"
    sentence = "This call does not come from our own page. Send the session's token as Authorization: Bearer instead."


@dataclass(frozen=True)
class _Entered:
    member: Member
    shop: Shop


def staff_cookie_name(public_url: str) -> str:
    return STAFF_COOKIE if public_url.startswith("https://") else PLAIN_STAFF_COOKIE


def check_own_page(connection: Connection) -> None:
    """A call that a cookie authenticates and that changes something must come from our own pages; raises
    ``ForeignCall``. A browser says where from in ``Sec-Fetch-Site`` or ``Origin``, and no page can forge either."""
    site, origin = connection.headers.get("sec-fetch-site"), connection.headers.get("origin")
    if site != "same-origin" if site is not None else origin != connection.app.state.settings.public_url:
        raise ForeignCall()


async def _enter(connection: Connection) -> _Entered:
    """Who calls, looked up once a request; raises ``NotSignedIn`` and ``ForeignCall``."""
    scope: Any = connection.scope
    if (entered := scope["state"].get("staff_entered")) is not None:
        kept: _Entered = entered
        return kept
    ports: Ports = connection.app.state.ports
    token = bearer(connection)
    if token is None:
        token = connection.cookies.get(staff_cookie_name(ports.public_url))
        if token is None:
            raise NotSignedIn(detail="Send the session's token as Authorization: Bearer staff_….")
        if scope["method"] not in _READS:
            check_own_page(connection)
    member, shop = await member_of(token, ports.clock.now())
    name_shop(scope, shop.id)
    scope["state"]["staff_entered"] = found = _Entered(member, shop)
    return found


@dataclass(frozen=True)
class May:
    """A guard: the caller is signed in and their role has this permission; raises ``NotSignedIn``, ``NotAllowed``."""

    permission: Permission

    async def __call__(self, connection: Connection, handler: BaseRouteHandler) -> None:
        (await _enter(connection)).member.check_may(self.permission)


def may(permission: Permission) -> Guard:
    return May(permission)


async def signed_in(connection: Connection, handler: BaseRouteHandler) -> None:
    """A guard: the caller is signed in, whatever their role; raises ``NotSignedIn``. Guards run before the body is
    read, so that a stranger is not told what a good one looks like."""
    await _enter(connection)


async def fresh(connection: Connection, handler: BaseRouteHandler) -> None:
    """A guard: the caller has shown their password or a code within ten minutes; raises ``Reauthenticate``."""
    (await _enter(connection)).member.check_fresh(connection.app.state.ports.clock.now())


async def provide_member(request: AnyRequest) -> Member:
    """The person who calls; raises ``NotSignedIn``."""
    return (await _enter(request)).member


async def provide_staff_shop(request: AnyRequest) -> Shop:
    """The shop of the person who calls; raises ``NotSignedIn``."""
    return (await _enter(request)).shop


STAFF = {"member": Provide(provide_member), "shop": Provide(provide_staff_shop)}
