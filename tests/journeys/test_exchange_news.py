"""What Stripe tells of a difference's page, doubled, reversed or late: one payment, one order."""

from __future__ import annotations

from typing import Any

from plugin.cases.models import Case
from plugin.db import rows, transaction
from plugin.journeys.difference import END_DIFFERENCE
from plugin.outbox import service as outbox
from plugin.payments.sandbox.control_messages import DeliveryMode
from plugin.ports.goods import Wanted
from tests.exchanging import Exchanging, exchange_policy, exchanging, payment_page
from tests.journeys.conftest import OpenWorld
from tests.journeys.steps import quiet

BAG = Wanted(product_id="bolso")  # 125.00
KEPT = exchange_policy(keep_item=True)


async def difference_of(case: Case) -> dict[str, Any]:
    (found,) = await rows("SELECT * FROM differences WHERE case_id = $1", case.id)
    return found


async def pay(shopper: Exchanging, case: Case) -> None:
    await shopper.world.stripe.press(await payment_page(shopper, case.id), card="pm_card_visa")


async def test_the_news_of_one_payment_doubled_and_reversed_are_one_payment_and_one_order(
    open_world: OpenWorld,
) -> None:
    world = await open_world(policy=KEPT)
    shopper = await exchanging(world)
    case = await shopper.exchange({"vestido": 1}, BAG)
    page = await payment_page(shopper, case.id)
    await world.stripe.deliver(DeliveryMode(is_held=True))
    await world.stripe.press(page, card="pm_card_visa")
    await world.stripe.release(is_reversed=True, copies=5)
    await shopper.until(case, "done")
    sent = [report.type for report in await world.stripe.drain()]
    assert {"checkout.session.completed", "payment_intent.succeeded"} <= set(sent)
    await quiet(world)
    (payment,) = await rows("SELECT captured FROM payments WHERE external_id LIKE 'difference:%'")
    assert (payment["captured"], len(shopper.asked)) == (3510, 1)


async def test_an_end_that_finds_the_page_paid_counts_it_as_paid(open_world: OpenWorld) -> None:
    world = await open_world(policy=KEPT)
    shopper = await exchanging(world)
    case = await shopper.exchange({"vestido": 1}, BAG)
    await world.stripe.deliver(DeliveryMode(is_held=True))
    await pay(shopper, case)
    async with transaction(world.ports.doorbell) as tx:
        await outbox.add(tx, shop_id=world.shop.id, kind=END_DIFFERENCE, ref=(await difference_of(case))["id"])
    await shopper.until(case, "done")
    assert len(shopper.asked) == 1
