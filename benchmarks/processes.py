"""The processes that are measured: the web service, a worker, and the bare handler that they are compared with."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

WEB = ("-m", "handlers.cli", "serve")
WORKER = ("-m", "handlers.cli", "work")
BARE = ("-m", "benchmarks.bare")
LONGEST_START = 60.0
SECRET = "the key of a benchmark which seals nothing of worth"


@dataclass(frozen=True)
class Running:
    """A process that answers. ``ready_after`` is the time from its start to its first ready answer, in seconds."""

    url: str
    pid: int
    ready_after: float

    @property
    def megabytes(self) -> float:
        """The resident memory of the process (the database's server is not in it)."""
        return psutil.Process(self.pid).memory_info().rss / 2**20


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def environment(data: Path, **changes: str) -> dict[str, str]:
    """The environment of a process of ours: nothing of the caller's own settings."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return kept | {
        "COMEBACK_DATA": str(data),
        "COMEBACK_SECRET_KEY": SECRET,
        **changes,
    }


@asynccontextmanager
async def running(
    command: tuple[str, ...], env: Mapping[str, str], *, log: Path, ready_path: str = "/health/ready"
) -> AsyncIterator[Running]:
    """Start ``command`` on a free port, wait until it is ready, and stop it with the block."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    started = time.perf_counter()
    async with _process(command, {**env, "PORT": str(port), "HOST": "127.0.0.1"}, log) as process:
        async with httpx.AsyncClient(trust_env=False) as http:
            await _until_ready(http, url + ready_path, process, started, log)
        yield Running(url, process.pid, time.perf_counter() - started)


@asynccontextmanager
async def working(env: Mapping[str, str], *, log: Path) -> AsyncIterator[int]:
    """Run a worker beside the block; its process id."""
    async with _process(WORKER, env, log) as process:
        yield process.pid


@asynccontextmanager
async def _process(
    command: tuple[str, ...], env: Mapping[str, str], log: Path
) -> AsyncIterator[asyncio.subprocess.Process]:
    with log.open("ab") as out:
        process = await asyncio.create_subprocess_exec(
            sys.executable, *command, env=dict(env), stdout=out, stderr=out, start_new_session=True
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(process.wait(), 20)
            except TimeoutError:
                process.kill()
                await process.wait()


async def _until_ready(
    http: httpx.AsyncClient, url: str, process: asyncio.subprocess.Process, started: float, log: Path
) -> None:
    while True:
        try:
            if (await http.get(url)).status_code == 200:
                return
        except httpx.TransportError:
            pass
        if process.returncode is not None or time.perf_counter() - started > LONGEST_START:
            raise RuntimeError(f"It did not start; see {log}")
        await asyncio.sleep(0.01)
