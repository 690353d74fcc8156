"""Serving the application: by granian as ``comeback serve`` does, or as a guest in the demo's event loop."""

from __future__ import annotations

import asyncio
import resource
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server
from litestar import Litestar

from handlers.closing import FINISH_WITHIN, Closing, UnderWay
from plugin.settings import Settings


class CannotListen(Exception):
    """The application did not start; its log says why."""


class _GuestServer(uvicorn.Server):
    """Leaves the process's signals to its host, and says when it listens or has given up."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.decided = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        finally:
            self.decided.set()


def listen(host: str, port: int) -> socket.socket:
    """A listening socket on ``port``, or on a free one where that is taken."""
    # asyncio sets TCP_NODELAY only where the protocol is named; without it each answer waits 40 ms for an ACK
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError:
        listener.bind((host, 0))
    return listener


@asynccontextmanager
async def serve_app(app: Litestar, listener: socket.socket) -> AsyncIterator[None]:
    """Serve on ``listener`` until the block ends; the listener is closed with it."""
    config = uvicorn.Config(
        app, lifespan="on", ws="none", log_config=None, access_log=False, timeout_graceful_shutdown=2,
        # Longer than its guests' pauses: a connection that is closed just as it is used again is a lost call.
        timeout_keep_alive=75,
    )  # fmt: skip
    server = _GuestServer(config)
    with listener:
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            await asyncio.wait({asyncio.ensure_future(server.decided.wait()), serving}, return_when="FIRST_COMPLETED")
            if not server.started:
                raise CannotListen("The web service did not start; the log says why.")
            yield
        finally:
            server.should_exit = True
            await serving


BACKLOG = 1024
_FILES_OF_OUR_OWN = 128  # the database's pool, Stripe, stores, mail, logs


def most_connections() -> int:
    """How many callers a web process holds at once, quiet ones included; the next one waits for one to leave.

    Granian's own limit is its backlog (128 when embedded), which as many idle or slow callers would use up. Ours is
    what this process may have open; raise it with ``ulimit -n``.
    """
    return max(256, min(8192, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - _FILES_OF_OUR_OWN))


async def serve_alone(settings: Settings, app: Litestar, closing: Closing) -> None:
    """Serve in this process with granian until ``closing`` begins.

    Then ``/health/ready`` fails and streams end; what comes in is served for ``COMEBACK_DRAIN_SECONDS`` more, until the
    proxy has noticed; requests under way are finished, and the work that was claimed.
    """
    under_way = UnderWay(app)
    server = Server(
        under_way, address=settings.host, port=settings.port, interface=Interfaces.ASGI, log_enabled=False,
        websockets=False, http=HTTPModes.http1, backlog=BACKLOG, backpressure=most_connections(),
    )  # fmt: skip
    serving, begun = asyncio.create_task(server.serve()), asyncio.create_task(closing.begun.wait())
    await asyncio.wait({serving, begun}, return_when=asyncio.FIRST_COMPLETED)
    begun.cancel()
    if not serving.done() and not await closing.is_hurried_within(settings.drain_seconds):
        hurried = asyncio.create_task(closing.is_hurried_within(FINISH_WITHIN))
        finished = asyncio.create_task(under_way.none())
        await asyncio.wait({hurried, finished}, return_when=asyncio.FIRST_COMPLETED)
        hurried.cancel()
        finished.cancel()
    server.stop()  # type: ignore[no-untyped-call]
    await serving
