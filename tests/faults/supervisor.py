"""Starts Comeback's processes as an operator's supervisor does: who dies is started again at once."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAUSE = 0.1  # seconds between a death and the next start


class Supervised:
    """One process by its command (``serve`` or ``work``), with its log."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self._command = command
        self._environment = environment
        self._log = log
        self._process: asyncio.subprocess.Process | None = None
        self._keeping: asyncio.Task[None] | None = None
        self.starts = 0

    @property
    def pid(self) -> int:
        """Of the process that runs now, or ran last."""
        return self._process.pid if self._process else 0

    def start(self) -> None:
        self._keeping = asyncio.create_task(self._keep())

    async def _keep(self) -> None:
        while True:
            with self._log.open("ab") as log:
                self._process = await asyncio.create_subprocess_exec(
                    sys.executable, "-m", "tests.faults.process", *self._command,
                    env=self._environment, cwd=ROOT, stdout=log, stderr=log, stdin=asyncio.subprocess.DEVNULL,
                )  # fmt: skip
            self.starts += 1
            await self._process.wait()
            await asyncio.sleep(PAUSE)

    def signal(self, which: signal.Signals) -> None:
        """Send it a signal, if it is there."""
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(self._process.pid, which)

    async def stop(self) -> None:
        """End it for good."""
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)
        if self._process is not None and self._process.returncode is None:
            self.signal(signal.SIGKILL)
            await self._process.wait()


@asynccontextmanager
async def supervised(*processes: Supervised) -> AsyncIterator[None]:
    """Keep them running until the block ends."""
    for process in processes:
        process.start()
    try:
        yield
    finally:
        await asyncio.gather(*(process.stop() for process in processes))
