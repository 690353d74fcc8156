"""A real SMTP server for whole worlds: it agrees, hesitates, refuses, hangs up or is closed, as it is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from aiosmtpd.smtp import SMTP, Envelope, Session


class PostOffice:
    """``at_data`` are the answers to the next mails, once each; "hang up" takes the mail and cuts the line."""

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []
        self.at_data: list[str] = []
        self.connections: list[asyncio.Transport] = []
        self._server: asyncio.Server | None = None
        self.port = 0

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def ids(self) -> list[str]:
        return [str(mail["Message-ID"]) for mail in self.taken]

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Line(self), "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def close(self) -> None:
        """Nobody listens any more, and every line is cut."""
        if self._server is not None:
            self._server.close()
        for connection in self.connections:
            connection.abort()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        answer = self.at_data.pop(0) if self.at_data else "250 OK"
        if answer == "hang up" or answer.startswith("250"):
            assert isinstance(envelope.content, bytes)
            self.taken.append(message_from_bytes(envelope.content, policy=default))
        if answer == "hang up":
            self.connections[-1].abort()
        return answer


class _Line(SMTP):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.event_handler.connections.append(transport)
        super().connection_made(transport)


@asynccontextmanager
async def a_post_office() -> AsyncIterator[PostOffice]:
    office = PostOffice()
    await office.open()
    try:
        yield office
    finally:
        office.close()
