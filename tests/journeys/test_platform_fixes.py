"""The webhook that follows a variant correction, as each store writes it: the old units read as cancelled, or are gone.

They were exchanged within the order, and not given up: nobody gets money for them, and what is left is what is there.
"""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from plugin.ports.goods import StoreStatus
from plugin.storefronts.standard.wire import LineCountBody
from tests.connected import Connected
from tests.contracts.bench import GoodsBench
from tests.contracts.test_platform_goods import bench, to_variant
from tests.journeys.steps import count, given_back, quiet
from tests.journeys.test_fixing import confirmed
from tests.world import World

__all__ = ["bench"]  # the fixture


@pytest.mark.parametrize("units", [1, 2])
async def test_nothing_is_given_back_for_the_old_units_of_a_platforms_order(
    bench: GoodsBench, database: str, units: int
) -> None:
    shop = await Connected.begin()
    placed = await bench.place()
    before = await bench.read(placed.order_id)
    await shop.tell(shop.world.store.put(before))
    fix = to_variant(placed, bench.wares.dearer, units=units)
    assert (await bench.goods.fix(bench.connection, fix)).status is StoreStatus.DONE
    after = replace(await bench.read(placed.order_id), sequence=before.sequence + 1)  # it was within the same second

    await shop.tell(shop.world.store.put(after))
    await shop.world.drain()

    assert (await shop.world.cases(), await shop.world.legs(), shop.platform.refunds) == ([], [], {})
    order_id = await shop.world.order_id(after)
    assert order_id is not None
    _, preview = await shop.world.preview(order_id, [])
    assert sum(len(line.units) for line in preview.decision.lines) == 3


async def test_old_units_that_read_as_cancelled_are_not_paid_now_or_when_the_rest_is_cancelled(world: World) -> None:
    """The standard format in the shape of a platform that keeps the old line: cancelled, with the new one beside it."""
    order = await world.place("spanish")
    shopper = await world.shopper(order)
    case = await confirmed(
        shopper, item={"line_id": "vestido", "product_id": "vestido", "variant_id": "vestido-3"}
    )  # fmt: skip
    await shopper.until_state(case["id"], "done")
    now, (dress, shoes) = world.store.orders[order.id], order.lines
    kept = world.store.edit(
        order.id, lines=(dress, replace(now.lines[0], id="vestido-l"), shoes), total=order.total + 8990,
        cancelled=(LineCountBody(line_id="vestido", quantity=1),),
    )  # fmt: skip
    await world.send(kept)
    await world.until(lambda: world.is_read(kept))
    await quiet(world)
    assert (await count("refund_legs"), await count("cases"), await given_back(world, order)) == (0, 1, 0)

    cancelled = await shopper.cancel()

    await shopper.until_state(cancelled["id"], "done")
    assert await given_back(world, order) == order.total
