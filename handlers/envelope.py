"""What surrounds every request, also one that finds no route: its id, its headers, its log line, its numbers."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterable

import structlog
from litestar.enums import HttpMethod, ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from handlers.logs import log_answer, scrub
from handlers.metrics import Metrics
from handlers.origins import EXPOSED_HEADERS, PREFLIGHT_HEADERS, OriginIsKnown
from handlers.security import content_security_policy, new_nonce, security_headers

log = structlog.get_logger()

RawHeader = tuple[bytes, bytes]

_SANE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,35}")


class AnswerBroken(Exception):
    """The answer had begun when the handler failed. It says nothing of the cause, because the server logs it."""


def request_id_of(inbound: str | None) -> str:
    """The caller's own id where it is a sane one and no secret by its looks, so that both logs can be joined."""
    if inbound and _SANE_ID.fullmatch(inbound) and scrub(inbound) == inbound:
        return inbound
    return f"req_{secrets.token_hex(12)}"


class Envelope:
    """Wraps the whole application at its ASGI door."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics, production: bool, origin_is_known: OriginIsKnown) -> None:
        self.app = app
        self.metrics = metrics
        self.common = [(name.encode(), value.encode()) for name, value in security_headers(production).items()]
        self.origin_is_known = origin_is_known

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self.app(scope, receive, send)
            return
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        state = scope["state"] = dict(scope["state"])  # a server may hand every request the same one
        state["request_id"] = request_id_of(headers.get(b"x-request-id"))
        state["csp_nonce"] = new_nonce()
        started, status, method = time.perf_counter(), 500, scope["method"]
        if method == "HEAD":
            # RFC 9110 §9.3.2: the same answer, without its body. The server keeps its own scope: it must go on knowing
            # that this is a HEAD, or it ends a streamed answer with a chunk that the next answer would begin with.
            scope = {**scope, "method": HttpMethod.GET}

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = self._dressed(scope, message["headers"])
            elif method == "HEAD" and message["type"] == "http.response.body":
                message["body"] = b""
            await send(message)

        before = structlog.contextvars.bind_contextvars(request_id=state["request_id"], shop_id=None)
        try:
            if method == "OPTIONS" and b"access-control-request-method" in headers:
                await self._answer_preflight(headers.get(b"origin", ""), send_with_headers)
            else:
                await self.app(scope, receive, send_with_headers)
        except Exception as error:
            log.error("answer broken", exc_info=error)
            raise AnswerBroken from None
        finally:
            self._record(scope, method, status, time.perf_counter() - started)
            structlog.contextvars.reset_contextvars(**before)

    def _dressed(self, scope: HTTPScope, headers: Iterable[RawHeader]) -> list[RawHeader]:
        """``headers`` with what every answer carries; what the handler set itself stays, but for ``Vary``."""
        state = scope["state"]
        dressed, vary, present = [], [], set()
        for name, value in headers:
            lower = name.lower()
            if lower == b"vary":
                vary.append(value)
            else:
                dressed.append((name, value))
                present.add(lower)
        dressed += [header for header in self.common if header[0] not in present]
        if b"content-security-policy" not in present:
            policy = content_security_policy(state["csp_nonce"])
            dressed.append((b"content-security-policy", policy.encode("latin-1")))
        dressed.append((b"x-request-id", state["request_id"].encode()))
        dressed.append((b"vary", b", ".join([*vary, b"Origin"])))
        if origin := state.get("granted_origin"):
            dressed.append((b"access-control-allow-origin", origin.encode("latin-1")))
            dressed.append((b"access-control-expose-headers", EXPOSED_HEADERS))
        return dressed

    async def _answer_preflight(self, origin: str, send: Send) -> None:
        granted: dict[str, str] = {}
        if origin and origin != "null" and await self.origin_is_known(origin):
            granted = PREFLIGHT_HEADERS | {"access-control-allow-origin": origin}
        raw = [(name.encode(), value.encode("latin-1")) for name, value in granted.items()]
        await send({"type": "http.response.start", "status": 204, "headers": raw})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _record(self, scope: HTTPScope, method: str, status: int, seconds: float) -> None:
        route = scope.get("path_template") or "unmatched"
        method = method if method in _METHODS else "OTHER"
        self.metrics.answered(method=method, route=route, status=status, seconds=seconds)
        state = scope["state"]
        log_answer(
            request_id=state["request_id"], shop_id=state.get("shop_id"), method=method, route=route, status=status,
            seconds=seconds,
        )  # fmt: skip


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
