"""A world with two workers, watched: many at once cause no deadlock, no 5xx and no failed work, whatever they try."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import httpx
import pytest

from handlers.runner import LocalBell, Runner
from handlers.web import working
from plugin.db import rows
from tests.concurrency.crowd import deadlocks
from tests.journeys.conftest import OpenWorld, open_world
from tests.journeys.steps import quiet
from tests.world import World

__all__ = ["open_world"]


@dataclass
class Watch:
    """What must stay empty."""

    broken_answers: list[str] = field(default_factory=list)

    async def see(self, answer: httpx.Response) -> None:
        if answer.status_code >= 500:
            await answer.aread()
            self.broken_answers.append(f"{answer.request.method} {answer.request.url.path}: {answer.text[:300]}")


@pytest.fixture
async def open_busy_world(open_world: OpenWorld) -> AsyncIterator[OpenWorld]:
    """Opens watched worlds with a second worker; takes what ``a_world`` takes. Rest comes before the invariants."""
    watch, before = Watch(), await deadlocks()
    worlds: list[World] = []
    async with AsyncExitStack() as stack:

        async def start(**changes: object) -> World:
            world = await open_world(**changes)
            world.http.event_hooks["response"].append(watch.see)
            bell = world.ports.doorbell
            assert isinstance(bell, LocalBell)
            await stack.enter_async_context(working(Runner(world.ports, bell)))
            worlds.append(world)
            return world

        yield start
        for world in worlds:
            await world.stripe.mend()
            await quiet(world)
    assert watch.broken_answers == []
    assert await deadlocks() == before
    assert await rows("SELECT kind, failures, last_error FROM work WHERE failures > 0") == []


@pytest.fixture
async def world(open_busy_world: OpenWorld) -> World:
    """A fresh shop with two workers."""
    return await open_busy_world()
