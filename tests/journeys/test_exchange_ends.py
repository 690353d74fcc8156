"""Exchanges whose payment ends otherwise than agreed: taken back, too small, without an account, or paid for less.

That the books of each one balance (I16) is looked at when its world ends.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from plugin.access.roles import Role
from plugin.cases.models import Case
from plugin.db import rows, transaction
from plugin.exchanges.refusals import CannotCollect
from plugin.journeys.difference import END_DIFFERENCE, PaymentNotKnown
from plugin.journeys.take_back import TooLateToTakeBack, take_back
from plugin.outbox import service as outbox
from plugin.payments.sandbox.control_client import ControlRefused
from plugin.payments.sandbox.control_messages import DeliveryMode
from plugin.policies.reasons import Outcome, Reason, Trigger
from plugin.ports.goods import Wanted
from plugin.storefronts.demo.shelf import Article, Price
from tests.exchanging import exchange_policy, exchanging, payment_page
from tests.journeys.conftest import OpenWorld
from tests.journeys.desk import at_desk
from tests.journeys.steps import given_back, legs_of, quiet, templates
from tests.journeys.test_exchanges import BAG, KEPT, LARGE, SHOES
from tests.world import World

LOOKED_AT = exchange_policy(pays_on=Trigger.INSPECTED)
REVIEWED = exchange_policy(outcome=Outcome.REVIEW, reason=Reason.PERSON_DECIDES, keep_item=True)


async def outbound_of(case: Case) -> dict[str, Any]:
    (found,) = await rows("SELECT * FROM outbound_orders WHERE case_id = $1", case.id)
    return found


async def difference_of(case: Case) -> dict[str, Any]:
    (found,) = await rows("SELECT * FROM differences WHERE case_id = $1", case.id)
    return found


async def debits_of(case: Case) -> list[tuple[str, int, str]]:
    found = await rows("SELECT reason, amount, state FROM debits WHERE case_id = $1", case.id)
    return [(each["reason"], each["amount"], each["state"]) for each in found]


async def paid_back(world: World) -> int:
    """What was collected on top and went back."""
    await quiet(world)
    found = await rows("SELECT reference FROM payments WHERE external_id LIKE 'difference:%'")
    return (await world.stripe.payment(found[0]["reference"])).refunded if found else 0


async def test_a_refused_exchange_leaves_no_new_goods_waiting(open_world: OpenWorld) -> None:
    shopper = await exchanging(await open_world(policy=REVIEWED))
    case = await shopper.exchange({"vestido": 1}, LARGE)
    desk = await at_desk(shopper.world)
    assert (await desk.post(f"/cases/{case.id}/refuse")).json()["state"] == "refused"
    assert ((await outbound_of(case))["state"], shopper.asked) == ("cancelled", [])


async def test_taken_back_before_the_payment_nobody_can_pay_any_more(open_world: OpenWorld) -> None:
    world = await open_world(policy=KEPT)
    shopper = await exchanging(world)
    case = await shopper.exchange({"vestido": 1}, BAG)
    page = await payment_page(shopper, case.id)
    guest = await world.shopper(shopper.order)
    assert (await guest.case(case.id))["can_withdraw"]
    answer = await world.http.post(f"/v1/cases/{case.id}/withdraw", headers=dict(guest.headers))
    assert (answer.status_code, answer.json()["state"]) == (200, "withdrawn")
    with pytest.raises(ControlRefused):
        await world.stripe.press(page, card="pm_card_visa")
    assert ((await difference_of(case))["state"], (await outbound_of(case))["state"]) == ("ended", "cancelled")
    again = await shopper.exchange({"vestido": 1}, LARGE)
    await shopper.until(again, "done")


async def test_paid_while_it_is_taken_back_the_new_goods_are_ordered(open_world: OpenWorld) -> None:
    world = await open_world(policy=KEPT)
    shopper = await exchanging(world)
    case = await shopper.exchange({"vestido": 1}, BAG)
    page = await payment_page(shopper, case.id)
    await world.stripe.deliver(DeliveryMode(is_held=True))
    await world.stripe.press(page, card="pm_card_visa")
    with pytest.raises(TooLateToTakeBack):
        await take_back(world.ports, world.shop, case.id, shopper.order_id)
    await shopper.until(case, "done")
    assert len(shopper.asked) == 1


async def test_paid_and_taken_back_at_once_the_money_goes_back_once(open_world: OpenWorld) -> None:
    """Stripe's news of the payment come doubled, after the shopper has taken it back."""
    world = await open_world(policy=LOOKED_AT)
    shopper = await exchanging(world)
    case = await shopper.exchange({"vestido": 1}, BAG)
    page = await payment_page(shopper, case.id)
    await world.stripe.deliver(DeliveryMode(is_held=True))
    await world.stripe.press(page, card="pm_card_visa")
    await take_back(world.ports, world.shop, case.id, shopper.order_id)
    await world.stripe.release(is_reversed=True, copies=3)
    await shopper.until(case, "withdrawn")
    assert await paid_back(world) == 3510
    assert (len(await legs_of(case.id)), (await outbound_of(case))["state"]) == (1, "cancelled")


