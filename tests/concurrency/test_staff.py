"""Two people of the shop at one case, or one person who clicks twice: the first decides."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from plugin.core.errors import DomainError
from plugin.journeys import staff
from plugin.journeys.desk_refusals import NotWithAPerson
from plugin.policies.ready import default_policy
from plugin.storefronts.demo.store import Behaviour
from tests.concurrency.crowd import ROUNDS, an_order, hold_order
from tests.journeys.conftest import OpenWorld
from tests.journeys.steps import charged, count, given_back, legs_of, quiet
from tests.nudges import cancellations
from tests.world import Shopper, World

LOOKS_AT_EVERYTHING = default_policy({"USD": 1})
PEOPLE = 10


@pytest.fixture
async def world(open_busy_world: OpenWorld) -> World:
    return await open_busy_world(policy=LOOKS_AT_EVERYTHING)


async def all_at_once(world: World, url: str, order_id: str, *deeds: Any) -> list[BaseException | Any]:
    """Everybody's deed, begun behind the same lock; what each was told."""
    async with hold_order(url, order_id) as gate:
        doing = [asyncio.create_task(deed) for deed in deeds]
        await gate.until_waiting(world, 2)
    return await asyncio.gather(*doing, return_exceptions=True)


async def test_many_who_approve_at_once_approve_once(world: World, database: str) -> None:
    for _ in range(ROUNDS):
        order = await an_order(world)
        shopper = await world.shopper(order)
        case = await shopper.cancel()
        asked = len(cancellations(world))
        told = await all_at_once(
            world, database, shopper.order_id,
            *(staff.approve(world.ports, world.shop, case["id"], f"staff:{n}") for n in range(PEOPLE)),
        )  # fmt: skip
        assert [type(word) for word in told if word is not None] == [NotWithAPerson] * (PEOPLE - 1)
        await shopper.until_state(case["id"], "done")
        assert len(cancellations(world)) == asked + 1
        assert [refund.amount for refund in (await charged(world, order)).refunds] == [order.total]


async def test_a_yes_and_a_no_at_once_are_one_of_them(world: World, database: str) -> None:
    for n in range(ROUNDS):
        order = await an_order(world)
        shopper = await world.shopper(order)
        case = await shopper.cancel()
        deeds = [
            staff.approve(world.ports, world.shop, case["id"], "staff:ana"),
            staff.refuse(world.ports, world.shop, case["id"], "staff:ben"),
        ]
        told = await all_at_once(world, database, shopper.order_id, *(deeds if n % 2 else reversed(deeds)))
        assert [type(word) for word in told if word is not None] == [NotWithAPerson]
        ended = await shopper.until_state(case["id"], "done", "refused")
        await quiet(world)
        assert await given_back(world, order) == (order.total if ended["state"] == "done" else 0)


async def test_a_failed_refund_is_tried_again_once(world: World, database: str) -> None:
    for _ in range(ROUNDS):
        shopper, case = await with_person_after_failure(world)
        (failed,) = await legs_of(case["id"])
        told = await all_at_once(
            world, database, shopper.order_id,
            *(staff.retry(world.ports, world.shop, failed["id"], f"staff:{n}") for n in range(PEOPLE)),
        )  # fmt: skip
        assert len([word for word in told if isinstance(word, str)]) == 1
        assert {type(word) for word in told if not isinstance(word, str)} == {NotWithAPerson}
        await quiet(world)
        assert await count("refund_legs", f"case_id = '{case['id']}'") == 2


async def with_person_after_failure(world: World) -> tuple[Shopper, dict[str, Any]]:
    order = await world.place("fashion", card="pm_card_refundFail")
    shopper = await world.shopper(order)
    case = await shopper.cancel()
    await staff.approve(world.ports, world.shop, case["id"], "staff:ana")
    await shopper.until_state(case["id"], "done")
    (refund,) = (await charged(world, order)).refunds
    await world.stripe.settle_refund(refund.id)
    await shopper.until_state(case["id"], "with_person")
    return shopper, case


async def test_a_person_who_cancelled_by_hand_and_one_who_asks_again_do_not_both_prevail(
    world: World, database: str
) -> None:
    for n in range(ROUNDS):
        world.store.behaviour = Behaviour.UNSUPPORTED
        order = await an_order(world)
        shopper = await world.shopper(order)
        case = await shopper.cancel()
        await staff.approve(world.ports, world.shop, case["id"], "staff:ana")
        await shopper.until_state(case["id"], "with_person")
        await quiet(world)
        world.store.behaviour = Behaviour.AGREE
        deeds = [
            staff.confirmed_by_hand(world.ports, world.shop, case["id"], "staff:ana"),
            staff.ask_again(world.ports, world.shop, case["id"], "staff:ben"),
        ]
        told = await all_at_once(world, database, shopper.order_id, *(deeds if n % 2 else reversed(deeds)))
        assert len([word for word in told if isinstance(word, DomainError)]) == 1
        await shopper.until_state(case["id"], "done")
        assert [refund.amount for refund in (await charged(world, order)).refunds] == [order.total]
        assert await count("codes", f"case_id = '{case['id']}'") == 1
