"""What happens to a payment without us: dashboard refunds, disputes, amounts that nobody asked for."""

from __future__ import annotations

from typing import Any

import pytest

from plugin.db import rows
from plugin.journeys import staff
from plugin.journeys.desk_refusals import NotLess
from plugin.journeys.on_desk import Less
from plugin.payments.sandbox.control_messages import DeliveryMode
from plugin.payments.sandbox.faults import FaultKind
from plugin.refunds.plan import NotEnoughToRefund
from plugin.shops.service import pseudonym
from tests.journeys.steps import alerts, charged, count, given_back, quiet
from tests.nudges import hurry
from tests.world import World


async def until_external(world: World, amount: int) -> None:
    async def reported() -> list[dict[str, Any]]:
        return await rows("SELECT 1 FROM payments WHERE external_refunded = $1", amount)

    await world.until(reported)


@pytest.mark.parametrize("amount", [1000, 26666])
async def test_a_refund_from_the_dashboard_sends_the_next_ask_to_a_person(world: World, amount: int) -> None:
    order = await world.place("fashion")
    shopper = await world.shopper(order)
    await world.stripe.refund((await charged(world, order)).id, amount)
    await until_external(world, amount)

    preview = await shopper.preview()
    assert preview["outcome"] == "review"
    case = await shopper.cancel()
    assert case["state"] == "in_review"
    assert case["money"] == []
    await quiet(world)
    assert await count("refund_legs") == 0


async def test_a_dashboard_refund_after_ours_stops_the_order_and_alerts(world: World) -> None:
    """The store refunds by hand what we have refunded in part: less is left than the rest would cost."""
    order = await world.place("fashion")
    shopper = await world.shopper(order)
    case = await shopper.cancel(lines=[{"line_id": "coat", "quantity": 1}])
    await shopper.until_state(case["id"], "done")
    await world.stripe.refund((await charged(world, order)).id)
    await quiet(world)

    rest = await shopper.preview()
    assert rest["outcome"] == "review"
    assert (await charged(world, order)).refunded == order.total


async def test_a_refund_that_was_overtaken_from_the_dashboard_goes_to_a_person(world: World) -> None:
    order = await world.place("fashion")
    shopper = await world.shopper(order)
    world.store.behaviour = world.store.behaviour.PENDING
    case = await shopper.cancel()
    await world.until(lambda: _asked(world))
    await world.stripe.refund((await charged(world, order)).id)
    (changed,) = world.store.settle_pending()
    await world.send(changed)
    await shopper.until_state(case["id"], "with_person")
    await quiet(world)

    assert (await charged(world, order)).refunded == order.total
    assert await alerts(case["id"])


async def _asked(world: World) -> bool:
    return bool(world.store.asks)


@pytest.mark.parametrize(("is_inquiry", "outcome"), [(False, "review"), (True, "approve")])
async def test_an_open_dispute_needs_a_person_and_an_inquiry_does_not(
    world: World, is_inquiry: bool, outcome: str
) -> None:
    order = await world.place("fashion")
    shopper = await world.shopper(order)
    await world.stripe.open_dispute((await charged(world, order)).id, is_inquiry=is_inquiry)
    await quiet(world)
    preview = await shopper.preview()
    assert preview["outcome"] == outcome


async def test_a_dispute_that_was_won_no_longer_stands_in_the_way(world: World) -> None:
    order = await world.place("fashion")
    shopper = await world.shopper(order)
    dispute = await world.stripe.open_dispute((await charged(world, order)).id)
    await quiet(world)
    await world.stripe.close_dispute(dispute, "won")
    await quiet(world)
    assert (await shopper.preview())["outcome"] == "approve"


async def test_another_amount_than_ours_freezes_the_order(world: World) -> None:
    """A refund that carries our leg's id and another amount: the leg was tampered with, or the custodian errs."""
    order = await world.place("fashion", card="pm_card_pendingRefund")
    shopper = await world.shopper(order)
    case = await shopper.cancel(lines=[{"line_id": "scarf", "quantity": 1}])
    await shopper.until_state(case["id"], "executing")
    await quiet(world)
    await rows("UPDATE refund_legs SET amount = amount - 100")

    (refund,) = (await charged(world, order)).refunds
    await world.stripe.settle_refund(refund.id)
    await quiet(world)
    frozen = await rows("SELECT frozen_reason FROM orders")
    assert [row["frozen_reason"] for row in frozen] == ["custodian_reports_another_amount"]
    assert "amounts_disagree" in await alerts(case["id"])
    assert (await shopper.preview())["outcome"] == "review"
    await rows("UPDATE refund_legs SET amount = amount + 100")


