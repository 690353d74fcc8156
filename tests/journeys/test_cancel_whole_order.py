"""The main journey: an order comes in, its shopper cancels, Stripe refunds once, a mail with a code arrives."""

from __future__ import annotations

from tests.world import World


async def test_a_shopper_cancels_and_gets_the_money_and_a_code(world: World) -> None:
    order = await world.place("fashion")
    shopper = await world.shopper(order)

    seen = await shopper.get("/v1/order")
    assert seen["whole"]["outcome"] == "approve"
    preview = await shopper.preview()
    assert preview["amounts"]["total"]["amount"] == order.total
    assert preview["money_by"]

    case = (await shopper.confirm(preview["digest"])).json()
    assert case["state"] == "awaiting_store"
    done = await shopper.until_state(case["id"], "done")

    assert done["money"][0]["state"] == "refunded"
    assert [ask.ask for ask in world.store.asks] == ["order.cancel_requested"]
    ledger = await world.stripe.ledger()
    (payment,) = ledger.payments
    assert [(refund.amount, refund.status) for refund in payment.refunds] == [(order.total, "succeeded")]

    mail = await world.mail("cancelled", order)
    assert done["code"]["code"] in mail.text
    assert "refunded" in mail.text
