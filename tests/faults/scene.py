"""What a nemesis may lay its hands on, and what it owes: it heals what it broke, and says whether it bit."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from plugin.db import rows
from tests.faults.check import steady
from tests.faults.plan import Plan
from tests.faults.story import Timeline
from tests.faults.town import Place, Town

AT_MOST = 20.0
"""Seconds that a nemesis lies in wait for something to strike at."""


@dataclass(frozen=True)
class Scene:
    """One run, as a nemesis sees it."""

    town: Town
    place: Place
    timeline: Timeline
    plan: Plan

    @property
    def shop_id(self) -> str:
        return self.place.shop.shop.id

    def note(self, what: str) -> None:
        """Something has struck: also the time within which a mail may have been taken unseen."""
        self.town.struck_at.append(self.timeline.note(what))

    async def until(self, bit: Callable[[], bool], *, lasts: float = 0.0, at_most: float = AT_MOST) -> bool:
        """Wait for ``lasts`` seconds, and on until it has bitten or ``at_most`` are over; whether it has."""
        waited = 0.0
        while waited < lasts or (not bit() and waited < at_most):
            await asyncio.sleep(0.05)
            waited += 0.05
        return bit()

    async def until_found(self, sql: str, *, lasts: float = 0.0) -> bool:
        """The same, where the database knows whether it has bitten: a row of this shop (``$1``)."""
        await asyncio.sleep(lasts)
        for _ in range(int(AT_MOST / 0.1)):
            if await self.found(sql):
                return True
            await asyncio.sleep(0.1)
        return False

    async def found(self, sql: str) -> bool:
        return bool(await steady(lambda: rows(sql, self.shop_id)))


Nemesis = Callable[[Scene], Awaitable[bool]]
"""Does its worst for a moment and heals it; whether it struck anything."""
