"""What the store says about an order while, before and after its shopper cancels."""

from __future__ import annotations

from msgspec.structs import replace

from plugin.db import rows
from plugin.journeys import staff
from plugin.payments.sandbox.faults import FaultKind
from plugin.ports.orders import OrderState
from plugin.storefronts.demo.store import Behaviour
from plugin.storefronts.standard.wire import LineBody
from tests.nudges import cancellations, case_row, hurry, mails_about, nothing_is_due, one, refunds, units
from tests.world import World


async def test_the_echo_of_our_own_cancel_is_no_second_cancel(world: World) -> None:
    order = await world.place()
    shopper = await world.shopper(order)
    case = await shopper.cancel()
    await shopper.until_state(case["id"], "done")
    await world.mail("cancelled", order)

    echo = world.store.orders[order.id]
    for message_id in ("msg_a", "msg_a", "msg_b"):
        assert (await world.store.send(echo, message_id=message_id)).status_code == 202
    await world.until(lambda: world.is_read(echo))
    await nothing_is_due(world)

    assert await refunds(world) == [(order.total, "succeeded")]
    assert len(cancellations(world)) == 1
    assert len(await rows("SELECT 1 FROM cases")) == 1
    assert await mails_about(order) == ["cancelled"]
    assert (await case_row(case["id"]))["state"] == "done"


async def test_the_echo_may_come_before_the_answer(world: World) -> None:
    world.store.behaviour = Behaviour.DROP_ANSWER
    order = await world.place()
    shopper = await world.shopper(order)
    case = await shopper.cancel()
    await world.until(lambda: rows("SELECT 1 FROM work WHERE kind = 'ask_store' AND attempts > 0 AND state = 'ready'"))

    await world.send(world.store.orders[order.id])

    await shopper.until_state(case["id"], "done")
    world.store.behaviour = Behaviour.AGREE
    await hurry(world, "ask_store")
    await nothing_is_due(world)
    assert await refunds(world) == [(order.total, "succeeded")]
    assert await mails_about(order) == ["cancelled"]


async def test_a_parcel_that_left_while_we_asked_means_too_late(world: World) -> None:
    world.store.behaviour = Behaviour.FAIL
    order = await world.place()
    shopper = await world.shopper(order)
    case = await shopper.cancel()

    await world.send(world.store.ship(order.id))

    await shopper.until_state(case["id"], "with_person")
    assert (await case_row(case["id"]))["person_reason"] == "store_too_late"
    assert await refunds(world) == []
    assert "Nothing was refunded" in (await world.mail("refused", order)).text


async def test_a_parcel_that_left_before_the_ask_is_no_longer_cancelled(world: World) -> None:
    order = await world.place()
    shopper = await world.shopper(order)
    preview = await shopper.preview()
    shipped = world.store.ship(order.id)
    await world.send(shipped)
    await world.until(lambda: world.is_read(shipped))

    answer = await shopper.confirm(preview["digest"])

    assert answer.status_code == 409
    assert answer.json()["code"] == "decision_changed"
    assert world.store.asks == []
    assert await rows("SELECT 1 FROM cases") == []


async def test_shipped_after_cancel_goes_to_a_person_once(world: World) -> None:
    order = await world.place()
    shopper = await world.shopper(order)
    case = await shopper.cancel()
    await shopper.until_state(case["id"], "done")

    shipped = world.store.ship(order.id, units(coat=1, scarf=2))
    await world.send(shipped)

    await shopper.until_state(case["id"], "with_person")
    row = await case_row(case["id"])
    assert (row["person_reason"], row["waiting_on"]) == ("shipped_after_cancel", "staff")
    await world.mail("staff_alert", order)
    assert await refunds(world) == [(order.total, "succeeded")]


async def test_a_person_who_has_dealt_with_it_is_not_called_again_by_the_delivery(world: World) -> None:
    order = await world.place()
    shopper = await world.shopper(order)
    case = await shopper.cancel()
    await shopper.until_state(case["id"], "done")
    await world.send(world.store.ship(order.id, units(coat=1, scarf=2)))
    await shopper.until_state(case["id"], "with_person")
    await staff.close(world.ports, world.shop, case["id"], "ada")

    delivered = world.store.deliver(order.id)
    await world.send(delivered)
    await world.until(lambda: world.is_read(delivered))
    await nothing_is_due(world)

    assert (await case_row(case["id"]))["state"] == "done"


