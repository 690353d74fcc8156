"""The store is asked first, and each of its answers has its own end."""

from __future__ import annotations

from datetime import timedelta

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


async def test_too_late_pays_nothing_and_says_so(world: World) -> None:
    world.store.behaviour = Behaviour.TOO_LATE
    order = await world.place()
    shopper = await world.shopper(order)
    case = await shopper.cancel()

    seen = await shopper.until_state(case["id"], "with_person")

    row = await case_row(case["id"])
    assert (row["person_reason"], row["store_reason"]) == ("store_too_late", "The parcel has left.")
    assert row["due_at"] is not None
    assert seen["money"] == []
    assert await refunds(world) == []
    assert {leg["state"] for leg in await rows("SELECT state FROM refund_legs")} == {"released"}
    mail = await world.mail("refused", order)
    assert "Nothing was refunded" in mail.text
    await world.mail("staff_alert", order)
    await nothing_is_due(world)
    assert sorted(await mails_about(order)) == ["refused", "staff_alert"]


async def test_too_late_keeps_the_units_with_the_person_so_that_nobody_asks_for_them_twice(world: World) -> None:
    """Until the person has answered (return, ask again, no), a second ask for the same units would be a second case."""
    world.store.behaviour = Behaviour.TOO_LATE
    order = await world.place()
    shopper = await world.shopper(order)
    await shopper.until_state((await shopper.cancel())["id"], "with_person")

    world.store.behaviour = Behaviour.AGREE
    again = await shopper.preview()

    assert again["outcome"] == "refuse"
    assert {unit["state"] for unit in await rows("SELECT state FROM case_units")} == {"open"}


async def test_a_store_that_answers_later_is_read_again_and_agrees(world: World) -> None:
    world.store.behaviour = Behaviour.PENDING
    order = await world.place()
    shopper = await world.shopper(order)
    case = await shopper.cancel()
    await world.until(lambda: rows("SELECT 1 FROM work WHERE kind = 'ask_store' AND not_before > now()"))
    assert (await shopper.case(case["id"]))["state"] == "awaiting_store"
    assert await refunds(world) == []

    world.store.settle_pending()
    await hurry(world, "ask_store")

    await shopper.until_state(case["id"], "done")
    assert await refunds(world) == [(order.total, "succeeded")]
    assert len(cancellations(world)) == 1
    assert [ask.ask for ask in world.store.asks] == ["order.cancel_requested", "order.cancel_status"]


async def test_a_store_that_answers_later_by_its_webhook_needs_no_reading(world: World) -> None:
    world.store.behaviour = Behaviour.PENDING
    order = await world.place()
    shopper = await world.shopper(order)
    case = await shopper.cancel()
    await world.until(lambda: rows("SELECT 1 FROM work WHERE kind = 'ask_store' AND not_before > now()"))

    (changed,) = world.store.settle_pending()
    await world.send(changed)

    await shopper.until_state(case["id"], "done")
    await hurry(world, "ask_store")
    await nothing_is_due(world)
    assert await refunds(world) == [(order.total, "succeeded")]
    assert [ask.ask for ask in world.store.asks] == ["order.cancel_requested"]
    assert (await mails_about(order)).count("cancelled") == 1


async def test_a_store_that_lets_its_own_deadline_pass_ends_with_a_person(world: World) -> None:
    world.store.behaviour = Behaviour.PENDING
    order = await world.place()
    shopper = await world.shopper(order)
    case = await shopper.cancel()
    await world.until(lambda: rows("SELECT 1 FROM work WHERE kind = 'ask_store' AND not_before > now()"))
    deadline = next(iter(world.store.answers.values())).deadline
    assert deadline is not None
    row = await case_row(case["id"])
    assert deadline <= row["due_at"] <= deadline + timedelta(minutes=5)

    await let_its_date_come(world, case["id"])

    await shopper.until_state(case["id"], "with_person")
    assert (await case_row(case["id"]))["person_reason"] == "store_silent"
    assert await refunds(world) == []
    assert [leg["state"] for leg in await rows("SELECT state FROM refund_legs")] == ["reserved"]
    mail = await world.mail("under_review", order)
    assert "has not confirmed your cancellation" in mail.text
    await world.mail("staff_alert", order)


async def test_a_store_may_not_put_its_deadline_off_for_ever(world: World) -> None:
    world.store.behaviour = Behaviour.PENDING
    order = await world.place()
    shopper = await world.shopper(order)
    case = await shopper.cancel()
    await world.until(lambda: rows("SELECT 1 FROM work WHERE kind = 'ask_store' AND not_before > now()"))

    for request_id, answer in world.store.answers.items():
        assert answer.deadline is not None
        later = type(answer)(status=answer.status, deadline=answer.deadline + timedelta(days=3650))
        world.store.answers[request_id] = later
    await hurry(world, "ask_store")
    await world.until(lambda: rows("SELECT 1 FROM work WHERE kind = 'ask_store' AND state = 'done' OFFSET 1"))

    row = await case_row(case["id"])
    assert row["due_at"] <= row["asked_at"] + timedelta(days=8)


async def test_a_store_that_takes_no_such_calls_means_a_person_and_the_truth(world: World) -> None:
    world.store.behaviour = Behaviour.UNSUPPORTED
    order = await world.place()
    shopper = await world.shopper(order)
    case = await shopper.cancel()

    await shopper.until_state(case["id"], "with_person")

    assert (await case_row(case["id"]))["person_reason"] == "store_cannot"
    assert "by hand" in (await world.mail("under_review", order)).text
    await world.mail("staff_alert", order)
    assert await refunds(world) == []


async def test_a_cancellation_that_a_person_brought_about_at_the_store_pays_once(world: World) -> None:
    world.store.behaviour = Behaviour.UNSUPPORTED
    order = await world.place()
    shopper = await world.shopper(order)
    case = await shopper.cancel()
    await shopper.until_state(case["id"], "with_person")

    await world.send(world.store.cancel(order.id))

    await shopper.until_state(case["id"], "done")
    assert await refunds(world) == [(order.total, "succeeded")]
    await world.mail("cancelled", order)
