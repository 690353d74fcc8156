"""Tabs of one shopper, all confirming at once: one intent has one effect (I2, I8, I11)."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any
from uuid import uuid4

from tests.concurrency.crowd import ROUNDS, TABS, an_order
from tests.journeys.steps import charged, count
from tests.world import Shopper, World

COAT = [{"line_id": "coat", "quantity": 1}]
SCARF = [{"line_id": "scarf", "quantity": 1}]
SCARVES = [{"line_id": "scarf", "quantity": 2}]


async def cases_of(shopper: Shopper) -> int:
    return await count("cases", f"order_id = '{shopper.order_id}'")


async def test_tabs_with_one_key_are_one_call(world: World) -> None:
    for _ in range(ROUNDS):
        order = await an_order(world)
        shopper = await world.shopper(order)
        digest, key = (await shopper.preview())["digest"], uuid4().hex
        answers = await asyncio.gather(*(shopper.confirm(digest, key=key) for _ in range(TABS)))

        done = [answer for answer in answers if answer.status_code == 201]
        others = [answer.json()["code"] for answer in answers if answer.status_code != 201]
        assert len({answer.content for answer in done}) == 1
        assert set(others) <= {"call_still_running"}
        await shopper.until_state(done[0].json()["id"], "done")
        assert await cases_of(shopper) == 1
        assert [refund.amount for refund in (await charged(world, order)).refunds] == [order.total]


async def test_tabs_with_a_key_each_cannot_take_the_same_units_twice(world: World) -> None:
    for _ in range(ROUNDS):
        order = await an_order(world)
        shopper = await world.shopper(order)
        digest = (await shopper.preview())["digest"]
        answers = await asyncio.gather(*(shopper.confirm(digest) for _ in range(TABS)))

        assert Counter(answer.status_code for answer in answers) == {201: 1, 409: TABS - 1}
        codes = {answer.json()["code"] for answer in answers if answer.status_code == 409}
        assert codes <= {"already_asked", "decision_changed"}
        (won,) = [answer for answer in answers if answer.status_code == 201]
        await shopper.until_state(won.json()["id"], "done")
        assert await cases_of(shopper) == 1
        assert [refund.amount for refund in (await charged(world, order)).refunds] == [order.total]


async def test_one_of_two_equal_units_is_cancelled_once_for_one_agreement(world: World) -> None:
    for _ in range(ROUNDS):
        order = await an_order(world)
        shopper = await world.shopper(order)
        digest = (await shopper.preview(lines=SCARF))["digest"]
        answers = await asyncio.gather(*(shopper.confirm(digest, lines=SCARF) for _ in range(TABS)))

        won = [answer.json()["id"] for answer in answers if answer.status_code == 201]
        assert len(won) == 1, "the second unit is another one, and so another decision"
        again = await shopper.cancel(lines=SCARF)
        for case_id in (*won, again["id"]):
            await shopper.until_state(case_id, "done")
        assert await count("case_units", f"order_id = '{shopper.order_id}'") == 2


async def test_two_halves_of_an_order_from_many_tabs_are_the_whole_order_once(world: World) -> None:
    for _ in range(ROUNDS):
        order = await an_order(world)
        shopper = await world.shopper(order)
        halves = [COAT, SCARVES] * (TABS // 2)
        cases = [case for case in await asyncio.gather(*(until_answered(shopper, half) for half in halves)) if case]

        assert len(cases) == 2
        for case_id in cases:
            await shopper.until_state(case_id, "done")
        payment = await charged(world, order)
        assert (len(payment.refunds), payment.refunded) == (2, order.total)


async def until_answered(shopper: Shopper, lines: Any) -> str | None:
    """As a shopper does who is shown that something has changed: look again, and confirm as long as it is offered."""
    offered = await shopper.preview(lines=lines)
    while offered["outcome"] == "approve":
        answer = await shopper.confirm(offered["digest"], lines=lines)
        if answer.status_code == 201:
            case_id: str = answer.json()["id"]
            return case_id
        problem = answer.json()
        assert problem["code"] in ("already_asked", "decision_changed"), problem
        offered = problem.get("preview") or await shopper.preview(lines=lines)
    return None
