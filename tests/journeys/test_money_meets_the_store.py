"""What the store, a person and we do with the same money, one after the other: it is counted once."""

from __future__ import annotations

from msgspec.structs import replace

from plugin.journeys import staff
from plugin.orders.models import Payment
from plugin.ports.orders import Custodian, ExtraKind, PaymentState
from plugin.storefronts.demo.store import Behaviour
from plugin.storefronts.standard.wire import ExtraBody, PaymentBody, RefundBody
from tests.journeys.steps import given_back, hurry, legs_of, quiet
from tests.journeys.test_cancel_authorised import capture
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