async def test_a_payment_and_two_clicks_to_take_it_back_race_and_nobody_keeps_the_money(open_world: OpenWorld) -> None:
    """Whoever is first: a page that is over takes nothing, and what was taken goes back."""
    world = await open_world(policy=LOOKED_AT)
    shopper = await exchanging(world)
    case = await shopper.exchange({"vestido": 1}, BAG)
    page = await payment_page(shopper, case.id)
    clicks = [take_back(world.ports, world.shop, case.id, shopper.order_id) for _ in range(2)]
    await asyncio.gather(world.stripe.press(page, card="pm_card_visa"), *clicks, return_exceptions=True)
    await take_back(world.ports, world.shop, case.id, shopper.order_id)
    await shopper.until(case, "withdrawn")
    await quiet(world)
    intents = [each for each in (await world.stripe.ledger()).payments if each.amount == 3510]
    assert [each.refunded for each in intents] == [each.captured for each in intents]


async def test_a_difference_too_small_to_collect_is_let_off_and_written_down(open_world: OpenWorld) -> None:
    world = await open_world(policy=KEPT)
    shopper = await exchanging(world)
    (large,) = [each for each in world.served.goods.shelf.of_product("vestido") if each.variant_id == "vestido-3"]
    large.prices = {"EUR": replace(large.prices["EUR"], amount=8990 + 20)}
    case = await shopper.exchange({"vestido": 1}, LARGE)
    await shopper.until(case, "done")
    (asked,) = shopper.asked
    assert await debits_of(case) == [("not_paid_for", 20, "waived")]
    assert (asked.credited, asked.collected) == (9010, 0)


async def without_account(world: World) -> Callable[[], Awaitable[None]]:
    """The shop's account at Stripe is taken out; what brings it back."""
    (before,) = await rows("SELECT sealed_stripe_api_key AS key FROM shops WHERE id = $1", world.shop.id)
    await rows("UPDATE shops SET sealed_stripe_api_key = NULL WHERE id = $1", world.shop.id)
    world.shop.update_from_dict({"sealed_stripe_api_key": None})

    async def brought_back() -> None:
        await rows("UPDATE shops SET sealed_stripe_api_key = $2 WHERE id = $1", world.shop.id, before["key"])
        world.shop.update_from_dict({"sealed_stripe_api_key": before["key"]})

    return brought_back


async def test_without_an_account_a_dearer_quote_is_not_taken_and_stays_open(open_world: OpenWorld) -> None:
    world = await open_world(policy=KEPT)
    shopper = await exchanging(world)
    quoted = await shopper.quote({"vestido": 1}, [BAG])
    brought_back = await without_account(world)
    with pytest.raises(CannotCollect):
        await shopper.take(quoted)
    await brought_back()
    case = await shopper.take(quoted)
    assert await payment_page(shopper, case.id)


async def test_an_account_taken_out_before_the_page_a_person_lets_the_difference_off(open_world: OpenWorld) -> None:
    world = await open_world(policy=REVIEWED)
    shopper = await exchanging(world)
    case = await shopper.exchange({"vestido": 1}, BAG)
    await without_account(world)
    desk = await at_desk(world)
    assert (await desk.post(f"/cases/{case.id}/approve")).status_code == 200
    assert (await shopper.until(case, "with_person"))["person_reason"] == "no_payment_page"
    agent = await at_desk(world, Role.AGENT, "leo@lumen.example")
    assert (await agent.post(f"/cases/{case.id}/order-again")).json()["code"] == "not_paid_for"
    assert (await desk.post(f"/cases/{case.id}/give-up-new-goods")).json()["code"] == "nothing_to_give"
    assert (await desk.post(f"/cases/{case.id}/order-again")).status_code == 200
    await shopper.until(case, "done")
    (asked,) = shopper.asked
    assert (asked.collected, await debits_of(case)) == (0, [("not_paid_for", 3510, "waived")])


