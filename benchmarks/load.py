"""A small load generator over kept-open connections: as fast as the server answers, or at a steady rate.

At a steady rate a request's time counts from when it was due, not from when a connection was free for it, so that a
server that stalls cannot hide the requests that it kept waiting.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import urlsplit

MakeRequest = Callable[[], bytes]


@dataclass
class Load:
    """What came back: each answer's seconds in the order in which they came, the statuses, and how long it all took."""

    seconds: float = 0.0
    times: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)

    @property
    def rate(self) -> float:
        return len(self.times) / self.seconds if self.seconds else 0.0

    def percentile(self, share: float) -> float:
        """The time within which ``share`` of the answers came, in seconds."""
        ordered = sorted(self.times)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))]

    def expect(self, *statuses: int) -> Load:
        """Raise unless every answer had one of ``statuses``: a fast error is no figure."""
        if set(self.statuses) - set(statuses):
            raise AssertionError(f"Expected {statuses}, got {dict(self.statuses)}")
        return self


def request(method: str, url: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    """One HTTP/1.1 request as it goes over the wire."""
    parts = urlsplit(url)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    fields = {"host": parts.netloc, "content-length": str(len(body)), **headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body


class _Connection(asyncio.Protocol):
    """One request at a time; the answer must name its length."""

    def __init__(self) -> None:
        self._buffer = b""
        self._answer: asyncio.Future[int] | None = None
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        _, _, length = head.lower().partition(b"content-length:")
        if len(body) >= int(length.split(b"\r\n", 1)[0] or b"0") and self._answer and not self._answer.done():
            self._buffer = b""
            self._answer.set_result(int(head[9:12]))

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer and not self._answer.done():
            self._answer.set_exception(exc or ConnectionResetError("The server closed the connection."))

    async def ask(self, raw: bytes) -> int:
        assert self.transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self.transport.write(raw)
        return await self._answer


async def _connect(url: str, count: int) -> list[_Connection]:
    parts = urlsplit(url)
    loop = asyncio.get_running_loop()
    return [(await loop.create_connection(_Connection, parts.hostname, parts.port))[1] for _ in range(count)]


async def full_speed(url: str, make: MakeRequest, *, seconds: float, most: int, connections: int = 16) -> Load:
    """Ask as fast as the server answers, for ``seconds`` or ``most`` requests, whichever ends first."""
    load, left = Load(), most
    opened = await _connect(url, connections)
    started = time.perf_counter()

    async def keep_asking(connection: _Connection) -> None:
        nonlocal left
        while left > 0 and time.perf_counter() - started < seconds:
            left -= 1
            await _timed(load, connection, make(), time.perf_counter())

    await asyncio.gather(*(keep_asking(connection) for connection in opened))
    load.seconds = time.perf_counter() - started
    _close(opened)
    return load


async def steady(url: str, make: MakeRequest, *, rate: float, seconds: float, connections: int = 32) -> Load:
    """Ask ``rate`` times a second for ``seconds``."""
    load, free = Load(), asyncio.Queue[_Connection]()
    opened = await _connect(url, connections)
    for connection in opened:
        free.put_nowait(connection)
    started = time.perf_counter()

    async def ask(due: float) -> None:
        connection = await free.get()
        await _timed(load, connection, make(), due)
        free.put_nowait(connection)

    asking = []
    for n in range(int(rate * seconds)):
        due = started + n / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        asking.append(asyncio.create_task(ask(due)))
    await asyncio.gather(*asking)
    load.seconds = time.perf_counter() - started
    _close(opened)
    return load


async def _timed(load: Load, connection: _Connection, raw: bytes, since: float) -> None:
    status = await connection.ask(raw)
    load.times.append(time.perf_counter() - since)
    load.statuses[status] += 1


def _close(connections: list[_Connection]) -> None:
    for connection in connections:
        with suppress(OSError):
            if connection.transport is not None:
                connection.transport.close()
