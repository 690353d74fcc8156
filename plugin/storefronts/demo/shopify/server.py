"""The stand-in over HTTP: the Admin API, the exchange of credentials for a token, and its webhooks going out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs

import msgspec

from plugin.storefronts.demo.serving import Receive, Scope, Send, answer, break_off, read_body, serve
from plugin.storefronts.demo.shopify.running import Runner
from plugin.storefronts.demo.shopify.shop import DemoShopify, Fault
from plugin.storefronts.shopify.api import API_VERSION

GRAPHQL = f"/admin/api/{API_VERSION}/graphql.json"
TOKEN = "/admin/oauth/access_token"  # noqa: S105
COME_BACK_IN = 7  # seconds, of a 429


@dataclass(frozen=True)
class ServedShopify:
    """A running shop; ``url`` is its address for ``StoreConnection``."""

    shop: DemoShopify
    url: str


@asynccontextmanager
async def serve_demo_shopify(
    shop: DemoShopify, *, host: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[ServedShopify]:  # fmt: skip
    """Serve ``shop`` in the running event loop until the block ends; port 0 takes any free one."""
    app = _App(shop, Runner(shop))
    async with serve(app, app.closing, host=host, port=port) as url:
        yield ServedShopify(shop, url)


@dataclass
class _App:
    shop: DemoShopify
    runner: Runner
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await read_body(receive)
        match scope["method"], scope["path"]:
            case "POST", path if path == GRAPHQL:
                await self._graphql(scope, body, send)
            case "POST", path if path == TOKEN:
                await self._token(body, send)
            case _:
                await _json(send, 404, {"errors": "Not Found"})

    async def _token(self, body: bytes, send: Send) -> None:
        """https://shopify.dev/docs/apps/build/authentication-authorization/client-credentials-grant"""
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        if form.get("grant_type") != "client_credentials":
            return await _json(send, 400, {"error": "unsupported_grant_type"})
        if (form.get("client_id"), form.get("client_secret")) != (self.shop.client_id, self.shop.client_secret):
            return await _json(send, 400, {"error": "application_cannot_be_found"})
        granted = {"access_token": self.shop.grant_token(), "expires_in": 86399, "scope": ",".join(self.shop.scopes)}
        return await _json(send, 200, granted)

    async def _graphql(self, scope: Scope, body: bytes, send: Send) -> None:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if not self.shop.opens(headers.get("x-shopify-access-token", "")):
            return await _json(send, 401, {"errors": "[API] Invalid API key or access token"})
        try:
            message = msgspec.json.decode(body)
            ran = self.runner.run(message["query"], message.get("variables") or {})
        except (msgspec.MsgspecError, KeyError, TypeError):
            return await _json(send, 400, {"errors": "Bad Request"})
        match ran.fault:
            case Fault.ERROR_500:
                return await _json(send, 500, {"errors": "Internal Server Error"})
            case Fault.BAD_GATEWAY:
                return await answer(send, 502, "text/html", b"<html>Bad Gateway</html>")
            case Fault.TOO_MANY:
                headers_too = {"retry-after": str(COME_BACK_IN)}
                return await answer(send, 429, "application/json", b'{"errors":"Exceeded"}', headers_too)
            case Fault.HTML:
                return await answer(send, 200, "text/html", b"<html>One moment, please</html>")
            case Fault.DROP_ANSWER:
                return await break_off(send)
            case Fault.SLOW:
                await self._wait()
        return await _json(send, 200, ran.body)

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(self.shop.slow_by):
                await self.closing.wait()
        except TimeoutError:
            return


async def _json(send: Send, status: int, body: object) -> None:
    await answer(send, status, "application/json; charset=utf-8", msgspec.json.encode(body))
