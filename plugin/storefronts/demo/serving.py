"""Serving a stand-in over real HTTP in the running event loop, and the few words of ASGI that takes."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, MutableMapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import uvicorn

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


@asynccontextmanager
async def serve(app: App, closing: asyncio.Event, *, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
    """Serve ``app`` until the block ends, at the address that is given; port 0 takes any free one.

    ``closing`` is set first, so that whoever keeps a caller waiting lets go.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        server = _Server(
            uvicorn.Config(
                app,
                lifespan="off",
                ws="none",
                log_config=None,
                access_log=False,
                timeout_graceful_shutdown=1,
                timeout_keep_alive=75,
            )
        )
        running = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            await server.ready.wait()
            yield f"http://{host}:{listener.getsockname()[1]}"
        finally:
            closing.set()
            server.should_exit = True
            await running


class _Server(uvicorn.Server):
    """Leaves the process's signals to whoever runs it, and says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


async def read_body(receive: Receive) -> bytes:
    body: bytes = b""
    while True:
        part = await receive()
        body += bytes(part.get("body", b""))
        if not part.get("more_body"):
            return body


async def answer(
    send: Send, status: int, content_type: str, body: bytes, headers: Mapping[str, str] | None = None
) -> None:
    given = {"content-type": content_type, "content-length": str(len(body)), **(headers or {})}
    encoded = [(name.encode(), value.encode()) for name, value in given.items()]
    await send({"type": "http.response.start", "status": status, "headers": encoded})
    await send({"type": "http.response.body", "body": body})


async def break_off(send: Send) -> None:
    """Begin an answer and end in its middle; the server closes the connection on that."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"100")]})
    await send({"type": "http.response.body", "body": b'{"sta', "more_body": True})
