"""What the store, a person and we do with the same money, one after the other: it is counted once."""

from __future__ import annotations

import httpx
import pytest
from msgspec.structs import replace

from plugin.db import rows
from plugin.journeys import staff
from plugin.journeys.desk_refusals import StoreHasCancelled
from plugin.orders.models import Payment
from plugin.payments.stripe.facts import LEG_KEY
from plugin.ports.orders import Custodian, ExtraKind, PaymentState
from plugin.shops.service import connect_shop
from plugin.storefronts.demo.store import Behaviour
from plugin.storefronts.standard.wire import ExtraBody, OrderBody, PaymentBody, RefundBody
from tests.journeys.steps import charged, given_back, legs_of, quiet
from tests.journeys.test_cancel_authorised import CHAIR, OIL, capture
from tests.nudges import hurry, one
from tests.world import World


async def test_cash_that_was_collected_after_the_ask_is_owed_back(world: World) -> None:
    world.store.behaviour = Behaviour.PENDING
    order = await world.place("cash_on_delivery")
    shopper = await world.shopper(order)
    case = await shopper.cancel()
    await quiet(world)
    collected = PaymentBody(
        id="cod", custodian=Custodian.MANUAL, status=PaymentState.CAPTURED, amount=4500, captured=4500
    )
    await world.send(world.store.edit(order.id, payments=(collected,)))
    await quiet(world)
    world.store.settle_pending()
    await hurry(world, "ask_store")

    waiting = await shopper.until_state(case["id"], "with_person")
    assert [(move["state"], move["money"]["amount"]) for move in waiting["money"]] == [("by_person", 4500)]


async def test_what_was_captured_before_a_void_arrived_is_refunded_and_nothing_more(world: World) -> None:
    world.store.behaviour = Behaviour.PENDING
    order = await world.place("authorised")
    shopper = await world.shopper(order)
    case = await shopper.cancel()
    await quiet(world)
    await capture(world, order, 6000)
    world.store.settle_pending()
    await hurry(world, "ask_store")

    await shopper.until_state(case["id"], "done")
    assert await given_back(world, order) == 6000


async def test_a_fee_that_an_edit_adds_comes_back_with_the_rest(world: World) -> None:
    order = await world.place("cash_on_delivery")
    more = replace(order.payments[0], amount=5000)
    fees = (*order.extras, ExtraBody(kind=ExtraKind.FEE, price=500, title="Gift wrap"))
    edited = world.store.edit(order.id, extras=fees, total=5000, payments=(more,))
    await world.send(edited)
    await world.until(lambda: world.is_read(edited))

    preview = await (await world.shopper(order)).preview()
    assert preview["outcome"] == "approve"
    assert preview["amounts"]["total"]["amount"] == 5000


async def test_the_stores_record_of_a_refund_by_hand_is_no_second_refund(world: World) -> None:
    order = await world.place("two_payments")
    shopper = await world.shopper(order)
    case = await shopper.cancel(lines=[{"line_id": line.id, "quantity": line.quantity} for line in order.lines])
    await shopper.until_state(case["id"], "with_person")
    await quiet(world)
    (by_hand,) = [leg for leg in await legs_of(case["id"]) if leg["kind"] == "storefront"]
    await staff.mark_paid(world.ports, world.shop, by_hand["id"], "ana")
    gift = next(payment for payment in order.payments if payment.custodian is Custodian.STOREFRONT)
    now = world.store.orders[order.id]
    told = world.store.edit(
        order.id, refunds=(*now.refunds, RefundBody(id="r1", amount=by_hand["amount"], payment_id=gift.id))
    )
    await world.send(told)
    await quiet(world)

    seen = await shopper.case(case["id"])
    assert seen["state"] == "done"
    stored = await Payment.get(order_id=shopper.order_id, external_id=gift.id)
    assert stored.external_refunded == 0


