"""The shopper cancels while the store ships: goods or money, never both, whoever is heard first (I1, I7)."""

from __future__ import annotations

import asyncio
from collections import Counter

import httpx
import pytest

from plugin.ports.orders import OrderState
from plugin.storefronts.demo.store import Behaviour
from plugin.storefronts.standard.wire import FulfilmentBody, LineCountBody, OrderBody
from tests.concurrency.crowd import ROUNDS, an_order, hold_order
from tests.journeys.steps import alerts, charged, count, given_back, quiet, templates
from tests.nudges import hurry
from tests.world import World

TOLD_ONCE = (["cancelled"], ["cancelled", "refunded"])  # two mails where the money was slower than a second


@pytest.mark.parametrize("first", ["the shopper", "the store", "nobody"])
async def test_the_shopper_gets_the_goods_or_the_money(world: World, database: str, first: str) -> None:
    for _ in range(ROUNDS):
        order = await an_order(world)
        shopper = await world.shopper(order)
        digest = (await shopper.preview())["digest"]

        async def ship(order_id: str) -> None:
            if world.store.open_units(world.store.orders[order_id]):
                await world.send(world.store.ship(order_id))

        if first == "the shopper":
            answer = await shopper.confirm(digest)
            await ship(order.id)
        elif first == "the store":
            await ship(order.id)
            answer = await shopper.confirm(digest)
        else:
            async with hold_order(database, shopper.order_id) as gate:
                asking = asyncio.create_task(shopper.confirm(digest))
                shipping = asyncio.create_task(ship(order.id))
                await gate.until_waiting(world, 2)
            answer, _ = await asyncio.gather(asking, shipping)
        await quiet(world)
        await see_goods_or_money(world, order, answer)


async def see_goods_or_money(world: World, order: OrderBody, answer: httpx.Response) -> None:
    has_left = bool(world.store.orders[order.id].fulfilments)
    assert await given_back(world, order) == (0 if has_left else order.total)
    if answer.status_code == 409:
        assert answer.json()["code"] == "decision_changed"
        assert answer.json()["preview"]["outcome"] == "refuse"
        return
    assert answer.status_code == 201, answer.text
    case = answer.json()["id"]
    assert await count("cases", f"id = '{case}' AND state = '{'with_person' if has_left else 'done'}'") == 1
    told = Counter(await templates(case))
    assert set(told.values()) == {1}
    assert (told.keys() == {"refused", "staff_alert"}) if has_left else ("cancelled" in told)


@pytest.mark.parametrize("first", ["answer", "echo"])
async def test_the_stores_answer_and_its_echo_are_one_cancellation(world: World, database: str, first: str) -> None:
    for _ in range(ROUNDS):
        order, shopper_order, case = await an_open_ask(world)
        async with hold_order(database, shopper_order) as gate:
            (changed,) = world.store.settle_pending()
            if first == "echo":
                await world.send(changed)
                await gate.until_waiting(world, 1)
            await hurry(world, "ask_store", ref=case)
            if first == "answer":
                await gate.until_waiting(world, 1)
                await world.send(changed)
            await gate.until_waiting(world, 2)
        await quiet(world)
        assert [refund.amount for refund in (await charged(world, order)).refunds] == [order.total]
        assert await count("codes", f"case_id = '{case}'") == 1
        assert await templates(case) in TOLD_ONCE
        assert await count("audit_events", f"order_id = '{shopper_order}' AND kind = 'case_executing'") == 1


@pytest.mark.parametrize("first", ["answer", "parcel"])
async def test_a_parcel_that_leaves_against_the_stores_own_word_finds_a_person(
    world: World, database: str, first: str
) -> None:
    """The store agrees to cancel, and its warehouse sends the same units at that moment."""
    for _ in range(ROUNDS):
        order, shopper_order, case = await an_open_ask(world)
        async with hold_order(database, shopper_order) as gate:
            world.store.settle_pending()
            lines = tuple(LineCountBody(line_id=line.id, quantity=line.quantity) for line in order.lines)
            parcel = FulfilmentBody(id="ful_1", lines=lines, shipped_at=world.ports.clock.now())
            sent = world.store.edit(order.id, fulfilments=(parcel,), cancelled=(), state=OrderState.OPEN)
            if first == "parcel":
                await world.send(sent)
                await gate.until_waiting(world, 1)
            await hurry(world, "ask_store", ref=case)
            if first == "answer":
                await gate.until_waiting(world, 1)
                await world.send(sent)
            await gate.until_waiting(world, 2)
        await quiet(world)
        assert await count("cases", f"id = '{case}' AND state = 'with_person'") == 1
        assert await alerts(case)
        if first == "parcel":
            assert await given_back(world, order) == 0


async def an_open_ask(world: World) -> tuple[OrderBody, str, str]:
    """A cancellation that the store is still thinking about: the order, and our ids of it and of the case."""
    world.store.behaviour = Behaviour.PENDING
    order = await an_order(world)
    shopper = await world.shopper(order)
    case = await shopper.cancel()
    await quiet(world)
    return order, shopper.order_id, case["id"]
