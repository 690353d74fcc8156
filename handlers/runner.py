"""Who runs the work. Embedded: this process, woken by its own doorbell. With Redis: arq workers, woken through it.

Both run the same ``run_claim`` on the same rows. The doorbell only saves waiting: a sweep finds whatever was not rung
for, whose worker died, or whose time has come.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import structlog

from handlers.closing import FINISH_WITHIN, Closing
from handlers.housekeeping import keep_house
from handlers.jobs import JOBS, run_claim
from plugin.outbox.service import LEASE, Claim, Heir, Lane, Turn, lane_of, put_back, take_turn
from plugin.ports.runtime import Ports, Ring

AT_ONCE = 16
PLACES = {Lane.PEOPLE: AT_ONCE, Lane.READING: 6}
LONGEST_SLEEP = 5.0
SHORTEST_SLEEP = 0.005
HOUSEKEEPING_EVERY = 60.0
GIVING_BACK = 2.0  # seconds

log = structlog.get_logger("comeback.runner")


class LocalBell:
    """The doorbell of a process that does its own work."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    async def ring(self, rings: Sequence[Ring]) -> None:
        """Work that is due after the longest sleep is found without being rung for."""
        soon = datetime.now(UTC) + timedelta(seconds=LONGEST_SLEEP)
        if any(ring.not_before is None or ring.not_before < soon for ring in rings):
            self.wake()

    def wake(self) -> None:
        self._rung.set()

    async def wait(self, seconds: float) -> None:
        """Until somebody rings, or the time is over."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._rung.wait(), max(seconds, 0.0))
        self._rung.clear()


class Runner:
    """Claims due work and runs it, so much of each lane at a time, until it is told to stop; then it drains.

    What follows from a finished piece of work, and is due, it runs at once: its commit has claimed that as well.
    """

    def __init__(
        self,
        ports: Ports,
        bell: LocalBell,
        *,
        house: Callable[[Ports], Awaitable[None]] = keep_house,
        claim: Callable[[Mapping[Lane, int]], Awaitable[Turn]] | None = None,
        run: Callable[[Ports, Claim], Awaitable[None]] = run_claim,
        lease: timedelta = LEASE,
        kinds: Sequence[str] | None = tuple(JOBS),
        closing: Closing | None = None,
    ) -> None:
        self._ports = ports
        self._bell = bell
        self._house = house
        self._claim = claim or partial(take_turn, lease=lease, kinds=kinds)
        self._run_claim = run
        self._lease = lease
        self._closing = closing or Closing()
        self._running: dict[asyncio.Task[None], Claim] = {}
        self._busy: Counter[Lane] = Counter()
        self._full: set[Lane] = set()
        self._stopping = False

    async def run(self) -> None:
        """Work until ``stop``. A database that is away is waited for."""
        house = asyncio.create_task(self._keep_house())
        try:
            while not self._stopping:
                try:
                    await self._turn()
                except Exception:
                    log.exception("runner_cannot_reach_the_database")
                    await self._bell.wait(1.0)
        finally:
            house.cancel()
            await asyncio.wait([house])
            await self._finish()

    async def _finish(self) -> None:
        """Let what was claimed come to its end; what takes too long, or is hurried, is cut off and given back."""
        hurried = asyncio.create_task(self._closing.is_hurried_within(FINISH_WITHIN))
        while self._running and not hurried.done():
            await asyncio.wait({hurried, *self._running}, return_when=asyncio.FIRST_COMPLETED)
        hurried.cancel()
        with suppress(TimeoutError):
            async with asyncio.timeout(GIVING_BACK):
                while self._running:  # one that ended just now may have been followed
                    await asyncio.gather(*(self._cut_off(task, claim) for task, claim in self._running.items()))

    async def _cut_off(self, task: asyncio.Task[None], claim: Claim) -> None:
        """As after a crash, but nobody waits for the lease to end: who takes it sends the same keys again.

        It is given back from here, because a task that is cancelled before its first step never hears of it.
        """
        task.cancel()
        await asyncio.wait([task])
        if not task.cancelled():
            return
        for each in (claim, *(claim.heir.claims if claim.heir else ())):
            try:
                await put_back(each, reason="its process was stopped", delay=timedelta(0))
            except Exception:
                log.exception("work_left_to_its_lease", kind=each.kind, work_id=each.id)

    def stop(self) -> None:
        """Take no more work; what has been claimed is finished."""
        self._stopping = True
        self._bell.wake()

    def wake(self) -> None:
        """Look for work now: somebody has rung."""
        self._bell.wake()

    def _take(self, claim: Claim) -> None:
        """Run work that has been claimed; ``run`` does not end before it."""
        self._busy[lane_of(claim.kind)] += 1
        heir = Heir(self._lease)
        mine = replace(claim, heir=heir)
        task = asyncio.create_task(self._run(mine, heir))
        self._running[task] = mine
        task.add_done_callback(self._running.pop)

    async def _turn(self) -> None:
        # What follows from finished work may fill more places than there are.
        places = {lane: max(0, n - self._busy[lane]) for lane, n in PLACES.items()}
        turn = await self._claim(places) if any(places.values()) else Turn([], {})
        for claim in turn.claims:
            self._take(claim)
        self._full = {lane for lane, n in PLACES.items() if self._busy[lane] >= n}
        waits = [
            wait.total_seconds() for lane, wait in turn.waits.items() if wait is not None and lane not in self._full
        ]
        await self._bell.wait(max(SHORTEST_SLEEP, min([*waits, LONGEST_SLEEP])))

    async def _run(self, claim: Claim, heir: Heir) -> None:
        lane = lane_of(claim.kind)
        try:
            await self._run_claim(self._ports, claim)
        finally:
            self._busy[lane] -= 1
            if lane in self._full:
                self._bell.wake()
        for follower in heir.claims:
            self._take(follower)

    async def _keep_house(self) -> None:
        while True:
            try:
                await self._house(self._ports)
            except Exception:
                log.exception("housekeeping_failed")
            await asyncio.sleep(HOUSEKEEPING_EVERY)
