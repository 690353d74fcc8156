"""A tiny HTTP server that keeps the webhooks it is sent, and answers them as a test wishes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import msgspec


class CaughtEvent(msgspec.Struct):
    id: str
    type: str


@dataclass
class WebhookCatcher:
    """``failures`` is how many of the next webhooks are answered with a 500."""

    url: str = ""
    failures: int = 0
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def wait_for(self, count: int) -> None:
        """Until ``count`` webhooks have come; ten seconds at most."""
        async with asyncio.timeout(10):
            while len(self.bodies) < count:
                self.arrived.clear()
                await self.arrived.wait()

    @property
    def events(self) -> list[CaughtEvent]:
        return [msgspec.json.decode(body, type=CaughtEvent) for body in self.bodies]

    @property
    def types(self) -> list[str]:
        return [event.type for event in self.events]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
        self.bodies.append(await reader.readexactly(int(headers["content-length"])))
        self.headers.append(headers)
        self.arrived.set()
        status = "500 Oops" if self.failures > 0 else "200 OK"
        self.failures = max(0, self.failures - 1)
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()


@asynccontextmanager
async def catch_webhooks() -> AsyncIterator[WebhookCatcher]:
    catcher = WebhookCatcher()
    server = await asyncio.start_server(catcher.serve, "127.0.0.1", 0)
    async with server:
        catcher.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hooks"
        yield catcher