async def test_paid_after_a_no_it_goes_back_and_a_refund_that_fails_is_a_persons(open_world: OpenWorld) -> None:
    """The account was taken out while the page was open: nobody could end it, and it was paid after the refusal."""
    world = await open_world(policy=KEPT)
    shopper = await exchanging(world)
    case = await shopper.exchange({"vestido": 1}, BAG)
    page = await payment_page(shopper, case.id)
    brought_back = await without_account(world)
    with pytest.raises(PaymentNotKnown):
        await take_back(world.ports, world.shop, case.id, shopper.order_id)
    async with transaction(world.ports.doorbell) as tx:
        await outbox.add(tx, shop_id=world.shop.id, kind=END_DIFFERENCE, ref=(await difference_of(case))["id"])
    assert (await shopper.until(case, "with_person"))["person_reason"] == "no_payment_page"
    desk = await at_desk(world)
    assert (await desk.post(f"/cases/{case.id}/refuse")).json()["state"] == "refused"
    await brought_back()
    await world.stripe.press(page, card="pm_card_refundFail")

    async def given() -> dict[str, Any] | None:
        found = await legs_of(case.id)
        return found[0] if found and found[0]["state"] == "succeeded" else None

    leg = await world.until(given)
    await world.stripe.settle_refund(leg["provider_id"])
    assert (await shopper.until(case, "with_person"))["person_reason"] == "refund_failed"
    assert (await desk.post(f"/refunds/{leg['id']}/retry")).status_code == 201
    await shopper.until(case, "done")
    assert shopper.asked == []


async def test_what_a_person_withholds_is_paid_on_top(open_world: OpenWorld) -> None:
    world = await open_world(policy=REVIEWED)
    shopper = await exchanging(world)
    case = await shopper.exchange({"vestido": 1}, LARGE)
    desk = await at_desk(world)
    said = await desk.post(f"/cases/{case.id}/approve", less={"amount": 7990, "reason": "The hem is torn."})
    assert said.json()["state"] == "awaiting_payment"
    await world.stripe.press(await payment_page(shopper, case.id), card="pm_card_visa")
    await shopper.until(case, "done")
    (asked,) = shopper.asked
    assert (asked.credited, asked.collected, await given_back(world, shopper.order)) == (7990, 1000, 0)


async def test_what_a_person_withholds_stays_withheld_from_what_comes_back_in_money(open_world: OpenWorld) -> None:
    world = await open_world(policy=REVIEWED)
    desk = await at_desk(world)
    for wanted, back in ((SHOES, 7990 - 3450), (LARGE, 7990)):
        shopper = await exchanging(world)
        case = await shopper.exchange({"vestido": 1}, wanted)
        if wanted is LARGE:
            shopper.sell_out("vestido")
        less = {"amount": 7990, "reason": "The hem is torn."}
        assert (await desk.post(f"/cases/{case.id}/approve", less=less)).status_code == 200
        if wanted is LARGE:
            await world.stripe.press(await payment_page(shopper, case.id), card="pm_card_visa")
        await shopper.until(case, "done")
        assert await given_back(world, shopper.order) == back


@pytest.mark.parametrize(
    ("sample", "line", "currency", "price", "collected", "debits"),
    [("yen", "note", "JPY", 1500, 300, []), ("dinar", "oud", "KWD", 10005, 1750, [("not_paid_for", 5, "waived")])],
)
async def test_a_difference_in_a_currency_of_another_exponent(
    open_world: OpenWorld, sample: str, line: str, currency: str, price: int, collected: int,
    debits: list[tuple[str, int, str]],
) -> None:  # fmt: skip
    """Stripe takes KWD in steps of ten: what is less than a step of the difference is let off."""
    world = await open_world(policy=KEPT)
    world.served.goods.shelf.articles.append(Article("new", None, "New", None, {currency: Price(price, 0)}))
    shopper = await exchanging(world, sample)
    case = await shopper.exchange({line: 1}, Wanted(product_id="new"))
    await world.stripe.press(await payment_page(shopper, case.id), card="pm_card_visa")
    await shopper.until(case, "done")
    (payment,) = await rows("SELECT captured FROM payments WHERE external_id LIKE 'difference:%'")
    (asked,) = shopper.asked
    assert (payment["captured"], asked.collected, asked.credited) == (collected, collected, price - collected)
    assert await debits_of(case) == debits
    await quiet(world)
    assert "exchange_ordered" in await templates(case.id)
