from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from plugin.payments.sandbox.server import RunningSandbox
from plugin.storefronts.addresses import outgoing_client
from plugin.storefronts.standard.adapter import StandardStorefront
from tests.world import World, a_world


@pytest.fixture
async def world(database: str, sandbox: RunningSandbox, tmp_path: Path) -> AsyncIterator[World]:
    """A fresh shop in a whole small world."""
    async with a_world(tmp_path, sandbox.url) as started:
        yield started


@pytest.fixture
async def hasty(world: World) -> AsyncIterator[World]:
    """The same world, but a store that does not answer is given up after half a second."""
    storefronts = world.ports.storefronts
    assert isinstance(storefronts, dict)
    async with outgoing_client() as http:
        storefronts["standard"] = StandardStorefront(http, timeout=0.5)
        yield world
