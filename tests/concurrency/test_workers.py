"""Several workers at one piece of work, or one that goes on after its lease was lost: one effect (I8, I10, I13)."""

from __future__ import annotations

import asyncio

import pytest

from plugin.db import rows, transaction
from plugin.outbox.service import add
from plugin.payments.sandbox.faults import FaultKind
from tests.concurrency.crowd import ROUNDS, an_order, hold_order
from tests.concurrency.test_store_and_shopper import TOLD_ONCE, an_open_ask
from tests.journeys.steps import charged, count, legs_of, quiet, templates
from tests.nudges import hurry, one
from tests.world import World

AT_ONCE = 6
COPIES = 20


async def test_two_workers_take_each_piece_of_work_once(world: World) -> None:
    for _ in range(ROUNDS):
        orders = await asyncio.gather(*(an_order(world) for _ in range(AT_ONCE)))
        shoppers = await asyncio.gather(*(world.shopper(order) for order in orders))
        cases = await asyncio.gather(*(shopper.cancel() for shopper in shoppers))
        for shopper, case in zip(shoppers, cases, strict=True):
            await shopper.until_state(case["id"], "done")
        await quiet(world)
        for order in orders:
            assert [refund.amount for refund in (await charged(world, order)).refunds] == [order.total]
    taken = await rows("SELECT kind, fence FROM work WHERE kind IN ('ask_store', 'settle_leg', 'send_mail')")
    assert {row["fence"] for row in taken} == {1}
    assert len(taken) >= 3 * AT_ONCE * ROUNDS


async def test_work_that_was_written_many_times_over_is_done_once(world: World, database: str) -> None:
    """The same inbox row, the same case, the same leg and the same mail, in the hands of two workers at once."""
    for _ in range(ROUNDS):
        order, order_id, case = await an_open_ask(world)
        (leg,) = await legs_of(case)
        event = await one("SELECT id FROM inbox_events WHERE source = 'standard' ORDER BY received_at DESC LIMIT 1")
        await world.stripe.break_next(FaultKind.DELAY_BEFORE, "POST /v1/refunds", delay_ms=100)
        async with hold_order(database, order_id) as gate:
            world.store.settle_pending()
            async with transaction(world.ports.doorbell) as tx:
                for _ in range(COPIES):
                    for kind, ref in (
                        ("ask_store", case), ("settle_leg", leg["id"]), ("tell", f"{case}:cancelled"),
                        ("read_event", event["id"]), ("read_payment", leg["payment_id"]),
                    ):  # fmt: skip
                        await add(tx, shop_id=world.shop.id, kind=kind, ref=ref)
            await gate.until_waiting(world, 6)
        await quiet(world)
        async with transaction(world.ports.doorbell) as tx:
            for _ in range(COPIES):
                await add(tx, shop_id=world.shop.id, kind="settle_leg", ref=leg["id"])
        await quiet(world)
        assert [refund.amount for refund in (await charged(world, order)).refunds] == [order.total]
        assert await count("codes", f"case_id = '{case}'") == 1
        assert await templates(case) in TOLD_ONCE
        for kind in ("order_received", "case_executing", "case_done", "refund_submitting", "refund_succeeded"):
            assert await count("audit_events", f"order_id = '{order_id}' AND kind = '{kind}'") == 1, kind


@pytest.mark.parametrize("kind", ["read_event", "ask_store"])
async def test_work_whose_lease_was_lost_meanwhile_is_its_heirs(world: World, database: str, kind: str) -> None:
    for _ in range(ROUNDS):
        order, order_id, case = await an_open_ask(world)
        async with hold_order(database, order_id) as gate:
            (changed,) = world.store.settle_pending()
            if kind == "ask_store":
                await hurry(world, kind, ref=case)
            else:
                await world.send(changed)
            await gate.until_waiting(world, 1)
            await lose_the_lease(world, kind)
            await gate.until_waiting(world, 2)
        await quiet(world)
        assert [refund.amount for refund in (await charged(world, order)).refunds] == [order.total]
        assert await templates(case) in TOLD_ONCE
        assert await count("audit_events", f"order_id = '{order_id}' AND kind = 'case_executing'") == 1


@pytest.mark.parametrize("when", [FaultKind.DELAY_BEFORE, FaultKind.DELAY_AFTER])
async def test_a_lease_lost_while_stripe_hesitates_pays_once(world: World, when: FaultKind) -> None:
    for _ in range(ROUNDS):
        order = await an_order(world)
        shopper = await world.shopper(order)
        await world.stripe.break_next(when, "POST /v1/refunds", delay_ms=400)
        case = await shopper.cancel()
        await world.until(lambda: count("work", "kind = 'settle_leg' AND state = 'claimed'"))
        await world.until(lambda: count("refund_legs", "state = 'submitting'"))
        await lose_the_lease(world, "settle_leg")
        await hurry(world, "settle_leg")
        await shopper.until_state(case["id"], "done")
        await quiet(world)
        assert [refund.amount for refund in (await charged(world, order)).refunds] == [order.total]
        assert await templates(case["id"]) in TOLD_ONCE


async def lose_the_lease(world: World, kind: str) -> None:
    """Whoever has this work has it no longer, and the other worker takes it."""
    lost = await rows(
        "UPDATE work SET lease_until = now() - interval '1 second' WHERE kind = $1 AND state = 'claimed' RETURNING id",
        kind,
    )
    assert len(lost) == 1
    await world.ports.doorbell.ring([])
    await world.until(lambda: count("work", f"id = '{lost[0]['id']}' AND fence > 1"))
