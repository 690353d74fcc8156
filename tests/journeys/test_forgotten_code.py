"""A code that was forgotten at the checkout: previewed, used up once, its worth given back, refused in sentences."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest

from plugin.cases.models import Case
from plugin.db import rows
from plugin.journeys import staff
from plugin.shops.settings import CodeOffer, ForgottenCode
from plugin.storefronts.standard.wire import DiscountBody, OrderBody
from tests.journeys.conftest import OpenWorld
from tests.journeys.steps import charged, given_back, templates
from tests.journeys.test_pages import a_browser, enter, fields_of
from tests.world import Shopper, World, shop_settings

TENTH = CodeOffer(kind="percent", percent=10, worth={"USD": 2000}, per_customer=3)


async def earn(world: World) -> str:
    """The code that a cancelled order has earned its customer."""
    shopper = await world.shopper(await world.place())
    done = await shopper.until_state((await shopper.cancel())["id"], "done")
    return str(done["code"]["code"])


async def place(world: World) -> OrderBody:
    """An order without a code."""
    return await world.place(discounts=(DiscountBody(amount=4185),))


async def bring(shopper: Shopper, code: str, digest: str | None = None, key: str | None = None) -> httpx.Response:
    """The preview or, with the ``digest`` of one, the confirmation."""
    body = {"code": code} if digest is None else {"code": code, "digest": digest}
    headers = {**shopper.headers, "Idempotency-Key": key or uuid4().hex}
    path = "/v1/order/fixes/code" + ("/preview" if digest is None else "")
    return await shopper.world.http.post(path, json=body, headers=headers)


async def seen(shopper: Shopper, code: str) -> dict[str, Any]:
    response = await bring(shopper, code)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


async def used(shopper: Shopper, code: str) -> dict[str, Any]:
    response = await bring(shopper, code, (await seen(shopper, code))["digest"])
    assert response.status_code == 201, response.text
    return await shopper.until_state(response.json()["id"], "done")


def goods(order: OrderBody) -> int:
    return order.total - order.shipping.price


async def code_row() -> dict[str, Any]:
    (row,) = await rows("SELECT * FROM codes ORDER BY minted_at LIMIT 1")
    return row


async def test_what_the_code_would_have_given_comes_back_once_and_is_told(open_world: OpenWorld) -> None:
    world = await open_world(settings=shop_settings(codes=TENTH))
    code = await earn(world)
    order = await place(world)
    shopper = await world.shopper(order)
    worth = goods(order) // 10

    preview = await seen(shopper, code.lower())
    assert (preview["outcome"], preview["given"]["amount"]) == ("approve", worth)
    assert (await code_row())["state"] == "minted"
    key = uuid4().hex
    first, again = [await bring(shopper, code, preview["digest"], key) for _ in range(2)]

    assert first.status_code == 201, first.text
    assert again.json() == first.json()
    case = await shopper.until_state(first.json()["id"], "done")
    assert case["sentence"].startswith("Your code counts for this order, and what it is worth is refunded.")
    assert await given_back(world, order) == worth
    row = await code_row()
    assert (row["state"], row["redeemed_order"], row["discount_given"]) == ("redeemed", order.id, worth)
    assert row["revenue_kept"] == order.total - worth
    stored = await Case.get(id=case["id"])
    assert (stored.kind, stored.basis) == ("fix", "goodwill")
    assert "the code that you forgot counts" in " ".join((await world.mail("fix_done", order)).text.split())
    assert (await templates(case["id"]))[0] == "fix_done"
    assert (await seen(shopper, code))["reason"] == "order_has_a_code"


async def test_free_shipping_gives_the_shipping_that_was_paid(world: World) -> None:
    code = await earn(world)
    order = await place(world)
    await used(await world.shopper(order), code)
    assert await given_back(world, order) == order.shipping.price


async def test_of_two_tabs_one_uses_it(open_world: OpenWorld) -> None:
    world = await open_world(settings=shop_settings(codes=TENTH))
    code = await earn(world)
    order = await place(world)
    shopper = await world.shopper(order)
    digest = (await seen(shopper, code))["digest"]

    answers = await asyncio.gather(*[bring(shopper, code, digest) for _ in range(3)])

    assert sorted(each.status_code for each in answers) == [201, 409, 409]
    assert await Case.filter(order_id=shopper.order_id).count() == 1


async def test_a_code_that_was_used_at_the_checkout_meanwhile_gives_nothing_here(open_world: OpenWorld) -> None:
    world = await open_world(settings=shop_settings(codes=TENTH))
    code = await earn(world)
    order = await place(world)
    shopper = await world.shopper(order)
    digest = (await seen(shopper, code))["digest"]
    sold = {
        "code": code, "cart_id": "c", "order_id": "elsewhere", "order_total": 9000, "discount": 900, "currency": "USD",
    }  # fmt: skip
    told = await world.http.post(
        "/v1/codes/redeem", json=sold, headers={**world.server_key, "Idempotency-Key": uuid4().hex}
    )
    assert told.status_code == 200, told.text

    late = await bring(shopper, code, digest)

    assert (late.status_code, late.json()["preview"]["reason"]) == (409, "code_used")
    assert "used already" in late.json()["preview"]["sentence"]
    assert await given_back(world, order) == 0


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("UPDATE codes SET customer_hash = repeat('0', 64)", "code_of_other_customer"),
        ("UPDATE codes SET minimum = 99999999", "code_below_minimum"),
        ("UPDATE codes SET minted_at = now() + interval '1 hour'", "code_newer_than_order"),
        ("UPDATE codes SET authority = 'stripe'", "code_redeemed_elsewhere"),
        ("UPDATE codes SET state = 'revoked'", "code_revoked"),
        ("UPDATE codes SET state = 'reserved', cart_id = 'c', reserved_until = now() + interval '1 hour'",
         "code_reserved_elsewhere"),
        ("UPDATE orders SET placed_at = now() - interval '8 days' WHERE state = 'open'", "too_late"),
        ("UPDATE codes SET order_id = (SELECT id FROM orders ORDER BY external_id DESC LIMIT 1)", "code_of_this_order"),
        ("UPDATE shops SET settings = jsonb_set(settings, '{forgotten_code}', '{\"days\": null}')", "not_offered"),
    ],
)  # fmt: skip
async def test_what_gives_nothing_says_why(world: World, statement: str, reason: str) -> None:
    code = await earn(world)
    order = await place(world)
    shopper = await world.shopper(order)
    await rows(statement)

    preview = await seen(shopper, code)

    assert (preview["outcome"], preview["reason"], preview["given"]["amount"]) == ("refuse", reason, 0)
    refused = await bring(shopper, code, preview["digest"])
    assert (refused.status_code, refused.json()["code"]) == (409, "cannot_use_code")
    await rows("UPDATE codes SET state = 'minted', order_id = (SELECT order_id FROM cases LIMIT 1)")


async def test_a_code_that_nobody_knows_and_an_order_that_has_one(world: World) -> None:
    code = await earn(world)
    order = await world.place()  # with a code of the store's own
    shopper = await world.shopper(order)
    assert (await seen(shopper, code))["reason"] == "order_has_a_code"
    plain = await world.shopper(await place(world))
    unknown = await seen(plain, "ABCD-EFGH-JK")
    assert (unknown["reason"], unknown["sentence"]) == (
        "code_unknown", "We do not know this code. Please check it for a typing error.",
    )  # fmt: skip


async def test_a_cancelled_order_gives_its_code_back_once_and_a_person_nets_what_was_given(
    open_world: OpenWorld,
) -> None:
    world = await open_world(settings=shop_settings(codes=TENTH))
    code = await earn(world)
    order = await place(world)
    shopper = await world.shopper(order)
    await used(shopper, code)

    case = await shopper.cancel()

    assert case["state"] == "in_review"
    await world.send(world.store.cancel(order.id))

    async def is_back() -> bool:
        row = await code_row()
        return bool(row["state"] == "minted" and row["given_back"])

    await world.until(is_back)
    assert (await seen(await world.shopper(await place(world)), code))["outcome"] == "approve"


async def test_where_its_refund_failed_and_a_person_refuses_the_code_is_good_for_another_order(
    open_world: OpenWorld,
) -> None:
    world = await open_world(settings=shop_settings(codes=TENTH))
    code = await earn(world)
    order = await world.place(discounts=(DiscountBody(amount=4185),), card="pm_card_refundFail")
    shopper = await world.shopper(order)
    case = await used(shopper, code)
    (refund,) = (await charged(world, order)).refunds
    await world.stripe.settle_refund(refund.id)
    await shopper.until_state(case["id"], "with_person")
    await staff.refuse(world.ports, world.shop, case["id"], "staff:ana")
    assert (await code_row())["state"] == "minted"
    assert (await seen(shopper, code))["reason"] == "order_has_a_code"
    assert (await seen(await world.shopper(await place(world)), code))["outcome"] == "approve"


async def test_a_shop_may_take_them_for_longer(open_world: OpenWorld) -> None:
    world = await open_world(settings=shop_settings(forgotten_code=ForgottenCode(days=30)))
    code = await earn(world)
    order = await place(world)
    await rows("UPDATE codes SET minted_at = now() - interval '9 days'")
    await rows("UPDATE orders SET placed_at = now() - interval '8 days' WHERE external_id = $1", order.id)
    assert (await seen(await world.shopper(order), code))["outcome"] == "approve"


async def test_the_pages_take_a_code_without_a_script(world: World) -> None:
    code = await earn(world)
    order = await place(world)
    async with a_browser(world) as browser:
        mark = await enter(world, browser, order)
        assert 'href="/order/fix/code"' in (await browser.get("/order")).text
        assert "Forgot your code" in (await browser.get("/order/fix/code")).text
        wrong = await browser.post("/order/fix/code/preview", data={"code": "NOPE", "mark": mark})
        assert "We do not know this code." in wrong.text
        page = await browser.post("/order/fix/code/preview", data={"code": code, "mark": mark})
        assert "This code counts:" in page.text
        done = await browser.post("/order/fix/code", data=dict(fields_of(page.text, "/order/fix/code")))
        assert done.url.path.startswith("/order/cases/"), done.text
        assert (await browser.post("/order/fix/code/preview", data={"mark": mark})).status_code == 400
    assert "the code that you forgot counts" in " ".join((await world.mail("fix_done", order)).text.split())
