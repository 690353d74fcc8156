"""A correction that was paid and not made: the store said no, or nothing, and a person has it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from plugin.cases.models import Case
from plugin.db import rows, transaction
from plugin.journeys import staff
from plugin.journeys.desk_refusals import PaidBack
from plugin.outbox import service as outbox
from plugin.storefronts.demo.store import Behaviour
from plugin.storefronts.standard.goods_wire import FixAsk, GoodsAsk
from plugin.storefronts.standard.wire import OrderBody
from tests.journeys.steps import alerts, given_back, legs_of, quiet
from tests.journeys.test_dearer_fixes import CASHMERE, on_top, pay_page
from tests.journeys.test_fixing import ABROAD, confirmed
from tests.world import Shopper, World


async def refused_once_paid(
    world: World, order: OrderBody, card: str = "pm_card_visa", **ask: Any
) -> tuple[Shopper, str]:
    """A correction that was paid, and that the store says no to when it is asked."""
    shopper = await world.shopper(order)
    case = await confirmed(shopper, **ask)

    def says_no(asked: GoodsAsk) -> None:
        if isinstance(asked, FixAsk) and not asked.data.is_trial:
            world.store.behaviour = Behaviour.TOO_LATE

    world.served.goods.on_ask = says_no
    await world.stripe.press(await pay_page(shopper, case["id"]), card=card)
    await shopper.until_state(case["id"], "with_person")
    await world.mail("refunded", order)
    world.served.goods.on_ask, world.store.behaviour = None, Behaviour.AGREE
    return shopper, case["id"]


async def test_a_no_of_the_store_after_the_payment_gives_it_back_and_a_person_knows(world: World) -> None:
    order = await world.place()
    shopper, case_id = await refused_once_paid(world, order, address=ABROAD)

    stored = await Case.get(id=case_id)
    assert (stored.state, stored.person_reason) == ("with_person", "fix_too_late")
    assert ((await on_top(world)).refunded, await given_back(world, order)) == (1500, 0)
    assert "What you paid for the change, $15.00, is on its way back" in (await world.mail("fix_problem", order)).text
    assert await alerts(case_id) == ["review"]
    assert [move["money"]["amount"] for move in (await shopper.case(case_id))["money"]] == [1500]
    with pytest.raises(PaidBack):
        await staff.ask_again(world.ports, world.shop, case_id, "ana")

    await staff.refuse(world.ports, world.shop, case_id, "ana")

    assert (await shopper.case(case_id))["state"] == "refused"


async def test_what_a_person_changes_by_hand_after_all_is_done(world: World) -> None:
    order = await world.place()
    shopper, case_id = await refused_once_paid(world, order, item=CASHMERE)

    await staff.close(world.ports, world.shop, case_id, "ana")

    assert (await shopper.case(case_id))["state"] == "done"
    assert "the other item" in (await world.mail("fix_done", order)).text


async def test_a_payment_that_the_bank_sent_back_is_paid_again_and_the_change_is_still_a_persons(world: World) -> None:
    order = await world.place()
    shopper, case_id = await refused_once_paid(world, order, card="pm_card_refundFail", address=ABROAD)
    await world.stripe.settle_refund((await on_top(world)).refunds[0].id)

    async def has_failed() -> list[dict[str, Any]]:
        return [leg for leg in await legs_of(case_id) if leg["state"] == "failed"]

    (failed,) = await world.until(has_failed)
    await staff.retry(world.ports, world.shop, failed["id"], "ana")
    await quiet(world)

    assert [leg["state"] for leg in await legs_of(case_id)] == ["failed", "succeeded"]
    stored = await Case.get(id=case_id)
    assert (stored.state, stored.person_reason) == ("with_person", "fix_too_late")
    await staff.refuse(world.ports, world.shop, case_id, "ana")
    assert (await shopper.case(case_id))["state"] == "refused"


async def silent_once_paid(world: World, order: OrderBody) -> tuple[Shopper, str]:
    """A correction that was paid, and whose store says nothing until a person has it."""
    shopper = await world.shopper(order)
    case = await confirmed(shopper, address=ABROAD)
    page = await pay_page(shopper, case["id"])
    world.store.behaviour = Behaviour.FAIL
    await world.stripe.press(page, card="pm_card_visa")
    await shopper.until_state(case["id"], "awaiting_store")
    await rows("UPDATE cases SET due_at = now() - '1 s'::interval WHERE id = $1", case["id"])
    async with transaction(world.ports.doorbell) as tx:
        await outbox.reschedule(
            tx, shop_id=world.shop.id, kind="case_due", ref=case["id"], at=world.ports.clock.now() - timedelta(1)
        )
    await shopper.until_state(case["id"], "with_person")
    world.store.behaviour = Behaviour.AGREE
    return shopper, case["id"]


async def test_a_silent_store_keeps_the_payment_until_a_person_has_said_what_became_of_it(world: World) -> None:
    asked, refused, closed = [await world.place() for _ in range(3)]
    shopper, case_id = await silent_once_paid(world, asked)
    await staff.ask_again(world.ports, world.shop, case_id, "ana")
    await shopper.until_state(case_id, "done")
    assert world.store.orders[asked.id].customer.country == "CA"

    _, case_id = await silent_once_paid(world, refused)
    await staff.refuse(world.ports, world.shop, case_id, "ana")
    await world.mail("refunded", refused)

    _, case_id = await silent_once_paid(world, closed)
    await staff.close(world.ports, world.shop, case_id, "ana")
    await quiet(world)
    moved = await rows(
        "SELECT o.external_id, sum(l.amount)::bigint AS n FROM refund_legs l JOIN orders o ON o.id = l.order_id "
        "GROUP BY 1"
    )
    assert [(each["external_id"], each["n"]) for each in moved] == [(refused.id, 1500)]
