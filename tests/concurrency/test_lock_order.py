"""Orders, then codes, then counters: what two orders may want of each other, brought about on purpose."""

from __future__ import annotations

import asyncio
from uuid import uuid4

from plugin.codes.rules import budget_month
from plugin.credit import service as credit
from plugin.credit.give_back import give_back
from plugin.db import rows, transaction
from plugin.shops.settings import CodeOffer
from plugin.storefronts.standard.wire import DiscountBody
from tests.concurrency.crowd import an_order, hold, hold_order
from tests.credit import check_books, credit_for
from tests.journeys.conftest import OpenWorld
from tests.journeys.steps import quiet
from tests.nudges import one
from tests.world import World, shop_settings


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


async def credit_of(world: World) -> tuple[str, str, str]:
    """An open order with store credit that it has earned: its id here and at the store, and the credit's code."""
    shopper = await world.shopper(placed := await an_order(world))
    case = await shopper.cancel(lines=[{"line_id": "coat", "quantity": 1}])
    text, _ = await credit_for(world.ports, shopper.order_id, case["id"], 5000)
    return shopper.order_id, placed.id, text


async def spend(world: World, text: str, order: str) -> None:
    async with transaction(world.ports.doorbell) as tx:
        await credit.redeem(
            tx, world.ports, world.shop, text, cart_id=f"cart-{order}", external_order_id=order, amount=1000,
            currency="USD",
        )  # fmt: skip


async def test_two_orders_that_are_paid_with_each_others_credit_do_not_block_each_other(
    open_busy_world: OpenWorld, database: str
) -> None:
    world = await open_busy_world()
    (first, first_number, of_first), (second, second_number, of_second) = [await credit_of(world) for _ in range(2)]
    await quiet(world)
    async with hold_order(database, first), hold_order(database, second) as gate:
        crossing = asyncio.gather(spend(world, of_second, first_number), spend(world, of_first, second_number))
        await gate.until_waiting(world, 2)
    await crossing
    await check_books()


async def test_an_order_gives_back_to_two_while_one_of_them_gives_back_to_the_other(
    open_busy_world: OpenWorld, database: str
) -> None:
    """The oldest has earned what both others spent, and the one between them what the newest spent beside."""
    world = await open_busy_world()
    oldest, _, of_oldest = await credit_of(world)
    _, between, of_between = await credit_of(world)
    newest = (await an_order(world)).id
    await quiet(world)
    for text, order in ((of_oldest, between), (of_oldest, newest), (of_between, newest)):
        await spend(world, text, order)

    async def is_over(order: str) -> None:
        async with transaction(world.ports.doorbell) as tx:
            await tx.rows("SELECT 1 FROM orders WHERE external_id = $1 FOR UPDATE", order)
            await give_back(tx, world.shop.id, order, world.ports.clock.now())

    async with hold_order(database, oldest) as gate:
        crossing = [asyncio.create_task(is_over(newest))]
        await gate.until_waiting(world, 1)
        crossing.append(asyncio.create_task(is_over(between)))
        await gate.until_waiting(world, 2)
    await asyncio.gather(*crossing)
    await check_books()
