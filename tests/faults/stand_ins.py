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
from plugin.payments.sandbox.app import SandboxApp
from plugin.payments.sandbox.books import Books
from plugin.payments.sandbox.ledger import SandboxClock
from plugin.payments.stripe.facts import LEG_KEY

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
    """The sandbox behind a gate: one of ``GATES`` may be armed, and strikes at the ``nth`` call that moves money.

    While ``drops_first`` is set, every refund is made and the first answer to its key is thrown away; ``dropped``
    holds those keys.
    """

    def __init__(self) -> None:
        self.books = Books(
            SandboxClock(), state=None, settle_after=None, retry_delays=(0.1, 0.3, 1.0, 2.0, 4.0, 8.0)
        )  # fmt: skip
        self.drops_first = False
        self.dropped: set[bytes] = set()
        self._app = SandboxApp(self.books)
        self._gate: str | None = None
        self._nth = 0
        self._strike: Callable[[], None] = lambda: None
        self.url = ""

    def refunds_of(self, api_key: str) -> tuple[tuple[str, str, int, str], ...]:
        """What an account has given back: payment, leg, amount in Stripe's units, status."""
        return tuple(
            sorted(
                (refund["payment_intent"], refund["metadata"].get(LEG_KEY, ""), refund["amount"], refund["status"])
                for refund in self.books.ledger(api_key).tables.get("refund", {}).values()
            )
        )

    def count(self, api_key: str, kind: str) -> int:
        """How many documents of a kind ("event", "promotion_code") an account has."""
        return len(self.books.ledger(api_key).tables.get(kind, {}))

    def arm(self, gate: str, nth: int, strike: Callable[[], None]) -> None:
        self._gate, self._nth, self._strike = gate, nth, strike

    def disarm(self) -> None:
        self._gate = None

    def _is_struck(self, scope: Message) -> str | None:
        """The gate at which this call is struck, if it is."""
        if self._gate is None or not _key_of(scope).startswith(b"comeback-"):
            return None
        self._nth -= 1
        if self._nth > 0:
            return None
        gate, self._gate = self._gate, None
        return gate

    def _is_dropped(self, scope: Message) -> bool:
        """Whether the answer to this call is thrown away: the first to its key."""
        key = _key_of(scope) if self.drops_first and scope["path"] == "/v1/refunds" else b""
        if not key or key in self.dropped:
            return False
        self.dropped.add(key)
        return True

    async def __call__(self, scope: Message, receive: Any, send: Any) -> None:
        gate = self._is_struck(scope) if scope["type"] == "http" else None
        if scope["type"] == "http" and self._is_dropped(scope):
            await self._app(scope, receive, _to_nobody)
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})
            return
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
                                       timeout_graceful_shutdown=1, timeout_keep_alive=75))  # fmt: skip
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


def _key_of(scope: Message) -> bytes:
    """The idempotency key of a call that writes."""
    keys = [value for name, value in scope["headers"] if name == b"idempotency-key"]
    return keys[0] if keys and scope["method"] == "POST" else b""


async def _to_nobody(_message: Message) -> None:
    """Where an answer goes that nobody shall read."""


class Taken(NamedTuple):
    """A mail that the server has taken; ``at`` is a reading of ``time.monotonic``. ``is_answered``: it said so."""

    at: float
    message_id: str
    is_answered: bool


class _Connection(SMTP):
    def connection_made(self, transport: Any) -> None:
        self.event_handler.connections.append(transport)
        super().connection_made(transport)


@dataclass
class Postmaster:
    """A mail server on one port that can be closed, say 421, or hang up. What it took is in ``folder``.

    ``turned_away`` counts the mails that were told 421, ``hang_ups`` those that it takes from now on and then hangs up.
    """

    folder: Path
    taken: list[Taken] = field(default_factory=list)
    connections: list[asyncio.Transport] = field(default_factory=list)
    is_busy: bool = False
    turned_away: int = 0
    hang_ups: int = 0
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
            self.turned_away += 1
            return "421 Service not available, closing"
        envelope.mail_from = address
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: SmtpEnvelope) -> str:
        assert isinstance(envelope.content, bytes)
        message_id = str(message_from_bytes(envelope.content, policy=default)["Message-ID"])
        (self.folder / file_name(message_id)).write_bytes(envelope.content)
        await asyncio.sleep(self.takes)
        assert server.transport is not None
        is_answered = self.hang_ups == 0 and not server.transport.is_closing()
        self.taken.append(Taken(time.monotonic(), message_id, is_answered))
        if self.hang_ups > 0:
            self.hang_ups -= 1
            server.transport.close()
        return "250 OK"
