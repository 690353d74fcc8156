"""Keeps Comeback's processes running as an operator's supervisor does: who dies is started again at once."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from tests.faults.nursery import Born, Nursery

PAUSE = 0.1  # seconds between a death and the next start


class Supervised:
    """One process by its command (``serve`` or ``work``), with its log. ``role`` names it to the database's proxy."""

    def __init__(
        self, nursery: Nursery, role: str, command: Sequence[str], environment: Mapping[str, str], log: Path
    ) -> None:
        self.role = role
        self._nursery = nursery
        self._command = command
        self._environment = dict(environment)
        self._log = log
        self._process: Born | None = None
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
            self._process = await self._nursery.start(self._command, self._environment, self._log)
            self.starts += 1
            await self._process.wait()
            await asyncio.sleep(PAUSE)

    def signal(self, which: signal.Signals) -> None:
        """Send it a signal, if it is there."""
        if self._process is not None:
            self._process.signal(which)

    def start_anew(self, **environment: str) -> None:
        """Kill it, and let it begin again with these changes to its environment."""
        self._environment |= environment
        self.signal(signal.SIGKILL)

    async def stop(self) -> None:
        """End it for good."""
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)
        if self._process is not None:
            self._process.signal(signal.SIGKILL)
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
