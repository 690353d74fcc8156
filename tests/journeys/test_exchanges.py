"""New goods for old: even, cheaper and dearer, sold out before and after the payment, and what a chain is worth.

That the books of each one balance (I16) is looked at when its world ends.
"""

from __future__ import annotations

import asyncio
import re

import pytest

from plugin.cases.models import Case
from plugin.core.errors import DomainError
from plugin.db import rows, transaction
from plugin.exchanges.refusals import OutOfStock
from plugin.journeys.difference import END_DIFFERENCE
from plugin.journeys.send_back import confirm_return, preview_return
from plugin.outbox import service as outbox
from plugin.payments.sandbox.control_client import ControlRefused
from plugin.policies.facts import Ask
from plugin.policies.reasons import Action
from plugin.ports.goods import Wanted
from plugin.ports.orders import LineCount
from plugin.storefronts.demo.store import Behaviour
from tests.exchanging import (
    Exchanging,
    exchange_policy,
    exchanging,
    new_goods,
    payment_page,
    report,
    unheard,
)
from tests.journeys.conftest import OpenWorld
from tests.journeys.desk import at_desk
from tests.journeys.steps import count, given_back, legs_of, quiet, templates

LARGE = Wanted(product_id="vestido", variant_id="vestido-3")  # 89.90, as what goes back
BAG = Wanted(product_id="bolso")  # 125.00
SHOES = Wanted(product_id="alpargatas", variant_id="alpargatas-1")  # 34.50
KEPT = exchange_policy(keep_item=True)


async def test_an_even_exchange_orders_the_new_goods_and_moves_no_money(open_world: OpenWorld) -> None:
    shopper = await exchanging(await open_world(policy=KEPT))
    case = await shopper.exchange({"vestido": 1}, LARGE)
    await shopper.until(case, "done")
    (asked,) = shopper.asked
    assert (asked.credited, asked.collected, asked.lines[0].variant_id) == (8990, 0, "vestido-3")
    assert not await legs_of(case.id)
    await quiet(shopper.world)
    # In either order: the outbox promises none to two pieces of work, and a mail server none to two mails.
    assert sorted(await templates(case.id)) == ["exchange_approved", "exchange_ordered"]


async def test_a_cheaper_one_gives_the_rest_back(open_world: OpenWorld) -> None:
    world = await open_world(policy=KEPT)
    shopper = await exchanging(world)
    case = await shopper.exchange({"vestido": 1}, SHOES)
    await shopper.until(case, "done")
    assert await given_back(world, shopper.order) == 8990 - 3450


async def test_a_dearer_one_waits_for_its_difference_and_ten_reports_of_it_are_one_payment(
    open_world: OpenWorld,
) -> None:
    world = await open_world(policy=KEPT)
    shopper = await exchanging(world)
    case = await shopper.exchange({"vestido": 1}, BAG)
    page = await payment_page(shopper, case.id)
    assert not shopper.asked
    await world.stripe.press(page, card="pm_card_visa")
    await shopper.until(case, "done")
    (difference,) = await rows("SELECT id, shop_id FROM differences WHERE case_id = $1", case.id)
    await report(world, difference["id"], times=10)
    (asked,) = shopper.asked
    assert (asked.credited, asked.collected) == (8990, 3510)
    (payment,) = await rows("SELECT * FROM payments WHERE external_id LIKE 'difference:%'")
    assert (payment["captured"], payment["order_id"]) == (3510, shopper.order_id)


async def test_what_is_sold_out_is_not_quoted_and_the_other_sizes_are_named(open_world: OpenWorld) -> None:
    shopper = await exchanging(await open_world(policy=KEPT), "fashion")
    with pytest.raises(OutOfStock) as gone:
        await shopper.quote({"coat": 1}, [Wanted(product_id="coat", variant_id="coat-4")])
    assert [each["variant_id"] for each in gone.value.extra["instead"]] == ["coat-1", "coat-2", "coat-3"]
    assert not await count("quotes")


async def test_sold_out_after_the_quote_everything_comes_back_in_money(open_world: OpenWorld) -> None:
    world = await open_world(policy=KEPT)
    shopper = await exchanging(world)
    quoted = await shopper.quote({"vestido": 1}, [LARGE])
    shopper.sell_out("vestido")
    case = await shopper.take(quoted)
    await shopper.until(case, "done")
    assert await given_back(world, shopper.order) == 8990
    assert "exchange_fallback" in await templates(case.id)


async def test_sold_out_after_the_payment_the_difference_comes_back_too(open_world: OpenWorld) -> None:
    world = await open_world(policy=KEPT)
    shopper = await exchanging(world)
    case = await shopper.exchange({"vestido": 1}, BAG)
    shopper.sell_out("bolso")
    await world.stripe.press(await payment_page(shopper, case.id), card="pm_card_visa")
    await shopper.until(case, "done")
    assert await given_back(world, shopper.order) == 8990
    (payment,) = await rows("SELECT reference FROM payments WHERE external_id LIKE 'difference:%'")
    assert (await world.stripe.payment(payment["reference"])).refunded == 3510


async def test_of_two_tabs_one_takes_the_units(open_world: OpenWorld) -> None:
    shopper = await exchanging(await open_world(policy=KEPT))
    quotes = [await shopper.quote({"vestido": 1}, [LARGE]) for _ in range(2)]
    took = await asyncio.gather(*[shopper.take(each) for each in (*quotes, quotes[0])], return_exceptions=True)
    assert sum(isinstance(each, DomainError) for each in took) == 2
    await quiet(shopper.world)
    assert len(shopper.asked) == 1


