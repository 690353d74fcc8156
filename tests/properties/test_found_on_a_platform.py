"""What the lives of a connected shop have found, each as a story of its own on the real stand-in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial

import pytest

from plugin.db import rows
from plugin.orders.service import find_by_external_id
from plugin.ports.orders import Custodian, OrderState
from tests.properties.careless_on_platforms import ForgetsWhatIsUnderWay
from tests.properties.connected_promises import broken_on_a_platform
from tests.properties.connected_steps import all_is_well, cancel, sold, told
from tests.properties.connected_world import ConnectedWorld, connected_world
from tests.properties.mortal_calls import Mishap, Strike
from tests.properties.woocommerce_lives import woo_lives


@pytest.fixture
async def world(database: str) -> AsyncIterator[ConnectedWorld]:
    async with connected_world(woo_lives) as world:
        yield world


async def test_an_order_put_back_within_a_second_is_found_by_the_poll(world: ConnectedWorld) -> None:
    placed = await sold(world)
    world.living.trash(placed)
    await told(world)
    world.living.restore(placed)
    world.living.told()  # and nobody hears of it
    await world.poll()
    stored = await find_by_external_id(world.shop.id, placed.order_id)
    assert stored is not None
    assert stored.now.state is OrderState.OPEN


async def test_units_that_the_store_cancels_late_are_cancelled_once(world: ConnectedWorld) -> None:
    placed = await sold(world)
    await cancel(world, placed, (placed.lines[0], 1))
    world.living.calls.next = Strike(Mishap.DONE_LATE, after=1, at_changes=True)
    await world.work("ask_store")
    await world.work("ask_store")
    await world.living.settle()
    await all_is_well(world)
    assert [units for _, units in world.living.books(placed).asks] == [{placed.lines[0]: 1}]


async def test_without_patience_they_would_be_cancelled_twice(database: str) -> None:
    async with connected_world(partial(woo_lives, platform_of=ForgetsWhatIsUnderWay)) as world:
        placed = await sold(world)
        await cancel(world, placed, (placed.lines[0], 1))
        world.living.calls.next = Strike(Mishap.DONE_LATE, after=1, at_changes=True)
        await world.work("ask_store")
        await world.work("ask_store")
        await world.living.settle()
        assert any("cancel 2 times" in broken for broken in await broken_on_a_platform(world))


async def test_a_record_that_the_store_writes_late_is_written_once(world: ConnectedWorld) -> None:
    placed = await sold(world, Custodian.STRIPE)
    await cancel(world, placed, (placed.lines[0], 1))
    await world.work("ask_store")
    await world.work("settle_leg")
    world.living.calls.next = Strike(Mishap.DONE_LATE, after=1, at_changes=True)
    await world.work("record_refund")
    await world.work("record_refund")
    await world.living.settle()
    await all_is_well(world)
    assert list(world.living.books(placed).records.values()) == [1]


async def test_what_staff_give_back_beyond_what_is_left_stops_the_orders_money(world: ConnectedWorld) -> None:
    placed = await sold(world)
    await cancel(world, placed)
    assert world.living.give_by_hand(placed, 3950, None)
    await told(world)
    (order,) = await rows("SELECT frozen_reason FROM orders")
    assert order["frozen_reason"] == "more_given_back_than_captured"
    await all_is_well(world)
    assert sum(payout.amount for payout in world.living.books(placed).payouts) == 3950
