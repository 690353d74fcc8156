"""Which browser pages may read our answers: exactly the origins that a shop has named, and no wildcard.

A preflight carries no key, so all it can be asked is whether any shop named its origin. The answer itself becomes
readable only when the handler knows the shop and grants that shop's origins.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from litestar import Request

OriginIsKnown = Callable[[str], Awaitable[bool]]

PREFLIGHT_HEADERS = {
    "access-control-allow-methods": "GET, POST, PUT, PATCH, DELETE",
    "access-control-allow-headers": (
        "Authorization, Content-Type, Idempotency-Key, Accept-Language, X-Comeback-Key, X-Request-Id"
    ),
    "access-control-max-age": "600",
}
EXPOSED_HEADERS = b"X-Request-Id, Retry-After, Content-Language"


def allowed_origin(origin: str | None, shop_origins: Iterable[str]) -> str | None:
    """``origin`` if the shop named exactly it (RFC 6454: scheme, host and port), else ``None``; never for "null"."""
    if not origin or origin == "null":
        return None
    return origin if origin in frozenset(shop_origins) else None


def grant_origin(request: Request[Any, Any, Any], shop_origins: Iterable[str]) -> None:
    """Make this answer readable to the page that asked, if it is one of the shop's."""
    origin = allowed_origin(request.headers.get("origin"), shop_origins)
    if origin is not None:
        request.scope["state"]["granted_origin"] = origin
