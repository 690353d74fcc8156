"""Our money and another's hand on the same payment: the dashboard, the store's capture, an authorisation's end."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import httpx
import pytest

from plugin.payments.sandbox.control_client import ControlRefused
from plugin.payments.sandbox.faults import FaultKind
from plugin.payments.stripe.facts import CAPTURE_KEY
from plugin.storefronts.standard.wire import OrderBody
from tests.concurrency.crowd import ROUNDS, an_order
from tests.journeys.steps import alerts, charged, count, given_back, legs_of, quiet
from tests.journeys.test_cancel_authorised import OIL
from tests.journeys.test_cancel_authorised import capture as must_capture
from tests.nudges import one
from tests.world import World

SCARF = [{"line_id": "scarf", "quantity": 1}]
A_MOMENT = 400  # milliseconds for which Stripe is made to hesitate, while the other side acts


async def test_a_dashboard_refund_at_the_very_moment_of_ours_pays_nothing_twice(world: World) -> None:
    for _ in range(ROUNDS):
        order = await an_order(world)
        shopper = await world.shopper(order)
        digest = (await shopper.preview())["digest"]

        async def by_hand(intent: str) -> None:
            with suppress(ControlRefused):  # ours was first, and nothing is left
                await world.stripe.refund(intent)

        answer, _ = await asyncio.gather(shopper.confirm(digest), by_hand((await charged(world, order)).id))
        assert answer.status_code in (201, 409)
        await quiet(world)
        assert await given_back(world, order) == order.total


@pytest.mark.parametrize("when", [FaultKind.DELAY_BEFORE, FaultKind.DELAY_AFTER])
async def test_a_part_from_the_dashboard_while_our_leg_is_submitting_is_counted_beside_it(
    world: World, when: FaultKind
) -> None:
    """Its event makes us list the payment's refunds while our own call is still out."""
    order = await an_order(world)
    shopper = await world.shopper(order)
    await world.stripe.break_next(when, "POST /v1/refunds", delay_ms=A_MOMENT)
    case = await shopper.cancel(lines=SCARF)
    await world.until(lambda: is_submitting(case["id"]))
    await world.stripe.refund((await charged(world, order)).id, 1000)
    await shopper.until_state(case["id"], "done")
    await quiet(world)

    (leg,) = await legs_of(case["id"])
    assert sorted(refund.amount for refund in (await charged(world, order)).refunds) == sorted((1000, leg["amount"]))
    stored = await one("SELECT external_refunded FROM payments WHERE id = $1", leg["payment_id"])
    assert stored["external_refunded"] == 1000
    assert (await shopper.preview())["outcome"] == "review"


async def test_everything_from_the_dashboard_while_our_leg_is_submitting_leaves_ours_to_a_person(world: World) -> None:
    order = await an_order(world)
    shopper = await world.shopper(order)
    await world.stripe.break_next(FaultKind.DELAY_BEFORE, "POST /v1/refunds", delay_ms=A_MOMENT)
    case = await shopper.cancel()
    await world.until(lambda: is_submitting(case["id"]))
    await world.stripe.refund((await charged(world, order)).id)
    await shopper.until_state(case["id"], "with_person")
    await quiet(world)
    assert await given_back(world, order) == order.total
    assert [leg["state"] for leg in await legs_of(case["id"])] == ["failed"]
    assert await alerts(case["id"])


async def test_a_slow_report_does_not_undo_a_newer_one(world: World) -> None:
    """A listing made before a dashboard refund arrives after the report that holds it: the refund was forgotten."""
    order = await an_order(world)
    shopper = await world.shopper(order)
    digest = (await shopper.preview(lines=SCARF))["digest"]
    await quiet(world)
    await world.stripe.break_next(FaultKind.DELAY_AFTER, "GET /v1/refunds", delay_ms=5 * A_MOMENT)
    asking = asyncio.create_task(shopper.confirm(digest, lines=SCARF))
    await world.until(lambda: count("idempotent_calls"))
    await shopper.preview()  # by its answer the listing has been made, too
    await world.stripe.refund((await charged(world, order)).id, 1000)

    answer = await asking
    assert (answer.status_code, answer.json()["code"]) == (409, "decision_changed")
    assert answer.json()["preview"]["outcome"] == "review"
    await quiet(world)
    assert await given_back(world, order) == 1000


async def test_a_capture_that_our_reading_of_the_ceiling_missed_is_given_back(world: World) -> None:
    """The ceiling is written and read back, the store captures everything, and only then our answer arrives."""
    order = await an_order(world, "authorised")
    shopper = await world.shopper(order)
    await quiet(world)
    reads = "GET /v1/payment_intents/*"
    await world.stripe.break_next(FaultKind.DELAY_AFTER, reads, times=2)
    await world.stripe.break_next(FaultKind.DELAY_AFTER, reads, delay_ms=A_MOMENT)
    case = await shopper.cancel(lines=OIL)
    await world.until(lambda: has_a_ceiling(world, order))
    await must_capture(world, order, 13000)
    await shopper.until_state(case["id"], "done")
    await quiet(world)
    assert [refund.amount for refund in (await charged(world, order)).refunds] == [3000]


@pytest.mark.parametrize("end", ["captured", "ended"])
async def test_a_cancellation_against_the_end_of_an_authorisation_leaves_nothing_charged(
    world: World, end: str
) -> None:
    for _ in range(ROUNDS):
        order = await an_order(world, "authorised")
        shopper = await world.shopper(order)
        intent = (await charged(world, order)).id
        digest = (await shopper.preview())["digest"]
        deed = "capture" if end == "captured" else "cancel"
        answer, _ = await asyncio.gather(shopper.confirm(digest), by_the_store(world, intent, deed))
        await quiet(world)
        if answer.status_code == 409:  # it was over before the shopper was heard
            assert answer.json()["code"] == "decision_changed"
            await shopper.cancel()
            await quiet(world)
        payment = await charged(world, order)
        assert payment.captured - payment.refunded == 0
        assert len(payment.refunds) <= 1


async def is_submitting(case_id: str) -> bool:
    return [leg["state"] for leg in await legs_of(case_id)] == ["submitting"]


async def has_a_ceiling(world: World, order: OrderBody) -> bool:
    return CAPTURE_KEY in (await charged(world, order)).metadata


async def by_the_store(world: World, intent: str, deed: str) -> int:
    """The store captures or cancels with its own key; Stripe says no where we were first."""
    async with httpx.AsyncClient(base_url=world.shop.stripe_api_base or "", trust_env=False) as stripe:
        answer = await stripe.post(
            f"/v1/payment_intents/{intent}/{deed}", headers={"Authorization": f"Bearer {world.stripe.api_key}"}
        )
    return answer.status_code
