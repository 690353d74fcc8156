"""Money that we cannot move ourselves: a person does, and the shopper is told so until it has happened."""

from __future__ import annotations

import pytest

from plugin.journeys import staff
from plugin.journeys.desk_refusals import NotWithAPerson
from plugin.ports.orders import Custodian, PaymentState
from plugin.storefronts.standard.wire import PaymentBody
from tests.journeys.conftest import OpenWorld
from tests.journeys.sending_back import delivered, return_policy, send_back
from tests.journeys.steps import alerts, given_back, legs_of, quiet, templates
from tests.world import World


async def test_the_card_gives_first_and_the_shop_gives_the_gift_card_back(world: World) -> None:
    order = await world.place("two_payments")
    shopper = await world.shopper(order)
    case = await shopper.cancel()
    waiting = await shopper.until_state(case["id"], "with_person")
    await quiet(world)

    assert await given_back(world, order) == 7395
    seen = await shopper.case(waiting["id"])
    assert {move["state"]: move["money"]["amount"] for move in seen["money"]} == {"refunded": 7395, "by_person": 5000}
    mail = await world.mail("cancelled", order)
    assert "We have refunded £73.95" in " ".join(mail.text.split())
    assert sorted(await templates(case["id"])) == ["cancelled", "staff_alert"]

    (by_hand,) = [leg for leg in await legs_of(case["id"]) if leg["kind"] == "storefront"]
    await staff.mark_paid(world.ports, world.shop, by_hand["id"], "ana")
    await shopper.until_state(case["id"], "done")
    told = await world.mail("refunded", order)
    assert "£50.00" in told.text


async def test_a_part_within_the_card_touches_the_gift_card_not_at_all(world: World) -> None:
    order = await world.place("two_payments")
    shopper = await world.shopper(order)
    case = await shopper.cancel(lines=[{"line_id": "guide", "quantity": 1}])
    await shopper.until_state(case["id"], "done")
    assert [leg["kind"] for leg in await legs_of(case["id"])] == ["refund"]

    rest = await shopper.cancel()
    await shopper.until_state(rest["id"], "with_person")
    await quiet(world)
    assert [(leg["kind"], leg["amount"]) for leg in await legs_of(rest["id"])] == [
        ("refund", 6395),
        ("storefront", 5000),
    ]
    (_, by_hand) = await legs_of(rest["id"])
    await staff.mark_paid(world.ports, world.shop, by_hand["id"], "ana")
    await shopper.until_state(rest["id"], "done")


async def test_what_was_paid_in_part_with_a_gift_card_comes_back_to_the_card_first(open_world: OpenWorld) -> None:
    world = await open_world(policy=return_policy(keep_item=True))
    shopper = await world.shopper(await delivered(world, "two_payments"))
    boots = await send_back(shopper, lines=[{"line_id": "boots", "quantity": 1}])
    await shopper.until_state(boots["id"], "with_person")
    of_boots = await legs_of(boots["id"])
    assert [(leg["kind"], leg["amount"]) for leg in of_boots] == [("refund", 7395), ("storefront", 3605)]
    guide = await send_back(shopper, lines=[{"line_id": "guide", "quantity": 1}])
    await shopper.until_state(guide["id"], "with_person")
    of_guide = await legs_of(guide["id"])
    assert [(leg["kind"], leg["amount"]) for leg in of_guide] == [("storefront", 1000)]
    for case, by_hand in ((boots, of_boots[1]), (guide, of_guide[0])):
        await staff.mark_paid(world.ports, world.shop, by_hand["id"], "ana")
        await shopper.until_state(case["id"], "done")


TRANSFER = PaymentBody(
    id="transfer", custodian=Custodian.MANUAL, status=PaymentState.CAPTURED, amount=4500, captured=4500
)


async def test_cash_that_was_never_collected_needs_nobody(world: World) -> None:
    order = await world.place("cash_on_delivery")
    shopper = await world.shopper(order)
    assert [move["state"] for move in (await shopper.preview())["money"]] == ["not_collected"]
    case = await shopper.cancel()
    done = await shopper.until_state(case["id"], "done")
    await quiet(world)
    assert [move["state"] for move in done["money"]] == ["not_collected"]
    assert await templates(case["id"]) == ["cancelled"]
    mail = await world.mail("cancelled", order)
    assert "You will not be asked to pay" in " ".join(mail.text.split())
    assert "refunded" not in mail.text


async def test_money_sent_by_hand_is_called_refunded_only_when_a_person_says_so(world: World) -> None:
    order = await world.place("cash_on_delivery", payments=(TRANSFER,))
    shopper = await world.shopper(order)
    case = await shopper.cancel()
    waiting = await shopper.until_state(case["id"], "with_person")
    await quiet(world)
    assert [move["state"] for move in waiting["money"]] == ["by_person"]
    assert sorted(await templates(case["id"])) == ["cancelled", "staff_alert"]
    assert await alerts(case["id"]) == ["manual_refund"]
    assert "refunded" not in (await world.mail("cancelled", order)).text

    (leg,) = await legs_of(case["id"])
    await staff.mark_paid(world.ports, world.shop, leg["id"], "ana")
    await shopper.until_state(case["id"], "done")
    assert "refunded" in (await world.mail("refunded", order)).text
    with pytest.raises(NotWithAPerson):
        await staff.mark_paid(world.ports, world.shop, leg["id"], "ana")
