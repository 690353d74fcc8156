"""Several towns side by side: each takes the next errand of its kind as soon as it has played the one before.

A town (its mode and its lease) plays many errands; only what was killed in it is started again. One in which a promise
was broken, or that fell silent, is torn down: the next errand gets a new one.
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from tests.faults.errands import Errand
from tests.faults.nursery import ROOT
from tests.faults.results import EARLIER_SHOPS, Result
from tests.faults.town import Mode

LONGEST = 1200.0
"""Seconds until a town that says nothing is given up; a thousand refunds take minutes."""

ENDS_WITHIN = 600.0
"""Seconds for a town to look once more at the shops of all its runs, and to go."""

_LINE_LIMIT = 2**24

Kind = tuple[Mode, int]
Tell = Callable[[Result], None]


@dataclass
class Crew:
    """``jobs`` towns at once; ``told`` hears each result. ``logs`` is a folder for the processes' logs, if wanted."""

    jobs: int
    told: Tell
    logs: Path | None = None
    _queues: dict[Kind, list[Errand]] = field(default_factory=dict)
    _towns: Counter[Kind] = field(default_factory=Counter)

    async def play(self, errands: Iterable[Errand]) -> None:
        """Play them all; those with the longest lease begin first, for they wait the most."""
        queues: dict[Kind, list[Errand]] = defaultdict(list)
        for errand in errands:
            queues[errand.mode, errand.lease].append(errand)
        self._queues = dict(queues)
        async with asyncio.TaskGroup() as group:
            for _ in range(self.jobs):
                group.create_task(self._work())

    def _next_kind(self) -> Kind | None:
        """The kind with the most seconds left to do for each of its towns, and the one that asks."""
        open_kinds = [kind for kind, errands in self._queues.items() if errands]
        return max(
            open_kinds,
            key=lambda kind: len(self._queues[kind]) * (kind[1] + 3) / (self._towns[kind] + 1),
            default=None,
        )

    async def _work(self) -> None:
        while (kind := self._next_kind()) is not None:
            self._towns[kind] += 1
            await self._keep_town(kind)
            self._towns[kind] -= 1

    async def _keep_town(self, kind: Kind) -> None:
        """One town, until nothing of its kind is left or it is no good any more."""
        mode, lease = kind
        logs = () if self.logs is None else ("--logs", str(self.logs))
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.faults.player", "--mode", mode, "--lease", str(lease), *logs, cwd=ROOT,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=_LINE_LIMIT,
        )  # fmt: skip
        errand: Errand | None = None
        try:
            while self._queues[kind]:
                errand = self._queues[kind].pop(0)
                result = await self._played(process, errand)
                self.told(result)
                if result.broken:
                    break
            for result in await self._close(process, errand):
                self.told(result)
        finally:
            if process.returncode is None:
                process.terminate()
                with suppress(TimeoutError):
                    await asyncio.wait_for(process.wait(), 30)
            if process.returncode is None:
                process.kill()
                await process.wait()

    async def _played(self, process: asyncio.subprocess.Process, errand: Errand) -> Result:
        assert process.stdin is not None
        assert process.stdout is not None
        said = b""
        with suppress(TimeoutError, BrokenPipeError, ConnectionResetError):
            process.stdin.write(msgspec.json.encode(errand) + b"\n")
            await process.stdin.drain()
            said = await asyncio.wait_for(process.stdout.readline(), LONGEST)
        if said:
            return msgspec.json.decode(said, type=Result)
        return Result(errand=errand, line=errand.name, broken=["The fault run itself broke off; see above."])

    async def _close(self, process: asyncio.subprocess.Process, last: Errand | None) -> Sequence[Result]:
        """Let the town end in order; what it still has to say of all its runs. Silence is no consent."""
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.close()
        rest = b""
        with suppress(TimeoutError):
            rest = await asyncio.wait_for(process.stdout.read(), ENDS_WITHIN)
            await asyncio.wait_for(process.wait(), 30)
        if last is not None and process.returncode != 0:
            why = "The town did not end in order: nobody has looked at the shops of its runs once more."
            return [Result(errand=last, line=EARLIER_SHOPS, broken=[why])]
        return [msgspec.json.decode(line, type=Result) for line in rest.splitlines()]
