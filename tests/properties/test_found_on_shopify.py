"""What the lives of a shop on Shopify have found, each as a story of its own on the real stand-in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial

import pytest

from plugin.db import rows
from plugin.ports.orders import Custodian
from tests.properties.careless_on_platforms import PaysBlindlyAtShopify
from tests.properties.connected_promises import broken_on_a_platform
from tests.properties.connected_steps import all_is_well, cancel, sold, told
from tests.properties.connected_world import ConnectedWorld, connected_world
from tests.properties.mortal_calls import Mishap, Strike
from tests.properties.shopify_lives import shopify_lives


@pytest.fixture
async def world(database: str) -> AsyncIterator[ConnectedWorld]:
    async with connected_world(shopify_lives) as world:
        yield world


async def test_what_staff_give_back_of_a_transfer_beyond_what_is_left_is_told_of(world: ConnectedWorld) -> None:
    placed = await sold(world, Custodian.MANUAL)
    await cancel(world, placed)
    assert world.living.give_by_hand(placed, 3950, None)
    await told(world)
    (order,) = await rows("SELECT frozen_reason FROM orders")
    assert order["frozen_reason"] == "more_given_back_than_captured"
    await all_is_well(world)


async def refund_answered_late(world: ConnectedWorld) -> list[int]:
    """What the gateway has paid in the end for one unit, asked for again while the first ask is still under way."""
    placed = await sold(world)
    await cancel(world, placed, (placed.lines[0], 1))
    await world.work("ask_store")
    world.living.calls.next = Strike(Mishap.DONE_LATE, after=0, at_changes=True)
    await world.work("settle_leg")
    await world.work("settle_leg")
    await world.living.settle()
    return [payout.amount for payout in world.living.books(placed).payouts]


async def test_a_refund_that_is_carried_out_late_is_paid_once(world: ConnectedWorld) -> None:
    assert await refund_answered_late(world) == [3950]
    await all_is_well(world)


async def test_without_a_key_and_a_look_it_would_be_paid_twice(database: str) -> None:
    async with connected_world(partial(shopify_lives, platform_of=PaysBlindlyAtShopify)) as world:
        assert await refund_answered_late(world) == [3950, 3950]
        assert any("I8" in broken for broken in await broken_on_a_platform(world))


async def test_a_refund_that_fails_at_last_is_a_debt_and_no_contradiction(world: ConnectedWorld) -> None:
    placed = await sold(world)
    await cancel(world, placed, (placed.lines[0], 1))
    await world.work("ask_store")
    world.living.gateway_pays_and_times_out()
    await world.work("settle_leg")
    world.living.refuse_what_waits()
    await world.work("settle_leg")
    await told(world)
    (leg,) = await world.legs()
    assert (leg.state, (await rows("SELECT frozen_reason FROM orders"))[0]["frozen_reason"]) == ("failed", None)
    world.living.heal()
    await world.person("retry", leg.id)
    await all_is_well(world)
    assert [payout.amount for payout in world.living.books(placed).payouts] == [3950]
