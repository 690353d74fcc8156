"""The headers that every answer carries, and the one check that every body passes before it is read."""

from __future__ import annotations

import secrets
from base64 import b64encode
from hashlib import sha256
from typing import Any

from litestar import Request
from litestar.enums import ScopeType
from litestar.exceptions import HTTPException
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

BODY_LIMIT = 1024 * 1024
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
ANYTHING = "*/*"

_PERMISSIONS = "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()"


def new_nonce() -> str:
    return secrets.token_urlsafe(16)


def csp_nonce(request: Request[Any, Any, Any]) -> str:
    """The nonce that this answer's ``<script>`` and ``<style>`` elements must carry."""
    return str(request.scope["state"]["csp_nonce"])


def content_security_policy(nonce: str) -> str:
    """Nothing loads but from ourselves; scripts and styles in the page need its nonce; nobody frames it.

    Images may come from any https address, because a shop's logo and its products' pictures live with the shop.
    """
    return _policy(f"'self' 'nonce-{nonce}'", f"'self' 'nonce-{nonce}'")


def lasting_security_policy(style: str) -> str:
    """The same for an answer that may be kept and asked for again: a kept page and a new nonce would not fit, so its
    one ``<style>`` element is named by the hash of its text, and no script stands in it."""
    digest = b64encode(sha256(style.encode()).digest()).decode()
    return _policy("'self'", f"'self' 'sha256-{digest}'")


def _policy(scripts: str, styles: str) -> str:
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {scripts}",
            f"style-src {styles}",
            "img-src 'self' https: data:",
            "font-src 'self'",
            "connect-src 'self'",
            "form-action 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )


def security_headers(production: bool) -> dict[str, str]:
    """What every answer carries beside its content security policy, unless its handler set it itself."""
    headers = {
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cache-control": "no-store",
        "permissions-policy": _PERMISSIONS,
        "cross-origin-opener-policy": "same-origin",
    }
    if production:
        headers["strict-transport-security"] = "max-age=31536000; includeSubDomains"
    return headers


class ContentTypeCheck(ASGIMiddleware):
    """Refuses a body of a type that its route does not take, because a browser may post text/plain across origins.

    A route takes JSON, and a page (``opt={"page": True}``) takes a form; ``opt={"accepts": (...)}`` says otherwise,
    with ``ANYTHING`` for the webhooks, whose bodies are kept as they came.
    """

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        opt = scope["route_handler"].opt
        accepted = opt.get("accepts") or ((FORM,) if opt.get("page") else (JSON,))
        if ANYTHING not in accepted:
            headers = dict(scope["headers"])
            has_body = headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in headers
            sent = headers.get(b"content-type", b"").decode("latin-1").partition(";")[0].strip().lower()
            if has_body and sent not in accepted:
                raise HTTPException(status_code=415)
        await next_app(scope, receive, send)
