"""A door: a route with the credential that opens it, and a good call of it about a given order."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import uuid4

from plugin.access.roles import Permission, Role
from tests.photos import a_photo
from tests.strangers.town import Placed


class Key(StrEnum):
    """What opens a door."""

    PUBLIC = "public"  # nothing: it holds nothing of anybody
    SESSION = "session"  # a shopper's session, as a bearer token
    PAGE = "page"  # the shop's publishable key
    SERVER = "server"  # the shop's secret key
    SIGNATURE = "signature"  # a webhook's own; its tests are in test_signatures
    SECRET = "secret"  # a link's token or a mailed code; whoever knows it is let in
    COOKIE = "cookie"  # a shopper's session, in the cookie of our own pages
    GIFT = "gift"  # the session of a gift's receiver, as a bearer token
    GIFT_COOKIE = "gift_cookie"  # the same in the cookie of our own pages
    STAFF = "staff"  # a session of a person of the shop, whose role has what the door needs


@dataclass(frozen=True)
class Call:
    """One request. ``refusals`` are the statuses of a closed door."""

    path: str
    json: Any = None
    form: dict[str, str] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    files: Any = None


Ask = Callable[[Placed], Awaitable[Call]]


@dataclass(frozen=True)
class Door:
    """``names_order`` where the call carries an id or a secret of the order, or of its shop, that it is about.

    ``needs`` is what a person of the shop must be allowed to; ``only`` the one role whose colleague it is about.
    """

    key: Key
    ask: Ask
    names_order: bool = False
    is_blind: bool = False  # answers all alike, so that a stranger's order is no refusal
    tries: int = 1000  # how many good calls the limits leave
    needs: Permission | None = None
    only: Role | None = None


def constant(path: str, json: Any = None, **headers: str) -> Ask:
    async def ask(order: Placed) -> Call:
        return Call(path, json, headers=dict(headers))

    return ask


def about(path: Callable[[Placed], str], json: Callable[[Placed], Any] = lambda order: None) -> Ask:
    async def ask(order: Placed) -> Call:
        return Call(path(order), json(order), headers={"Idempotency-Key": uuid4().hex})

    return ask


def sending(path: Callable[[Placed], str]) -> Ask:
    """A photo, as a multipart form."""

    async def ask(order: Placed) -> Call:
        return Call(path(order), files={"file": ("photo.jpg", a_photo(), "image/jpeg")})

    return ask


def posting(path: str, **form: str) -> Ask:
    """A form of our own pages; whoever knocks adds the mark of the order that their session opens."""

    async def ask(order: Placed) -> Call:
        return Call(path, form=form)

    return ask
