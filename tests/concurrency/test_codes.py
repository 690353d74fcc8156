"""Codes wanted by many at once: no more are given than the caps allow, and each is redeemed once (I12)."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any
from uuid import uuid4

from plugin.codes import service
from plugin.codes.refusals import CodeUsed
from plugin.codes.service import Purchase
from plugin.db import rows, transaction
from plugin.shops.settings import CodeOffer
from plugin.storefronts.standard.wire import DiscountBody
from tests.concurrency.crowd import ROUNDS, an_order
from tests.journeys.conftest import OpenWorld
from tests.journeys.steps import count, quiet
from tests.nudges import one
from tests.world import World, shop_settings

BUYERS = 100
ORDERS = 4
CAP = 3


async def cancel_all(world: World, emails: list[str]) -> None:
    """Orders of these customers, all cancelled at the same moment."""
    orders = await asyncio.gather(*(an_order(world, email=email) for email in emails))
    shoppers = await asyncio.gather(*(world.shopper(order) for order in orders))
    digests = [preview["digest"] for preview in await asyncio.gather(*(shopper.preview() for shopper in shoppers))]
    answers = await asyncio.gather(
        *(shopper.confirm(digest) for shopper, digest in zip(shoppers, digests, strict=True))
    )
    assert {answer.status_code for answer in answers} == {201}
    for shopper, answer in zip(shoppers, answers, strict=True):
        await shopper.until_state(answer.json()["id"], "done")


async def test_many_orders_of_one_customer_stay_within_the_cap(world: World) -> None:
    """At any moment one code, and over the window no more than the cap, whatever is cancelled at once."""
    for _ in range(ROUNDS):
        customer = f"{uuid4().hex}@example.com"
        mine = f"order_id IN (SELECT id FROM orders WHERE email = '{customer}')"
        for given in (1, 2, CAP, CAP):
            await cancel_all(world, [customer] * ORDERS)
            assert await count("codes", mine) == given
            await rows(f"UPDATE codes SET expires_at = now() - interval '1 day' WHERE {mine}")


async def test_many_customers_stay_within_the_budget(open_busy_world: OpenWorld) -> None:
    offer = CodeOffer(worth={"USD": 800}, per_customer=CAP, budgets={"USD": 800 * CAP + 799})
    for _ in range(min(ROUNDS, 5)):
        world = await open_busy_world(settings=shop_settings(codes=offer))
        await cancel_all(world, [f"{uuid4().hex}@example.com" for _ in range(ORDERS)])
        assert await count("codes", f"shop_id = '{world.shop.id}'") == CAP
        spent = await one("SELECT n FROM counters WHERE shop_id = $1 AND key LIKE 'code-budget:%'", world.shop.id)
        assert spent["n"] == 800 * CAP


async def a_code(world: World) -> tuple[str, str]:
    """A code that a cancelled order has earned: as the shopper reads it, and its customer."""
    order = await an_order(world)
    shopper = await world.shopper(order)
    done = await shopper.until_state((await shopper.cancel())["id"], "done")
    return done["code"]["code"], order.customer.email or ""


def redeem(world: World, code: str, order_id: str, key: str | None = None) -> Any:
    body = {
        "code": code,
        "cart_id": f"cart of {order_id}",
        "order_id": order_id,
        "order_total": 6000,
        "discount": 495,
        "currency": "USD",
    }
    return world.http.post(
        "/v1/codes/redeem", json=body, headers=world.server_key | {"Idempotency-Key": key or uuid4().hex}
    )


async def test_a_hundred_orders_redeem_one_code_once(world: World) -> None:
    for _ in range(ROUNDS):
        code, _customer = await a_code(world)
        answers = await asyncio.gather(*(redeem(world, code, uuid4().hex) for _ in range(BUYERS)))
        assert Counter(answer.status_code for answer in answers) == {200: 1, 409: BUYERS - 1}
        assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"code_used"}


async def test_one_order_that_redeems_in_many_calls_redeems_once(world: World) -> None:
    for _ in range(ROUNDS):
        code, _customer = await a_code(world)
        order_id = uuid4().hex
        answers = await asyncio.gather(*(redeem(world, code, order_id) for _ in range(BUYERS)))
        assert {answer.status_code for answer in answers} == {200}
        assert await count("audit_events", f"kind = 'code_redeemed' AND canonical LIKE '%{order_id}%'") == 1


async def test_the_ledger_itself_redeems_a_code_once(world: World) -> None:
    async def buy(code: str) -> str | None:
        purchase = Purchase(cart_id="cart", external_order_id=uuid4().hex, total=6000, discount=495, currency="USD")
        try:
            async with transaction(world.ports.doorbell) as tx:
                return (await service.redeem(tx, world.ports, world.shop, code, purchase)).external_order_id
        except CodeUsed:
            return None

    for _ in range(ROUNDS):
        code, _customer = await a_code(world)
        sold = await asyncio.gather(*(buy(code) for _ in range(BUYERS)))
        assert len([order for order in sold if order]) == 1


async def test_one_of_many_carts_holds_a_code(world: World) -> None:
    for _ in range(ROUNDS):
        code, customer = await a_code(world)
        answers = await asyncio.gather(
            *(
                world.http.post(
                    "/v1/codes/reserve",
                    json={
                        "code": code, "email": customer,
                        "cart": {"id": f"cart {n}", "subtotal": 6000, "shipping": 495, "currency": "USD"},
                    },
                    headers=world.server_key | {"Idempotency-Key": uuid4().hex},
                )
                for n in range(BUYERS)
            )
        )  # fmt: skip
        assert Counter(answer.status_code for answer in answers) == {200: 1, 409: BUYERS - 1}


async def test_a_checkout_and_the_orders_webhook_tell_of_one_redemption(world: World) -> None:
    for _ in range(ROUNDS):
        code, _customer = await a_code(world)
        order = await an_order(world)
        bought = world.store.edit(order.id, discounts=(DiscountBody(code=code, amount=4185),))
        answers = await asyncio.gather(world.store.send(bought), *(redeem(world, code, order.id) for _ in range(20)))
        assert {answer.status_code for answer in answers} == {202, 200}
        await quiet(world)
        stored = await one(
            "SELECT c.state, c.redeemed_order, c.discount_given, c.flag FROM codes c WHERE c.redeemed_order = $1",
            order.id,
        )
        assert (stored["state"], stored["discount_given"], stored["flag"]) == ("redeemed", 495, None)
        assert await count("audit_events", f"kind = 'code_redeemed' AND canonical LIKE '%\"{order.id}\"%'") == 1
