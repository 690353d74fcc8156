"""Orders, then codes, then counters: what two orders may want of each other, brought about on purpose."""

from __future__ import annotations

import asyncio
from uuid import uuid4

from plugin.codes.rules import budget_month
from plugin.db import rows
from plugin.shops.settings import CodeOffer
from plugin.storefronts.standard.wire import DiscountBody
from tests.concurrency.crowd import an_order, hold
from tests.journeys.conftest import OpenWorld
from tests.journeys.steps import quiet
from tests.nudges import one
from tests.world import shop_settings


async def test_an_order_bought_with_two_codes_meets_a_code_being_given(
    open_busy_world: OpenWorld, database: str
) -> None:
    """One order settles a lapsed code, which takes from the month's budget, and then wants the order of a second code;
    that order is held by somebody who waits for the same budget."""
    offer = CodeOffer(worth={"USD": 800}, per_customer=100, budgets={"USD": 80_000})
    world = await open_busy_world(settings=shop_settings(codes=offer))
    codes = []
    for _ in range(2):
        shopper = await world.shopper(await an_order(world, email=f"{uuid4().hex}@example.com"))
        done = await shopper.until_state(
            (await shopper.cancel(lines=[{"line_id": "coat", "quantity": 1}]))["id"], "done"
        )
        codes.append((done["code"]["code"], shopper))
    await quiet(world)
    await rows("UPDATE codes SET expires_at = now() - interval '1 day'")
    await rows("UPDATE codes SET state = 'expired' WHERE id = (SELECT min(id) FROM codes)")
    bought = await an_order(world)
    both = (DiscountBody(code=codes[0][0], amount=2000), DiscountBody(code=codes[1][0], amount=2185))
    month = budget_month("USD", world.ports.clock.now())

    async with hold(database, "SELECT 1 FROM counters WHERE key = $1 FOR UPDATE", month) as budget:
        await world.send(world.store.edit(bought.id, discounts=both))
        await budget.until_waiting(world, 1)
        rest = asyncio.create_task(codes[1][1].cancel())
        await budget.until_waiting(world, 2)
    await rest
    await quiet(world)
    assert (await one("SELECT count(*) AS n FROM codes WHERE redeemed_order = $1", bought.id))["n"] == 2