async def test_an_exchange_of_an_exchange_is_refunded_of_all_that_was_paid(open_world: OpenWorld) -> None:
    """89.90 became a bag of 125.00 for 35.10 more, that became shoes of 34.50, and those come back: 125.00 in all."""
    world = await open_world(policy=KEPT)
    shopper = await exchanging(world)
    first = await shopper.exchange({"vestido": 1}, BAG)
    await world.stripe.press(await payment_page(shopper, first.id), card="pm_card_visa")
    await shopper.until(first, "done")
    with_bag = await new_goods(shopper, first)
    second = await with_bag.exchange({"l1": 1}, SHOES)
    await with_bag.until(second, "done")
    with_shoes = await new_goods(with_bag, second)
    third = await give_up(with_shoes)
    await with_shoes.until(third, "done")
    await quiet(world)
    ledger = await world.stripe.ledger()
    assert sum(payment.refunded for payment in ledger.payments) == 8990 + 3510


async def give_up(shopper: Exchanging) -> Case:
    ask = Ask(action=Action.RETURN, lines=(LineCount("l1", 1),))
    world = shopper.world
    agreed = (await preview_return(world.ports, world.shop, shopper.order_id, ask)).digest
    return await confirm_return(
        world.ports, world.shop, shopper.order_id, ask, agreed=agreed, asked_by="shopper", locale="en",
        answered=unheard,
    )  # fmt: skip


async def test_the_pages_lead_from_the_choice_to_the_payment(open_world: OpenWorld) -> None:
    """Without any script: choose, see the quote, confirm, pay at Stripe's page, come back, and it is ordered."""
    world = await open_world(policy=KEPT)
    shopper = await exchanging(world)
    made = await world.http.post("/v1/links", json={"order_id": shopper.order.id}, headers=world.server_key)
    await world.http.post(f"/o/{made.json()['url'].rsplit('/', 1)[1]}")
    order = (await world.http.get("/order?lang=en")).text
    assert 'href="/order/exchange"' in order
    asked = (await world.http.get("/order/exchange?line=vestido&product=bolso")).text
    mark, wanted = hidden(asked, "mark"), "bolso\t"
    assert "Bolso de mimbre" in asked
    quoted = await world.http.post(
        "/order/exchange/quote", data={"mark": mark, "line": "vestido", "quantity": "1", "wanted": wanted}
    )
    assert "€35.10" in quoted.text
    sent = {name: hidden(quoted.text, name) for name in ("mark", "key", "quote", "digest")}
    answers = await asyncio.gather(*[world.http.post("/order/exchange", data=sent) for _ in range(2)])
    (case,) = {answer.headers["location"] for answer in answers}

    async def to_pay() -> str | None:
        found = re.search(r'class="button" href="(http[^"]+)"', (await world.http.get(case)).text)
        return found.group(1) if found else None

    back_to = await world.stripe.press(await world.until(to_pay), card="pm_card_visa")
    assert back_to.endswith(f"{case}/paid")
    assert (await world.http.get(f"{case}/paid")).status_code == 303

    async def is_ordered() -> bool:
        return "It is order" in (await world.http.get(case)).text

    await world.until(is_ordered)


def hidden(page: str, name: str) -> str:
    found = re.search(f'name="{name}" value="([^"]*)"', page)
    assert found, name
    return found.group(1)


async def test_a_store_that_takes_no_orders_leaves_them_to_a_person(open_world: OpenWorld) -> None:
    world = await open_world(policy=KEPT)
    shopper = await exchanging(world)
    quoted = await shopper.quote({"vestido": 1}, [LARGE])
    world.store.behaviour = Behaviour.UNSUPPORTED
    case = await shopper.take(quoted)
    assert (await shopper.until(case, "with_person"))["person_reason"] == "outbound_stuck"
    desk = await at_desk(world)
    made = await desk.post(f"/cases/{case.id}/ordered-by-hand", order_id="1057", number="#1057")
    assert (made.status_code, made.json()["state"]) == (200, "done")


async def test_what_is_paid_after_the_end_goes_back_whole(open_world: OpenWorld) -> None:
    """The page outlived its end: it could not be ended, and was paid."""
    world = await open_world(policy=KEPT)
    shopper = await exchanging(world)
    case = await shopper.exchange({"vestido": 1}, BAG)
    page = await payment_page(shopper, case.id)
    await rows("UPDATE differences SET state = 'ended' WHERE case_id = $1", case.id)
    await rows(
        "UPDATE cases SET state = 'expired', waiting_on = NULL, due_at = NULL, closed_at = now() WHERE id = $1", case.id
    )
    await rows("UPDATE case_units SET state = 'released' WHERE case_id = $1", case.id)
    await world.stripe.press(page, card="pm_card_visa")

    async def is_back() -> bool:
        found = await rows("SELECT reference FROM payments WHERE external_id LIKE 'difference:%'")
        return bool(found) and (await world.stripe.payment(found[0]["reference"])).refunded == 3510

    await world.until(is_back)
    assert not shopper.asked


async def test_an_unpaid_difference_ends_with_its_time_and_everything_is_as_it_was(open_world: OpenWorld) -> None:
    world = await open_world(policy=KEPT)
    shopper = await exchanging(world)
    case = await shopper.exchange({"vestido": 1}, BAG)
    page = await payment_page(shopper, case.id)
    (difference,) = await rows("SELECT id FROM differences WHERE case_id = $1", case.id)
    async with transaction(world.ports.doorbell) as tx:
        await outbox.add(tx, shop_id=world.shop.id, kind=END_DIFFERENCE, ref=difference["id"])
    await shopper.until(case, "expired")
    with pytest.raises(ControlRefused):
        await world.stripe.press(page, card="pm_card_visa")
    again = await shopper.exchange({"vestido": 1}, LARGE)
    await shopper.until(again, "done")
