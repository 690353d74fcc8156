"""The stand-in over HTTP: the REST API at ``/wp-json`` or ``?rest_route=``, and a small page of its orders at ``/``.

WooCommerce takes Basic credentials over https only; the stand-in takes them over http, for it is on this machine.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html import escape
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from plugin.storefronts.demo.serving import Receive, Scope, Send, answer, break_off, read_body, serve
from plugin.storefronts.demo.woocommerce.books import Refused
from plugin.storefronts.demo.woocommerce.faults import IS_DONE, NOTICE, PAGE, Fault, Switched
from plugin.storefronts.demo.woocommerce.routes import answer_call, check_caller, index
from plugin.storefronts.demo.woocommerce.store import WooStore

_JSON = "application/json; charset=UTF-8"
_HTML = "text/html; charset=UTF-8"
_NAMESPACE = "/wc/v3/"


@dataclass(frozen=True)
class ServedWooStore:
    """A running stand-in; ``url`` is what a shop would give as its store's address."""

    store: WooStore
    url: str


@asynccontextmanager
async def serve_woo_store(store: WooStore, *, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[ServedWooStore]:
    """Serve ``store`` in the running event loop until the block ends; port 0 takes any free one."""
    app = _App(store)
    async with serve(app, app.closing, host=host, port=port) as url:
        yield ServedWooStore(store, url)


@dataclass
class _App:
    store: WooStore
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        query = dict(parse_qsl(scope["query_string"].decode()))
        route = self._route(scope["path"], query)
        if route is None:
            is_home = scope["path"] == "/" and not query
            page = _page(self.store) if is_home else PAGE
            return await answer(send, 200 if is_home else 404, _HTML, page)
        body = await read_body(receive)
        switched = next((each for each in self.store.faults if each.strikes(scope["method"], route, body)), None)
        if switched and switched.fault not in IS_DONE:
            return await _go_wrong(send, switched)
        status, said, headers = await self._said(scope, route, query, body)
        if switched and switched.fault is Fault.DROP_ANSWER:
            return await break_off(send)
        if switched and switched.fault is Fault.SLOW:
            await self.closing.wait()
        notice = NOTICE if switched and switched.fault is Fault.NOTICE else b""
        return await answer(send, status, _JSON, notice + msgspec.json.encode(said), headers)

    def _route(self, path: str, query: dict[str, str]) -> str | None:
        """The route within the REST API; None for an address that is a page's."""
        if "rest_route" in query:
            return query["rest_route"]
        if path.startswith("/wp-json/") and not self.store.has_plain_links:
            return path.removeprefix("/wp-json")
        return None

    async def _said(
        self, scope: Scope, route: str, query: dict[str, str], body: bytes
    ) -> tuple[int, Any, dict[str, str]]:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        method = scope["method"]
        if route == "/":
            return 200, index(self.store, f"http://{headers.get('host', '')}"), {}
        self.store.calls.append(f"{method} {route}")
        try:
            check_caller(self.store, method, headers.get("authorization", ""), query)
            return await answer_call(self.store, method, route.removeprefix(_NAMESPACE), query, body)
        except Refused as no:
            return no.status, _error(no.code, no.message, no.status), {}


async def _go_wrong(send: Send, switched: Switched) -> None:
    later = {"retry-after": str(switched.retry_after)}
    match switched.fault:
        case Fault.FATAL:
            message = "<p>There has been a critical error on this website.</p>"
            await _say(send, 500, "internal_server_error", message)
        case Fault.MAINTENANCE:
            await answer(send, 503, _HTML, PAGE, later)
        case Fault.BUSY:
            await answer(send, 429, _HTML, PAGE, later)
        case Fault.FIREWALL:
            await answer(send, 403, _HTML, PAGE)
        case Fault.FORBIDDEN:
            await _say(send, 403, "woocommerce_rest_cannot_view", "Sorry, you cannot view this resource.")
        case Fault.NO_ROUTE:
            await _say(send, 404, "rest_no_route", "No route was found matching the URL and request method.")
        case Fault.REDIRECT:
            await answer(send, 301, _HTML, PAGE, {"location": "https://www.shop.example/wp-json/"})
        case _:
            await answer(send, 200, _HTML, PAGE)


async def _say(send: Send, status: int, code: str, message: str) -> None:
    await answer(send, status, _JSON, msgspec.json.encode(_error(code, message, status)))


def _error(code: str, message: str, status: int) -> dict[str, Any]:
    """How ``WP_REST_Server`` writes a ``WP_Error``."""
    return {"code": code, "message": message, "data": {"status": status}}


def _page(store: WooStore) -> bytes:
    rows = "".join(
        f"<tr><td>{escape(order['number'])}<td>{escape(order['status'])}<td>{order['total']} {order['currency']}"
        for order in reversed(store.orders.values())
    )
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(store.name)}</title>'
        f"<h1>{escape(store.name)}</h1><p>A stand-in for a WooCommerce store.</p>"
        f"<table><tr><th>Order<th>Status<th>Total{rows}</table></html>"
    ).encode()
