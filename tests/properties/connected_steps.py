"""Steps of a story in a connected world, for what its lives have found."""

from __future__ import annotations

from plugin.ports.orders import Custodian
from tests.contracts.bench import Placed
from tests.properties.connected_promises import broken_on_a_platform, unfinished_on_a_platform
from tests.properties.connected_world import ConnectedWorld


async def all_is_well(world: ConnectedWorld) -> None:
    await world.heal()
    assert await broken_on_a_platform(world) == []
    assert await unfinished_on_a_platform(world) == []


async def sold(world: ConnectedWorld, custodian: Custodian = Custodian.STOREFRONT) -> Placed:
    placed = await world.sell(custodian)
    await told(world)
    return placed


async def told(world: ConnectedWorld) -> None:
    for each in world.living.told():
        await world.listen(each)
    await world.work("read_event")
    await world.work("read_payment")


async def cancel(world: ConnectedWorld, placed: Placed, *lines: tuple[str, int]) -> None:
    order_id = await world.our_id(placed)
    assert order_id is not None
    ask, preview = await world.preview(order_id, lines)
    assert await world.confirm(order_id, ask, preview.digest) is not None
