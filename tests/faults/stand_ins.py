"""What survives a fault run: Stripe and the mail server, each with a gate at which a strike can be ordered."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable, MutableMapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any, NamedTuple

import uvicorn
from aiosmtpd.smtp import SMTP, Session
from aiosmtpd.smtp import Envelope as SmtpEnvelope

from plugin.mailers.files import file_name
from plugin.payments.sandbox.app import create_sandbox

Message = MutableMapping[str, Any]

GATES = ("after bytes_sent_to_stripe", "before stripe_executed", "after stripe_executed", "before answer_read")


class _Guest(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Any:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


class GatedStripe:
    """The sandbox behind a gate: one of ``GATES`` may be armed, and strikes at the ``nth`` call that moves money."""

    def __init__(self) -> None:
        self._app = create_sandbox(retry_delays=(0.1, 0.3, 1.0, 2.0, 4.0, 8.0))
        self._gate: str | None = None
        self._nth = 0
        self._strike: Callable[[], None] = lambda: None
        self.url = ""

    def arm(self, gate: str, nth: int, strike: Callable[[], None]) -> None:
        self._gate, self._nth, self._strike = gate, nth, strike

    def disarm(self) -> None:
        self._gate = None

    def _is_struck(self, scope: Message) -> str | None:
        """The gate at which this call is struck, if it is."""
        ours = any(name == b"idempotency-key" and value.startswith(b"comeback-") for name, value in scope["headers"])
        if self._gate is None or scope["method"] != "POST" or not ours:
            return None
        self._nth -= 1
        if self._nth > 0:
            return None
        gate, self._gate = self._gate, None
        return gate

    async def __call__(self, scope: Message, receive: Any, send: Any) -> None:
        gate = self._is_struck(scope) if scope["type"] == "http" else None
        if gate is None:
            await self._app(scope, receive, send)
            return
        heard = [await receive()]
        while heard[-1].get("more_body"):
            heard.append(await receive())
        if gate in ("after bytes_sent_to_stripe", "before stripe_executed"):
            self._strike()
        if gate == "before stripe_executed":
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})
            return

        async def again() -> Message:
            message: Message = heard.pop(0) if heard else await receive()
            return message

        said: list[Message] = []

        async def keep(message: Message) -> None:
            said.append(message)

        await self._app(scope, again, keep)
        if gate == "after stripe_executed":
            self._strike()
        for message in said:
            await send(message)
        if gate == "before answer_read":
            self._strike()

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[None]:
        server = _Guest(uvicorn.Config(self, lifespan="on", log_config=None, access_log=False, ws="none",
                                       timeout_graceful_shutdown=1))  # fmt: skip
        with socket.socket(proto=socket.IPPROTO_TCP) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("127.0.0.1", 0))
            serving = asyncio.create_task(server.serve(sockets=[listener]))
            await server.ready.wait()
            self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            try:
                yield
            finally:
                server.should_exit = True
                await serving


class Taken(NamedTuple):
    """A mail that the server has taken; ``at`` is a reading of ``time.monotonic``."""

    at: float
    message_id: str


class _Connection(SMTP):
    def connection_made(self, transport: Any) -> None:
        self.event_handler.connections.append(transport)
        super().connection_made(transport)


@dataclass
class Postmaster:
    """A mail server on one port that can be closed, or say 421. What it took is in ``folder`` for ``read_inbox``."""

    folder: Path
    taken: list[Taken] = field(default_factory=list)
    connections: list[asyncio.Transport] = field(default_factory=list)
    is_busy: bool = False
    takes: float = 0.0  # seconds until it answers that it has a mail
    port: int = 0
    _server: asyncio.Server | None = None

    def __post_init__(self) -> None:
        self.folder.mkdir(exist_ok=True)

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Connection(self, enable_SMTPUTF8=True), "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def close(self) -> None:
        """Listen no more and hang up on everybody."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for connection in self.connections:
            connection.abort()
        self.connections.clear()

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: SmtpEnvelope, address: str, options: list[str]
    ) -> str:
        if self.is_busy:
            return "421 Service not available, closing"
        envelope.mail_from = address
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: SmtpEnvelope) -> str:
        assert isinstance(envelope.content, bytes)
        message_id = str(message_from_bytes(envelope.content, policy=default)["Message-ID"])
        (self.folder / file_name(message_id)).write_bytes(envelope.content)
        await asyncio.sleep(self.takes)
        self.taken.append(Taken(time.monotonic(), message_id))
        return "250 OK"