async def test_nothing_is_paid_while_stripe_cannot_be_read(world: World) -> None:
    """Half was given back elsewhere, its webhook was lost, and Stripe answers no question: only the next report tells
    that the half which we owe is paid. Stripe itself would pay it again."""
    order = await world.place("fashion")
    shopper = await world.shopper(order)
    await rows("UPDATE payments SET read_at = read_at - interval '1 hour'")
    await world.stripe.deliver(DeliveryMode(drop=10))
    await world.stripe.refund((await charged(world, order)).id, 5000)
    await world.stripe.break_next(FaultKind.ANSWER_429, "GET *", times=None)
    case = await shopper.cancel(lines=[{"line_id": "scarf", "quantity": 1}])
    await shopper.until_state(case["id"], "executing")
    await world.until(lambda: _waits_to_read(case["id"]))
    assert await given_back(world, order) == 5000

    await world.stripe.mend()
    await hurry(world, "settle_leg")
    await shopper.until_state(case["id"], "with_person")
    assert await given_back(world, order) == 5000


async def _waits_to_read(case_id: str) -> list[dict[str, Any]]:
    return await rows(
        "SELECT 1 FROM work w JOIN refund_legs l ON l.id = w.ref WHERE l.case_id = $1 "
        "AND w.last_error = 'the payment could not be read'",
        case_id,
    )


async def test_a_person_pays_back_less_and_the_shopper_reads_what_is_paid_and_what_is_not(world: World) -> None:
    """What the payments cannot give could only be refused."""
    order = await world.place("fashion")
    shopper = await world.shopper(order)
    await world.stripe.refund((await charged(world, order)).id, 5000)
    await until_external(world, 5000)
    case = await shopper.cancel()
    assert case["state"] == "in_review"
    with pytest.raises(NotEnoughToRefund):
        await staff.approve(world.ports, world.shop, case["id"], "ana")
    for wrong in (Less(order.total, "no less"), Less(-1, "no sum"), Less(100, " ")):
        with pytest.raises(NotLess):
            await staff.approve(world.ports, world.shop, case["id"], "ana", wrong)

    await staff.approve(world.ports, world.shop, case["id"], "ana", Less(order.total - 5000, "paid by phone"))

    seen = await shopper.until_state(case["id"], "done")
    assert seen["amounts"]["total"]["amount"] == order.total - 5000
    assert [part["money"]["amount"] for part in seen["amounts"]["parts"] if part["kind"] == "withheld"] == [-5000]
    told = plain((await world.mail("cancelled", order)).text)
    assert "has decided that $50.00 of this is not paid back" in told
    assert "We have refunded $216.66" in told
    assert (await charged(world, order)).refunded == order.total
    (event,) = await rows("SELECT canonical FROM audit_events WHERE kind = 'case_owes_less'")
    assert '"actor":"ana"' in event["canonical"]
    assert "paid by phone" not in event["canonical"], "it may speak of the shopper, and the chain is for ever"
    assert pseudonym(world.ports.vault, world.shop, "paid by phone") in event["canonical"]
    assert await rows("SELECT withheld_reason FROM cases") == [{"withheld_reason": "paid by phone"}]


async def test_a_smaller_sum_takes_the_place_of_the_money_that_was_held(world: World) -> None:
    world.store.behaviour = world.store.behaviour.UNSUPPORTED
    order = await world.place("fashion")
    shopper = await world.shopper(order)
    case = await shopper.cancel()
    await shopper.until_state(case["id"], "with_person")

    await staff.confirmed_by_hand(world.ports, world.shop, case["id"], "ana", Less(100, "damaged by the shopper"))

    await shopper.until_state(case["id"], "done")
    assert (await charged(world, order)).refunded == 100


async def test_the_staff_hear_when_a_dispute_begins_and_how_it_ends_once_each(world: World) -> None:
    """Of a payment without any case, too."""
    order = await world.place("fashion")
    dispute = await world.stripe.open_dispute((await charged(world, order)).id)
    await quiet(world)
    (opened,) = world.mails("staff@lumen.example")
    assert "A payment is disputed" in opened.subject
    assert "holds $266.66" in plain(opened.text)

    await world.stripe.close_dispute(dispute, "lost")
    await quiet(world)
    await rows("UPDATE payments SET read_at = NULL")
    await world.send(world.store.edit(order.id))
    await quiet(world)
    closed, _ = world.mails("staff@lumen.example")
    assert "went to the shopper" in plain(closed.text)


def plain(text: str) -> str:
    return " ".join(text.replace("\u2068", "").replace("\u2069", "").split())
