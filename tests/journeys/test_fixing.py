"""An order is put right instead of cancelled: asked over the API or the pages, changed at the store once, told."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx
import pytest

from plugin.cases.models import Case
from plugin.journeys import staff
from plugin.journeys.desk_refusals import NotWithAPerson
from plugin.ports.orders import OrderState
from plugin.storefronts.demo.store import Behaviour
from plugin.storefronts.standard.goods_wire import FixAsk, GoodsAsk
from plugin.storefronts.standard.wire import OrderBody
from tests.journeys.steps import templates
from tests.journeys.test_pages import a_browser, enter, fields_of
from tests.world import Shopper, World

HOME = {"name": "Grace Hall", "line1": "9 Elm St", "city": "Portland", "postal_code": "97202", "country": "US"}
ABROAD = {**HOME, "city": "Vancouver", "country": "CA"}
LARGE = {"line_id": "coat", "product_id": "coat", "variant_id": "coat-3"}


async def post(shopper: Shopper, path: str, body: dict[str, Any], key: str | None = None) -> httpx.Response:
    headers = {**shopper.headers, **({"Idempotency-Key": key} if key else {})}
    return await shopper.world.http.post(f"/v1/order/fixes{path}", json=body, headers=headers)


async def previewed(shopper: Shopper, **body: Any) -> dict[str, Any]:
    response = await post(shopper, "/preview", body)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


async def confirmed(shopper: Shopper, key: str | None = None, **body: Any) -> dict[str, Any]:
    digest = (await previewed(shopper, **body))["digest"]
    response = await post(shopper, "", {**body, "digest": digest}, key or uuid4().hex)
    assert response.status_code == 201, response.text
    answer: dict[str, Any] = response.json()
    return answer


async def test_another_address_is_written_at_the_store_once_and_told(world: World) -> None:
    order = await world.place()
    shopper = await world.shopper(order)

    preview = await previewed(shopper, address=HOME)
    assert (preview["outcome"], preview["costs"]["amount"]) == ("approve", 0)
    assert world.store.orders[order.id].sequence == 1
    key = uuid4().hex
    body = {"address": HOME, "digest": preview["digest"]}
    first, again = await post(shopper, "", body, key), await post(shopper, "", body, key)

    assert first.status_code == 201, first.text
    assert again.json() == first.json()
    case = await shopper.until_state(first.json()["id"], "done")
    assert (case["kind"], case["sentence"]) == ("fix", "Your order is changed.")
    changed = world.store.orders[order.id]
    assert (changed.sequence, changed.customer.postcode) == (2, "97202")
    assert "goes to the new address" in (await world.mail("fix_done", order)).text
    assert (await world.stripe.payment(order.payments[0].stripe_payment_intent or "")).refunds == []


async def test_another_size_is_written_at_the_store(world: World) -> None:
    order = await world.place()
    shopper = await world.shopper(order)

    case = await confirmed(shopper, item=LARGE)

    await shopper.until_state(case["id"], "done")
    assert [line.variant for line in world.store.orders[order.id].lines] == ["L / camel", "Red"]
    assert "the other item" in (await world.mail("fix_done", order)).text


async def test_what_costs_less_goes_back_once_the_store_has_changed_it(world: World) -> None:
    order = await world.place("spanish")
    shelf = world.served.goods.shelf
    cheap = shelf.find("bolso", None)
    assert cheap is not None
    cheap.prices["EUR"] = type(cheap.prices["EUR"])(7990, 1387)
    shopper = await world.shopper(order)
    item = {"line_id": "vestido", "product_id": "bolso"}

    preview = await previewed(shopper, item=item)
    assert (preview["costs"]["amount"], preview["tax"]["amount"]) == (-1000, -173)
    case = await confirmed(shopper, item=item)

    done = await shopper.until_state(case["id"], "done")
    assert done["amounts"]["total"]["amount"] == 1000
    paid = await world.stripe.payment(order.payments[0].stripe_payment_intent or "")
    assert [refund.amount for refund in paid.refunds] == [1000]


async def test_an_answer_that_was_lost_changes_the_order_once(world: World) -> None:
    order = await world.place()
    shopper = await world.shopper(order)
    digest = (await previewed(shopper, address=HOME))["digest"]
    world.store.behaviour = Behaviour.DROP_ANSWER

    response = await post(shopper, "", {"address": HOME, "digest": digest}, uuid4().hex)

    assert response.status_code == 201

    async def has_changed() -> bool:
        return world.store.orders[order.id].sequence == 2

    await world.until(has_changed)
    world.store.behaviour = Behaviour.AGREE
    await shopper.until_state(response.json()["id"], "done")
    assert world.store.orders[order.id].sequence == 2


async def test_an_order_that_leaves_before_the_store_is_asked_goes_to_a_person(world: World) -> None:
    order = await world.place()
    shopper = await world.shopper(order)
    digest = (await previewed(shopper, address=HOME))["digest"]

    def leaves(ask: GoodsAsk) -> None:
        if isinstance(ask, FixAsk) and not ask.data.is_trial:
            world.store.ship(order.id)

    world.served.goods.on_ask = leaves
    made = await post(shopper, "", {"address": HOME, "digest": digest}, uuid4().hex)
    case = await shopper.until_state(made.json()["id"], "with_person")

    assert case["sentence"].startswith("One of us is looking after your request.")
    assert "so a person\nhas it now" in (await world.mail("fix_problem", order)).text
    stored = await Case.get(id=case["id"])
    assert (stored.person_reason, stored.store_reason) == ("fix_too_late", "The parcel has left.")


@pytest.mark.parametrize(
    ("changes", "body", "reason"),
    [
        ({"state": OrderState.CANCELLED}, {"address": HOME}, "order_cancelled"),
        ({}, {"item": {**LARGE, "line_id": "hat"}}, "unknown_line"),
        ({}, {"item": {**LARGE, "quantity": 2}}, "more_than_left"),
        ({}, {"item": {**LARGE, "variant_id": "coat-4"}}, "out_of_stock"),
        ({}, {"item": {**LARGE, "product_id": "unheard-of"}}, "store_says_no"),
    ],
)
async def test_what_cannot_be_changed_says_why_and_is_not_carried_out(
    world: World, changes: dict[str, Any], body: dict[str, Any], reason: str
) -> None:
    order = await world.place(**changes)
    shopper = await world.shopper(order)

    preview = await previewed(shopper, **body)

    assert (preview["outcome"], preview["reason"], preview["costs"]["amount"]) == ("refuse", reason, 0)
    refused = await post(shopper, "", {**body, "digest": preview["digest"]}, uuid4().hex)
    assert (refused.status_code, refused.json()["code"]) == (409, "cannot_fix")
    assert await Case.filter(order_id=shopper.order_id).count() == 0


async def test_another_answer_than_the_one_that_was_shown_is_not_carried_out(world: World) -> None:
    order = await world.place()
    shopper = await world.shopper(order)
    digest = (await previewed(shopper, address=HOME))["digest"]
    await world.send(world.store.ship(order.id))

    async def is_known() -> bool:
        return bool((await previewed(shopper, address=HOME))["reason"] == "already_shipped")

    await world.until(is_known)
    response = await post(shopper, "", {"address": HOME, "digest": digest}, uuid4().hex)
    assert (response.status_code, response.json()["preview"]["reason"]) == (409, "already_shipped")


async def refused_by_the_store(world: World, order: OrderBody) -> tuple[Shopper, str]:
    """A correction that the store said no to: a person has it."""
    shopper = await world.shopper(order)
    digest = (await previewed(shopper, address=HOME))["digest"]

    def says_no(ask: GoodsAsk) -> None:
        if isinstance(ask, FixAsk) and not ask.data.is_trial:
            world.store.behaviour = Behaviour.TOO_LATE

    world.served.goods.on_ask = says_no
    made = await post(shopper, "", {"address": HOME, "digest": digest}, uuid4().hex)
    await shopper.until_state(made.json()["id"], "with_person")
    world.served.goods.on_ask, world.store.behaviour = None, Behaviour.AGREE
    return shopper, made.json()["id"]


async def test_a_person_asks_the_store_again_and_it_is_changed_once(world: World) -> None:
    order = await world.place()
    shopper, case_id = await refused_by_the_store(world, order)

    await staff.ask_again(world.ports, world.shop, case_id, "ana")

    await shopper.until_state(case_id, "done")
    assert world.store.orders[order.id].customer.postcode == "97202"
    assert "goes to the new address" in (await world.mail("fix_done", order)).text
    with pytest.raises(NotWithAPerson):
        await staff.ask_again(world.ports, world.shop, case_id, "ana")


async def test_a_person_refuses_or_closes_it_and_the_shopper_reads_which(world: World) -> None:
    refused, closed = await world.place(), await world.place()
    _, first = await refused_by_the_store(world, refused)
    _, second = await refused_by_the_store(world, closed)

    await staff.refuse(world.ports, world.shop, first, "ana")
    await staff.close(world.ports, world.shop, second, "ana")

    await world.mail("refused", refused)
    assert "goes to the new address" in (await world.mail("fix_done", closed)).text
    assert sorted(await templates(first)) == ["fix_problem", "refused", "staff_alert"]


async def test_one_ask_at_a_time_and_one_thing_at_a_time(world: World) -> None:
    order = await world.place()
    shopper = await world.shopper(order)
    assert (await post(shopper, "/preview", {})).json()["code"] == "one_thing"
    assert (await post(shopper, "/preview", {"address": HOME, "item": LARGE})).json()["code"] == "one_thing"
    world.store.behaviour = Behaviour.PENDING
    await shopper.cancel(lines=[{"line_id": "scarf", "quantity": 1}])
    assert (await previewed(shopper, address=HOME))["reason"] == "asked_already"


async def test_a_store_that_is_silent_or_takes_no_corrections(world: World) -> None:
    shopper = await world.shopper(await world.place())
    world.store.behaviour = Behaviour.FAIL
    assert (await post(shopper, "/preview", {"address": HOME})).json()["code"] == "store_is_silent"
    world.store.behaviour = Behaviour.UNSUPPORTED
    assert (await previewed(shopper, address=HOME))["reason"] == "not_offered"


async def test_the_pages_change_an_address_without_a_script(world: World) -> None:
    order = await world.place()
    async with a_browser(world) as browser:
        mark = await enter(world, browser, order)
        page = (await browser.get("/order")).text
        assert page.index("/order/fix") < page.index('name="whole"')
        assert "Where should it go?" in (await browser.get("/order/fix")).text
        typed = {**HOME, "country": "us", "mark": mark}
        seen = await browser.post("/order/fix/preview", data=typed)
        assert "9 Elm St" in seen.text, seen.text
        done = await browser.post("/order/fix", data=dict(fields_of(seen.text, "/order/fix")))
        assert done.url.path.startswith("/order/cases/"), done.text
        assert "$0.00" not in done.text
    assert "goes to the new address" in (await world.mail("fix_done", order)).text


async def test_the_pages_take_another_variant_without_a_script(world: World) -> None:
    order = await world.place()
    async with a_browser(world) as browser:
        await enter(world, browser, order)
        page = (await browser.get("/order")).text
        assert page.index("/order/fix/item") < page.index('name="whole"')
        items = (await browser.get("/order/fix/item")).text
        assert "Which item is not right?" in items
        assert 'href="/order#items-title"' in items
        choice = (await browser.get("/order/fix/item", params={"line": "coat"})).text
        asked = dict(fields_of(choice, "/order/fix/item/preview")) | {"wanted": "coat\tcoat-3"}
        seen = await browser.post("/order/fix/item/preview", data=asked)
        assert "We can change this for you." in seen.text, seen.text
        done = await browser.post("/order/fix/item", data=dict(fields_of(seen.text, "/order/fix/item")))
        assert done.url.path.startswith("/order/cases/"), done.text
        assert (await browser.post("/order/fix/item/preview", data={**asked, "quantity": "0"})).status_code == 400
    assert "the other item" in (await world.mail("fix_done", order)).text
    assert world.store.orders[order.id].lines[0].variant == "L / camel"


async def test_the_page_says_that_it_has_left_and_leads_to_a_person(world: World) -> None:
    order = await world.place()
    world.store.ship(order.id)  # and its webhook is still on its way
    async with a_browser(world) as browser:
        mark = await enter(world, browser, order)
        seen = await browser.post("/order/fix/preview", data={**HOME, "mark": mark})
        assert "cannot be changed any more" in seen.text
        assert 'href="/order/person"' in seen.text
        assert (await browser.post("/order/fix/preview", data={"name": "Ada", "mark": mark})).status_code == 400


async def test_nothing_is_cancelled_while_the_store_is_asked_for_a_correction(world: World) -> None:
    order = await world.place()
    shopper = await world.shopper(order)
    digest = (await shopper.preview(whole=True))["digest"]
    agreed = (await previewed(shopper, address=HOME))["digest"]
    world.store.behaviour = Behaviour.DROP_ANSWER
    response = await post(shopper, "", {"address": HOME, "digest": agreed}, uuid4().hex)
    assert response.status_code == 201, response.text
    refused = await shopper.confirm(digest, whole=True)
    assert (refused.status_code, refused.json()["code"]) == (409, "already_asked")
    world.store.behaviour = Behaviour.AGREE
    await shopper.until_state(response.json()["id"], "done")