async def test_a_ceiling_granted_after_the_capture_gives_back_its_own_excess(world: World) -> None:
    """The older ask is granted last: what the younger one's excess paid is not paid again, and no less is."""
    world.store.behaviour = Behaviour.PENDING
    order = await world.place("authorised")
    shopper = await world.shopper(order)
    oil = await shopper.cancel(lines=OIL)
    await quiet(world)
    world.store.behaviour = Behaviour.AGREE
    chair = await shopper.cancel(lines=CHAIR)
    await shopper.until_state(chair["id"], "done")
    await capture(world, order, 13000)
    await quiet(world)
    assert await given_back(world, order) == 5000
    world.store.settle_pending()
    await hurry(world, "ask_store")

    await shopper.until_state(oil["id"], "done")
    await quiet(world)
    assert sorted(refund.amount for refund in (await charged(world, order)).refunds) == [3000, 5000]
    assert [leg["kind"] for leg in await legs_of(oil["id"])] == ["lower_capture", "refund"]
    assert await one("SELECT frozen_reason FROM orders") == {"frozen_reason": None}


async def test_a_revoked_key_met_on_a_listing_says_nothing_of_the_refund(world: World) -> None:
    """The refund was made, its answer was lost, and the key is gone when we look: it is looked for again later."""
    world.store.behaviour = Behaviour.PENDING
    order = await world.place("fashion")
    shopper = await world.shopper(order)
    case = await shopper.cancel()
    await quiet(world)
    await connect_shop(world.ports.vault, world.shop, stripe_api_key="revoked")
    world.store.settle_pending()
    await hurry(world, "ask_store")
    await shopper.until_state(case["id"], "executing")
    await quiet(world)
    (leg,) = await legs_of(case["id"])
    assert leg["state"] == "submitting"
    await _refund_as_we_would(world, order, leg["id"])
    await rows("UPDATE refund_legs SET submitted_at = submitted_at - interval '24 hours'")
    await hurry(world, "settle_leg")
    await quiet(world)
    (leg,) = await legs_of(case["id"])
    assert (leg["state"], leg["absent_since"]) == ("unknown", None)
    assert (await shopper.case(case["id"]))["state"] == "executing"

    await connect_shop(world.ports.vault, world.shop, stripe_api_key=world.stripe.api_key)
    await hurry(world, "settle_leg")
    await hurry(world, "read_event")
    await shopper.until_state(case["id"], "done")
    assert [refund.amount for refund in (await charged(world, order)).refunds] == [order.total]


async def _refund_as_we_would(world: World, order: OrderBody, leg_id: str) -> None:
    """The call of ours whose answer was lost."""
    form = {"payment_intent": (await charged(world, order)).id, f"metadata[{LEG_KEY}]": leg_id}
    async with httpx.AsyncClient(base_url=world.shop.stripe_api_base or "", trust_env=False) as stripe:
        key = {"Authorization": f"Bearer {world.stripe.api_key}"}
        assert (await stripe.post("/v1/refunds", data=form, headers=key)).status_code == 200


async def test_a_store_that_has_cancelled_is_not_asked_again(world: World) -> None:
    """The refund failed, not the cancellation: what is left for the person is to try the refund again."""
    order = await world.place("fashion", card="pm_card_refundFail")
    shopper = await world.shopper(order)
    case = await shopper.cancel()
    await shopper.until_state(case["id"], "done")
    (refund,) = (await charged(world, order)).refunds
    await world.stripe.settle_refund(refund.id)
    await shopper.until_state(case["id"], "with_person")
    await quiet(world)
    asked = len(world.store.asks)
    for again in (staff.ask_again, staff.confirmed_by_hand):
        with pytest.raises(StoreHasCancelled):
            await again(world.ports, world.shop, case["id"], "staff:ana")
    await quiet(world)
    assert len(world.store.asks) == asked
    assert len(await legs_of(case["id"])) == 1

    await staff.retry(world.ports, world.shop, (await legs_of(case["id"]))[0]["id"], "staff:ana")
    await shopper.until_state(case["id"], "done")
