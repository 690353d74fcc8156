"""The web process as it is in production: ``comeback serve``, under granian, in a process of its own."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.fixtures_command import ROOT, SECRET
from tests.waiting import eventually

PUBLIC = "https://comeback.example"
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3}) ")


@dataclass(frozen=True)
class Answers:
    """All that came back over one connection; ``was_closed`` where the server ended it."""

    raw: bytes
    was_closed: bool

    @property
    def statuses(self) -> list[int]:
        return [int(status) for status in _STATUS.findall(self.raw) if status != b"100"]

    def header(self, name: str) -> str | None:
        head = self.raw.partition(b"\r\n\r\n")[0].decode("latin-1")
        found = re.search(rf"^{name}: *(.*)$", head.replace("\r", ""), re.IGNORECASE | re.MULTILINE)
        return found[1] if found else None


@dataclass(frozen=True)
class Served:
    """A running process and what it has written so far."""

    pid: int
    port: int
    log: Path

    async def send(self, data: bytes, *, leave: bool = False, seconds: float = 10) -> Answers:
        """Send ``data`` as it is and read until the server hangs up; ``leave`` half-closes after sending."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        raw, was_closed = b"", False
        try:
            writer.write(data)
            if leave:
                writer.write_eof()
            async with asyncio.timeout(seconds):
                while chunk := await reader.read(65536):
                    raw += chunk
            was_closed = True
        except ConnectionError:
            was_closed = True
        except TimeoutError:
            pass
        finally:
            writer.transport.abort()
        return Answers(raw, was_closed)

    def resident_kb(self) -> int:
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1])  # type: ignore[index]

    def command_line(self) -> str:
        return Path(f"/proc/{self.pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()


@asynccontextmanager
async def serving(database_url: str, data: Path, **environment: str) -> AsyncIterator[Served]:
    """``comeback serve`` in production on a free port, until the block ends; it must then end by itself and well."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    log = data / "log"
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "handlers.cli", "serve", "--port", str(port), cwd=ROOT, stdout=out, stderr=out,
            env={
                "PATH": os.environ["PATH"], "COMEBACK_ENV": "production", "DATABASE_URL": database_url,
                "COMEBACK_SECRET_KEY": SECRET, "COMEBACK_DATA": str(data), "PUBLIC_URL": PUBLIC,
                "SMTP_URL": "smtp://127.0.0.1:1", "MAIL_FROM": "Shop <orders@shop.example>", **environment,
            },
        )  # fmt: skip
    served = Served(process.pid, port, log)

    async def is_up() -> bool:
        assert process.returncode is None, log.read_text()
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except ConnectionRefusedError:
            return False
        writer.close()
        return True

    try:
        assert await eventually(is_up), log.read_text()
        yield served
        assert process.returncode is None, log.read_text()
    finally:
        if process.returncode is None:
            process.terminate()
        assert await asyncio.wait_for(process.wait(), 30) == 0, log.read_text()
