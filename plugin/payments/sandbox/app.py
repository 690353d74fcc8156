"""The ASGI application: authenticate, apply a fault switch, honour the idempotency key, run one route, answer."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from plugin.payments.sandbox import pay_page
from plugin.payments.sandbox.books import Books
from plugin.payments.sandbox.control import run_control
from plugin.payments.sandbox.faults import Fault, FaultKind, refusal_of
from plugin.payments.sandbox.forms import Params, parse_form
from plugin.payments.sandbox.ledger import Ledger, SandboxClock, expanded, random_text
from plugin.payments.sandbox.objects import API_VERSION
from plugin.payments.sandbox.refusals import ErrorDocument, Refusal
from plugin.payments.sandbox.routes import find_route

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_CONTROL = "/_sandbox/"


@dataclass(frozen=True)
class _Request:
    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    id: str = field(default_factory=lambda: f"req_{random_text(14)}")

    @property
    def idempotency_key(self) -> str | None:
        return self.headers.get("idempotency-key") if self.method == "POST" else None

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(f"{self.method} {self.path}\n".encode() + self.body).hexdigest()


@dataclass(frozen=True)
class _Answer:
    status: int
    body: str
    is_replayed: bool = False
    type: str = "application/json"
    goes_to: str | None = None


class _ConnectionCut(Exception):
    """The answer, if there is one, shall not arrive."""


class SandboxApp:
    """An ASGI application; make it with ``create_sandbox``."""

    def __init__(self, books: Books) -> None:
        self._books = books

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            request = await _read(scope, receive)
            try:
                answer = await self._answer(request)
            except _ConnectionCut:
                # a body shorter than announced makes every ASGI server close the connection
                await send(_start(200, {"content-length": "1"}))
                return
            await _send(send, request, answer)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        self._books.start_timers()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._books.aclose()
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, request: _Request) -> _Answer:
        try:
            if request.path.startswith(_CONTROL):
                return _Answer(200, await run_control(self._books, request.path.removeprefix(_CONTROL), request.body))
            if request.path.startswith(pay_page.PATH):
                return self._pay(request)
            return await self._speak(request)
        except Refusal as refusal:
            return _refused(refusal)

    def _pay(self, request: _Request) -> _Answer:
        """The hosted page, whose address is its own permission."""
        ledger, session = self._books.find_session(request.path.removeprefix(pay_page.PATH))
        if request.method == "POST":
            shown = pay_page.press(ledger, session, request.body.decode(errors="replace"))
        else:
            shown = pay_page.show(ledger, session)
        self._books.commit()
        return _Answer(shown.status, shown.html, type="text/html; charset=utf-8", goes_to=shown.goes_to)

    async def _speak(self, request: _Request) -> _Answer:
        api_key = _api_key(request.headers.get("authorization", ""))
        ledger = self._books.ledger(api_key)
        fault = self._books.faults.take(request.method, request.path)
        if fault is not None and fault.kind is FaultKind.DROP_BEFORE:
            raise _ConnectionCut
        if fault is not None and fault.kind in (FaultKind.ANSWER_409, FaultKind.ANSWER_429):
            return _Answer(*_refusal_document(fault.kind))
        answer = await self._once(request, api_key, ledger, fault)
        if fault is not None and fault.kind is FaultKind.DELAY_AFTER:
            await asyncio.sleep(fault.delay_ms / 1000)
        if fault is not None and fault.kind is FaultKind.DROP_AFTER:
            raise _ConnectionCut
        return answer

    async def _once(self, request: _Request, api_key: str, ledger: Ledger, fault: Fault | None) -> _Answer:
        """Run the request, or repeat what was answered to its idempotency key before."""
        key = request.idempotency_key
        keys = self._books.keys(api_key)
        if key is not None:
            stored = keys.begin(key, request.fingerprint, self._books.clock.now())
            if stored is not None:
                return _Answer(stored.status, stored.body, is_replayed=True)
        if fault is not None and fault.kind is FaultKind.DELAY_BEFORE:
            await asyncio.sleep(fault.delay_ms / 1000)
        answer, is_stored = _execute(request, ledger, fault)
        if key is not None and is_stored:
            keys.keep(key, answer.status, answer.body)
        elif key is not None:
            keys.forget(key)
        if request.method != "GET":
            self._books.commit()
        return answer


def _execute(request: _Request, ledger: Ledger, fault: Fault | None) -> tuple[_Answer, bool]:
    """The answer, and whether Stripe would keep it under the key."""
    if fault is not None and fault.kind is FaultKind.ANSWER_500:
        return _Answer(*_refusal_document(fault.kind)), True
    try:
        answer = _Answer(200, _run(request, ledger))
    except Refusal as refusal:
        return _refused(refusal), refusal.is_stored
    if fault is not None and fault.kind is FaultKind.ANSWER_500_AFTER:
        return _Answer(*_refusal_document(fault.kind)), True
    return answer, True


def _run(request: _Request, ledger: Ledger) -> str:
    found = find_route(request.method, request.path)
    if found is None:
        raise Refusal(404, f"Unrecognized request URL ({request.method}: {request.path}).", is_stored=False)
    route, id = found
    params = Params(parse_form(request.query if request.method == "GET" else request.body.decode(errors="replace")))
    params.require_known(route.accepts)
    paths = params.texts("expand")
    ledger.address = f"http://{request.headers.get('host', '')}"
    ledger.request = {"id": request.id, "idempotency_key": request.idempotency_key}
    document = route.handler(ledger, params, id)
    for path in paths:
        document = expanded(ledger, document, path)
    return msgspec.json.encode(document).decode()


def _refused(refusal: Refusal) -> _Answer:
    return _Answer(refusal.status, msgspec.json.encode(ErrorDocument(refusal.body)).decode())


def _refusal_document(kind: FaultKind) -> tuple[int, str]:
    refusal = refusal_of(kind)
    if refusal is None:
        raise ValueError(f"{kind} answers nothing of its own")
    answer = _refused(refusal)
    return answer.status, answer.body


def _api_key(authorization: str) -> str:
    """From ``Bearer sk_test_...``, or the basic authentication that ``curl -u sk_test_...:`` sends."""
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return value
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value).decode(errors="replace").partition(":")[0]
        except binascii.Error:
            return ""
    return ""


async def _read(scope: Message, receive: Receive) -> _Request:
    chunks, more = [], True
    while more:
        message = await receive()
        chunks.append(message.get("body", b""))
        more = message.get("more_body", False)
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    return _Request(scope["method"], scope["path"], scope["query_string"].decode(), headers, b"".join(chunks))


def _start(status: int, headers: dict[str, str]) -> Message:
    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    return {"type": "http.response.start", "status": status, "headers": pairs}


async def _send(send: Send, request: _Request, answer: _Answer) -> None:
    body = answer.body.encode()
    headers = {
        "content-type": answer.type, "content-length": str(len(body)), "request-id": request.id,
        "stripe-version": request.headers.get("stripe-version", API_VERSION),
    }  # fmt: skip
    if request.idempotency_key is not None:
        headers["idempotency-key"] = request.idempotency_key
    if answer.goes_to is not None:
        headers["location"] = answer.goes_to
    if answer.is_replayed:
        headers["idempotent-replayed"] = "true"
    await send(_start(answer.status, headers))
    await send({"type": "http.response.body", "body": body})


def create_sandbox(
    *, clock: SandboxClock | None = None, state: Path | None = None, settle_after: float | None = None,
    retry_delays: tuple[float, ...] = (0.1, 0.5, 2.0),
) -> SandboxApp:  # fmt: skip
    """The sandbox as an ASGI application.

    ``state`` is a file to remember everything in. ``settle_after`` (seconds) lets pending and failing refunds take
    their course by themselves; without it they wait for a control call. ``retry_delays`` (seconds) lie between the
    attempts to deliver a webhook.
    """
    return SandboxApp(Books(clock or SandboxClock(), state=state, settle_after=settle_after, retry_delays=retry_delays))
