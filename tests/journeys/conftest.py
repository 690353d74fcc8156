"""Worlds to play in. Whatever a test does in one, every invariant must hold when it ends."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from plugin.payments.sandbox.server import RunningSandbox
from plugin.storefronts.addresses import outgoing_client
from plugin.storefronts.standard.adapter import StandardStorefront
from tests.invariants import broken_invariants
from tests.journeys.steps import quiet
from tests.journeys.withdrawing import SPANISH
from tests.world import World, a_world, shop_settings

OpenWorld = Callable[..., Awaitable[World]]


@pytest.fixture
async def open_world(database: str, sandbox: RunningSandbox, tmp_path: Path) -> AsyncIterator[OpenWorld]:
    """Opens worlds with the settings, the policy or the clock that a test needs; takes what ``a_world`` takes."""
    worlds: list[World] = []
    async with AsyncExitStack() as stack:

        async def start(**changes: object) -> World:
            folder = tmp_path / str(len(worlds))
            world = await stack.enter_async_context(a_world(folder, sandbox.url, **changes))  # type: ignore[arg-type]
            worlds.append(world)
            return world

        yield start
        for world in worlds:
            await world.stripe.mend()
            await quiet(world)
            assert not await broken_invariants(world.shop.id, await world.stripe.ledger(), world.mails())
    async with sandbox.control("sk_test_nobody") as control:
        await control.reset()


@pytest.fixture
async def world(open_world: OpenWorld) -> World:
    """A fresh shop in a whole small world."""
    return await open_world()


@pytest.fixture
async def eu(open_world: OpenWorld) -> World:
    """A shop of the EU, where the function to withdraw is on by itself."""
    return await open_world(settings=shop_settings(**SPANISH))


@pytest.fixture
async def hasty(world: World) -> AsyncIterator[World]:
    """The same world, but a store that does not answer is given up after half a second."""
    storefronts = world.ports.storefronts
    assert isinstance(storefronts, dict)
    async with outgoing_client() as http:
        storefronts["standard"] = StandardStorefront(http, timeout=0.5)
        yield world
