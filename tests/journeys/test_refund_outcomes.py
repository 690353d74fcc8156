"""What becomes of a refund at Stripe: pending, failing, unanswered, refused; money moves once, nobody is lied to."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest

from plugin.db import rows
from plugin.journeys import staff
from plugin.journeys.desk_refusals import NotWithAPerson
from plugin.payments.sandbox.faults import FaultKind
from tests.journeys.steps import alerts, charged, given_back, legs_of, quiet, templates
from tests.nudges import hurry
from tests.world import World


async def test_a_pending_refund_is_promised_by_date_and_told_once_when_it_has_arrived(world: World) -> None:
    order = await world.place("fashion", card="pm_card_pendingRefund")
    shopper = await world.shopper(order)
    case = await shopper.cancel()
    seen = await shopper.until_state(case["id"], "executing")
    first = await world.mail("cancelled", order)
    assert "refunded" not in first.text
    assert [move["state"] for move in seen["money"]] == ["arriving"]

    (refund,) = (await charged(world, order)).refunds
    await world.stripe.settle_refund(refund.id)
    await shopper.until_state(case["id"], "done")
    await quiet(world)
    second = await world.mail("refunded", order)
    assert "refunded" in second.text
    assert await templates(case["id"]) == ["cancelled", "refunded"]


async def test_a_late_failure_reopens_the_debt_until_a_person_tries_again(world: World) -> None:
    order = await world.place("fashion", card="pm_card_refundFail")
    shopper = await world.shopper(order)
    case = await shopper.cancel()
    await shopper.until_state(case["id"], "done")
    await world.mail("cancelled", order)

    (refund,) = (await charged(world, order)).refunds
    await world.stripe.settle_refund(refund.id)
    reopened = await shopper.until_state(case["id"], "with_person")
    assert [move["state"] for move in reopened["money"]] == ["by_person"]
    assert "refunded" not in reopened["sentence"].split(".")[0]
    await world.mail("refund_problem", order)
    await quiet(world)
    assert await alerts(case["id"]) == ["refund_stuck"]

    (failed,) = await legs_of(case["id"])
    await staff.retry(world.ports, world.shop, failed["id"], "ana")
    await shopper.until_state(case["id"], "done")
    tried = await legs_of(case["id"])
    assert [leg["state"] for leg in tried] == ["failed", "succeeded"]
    assert tried[0]["key"] != tried[1]["key"]
    assert await given_back(world, order) == order.total
    with pytest.raises(NotWithAPerson):
        await staff.retry(world.ports, world.shop, failed["id"], "ana")


@pytest.mark.parametrize(
    "fault", [FaultKind.DROP_BEFORE, FaultKind.DROP_AFTER, FaultKind.ANSWER_409, FaultKind.ANSWER_429], ids=str
)
async def test_an_answer_that_is_lost_or_put_off_makes_one_refund(world: World, fault: FaultKind) -> None:
    order = await world.place("fashion")
    shopper = await world.shopper(order)
    await world.stripe.break_next(fault, "POST /v1/refunds", times=2)
    case = await shopper.cancel()
    for attempt in (1, 2):
        await world.until(partial(_tried, case["id"], attempt))
        await hurry(world, "settle_leg")
    await shopper.until_state(case["id"], "done")

    assert [refund.amount for refund in (await charged(world, order)).refunds] == [order.total]


async def _tried(case_id: str, times: int) -> bool:
    found = await rows(
        "SELECT 1 FROM work w JOIN refund_legs l ON l.id = w.ref WHERE l.case_id = $1 AND w.kind = 'settle_leg' "
        "AND ((w.attempts >= $2 AND w.state = 'ready') OR l.state = 'succeeded')",
        case_id,
        times,
    )
    return bool(found)


async def test_a_stored_error_after_the_refund_is_found_by_listing_and_adopted(world: World) -> None:
    order = await world.place("fashion")
    shopper = await world.shopper(order)
    await world.stripe.break_next(FaultKind.ANSWER_500_AFTER, "POST /v1/refunds")
    case = await shopper.cancel()
    await shopper.until_state(case["id"], "done")

    assert [refund.amount for refund in (await charged(world, order)).refunds] == [order.total]
    kinds = await rows("SELECT kind FROM audit_events WHERE kind IN ('refund_unknown', 'refund_succeeded') ORDER BY n")
    assert [event["kind"] for event in kinds] == ["refund_unknown", "refund_succeeded"]


async def test_a_stored_error_without_a_refund_goes_to_a_person_and_never_to_a_new_key(world: World) -> None:
    order = await world.place("fashion")
    shopper = await world.shopper(order)
    await world.stripe.break_next(FaultKind.ANSWER_500, "POST /v1/refunds")
    case = await shopper.cancel()
    await world.until(lambda: _is_absent(case["id"]))
    assert (await shopper.case(case["id"]))["state"] == "executing"

    await rows("UPDATE refund_legs SET absent_since = absent_since - $1::interval", timedelta(minutes=11))
    await hurry(world, "settle_leg")
    await shopper.until_state(case["id"], "with_person")
    await quiet(world)
    assert await alerts(case["id"]) == ["refund_stuck"]
    assert await given_back(world, order) == 0
    (leg,) = await legs_of(case["id"])
    assert leg["state"] == "with_person"


async def _is_absent(case_id: str) -> bool:
    return any(leg["absent_since"] for leg in await legs_of(case_id))


async def test_a_balance_that_is_too_low_waits_for_a_person(world: World) -> None:
    order = await world.place("fashion")
    shopper = await world.shopper(order)
    await world.stripe.set_balance("usd", 100)
    case = await shopper.cancel()
    stuck = await shopper.until_state(case["id"], "with_person")
    assert stuck["waiting_on"] == "staff"
    await world.mail("refund_problem", order)

    await world.stripe.set_balance("usd", None)
    (leg,) = await legs_of(case["id"])
    await staff.retry(world.ports, world.shop, leg["id"], "ana")
    await shopper.until_state(case["id"], "done")
    await quiet(world)
    assert await given_back(world, order) == order.total
    assert (await templates(case["id"])).count("refunded") == 1
