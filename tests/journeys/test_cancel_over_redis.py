"""The main journey with the work in a worker that hears of it through Redis alone."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from handlers.runner import Runner
from handlers.worker import listen
from plugin.ports.runtime import Ports
from tests.fixtures_redis import RunningRedis
from tests.journeys.conftest import OpenWorld
from tests.journeys.steps import quiet
from tests.nudges import cancellations, refunds
from tests.waiting import NeverSweeps


async def _no_house(ports: Ports) -> None:
    """Housekeeping has its own tests."""


async def test_a_cancellation_is_carried_by_redis_from_the_webhook_to_the_mail(
    own_redis: RunningRedis, open_world: OpenWorld
) -> None:
    world = await open_world(redis_url=own_redis.url)
    worker = Runner(world.ports, NeverSweeps(), house=_no_house)
    working = asyncio.create_task(worker.run())
    hearing = asyncio.create_task(listen(own_redis.url, worker))
    try:
        order = await world.place()
        shopper = await world.shopper(order)
        case = await shopper.cancel()

        await shopper.until_state(case["id"], "done")
        assert await refunds(world) == [(order.total, "succeeded")]
        assert len(cancellations(world)) == 1
        assert "refunded" in (await world.mail("cancelled", order)).text
        await quiet(world)
    finally:
        hearing.cancel()
        with suppress(asyncio.CancelledError):
            await hearing
        worker.stop()
        await working
