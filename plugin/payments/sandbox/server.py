"""The sandbox over HTTP, inside the event loop that runs already."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from plugin.payments.sandbox.app import create_sandbox
from plugin.payments.sandbox.control_client import SandboxControl
from plugin.payments.sandbox.ledger import SandboxClock


@dataclass(frozen=True)
class RunningSandbox:
    """``url`` is what goes into ``PaymentAccount.base``."""

    url: str

    def control(self, api_key: str) -> SandboxControl:
        """The control routes for the account of ``api_key``; an async context manager."""
        return SandboxControl(self.url, api_key)


class _GuestServer(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        finally:
            self.ready.set()

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """The host process handles its signals; a guest in its loop must not."""
        yield


def _is_no_cut(record: logging.LogRecord) -> bool:
    """Whether a log record is anything but uvicorn's complaint about an answer that a fault switch has cut short."""
    return record.msg != "ASGI callable returned without completing response."


@asynccontextmanager
async def serve_sandbox(
    port: int = 0, *, host: str = "127.0.0.1", clock: SandboxClock | None = None, state: Path | None = None,
    settle_after: float | None = None, retry_delays: tuple[float, ...] = (0.1, 0.5, 2.0),
) -> AsyncIterator[RunningSandbox]:  # fmt: skip
    """Serve until the block ends. Port 0 takes a free one; the other arguments are those of ``create_sandbox``."""
    app = create_sandbox(clock=clock, state=state, settle_after=settle_after, retry_delays=retry_delays)
    # Idle connections stay open for longer than any client keeps them, or a call meets one that is just being closed.
    config = uvicorn.Config(
        app, lifespan="on", log_config=None, access_log=False, timeout_graceful_shutdown=1, timeout_keep_alive=75
    )
    server = _GuestServer(config)
    # asyncio sets TCP_NODELAY only where the protocol is named; without it each answer waits 40 ms for an ACK
    with socket.socket(proto=socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        logging.getLogger("uvicorn.error").addFilter(_is_no_cut)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            await server.ready.wait()
            yield RunningSandbox(f"http://{host}:{listener.getsockname()[1]}")
        finally:
            server.should_exit = True
            await serving
            logging.getLogger("uvicorn.error").removeFilter(_is_no_cut)
