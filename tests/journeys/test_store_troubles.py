"""A store in trouble: one cancellation there, one refund here, and a person when it lasts too long."""

from __future__ import annotations

import pytest

from plugin.db import rows
from plugin.storefronts.demo.store import Behaviour
from tests.nudges import (
    cancellations,
    case_row,
    hurry,
    let_its_date_come,
    mails_about,
    nothing_is_due,
    refunds,
)
from tests.world import World


async def _put_back(world: World) -> None:
    await world.until(lambda: rows("SELECT 1 FROM work WHERE kind = 'ask_store' AND state = 'ready' AND attempts > 0"))


@pytest.mark.parametrize("trouble", [Behaviour.DROP_ANSWER, Behaviour.FAIL, Behaviour.GARBAGE])
async def test_whatever_happens_to_the_answer_there_is_one_cancellation_and_one_refund(
    world: World, trouble: Behaviour
) -> None:
    world.store.behaviour = trouble
    order = await world.place()
    shopper = await world.shopper(order)
    case = await shopper.cancel()
    await _put_back(world)
    assert (await shopper.case(case["id"]))["state"] == "awaiting_store"
    assert await refunds(world) == []

    world.store.behaviour = Behaviour.AGREE
    await hurry(world, "ask_store")

    await shopper.until_state(case["id"], "done")
    assert await refunds(world) == [(order.total, "succeeded")]
    assert len(cancellations(world)) == 1
    assert len(world.store.answers) == 1
    assert [ask.ask for ask in world.store.asks][:2] == ["order.cancel_requested", "order.cancel_status"]
    await world.mail("cancelled", order)


@pytest.mark.parametrize("trouble", [Behaviour.NEVER_ANSWER, Behaviour.ANSWER_LATE])
async def test_a_store_that_is_too_slow_is_read_before_it_is_asked_again(hasty: World, trouble: Behaviour) -> None:
    hasty.store.behaviour, hasty.store.late_by = trouble, 3.0
    order = await hasty.place()
    shopper = await hasty.shopper(order)
    case = await shopper.cancel()
    await _put_back(hasty)

    hasty.store.behaviour = Behaviour.AGREE
    await hurry(hasty, "ask_store")

    await shopper.until_state(case["id"], "done")
    assert await refunds(hasty) == [(order.total, "succeeded")]
    assert len(cancellations(hasty)) == 1
    assert hasty.store.asks[1].ask == "order.cancel_status"


async def test_a_store_that_is_down_for_long_ends_with_a_person_and_holds_the_money(world: World) -> None:
    world.store.behaviour = Behaviour.FAIL
    order = await world.place()
    shopper = await world.shopper(order)
    case = await shopper.cancel()
    assert case["state"] == "awaiting_store"
    assert case["money_by"]
    await _put_back(world)

    await let_its_date_come(world, case["id"])

    await shopper.until_state(case["id"], "with_person")
    row = await case_row(case["id"])
    assert (row["person_reason"], row["waiting_on"]) == ("store_silent", "staff")
    assert await refunds(world) == []
    await world.mail("under_review", order)
    await world.mail("staff_alert", order)
    await hurry(world, "ask_store")
    await nothing_is_due(world)
    assert (await case_row(case["id"]))["state"] == "with_person"


async def test_the_echo_of_a_store_that_had_fallen_silent_still_pays_once(world: World) -> None:
    world.store.behaviour = Behaviour.DROP_ANSWER
    order = await world.place()
    shopper = await world.shopper(order)
    case = await shopper.cancel()
    await _put_back(world)
    await let_its_date_come(world, case["id"])
    await shopper.until_state(case["id"], "with_person")

    await world.send(world.store.orders[order.id])

    await shopper.until_state(case["id"], "done")
    assert await refunds(world) == [(order.total, "succeeded")]


async def test_the_staff_hear_of_a_case_that_stays_overdue_once_a_day(world: World) -> None:
    world.store.behaviour = Behaviour.TOO_LATE
    order = await world.place()
    shopper = await world.shopper(order)
    case = await shopper.cancel()
    await shopper.until_state(case["id"], "with_person")
    await world.mail("staff_alert", order)

    for _ in range(3):
        await let_its_date_come(world, case["id"])
        await nothing_is_due(world)
        row = await case_row(case["id"])
        assert row["state"] == "with_person"
        assert await rows("SELECT 1 FROM cases WHERE id = $1 AND due_at > now()", case["id"])

    overdue = await rows("SELECT 1 FROM mails WHERE template = 'staff_alert' AND purpose LIKE '%:overdue:%'")
    assert len(overdue) == 1
    assert (await mails_about(order)).count("staff_alert") == 2
