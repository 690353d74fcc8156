"""A correction that costs more: quoted, paid on Stripe's page, and only then made at the store; else paid back.

That the books of each one balance is looked at when its world ends.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from plugin.db import rows, transaction
from plugin.journeys.difference import END_DIFFERENCE
from plugin.outbox import service as outbox
from plugin.payments.sandbox.control_client import ControlRefused
from plugin.storefronts.demo.store import Behaviour
from plugin.storefronts.standard.goods_wire import FixAsk
from tests.exchanging import report
from tests.journeys.desk import at_desk
from tests.journeys.steps import given_back, quiet, templates
from tests.journeys.test_fixing import ABROAD, HOME, confirmed, post, previewed
from tests.journeys.test_pages import a_browser, enter, fields_of
from tests.world import Shopper, World

CASHMERE = {"line_id": "coat", "product_id": "cashmere"}  # 64.95 more, with 4.95 of tax in it


async def pay_page(shopper: Shopper, case_id: str) -> str:
    """Where the shopper pays, as the API tells it."""

    async def made() -> str | None:
        fix = (await shopper.case(case_id))["fix"]
        return fix["pay"]["url"] if fix["pay"] else None

    page: str = await shopper.world.until(made)
    return page


async def on_top(world: World) -> Any:
    """The payment of what it costs more, at Stripe."""
    (payment,) = await rows("SELECT reference FROM payments WHERE external_id LIKE 'difference:%'")
    return await world.stripe.payment(payment["reference"])


def corrections(world: World) -> list[int]:
    """What was collected, of each correction that the store was asked to make."""
    asks = (ask.data for ask in world.served.goods.asks if isinstance(ask, FixAsk))
    return list({ask.request_id: ask.collected for ask in asks if not ask.is_trial}.values())


async def test_an_address_abroad_is_paid_first_and_then_written_once(world: World) -> None:
    order = await world.place()
    shopper = await world.shopper(order)

    preview = await previewed(shopper, address=ABROAD)
    assert (preview["outcome"], preview["costs"]["amount"], preview["shipping"]["amount"]) == ("approve", 1500, 1500)
    assert (preview["tax"]["amount"], preview["minutes_to_pay"]) == (0, 60)
    assert "It costs $15.00 more, to be paid within 60 minutes" in preview["sentence"]
    made = await post(shopper, "", {"address": ABROAD, "digest": preview["digest"]}, uuid4().hex)
    case = made.json()
    assert case["state"] == "awaiting_payment"
    page = await pay_page(shopper, case["id"])
    mail = await world.mail("fix_payment", order)
    assert "$15.00" in mail.subject and page in mail.text
    assert (world.store.orders[order.id].sequence, corrections(world)) == (1, [])

    await world.stripe.press(page, card="pm_card_visa")
    await shopper.until_state(case["id"], "done")
    (difference,) = await rows("SELECT id FROM differences WHERE case_id = $1", case["id"])
    await report(world, difference["id"], times=5)

    assert (world.store.orders[order.id].customer.country, corrections(world)) == ("CA", [1500])
    assert ((await on_top(world)).captured, (await on_top(world)).refunded) == (1500, 0)
    assert await templates(case["id"]) == ["fix_payment", "fix_done"]
    seen = await shopper.case(case["id"])
    assert (seen["fix"]["costs"]["amount"], seen["fix"]["pay"]) == (1500, None)
    assert (await (await at_desk(world)).get(f"/cases/{case['id']}"))["shopper_reads"]["fix"] == seen["fix"]


async def test_all_that_was_paid_comes_back_when_the_dearer_order_is_cancelled(world: World) -> None:
    order = await world.place()
    shopper = await world.shopper(order)
    preview = await previewed(shopper, item=CASHMERE)
    assert (preview["costs"]["amount"], preview["tax"]["amount"]) == (6495, 495)
    case = await confirmed(shopper, item=CASHMERE)
    await world.stripe.press(await pay_page(shopper, case["id"]), card="pm_card_visa")
    await shopper.until_state(case["id"], "done")
    await world.until(lambda: world.is_read(world.store.orders[order.id]))

    cancelled = await shopper.cancel()

    await shopper.until_state(cancelled["id"], "done")
    await quiet(world)
    assert await given_back(world, order) + (await on_top(world)).refunded == order.total + 6495


async def test_a_bank_that_asks_and_a_page_that_is_paid_twice_make_one_payment(world: World) -> None:
    order = await world.place()
    shopper = await world.shopper(order)
    case = await confirmed(shopper, address=ABROAD)
    page = await pay_page(shopper, case["id"])

    await world.stripe.press(page, card="pm_card_authenticationRequired")
    assert (await shopper.case(case["id"]))["state"] == "awaiting_payment"
    await world.stripe.press(page, bank="yes")
    await world.stripe.press(page, card="pm_card_visa")

    await shopper.until_state(case["id"], "done")
    assert ((await on_top(world)).captured, corrections(world)) == (1500, [1500])
    assert len((await world.stripe.ledger()).payments) == 2


async def end_of_the_time(world: World, case_id: str) -> None:
    (difference,) = await rows("SELECT id FROM differences WHERE case_id = $1", case_id)
    async with transaction(world.ports.doorbell) as tx:
        await outbox.add(tx, shop_id=world.shop.id, kind=END_DIFFERENCE, ref=difference["id"])


async def test_an_unpaid_correction_ends_with_its_time_and_the_order_is_as_it_was(world: World) -> None:
    order = await world.place()
    shopper = await world.shopper(order)
    case = await confirmed(shopper, address=ABROAD)
    page = await pay_page(shopper, case["id"])

    await end_of_the_time(world, case["id"])

    assert "stays as it was" in (await shopper.until_state(case["id"], "expired"))["sentence"]
    with pytest.raises(ControlRefused):
        await world.stripe.press(page, card="pm_card_visa")
    assert "Nothing was charged" in (await world.mail("fix_expired", order)).text
    assert corrections(world) == []
    again = await confirmed(shopper, address=HOME)
    await shopper.until_state(again["id"], "done")


async def test_what_is_paid_after_the_end_goes_back_whole(world: World) -> None:
    """The page outlived its end: it could not be ended, and was paid."""
    order = await world.place()
    shopper = await world.shopper(order)
    case = await confirmed(shopper, address=ABROAD)
    page = await pay_page(shopper, case["id"])
    await rows("UPDATE differences SET state = 'ended' WHERE case_id = $1", case["id"])
    await rows(
        "UPDATE cases SET state = 'expired', waiting_on = NULL, due_at = NULL, closed_at = now() WHERE id = $1",
        case["id"],
    )

    await world.stripe.press(page, card="pm_card_visa")

    async def is_back() -> bool:
        found = await rows("SELECT reference FROM payments WHERE external_id LIKE 'difference:%'")
        return bool(found) and (await world.stripe.payment(found[0]["reference"])).refunded == 1500

    await world.until(is_back)
    assert corrections(world) == []


async def test_a_correction_of_an_order_that_is_being_cancelled_is_not_made_and_its_payment_goes_back(
    world: World,
) -> None:
    order = await world.place()
    shopper = await world.shopper(order)
    case = await confirmed(shopper, address=ABROAD)
    page = await pay_page(shopper, case["id"])
    world.store.behaviour = Behaviour.PENDING
    await shopper.cancel(lines=[{"line_id": "scarf", "quantity": 1}])

    await world.stripe.press(page, card="pm_card_visa")

    await shopper.until_state(case["id"], "expired")
    await world.mail("refunded", order)
    assert ((await on_top(world)).refunded, corrections(world)) == (1500, [])
    world.store.behaviour = Behaviour.AGREE


async def test_yen_have_no_hundredths(world: World) -> None:
    order = await world.place("yen")
    shopper = await world.shopper(order)
    case = await confirmed(shopper, address=ABROAD)
    assert case["state"] == "awaiting_payment"

    await world.stripe.press(await pay_page(shopper, case["id"]), card="pm_card_visa")

    await shopper.until_state(case["id"], "done")
    assert ((await on_top(world)).captured, corrections(world)) == (1500, [1500])
    assert "1,500" in (await world.mail("fix_payment", order)).subject


async def test_an_order_that_is_paid_on_delivery_is_for_a_person(world: World) -> None:
    shopper = await world.shopper(await world.place("cash_on_delivery"))
    assert (await previewed(shopper, address=ABROAD))["reason"] == "costs_more"


async def test_the_pages_lead_from_the_quote_to_the_payment_without_a_script(world: World) -> None:
    order = await world.place()
    async with a_browser(world) as browser:
        mark = await enter(world, browser, order)
        seen = await browser.post("/order/fix/preview", data={**ABROAD, "mark": mark})
        assert "It costs $15.00 more" in seen.text and "Shipping in it" in seen.text, seen.text
        done = await browser.post("/order/fix", data=dict(fields_of(seen.text, "/order/fix")))
        case = done.url.path

        async def to_pay() -> str | None:
            page = (await browser.get(case)).text
            assert "What it costs more" in page
            found = [part.split('"')[0] for part in page.split('class="button" href="http')[1:]]
            return f"http{found[0]}" if found else None

        back_to = await world.stripe.press(await world.until(to_pay), card="pm_card_visa")
        assert back_to.endswith(f"{case}/paid")
        assert (await browser.get(f"{case}/paid")).url.path == case

        async def is_done() -> bool:
            return "Your order is changed." in (await browser.get(case)).text

        await world.until(is_done)


async def test_a_correction_that_costs_too_little_to_collect_is_made_and_let_off(world: World) -> None:
    shelf = world.served.goods.shelf
    coat, cashmere = shelf.find("coat", None), shelf.find("cashmere", None)
    assert coat is not None and cashmere is not None
    cashmere.prices["USD"] = replace(coat.prices["USD"], amount=coat.prices["USD"].amount + 20)
    order = await world.place()
    shopper = await world.shopper(order)
    case = await confirmed(shopper, item=CASHMERE)
    await shopper.until_state(case["id"], "done")
    assert corrections(world) == [0]
    debits = await rows("SELECT amount, reason, state FROM debits WHERE case_id = $1", case["id"])
    assert [tuple(debit.values()) for debit in debits] == [(20, "not_paid_for", "waived")]
