"""Waiting for what another process or task does: until it is so, and never longer than need be."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from handlers.runner import LocalBell


async def eventually(look: Callable[[], Awaitable[object]], seconds: float = 10) -> bool:
    """Whether ``look`` finds something before ``seconds`` are over."""
    deadline = time.monotonic() + seconds
    while not await look():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.02)
    return True


class NeverSweeps(LocalBell):
    """The bell of a runner that looks for work when it is rung for, and never because time has passed."""

    async def wait(self, seconds: float) -> None:
        await super().wait(3600)
