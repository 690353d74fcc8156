"""Doors that many push at once: links, mailed codes, and limits that hold to the last one (SECURITY, Parameters)."""

from __future__ import annotations

import asyncio
from collections import Counter

from handlers.shopper.sessions import CODE_TRIES
from plugin.access.service import LOOKUP_TRIES
from plugin.db import rows
from plugin.journeys.look_up import PER_ADDRESS
from plugin.journeys.reach_person import AN_HOUR
from plugin.storefronts.standard.wire import OrderBody
from tests.concurrency.crowd import ROUNDS, TABS, an_order
from tests.journeys.steps import count
from tests.journeys.test_access import look_up, mailed_code, open_with
from tests.nudges import one
from tests.world import World


async def test_a_link_that_many_open_at_once_opens_a_visit_for_each(world: World) -> None:
    order = await an_order(world)
    made = await world.http.post("/v1/links", json={"order_id": order.id}, headers=world.server_key)
    link = made.json()["url"].rsplit("/", 1)[1]
    for _ in range(ROUNDS):
        opened = await asyncio.gather(
            *(world.http.post("/v1/sessions/exchange", json={"link": link}) for _ in range(TABS))
        )
        assert {answer.status_code for answer in opened} == {201}
        tokens = {answer.json()["token"] for answer in opened}
        assert len(tokens) == TABS
        ended, other = ({"Authorization": f"Bearer {tokens.pop()}"} for _ in range(2))
        assert (await world.http.post("/v1/sessions/end", headers=ended)).status_code == 204
        assert (await world.http.get("/v1/order", headers=ended)).status_code == 401
        assert (await world.http.get("/v1/order", headers=other)).status_code == 200


async def test_five_tries_of_a_mailed_code_are_five_when_made_at_once(world: World) -> None:
    for _ in range(ROUNDS):
        lookup, code = await looked_up(world, await an_order(world))
        wrong = await asyncio.gather(*(open_with(world, lookup, "0000-0000") for _ in range(TABS)))
        assert {answer.status_code for answer in wrong} == {403}
        assert (await one("SELECT tries FROM lookups WHERE id = $1", lookup))["tries"] == LOOKUP_TRIES
        assert (await open_with(world, lookup, code)).status_code == 403, "the right code came as the sixth try"


async def test_the_right_code_opens_one_visit(world: World) -> None:
    for _ in range(ROUNDS):
        lookup, code = await looked_up(world, await an_order(world))
        tried = await asyncio.gather(*(open_with(world, lookup, code) for _ in range(TABS)))
        assert Counter(answer.status_code for answer in tried) == {201: 1, 403: TABS - 1}
        assert await count("shopper_sessions", f"order_id = (SELECT order_id FROM lookups WHERE id = '{lookup}')") == 1


async def test_limits_let_nobody_more_in_when_all_come_at_once(world: World) -> None:
    for _ in range(ROUNDS):
        await rows("DELETE FROM rate_counts")
        shopper = await world.shopper(await an_order(world))
        said = [
            world.http.post("/v1/order/person", json={"message": f"Hi {n}"}, headers=dict(shopper.headers))
            for n in range(TABS)
        ]
        asked = [look_up(world, "1", "guest@example.com") for _ in range(TABS)]
        opened = [open_with(world, "look_none", "0000-0000") for _ in range(CODE_TRIES + TABS)]
        answers = await asyncio.gather(*said, *asked, *opened)
        statuses = [answer.status_code for answer in answers]
        assert Counter(statuses[:TABS]) == {202: AN_HOUR, 429: TABS - AN_HOUR}
        assert Counter(statuses[TABS : 2 * TABS]) == {202: PER_ADDRESS, 429: TABS - PER_ADDRESS}
        assert Counter(statuses[2 * TABS :]) == {403: CODE_TRIES, 429: TABS}
        assert all("retry-after" in answer.headers for answer in answers if answer.status_code == 429)


async def looked_up(world: World, order: OrderBody) -> tuple[str, str]:
    """The id of a look-up and the code that its mail holds."""
    await rows("DELETE FROM rate_counts")
    lookup = (await look_up(world, order.number, order.customer.email or "")).json()["lookup_id"]
    return lookup, await mailed_code(world, order)
