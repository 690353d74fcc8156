"""The demo storefront over HTTP: its signed calls at ``/comeback``, and a small shop page at ``/``."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from html import escape

import httpx
import msgspec

from plugin.core.money import as_decimal
from plugin.ports.storefronts import SignatureInvalid
from plugin.storefronts.demo.goods import DemoGoods
from plugin.storefronts.demo.serving import Receive, Scope, Send, answer, break_off, read_body, serve
from plugin.storefronts.demo.store import Behaviour, DemoStore
from plugin.storefronts.standard.cancelling import Ask, CancelMessage
from plugin.storefronts.standard.goods_wire import FixAsk, GoodsAsk, OffersAsk, VariantsAsk
from plugin.storefronts.standard.signature import verified_id
from plugin.storefronts.standard.wire import AnyMessage

CALLS_PATH = "/comeback"
_GOODS: msgspec.json.Decoder[GoodsAsk] = msgspec.json.Decoder(GoodsAsk)
_DOES_NOTHING = frozenset({Behaviour.NEVER_ANSWER, Behaviour.FAIL, Behaviour.GARBAGE, Behaviour.UNSUPPORTED})


@dataclass(frozen=True)
class ServedStore:
    """A running demo store: its page is at ``url``, and Comeback calls it at ``calls_url``."""

    store: DemoStore
    url: str
    goods: DemoGoods

    @property
    def calls_url(self) -> str:
        return self.url + CALLS_PATH


@asynccontextmanager
async def serve_demo_store(store: DemoStore, *, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[ServedStore]:
    """Serve ``store`` in the running event loop until the block ends; port 0 takes any free one."""
    app = _App(store, DemoGoods(store))
    async with serve(app, app.closing, host=host, port=port) as url:
        yield ServedStore(store, url, app.goods)


@dataclass
class _App:
    store: DemoStore
    goods: DemoGoods
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        match scope["method"], scope["path"]:
            case "GET", "/":
                await answer(send, 200, "text/html; charset=utf-8", _page(self.store).encode())
            case "POST", path if path == CALLS_PATH:
                await self._call(scope, await read_body(receive), send)
            case _:
                await answer(send, 404, "text/plain", b"not found")

    async def _call(self, scope: Scope, body: bytes, send: Send) -> None:
        store = self.store
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        try:
            id = verified_id(headers, body, [store.call_secret], store.clock.now())
            message = _read(body)
        except SignatureInvalid:
            return await answer(send, 401, "text/plain", b"bad signature")
        except msgspec.MsgspecError:
            return await answer(send, 400, "text/plain", b"bad message")
        if not isinstance(message, CancelMessage):
            return await self._do(message, id, send)
        if message.type is Ask.CANCEL and id != message.data.request_id:
            return await answer(send, 400, "text/plain", b"the webhook-id is the request's id")
        said = store.take(message.type, message.data)
        return await self._say(said, send, is_deed=message.type is Ask.CANCEL)

    async def _do(self, ask: GoodsAsk, id: str, send: Send) -> None:
        """An ask about goods; what it made or changed is told by webhook once it is answered."""
        request_id = _request_id(ask)
        is_deed = request_id is not None
        if is_deed and id != request_id:
            await answer(send, 400, "text/plain", b"the webhook-id is the request's id")
            return
        if self.store.behaviour in _DOES_NOTHING:
            await self._say(None, send, is_deed=is_deed)
            return
        said = self.goods.take(ask)
        await self._say(said.body, send, is_deed=is_deed)
        if said.changed is not None and self.store.hooks_url is not None:
            with suppress(httpx.HTTPError):  # a shop's webhooks get lost, too
                await self.store.send(said.changed)

    async def _say(self, said: msgspec.Struct | None, send: Send, *, is_deed: bool) -> None:
        match self.store.behaviour:
            case Behaviour.NEVER_ANSWER:
                await self.closing.wait()
            case Behaviour.FAIL:
                return await answer(send, 500, "text/plain", b"the store is on fire")
            case Behaviour.GARBAGE:
                return await answer(send, 200, "application/json", b'{"status": "cancelled"')
            case Behaviour.UNSUPPORTED:
                return await answer(send, 501, "application/json", b'{"status": "unsupported"}')
            case Behaviour.DROP_ANSWER if is_deed:
                return await break_off(send)
            case Behaviour.ANSWER_LATE if is_deed:
                await self._wait(self.store.late_by)
        if said is None:
            return await answer(send, 404, "application/json", b'{"status": "unknown"}')
        return await answer(send, 200, "application/json", msgspec.json.encode(said))

    async def _wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self.closing.wait()
        except TimeoutError:
            return


def _read(body: bytes) -> CancelMessage | GoodsAsk:
    """Raises ``msgspec.MsgspecError`` for what is neither."""
    if msgspec.json.decode(body, type=AnyMessage).type in set(Ask):
        return msgspec.json.decode(body, type=CancelMessage)
    return _GOODS.decode(body)


def _request_id(ask: GoodsAsk) -> str | None:
    """The id of an ask that does something; None for one that only wants to know."""
    if isinstance(ask, OffersAsk | VariantsAsk) or (isinstance(ask, FixAsk) and ask.data.is_trial):
        return None
    return ask.data.request_id


def _page(store: DemoStore) -> str:
    rows = []
    for order in reversed(store.orders.values()):
        link = f'<a href="{escape(store.order_page(order))}">Order page</a>' if store.order_page else ""
        goods = ", ".join(f"{line.quantity} × {line.title}" for line in order.lines)
        cells = (
            order.number,
            order.customer.name or "",
            goods,
            f"{as_decimal(order.total, order.currency)} {order.currency}",
            order.state,
        )
        rows.append("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in cells) + f"<td>{link}</td></tr>")
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Demo store</title>'
        "<style>body{font:16px/1.5 system-ui;margin:2rem}td,th{padding:.4rem 1rem;text-align:left}</style>"
        "<h1>Demo store</h1><p>A stand-in for a shop's own server.</p>"
        "<table><tr><th>Order<th>Shopper<th>Goods<th>Total<th>State<th></tr>" + "".join(rows) + "</table></html>"
    )
