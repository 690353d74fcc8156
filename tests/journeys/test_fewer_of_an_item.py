"""Quantity down: what is too much of an item is cancelled, and asking for it as a correction says so."""

from __future__ import annotations

from tests.journeys.test_fixing import previewed
from tests.journeys.test_pages import a_browser, enter, fields_of
from tests.world import World


async def test_fewer_of_an_item_is_a_cancellation_of_the_rest_and_the_answer_names_the_way(world: World) -> None:
    order = await world.place()
    shopper = await world.shopper(order)

    preview = await previewed(shopper, item={"line_id": "scarf", "product_id": "scarf", "variant_id": "scarf-1"})
    assert (preview["outcome"], preview["reason"]) == ("refuse", "same_item")
    too_many = [{"line_id": "scarf", "quantity": 1}]
    seen = await world.http.post(preview["instead"], json={"lines": too_many}, headers=dict(shopper.headers))
    assert seen.status_code == 200, seen.text
    case = await shopper.confirm(seen.json()["digest"], lines=too_many)

    done = await shopper.until_state(case.json()["id"], "done")
    paid = await world.stripe.payment(order.payments[0].stripe_payment_intent or "")
    assert [refund.amount for refund in paid.refunds] == [done["amounts"]["total"]["amount"]]
    assert [(each.line_id, each.quantity) for each in world.store.orders[order.id].cancelled] == [("scarf", 1)]


async def test_the_page_of_a_correction_leads_to_cancelling_what_is_too_much(world: World) -> None:
    order = await world.place()
    async with a_browser(world) as browser:
        await enter(world, browser, order)
        choice = (await browser.get("/order/fix/item", params={"line": "scarf"})).text
        asked = dict(fields_of(choice, "/order/fix/item/preview")) | {"wanted": "scarf\tscarf-1"}
        seen = await browser.post("/order/fix/item/preview", data=asked)
        assert "cancel only what is too much" in seen.text, seen.text
        assert 'href="/order#items-title"' in seen.text
