"""Who runs the work. Embedded: this process, woken by its own doorbell. With Redis: arq workers, woken through it.

Both run the same ``run_claim`` on the same rows. The doorbell only saves waiting: a sweep finds whatever was not rung
for, whose worker died, or whose time has come.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial

import structlog

from handlers.closing import FINISH_WITHIN, Closing
from handlers.housekeeping import keep_house
from handlers.jobs import JOBS, run_claim
from plugin.outbox.service import LEASE, Claim, claim_due, claim_one, next_due, put_back
from plugin.ports.runtime import Ports, Ring

AT_ONCE = 16
LONGEST_SLEEP = 5.0
HOUSEKEEPING_EVERY = 60.0
GIVING_BACK = 2.0  # seconds

log = structlog.get_logger("comeback.runner")


class LocalBell:
    """The doorbell of a process that does its own work."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    async def ring(self, rings: Sequence[Ring]) -> None:
        self.wake()

    def wake(self) -> None:
        self._rung.set()

    async def wait(self, seconds: float) -> None:
        """Until somebody rings, or the time is over."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._rung.wait(), max(seconds, 0.0))
        self._rung.clear()


class Runner:
    """Claims due work and runs it, ``AT_ONCE`` pieces at a time, until it is told to stop; then it drains."""

    def __init__(
        self,
        ports: Ports,
        bell: LocalBell,
        *,
        house: Callable[[Ports], Awaitable[None]] = keep_house,
        claim: Callable[[int], Awaitable[list[Claim]]] | None = None,
        run: Callable[[Ports, Claim], Awaitable[None]] = run_claim,
        lease: timedelta = LEASE,
        kinds: Sequence[str] | None = tuple(JOBS),
        closing: Closing | None = None,
    ) -> None:
        self._ports = ports
        self._bell = bell
        self._house = house
        self._claim = claim or partial(claim_due, lease=lease, kinds=kinds)
        self._run_claim = run
        self._lease = lease
        self._kinds = kinds
        self._closing = closing or Closing()
        self._running: set[asyncio.Task[None]] = set()
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
        for task in self._running:
            task.cancel()
        await asyncio.wait({hurried, *self._running}, timeout=GIVING_BACK)

    def stop(self) -> None:
        """Take no more work; what has been claimed is finished."""
        self._stopping = True
        self._bell.wake()

    async def take_rung(self, work_id: str) -> None:
        """Claim the work that was rung for, if it is still to be had, and run it; a lost ring breaks off nothing."""
        claim = await claim_one(work_id, lease=self._lease, kinds=self._kinds)
        if claim is not None:
            await asyncio.shield(self._take(claim))

    def _take(self, claim: Claim) -> asyncio.Task[None]:
        """Run work that has been claimed; ``run`` does not end before it."""
        task = asyncio.create_task(self._run(claim))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    async def _turn(self) -> None:
        free = max(0, AT_ONCE - len(self._running))  # rings may have brought more than we take by ourselves
        claims = await self._claim(free) if free > 0 else []
        for claim in claims:
            self._take(claim)
        if len(claims) < free or free == 0:
            await self._bell.wait(await self._pause() if free else LONGEST_SLEEP)

    async def _run(self, claim: Claim) -> None:
        try:
            await self._run_claim(self._ports, claim)
        except asyncio.CancelledError:
            # As after a crash, but nobody waits for the lease to end: who takes it sends the same keys again.
            await put_back(claim, reason="its process was stopped", delay=timedelta(0))
            raise
        self._bell.wake()

    async def _pause(self) -> float:
        wait = await next_due(self._kinds)
        return (
            LONGEST_SLEEP if wait is None else min(LONGEST_SLEEP, max(wait, timedelta(milliseconds=5)).total_seconds())
        )

    async def _keep_house(self) -> None:
        while True:
            try:
                await self._house(self._ports)
            except Exception:
                log.exception("housekeeping_failed")
            await asyncio.sleep(HOUSEKEEPING_EVERY)
