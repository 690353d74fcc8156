"""One intent, one effect: what was agreed to is carried out once, whatever the tabs and the keys (I2, I8, I11)."""

from __future__ import annotations

import asyncio
from collections import Counter
from uuid import uuid4

import pytest

from handlers.shopper.confirming import CONFIRMS_AN_HOUR
from plugin.db import rows
from tests.journeys.steps import charged, count, given_back, quiet
from tests.world import World

SCARF = [{"line_id": "scarf", "quantity": 1}]


async def test_fifty_confirmations_with_fifty_keys_make_one_case_and_one_refund(world: World) -> None:
    order = await world.place("fashion")
    shopper = await world.shopper(order)
    digest = (await shopper.preview())["digest"]
    answers = await asyncio.gather(*(shopper.confirm(digest) for _ in range(50)))

    statuses = Counter(answer.status_code for answer in answers)
    assert statuses == {201: 1, 409: 49}
    assert {a.json()["code"] for a in answers if a.status_code == 409} <= {"already_asked", "decision_changed"}
    (won,) = [answer for answer in answers if answer.status_code == 201]
    await shopper.until_state(won.json()["id"], "done")
    assert await count("cases") == 1
    assert [refund.amount for refund in (await charged(world, order)).refunds] == [order.total]


async def test_fifty_parts_in_fifty_tabs_take_each_unit_once(world: World) -> None:
    order = await world.place("fashion")
    shopper = await world.shopper(order)
    digest = (await shopper.preview(lines=SCARF))["digest"]
    answers = await asyncio.gather(*(shopper.confirm(digest, lines=SCARF) for _ in range(20)))

    won = [answer.json()["id"] for answer in answers if answer.status_code == 201]
    assert len(won) == 1, "the second unit is another one, and so another decision"
    again = await shopper.cancel(lines=SCARF)
    for case_id in (*won, again["id"]):
        await shopper.until_state(case_id, "done")
    assert await count("case_units") == 2


async def test_two_tabs_with_the_same_key_get_one_answer(world: World) -> None:
    order = await world.place("fashion")
    shopper = await world.shopper(order)
    digest, key = (await shopper.preview())["digest"], uuid4().hex
    answers = await asyncio.gather(*(shopper.confirm(digest, key=key) for _ in range(10)))

    assert {answer.status_code for answer in answers} <= {201, 409}
    assert {a.json()["code"] for a in answers if a.status_code == 409} <= {"call_still_running"}
    assert len({a.content for a in answers if a.status_code == 201}) == 1
    assert await count("cases") == 1


async def test_a_key_answers_the_same_again_and_takes_no_other_body(world: World) -> None:
    order = await world.place("fashion")
    shopper = await world.shopper(order)
    digest, key = (await shopper.preview(lines=SCARF))["digest"], uuid4().hex
    first = await shopper.confirm(digest, key=key, lines=SCARF)
    again = await shopper.confirm(digest, key=key, lines=SCARF)
    other = await shopper.confirm(digest, key=key, whole=True)

    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotent-replayed"] == "true"
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert await count("cases") == 1


async def test_without_a_key_nothing_is_done(world: World) -> None:
    order = await world.place("fashion")
    shopper = await world.shopper(order)
    digest = (await shopper.preview())["digest"]
    answer = await world.http.post(
        "/v1/order/cancellations", json={"whole": True, "digest": digest}, headers=dict(shopper.headers)
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_missing")
    assert await count("cases") == 0


async def test_a_call_that_still_runs_is_not_run_again(world: World) -> None:
    order = await world.place("fashion")
    shopper = await world.shopper(order)
    digest, key = (await shopper.preview())["digest"], uuid4().hex
    first = await shopper.confirm(digest, key=key)
    assert first.status_code == 201
    await rows("UPDATE idempotent_calls SET state = 'running', response = NULL")

    running = await shopper.confirm(digest, key=key)
    assert (running.status_code, running.json()["code"]) == (409, "call_still_running")
    assert running.json()["retry_after"] == 1


@pytest.mark.parametrize("change", ["shipped", "another_part", "refunded_elsewhere"])
async def test_a_changed_decision_comes_back_as_a_new_preview_and_nothing_is_done(world: World, change: str) -> None:
    order = await world.place("fashion")
    shopper = await world.shopper(order)
    agreed = await shopper.preview()
    if change == "shipped":
        shipped = world.store.ship(order.id)
        await world.send(shipped)
        await world.until(lambda: world.is_read(shipped))
    elif change == "another_part":
        case = await shopper.cancel(lines=SCARF)
        await shopper.until_state(case["id"], "done")
    else:
        await world.stripe.refund((await charged(world, order)).id, 1000)
    cases, refunded = await count("cases"), await given_back(world, order)

    answer = await shopper.confirm(agreed["digest"])
    assert (answer.status_code, answer.json()["code"]) == (409, "decision_changed")
    expected = {"shipped": "refuse", "another_part": "approve", "refunded_elsewhere": "review"}[change]
    fresh = answer.json()["preview"]
    assert fresh["outcome"] == expected
    assert fresh["digest"] == (await shopper.preview())["digest"] != agreed["digest"]
    await quiet(world)
    assert (await count("cases"), await given_back(world, order)) == (cases, refunded)


async def test_the_key_of_a_changed_decision_is_free_for_the_new_one(world: World) -> None:
    order = await world.place("fashion")
    shopper = await world.shopper(order)
    stale, key = "0" * 64, uuid4().hex
    changed = await shopper.confirm(stale, key=key)
    confirmed = await shopper.confirm(changed.json()["preview"]["digest"], key=key)
    assert (changed.status_code, confirmed.status_code) == (409, 201)


async def test_a_call_that_has_its_answer_gets_it_beyond_the_limit_too(world: World) -> None:
    shopper = await world.shopper(await world.place("fashion"))
    digest, key = (await shopper.preview())["digest"], uuid4().hex
    first = await shopper.confirm(digest, key=key)
    await rows("UPDATE rate_counts SET n = $1 WHERE key LIKE 'confirm:%'", CONFIRMS_AN_HOUR)
    again = await shopper.confirm(digest, key=key)
    fresh = await shopper.confirm(digest)
    assert (again.status_code, again.content) == (201, first.content)
    assert (fresh.status_code, fresh.json()["code"]) == (429, "too_many_requests")
    await shopper.until_state(first.json()["id"], "done")
