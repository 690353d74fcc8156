"""The central promise (I8), told by itself: an answer of Stripe's is lost after the money moved, and we ask again.

Half of what was paid goes back, so that nothing at Stripe would stop a second refund: only the row's key does.
"""

from __future__ import annotations

import pytest

from tests.factories import a_store_order
from tests.properties.careless import KeysForgotten
from tests.properties.honest_stripe import Fault, HonestStripe, Intent
from tests.properties.promises import broken_promises
from tests.properties.small_world import SmallWorld


async def half_goes_back(stripe_of: type[HonestStripe], *faults: Fault) -> tuple[SmallWorld, Intent]:
    """One of two units is cancelled, and the refund sent as often as its work wants; nothing is read in between."""
    world = await SmallWorld.begin(["USD"], stripe_of)
    order = world.store.put(a_store_order())
    intent = world.stripe.pay(str(order.payments[0].reference), order.currency, order.total, is_captured=True)
    await world.hear(order, "first")
    await work(world, "read_event")
    order_id = await world.order_id(order)
    assert order_id is not None
    ask, preview = await world.preview(order_id, [("l1", 1)])
    assert await world.confirm(order_id, ask, preview.digest) is not None
    world.stripe.faults.extend(faults)
    await work(world, "ask_store", *["settle_leg"] * (len(faults) + 2))
    return world, intent


async def work(world: SmallWorld, *kinds: str) -> None:
    for kind in kinds:
        for row in await world.open_work():
            if row["kind"] == kind:
                await world.do(row["id"])


@pytest.mark.parametrize(
    "faults",
    [
        (Fault.ANSWER_LOST,),
        (Fault.KILLED_AFTER,),
        (Fault.ANSWER_LOST, Fault.ANSWER_LOST, Fault.KILLED_AFTER),
        (Fault.NOT_SENT, Fault.ANSWER_LOST, Fault.BUSY),
    ],
    ids=str,
)
async def test_a_refund_whose_answer_was_lost_is_made_once(database: str, faults: tuple[Fault, ...]) -> None:
    world, intent = await half_goes_back(HonestStripe, *faults)
    (leg,) = await world.legs()
    assert (leg.state, [refund.id for refund in intent.refunds]) == ("succeeded", [leg.provider_id])
    assert world.stripe.sent_again > 0
    assert await broken_promises(world) == []


async def test_a_key_of_the_call_instead_of_the_row_would_pay_twice(database: str) -> None:
    world, intent = await half_goes_back(KeysForgotten)
    (leg,) = await world.legs()
    assert [refund.leg_id for refund in intent.refunds] == [leg.id, leg.id]
    assert f"I8: {leg.id} was refunded 2 times." in await broken_promises(world)
