"""An order that is authorised and not captured: a whole cancellation voids, a part lowers what may be captured."""

from __future__ import annotations

from typing import Any

import httpx

from plugin.journeys import staff
from plugin.storefronts.demo.store import Behaviour
from plugin.storefronts.standard.wire import OrderBody
from tests.journeys.steps import charged, legs_of, quiet, templates
from tests.nudges import hurry
from tests.world import World

OIL = [{"line_id": "oil", "quantity": 1}]
CHAIR = [{"line_id": "chair", "quantity": 1}]


async def capture(world: World, order: OrderBody, amount: int) -> None:
    """The store captures, with its own key at Stripe."""
    intent = (await charged(world, order)).id
    async with httpx.AsyncClient(base_url=world.shop.stripe_api_base or "", trust_env=False) as stripe:
        answer = await stripe.post(
            f"/v1/payment_intents/{intent}/capture",
            data={"amount_to_capture": str(amount)},
            headers={"Authorization": f"Bearer {world.stripe.api_key}"},
        )
    assert answer.status_code == 200, answer.text


async def test_a_whole_cancellation_releases_the_authorisation(world: World) -> None:
    order = await world.place("authorised")
    shopper = await world.shopper(order)
    case = await shopper.cancel()
    done = await shopper.until_state(case["id"], "done")

    payment = await charged(world, order)
    assert (payment.status, payment.captured, payment.refunded) == ("canceled", 0, 0)
    assert [move["state"] for move in done["money"]] == ["voided"]
    mail = await world.mail("cancelled", order)
    assert "refunded" not in mail.text
    await quiet(world)
    assert await templates(case["id"]) == ["cancelled"]


async def test_a_part_lowers_what_may_be_captured_and_tells_the_store(world: World) -> None:
    order = await world.place("authorised")
    shopper = await world.shopper(order)
    case = await shopper.cancel(lines=OIL)
    done = await shopper.until_state(case["id"], "done")

    payment = await charged(world, order)
    assert (payment.status, payment.metadata["comeback_capture_at_most"]) == ("requires_capture", "10000")
    assert [move["state"] for move in done["money"]] == ["charged_only"]
    assert "€100.00" in done["money"][0]["sentence"]
    assert [ask.capture_at_most for ask in world.store.asks] == [{payment.id: 10000}]


async def test_a_second_part_says_what_is_charged_after_both(world: World) -> None:
    order = await world.place("authorised")
    shopper = await world.shopper(order)
    for part in (OIL, CHAIR):
        case = await shopper.cancel(lines=part)
        done = await shopper.until_state(case["id"], "done")

    assert "€50.00" in done["money"][0]["sentence"]
    assert [list(ask.capture_at_most.values()) for ask in world.store.asks] == [[10000], [5000]]
    last = await shopper.cancel()
    await shopper.until_state(last["id"], "done")
    assert (await charged(world, order)).status == "canceled"


async def test_what_the_store_captures_above_the_ceiling_is_given_back_once(world: World) -> None:
    order = await world.place("authorised")
    shopper = await world.shopper(order)
    case = await shopper.cancel(lines=OIL)
    await shopper.until_state(case["id"], "done")

    await capture(world, order, 13000)
    await quiet(world)
    assert [refund.amount for refund in (await charged(world, order)).refunds] == [3000]
    assert [leg["kind"] for leg in await legs_of(case["id"])] == ["lower_capture", "refund"]
    assert "refunded" in await templates(case["id"])


async def test_a_capture_of_everything_before_the_ceiling_arrives_is_refunded_instead(world: World) -> None:
    order, case = await _captured_while_asking(world, 13000)

    assert [refund.amount for refund in (await charged(world, order)).refunds] == [3000]
    assert [move["state"] for move in case["money"]] == ["refunded"]


async def test_a_capture_within_the_ceiling_owes_nothing_more(world: World) -> None:
    """The store heard the ceiling in our request and captured just that, before it stood at Stripe."""
    order, case = await _captured_while_asking(world, 10000)

    payment = await charged(world, order)
    assert (payment.captured, payment.refunded) == (10000, 0)
    assert [move["state"] for move in case["money"]] == ["charged_only"]
    assert "€100.00" in case["money"][0]["sentence"]


async def _captured_while_asking(world: World, amount: int) -> tuple[OrderBody, dict[str, Any]]:
    world.store.behaviour = Behaviour.PENDING
    order = await world.place("authorised")
    shopper = await world.shopper(order)
    case = await shopper.cancel(lines=OIL)
    await world.until(lambda: _asked(world))
    await capture(world, order, amount)
    await quiet(world)
    (changed,) = world.store.settle_pending()
    await world.send(changed)
    done = await shopper.until_state(case["id"], "done")
    await quiet(world)
    return order, await shopper.case(done["id"])


async def _asked(world: World) -> bool:
    return bool(world.store.asks)


async def test_a_part_that_the_store_has_not_granted_lowers_nothing_yet(world: World) -> None:
    """The oil is being asked for, the chair is granted, then the oil turns out to have left: it must be captured."""
    order = await world.place("authorised")
    shopper = await world.shopper(order)
    world.store.behaviour = Behaviour.PENDING
    oil = await shopper.cancel(lines=OIL)
    await world.until(lambda: _asked(world))
    world.store.behaviour = Behaviour.AGREE
    chair = await shopper.cancel(lines=CHAIR)
    await shopper.until_state(chair["id"], "done")
    assert (await charged(world, order)).metadata["comeback_capture_at_most"] == "8000"

    world.store.settle_pending(agree=False)
    await hurry(world, "ask_store")
    await shopper.until_state(oil["id"], "with_person")
    assert (await charged(world, order)).metadata["comeback_capture_at_most"] == "8000"


async def test_nothing_is_voided_while_the_store_may_still_ship_a_part(world: World) -> None:
    order = await world.place("authorised")
    shopper = await world.shopper(order)
    world.store.behaviour = Behaviour.PENDING
    oil = await shopper.cancel(lines=OIL)
    await world.until(lambda: _asked(world))
    world.store.behaviour = Behaviour.AGREE
    rest = await shopper.cancel()
    await shopper.until_state(rest["id"], "done")
    payment = await charged(world, order)
    assert (payment.status, payment.metadata["comeback_capture_at_most"]) == ("requires_capture", "3000")

    world.store.settle_pending()
    await hurry(world, "ask_store")
    await shopper.until_state(oil["id"], "done")
    assert (await charged(world, order)).status == "canceled"


async def test_an_excess_that_the_bank_sends_back_is_a_persons_to_pay_again(world: World) -> None:
    order = await world.place("authorised", card="pm_card_refundFail")
    shopper = await world.shopper(order)
    case = await shopper.cancel(lines=OIL)
    await shopper.until_state(case["id"], "done")
    await capture(world, order, 13000)
    await quiet(world)
    (refund,) = (await charged(world, order)).refunds
    await world.stripe.settle_refund(refund.id)
    await shopper.until_state(case["id"], "with_person")
    await quiet(world)

    failed = (await legs_of(case["id"]))[-1]
    await staff.retry(world.ports, world.shop, failed["id"], "ana")
    await shopper.until_state(case["id"], "done")
    assert (await charged(world, order)).refunded == 3000