async def test_a_parcel_that_leaves_while_the_money_moves_keeps_its_person(world: World) -> None:
    """The refund that arrives a moment later does not close what a person has to look at (I1)."""
    await world.stripe.break_next(FaultKind.DROP_BEFORE, "POST /v1/refunds")
    order = await world.place()
    shopper = await world.shopper(order)
    case = await shopper.cancel()
    await shopper.until_state(case["id"], "executing")
    await world.send(world.store.ship(order.id, units(coat=1, scarf=2)))
    await shopper.until_state(case["id"], "with_person")

    await hurry(world, "settle_leg")
    await world.until(lambda: rows("SELECT 1 FROM refund_legs WHERE state = 'succeeded'"))
    await nothing_is_due(world)

    row = await case_row(case["id"])
    assert (row["state"], row["person_reason"]) == ("with_person", "shipped_after_cancel")


async def test_an_order_that_staff_cancelled_in_the_store_has_no_case_and_moves_no_money(world: World) -> None:
    order = await world.place()
    cancelled = world.store.cancel(order.id)
    await world.send(cancelled)
    await world.until(lambda: world.is_read(cancelled))
    await nothing_is_due(world)

    shopper = await world.shopper(order)
    assert (await shopper.preview())["outcome"] == "refuse"
    assert await rows("SELECT 1 FROM cases") == []
    assert await refunds(world) == []
    assert await mails_about(order) == []


async def test_a_deleted_order_can_no_longer_be_cancelled_and_its_open_case_is_settled(world: World) -> None:
    world.store.behaviour = Behaviour.FAIL
    waiting, other = await world.place(), await world.place()
    shopper = await world.shopper(waiting)
    case = await shopper.cancel()

    for order in (waiting, other):
        await world.send(world.store.edit(order.id, state=OrderState.DELETED))

    await shopper.until_state(case["id"], "done")
    assert await refunds(world) == [(waiting.total, "succeeded")]
    gone = await world.shopper(other)
    await world.until(lambda: world.is_read(world.store.orders[other.id]))
    assert (await gone.preview())["outcome"] == "refuse"


async def test_an_edit_after_a_partial_cancellation_pays_nothing_twice(world: World) -> None:
    order = await world.place()
    shopper = await world.shopper(order)
    first = await shopper.cancel(lines=[{"line_id": "scarf", "quantity": 1}])
    done = await shopper.until_state(first["id"], "done")
    ((paid, _),) = await refunds(world)
    assert done["money"][0]["state"] == "refunded"

    # The store makes the coat cheaper: a new revision with amounts of its own.
    coat, scarf = order.lines
    cheaper = replace(coat, discount=1000)
    edited = world.store.edit(order.id, lines=(cheaper, scarf), total=order.total - 1000)
    await world.send(edited)
    await world.until(lambda: world.is_read(edited))
    assert (await one("SELECT revision FROM orders"))["revision"] == 2

    preview = await shopper.preview()
    assert {line["line_id"]: line["quantity"] for line in preview["lines"]} == {"coat": 1, "scarf": 1}
    second = await shopper.cancel()
    await shopper.until_state(second["id"], "done")
    total = sum(amount for amount, _ in await refunds(world))
    assert paid < total <= order.total
    revisions = {row["case_id"]: row["revision"] for row in await rows("SELECT case_id, revision FROM case_units")}
    assert revisions == {first["id"]: 1, second["id"]: 2}


async def test_what_an_edit_added_and_nobody_paid_goes_to_a_person(world: World) -> None:
    order = await world.place()
    hat = LineBody(id="hat", title="Hat", quantity=1, unit_price=3000)
    edited = world.store.edit(order.id, lines=(*order.lines, hat), total=order.total + 3000)
    await world.send(edited)
    await world.until(lambda: world.is_read(edited))

    case = await (await world.shopper(order)).cancel()

    assert case["state"] == "in_review"
    await nothing_is_due(world)
    assert await refunds(world) == []


async def test_an_edit_that_takes_a_cancelled_line_away_is_no_parcel_that_left(world: World) -> None:
    order = await world.place()
    shopper = await world.shopper(order)
    case = await shopper.cancel(lines=[{"line_id": "scarf", "quantity": 2}])
    await shopper.until_state(case["id"], "done")

    coat = order.lines[0]
    edited = world.store.edit(order.id, lines=(coat,), cancelled=(), total=coat.unit_price + coat.tax - 4185 + 995)
    await world.send(edited)
    await world.until(lambda: world.is_read(edited))
    await nothing_is_due(world)

    assert (await case_row(case["id"]))["state"] == "done"
