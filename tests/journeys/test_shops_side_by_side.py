"""Many shops in one installation, with the same order ids, numbers and customers: nothing crosses."""

from __future__ import annotations

from msgspec.structs import replace

from plugin.db import rows
from plugin.storefronts.demo.store import Behaviour
from tests.doors import another_shop
from tests.nudges import nothing_is_due, one
from tests.world import Shopper, World

SHOPS_TABLES = (
    "orders", "payments", "cases", "case_units", "refund_legs", "codes", "mails", "work", "audit_events", "order_links",
    "shopper_sessions", "inbox_events",
)  # fmt: skip


async def _both(world: World) -> tuple[World, World]:
    other = await another_shop(world)
    for each in (world, other):
        order = await each.place()
        assert (order.id, order.customer.email) == ("1001", "grace@example.com")
    return world, other


async def _refunds_of(world: World) -> list[int]:
    """The refunds of this shop's own payments."""
    references = [payment.stripe_payment_intent for order in world.store.orders.values() for payment in order.payments]
    payments = (await world.stripe.ledger()).payments
    return [each.amount for payment in payments if payment.id in references for each in payment.refunds]


async def test_a_cancellation_in_one_shop_is_none_in_the_other(world: World) -> None:
    ours, theirs = await _both(world)
    order = ours.store.orders["1001"]
    shopper = await ours.shopper(order)
    case = await shopper.cancel()
    await shopper.until_state(case["id"], "done")
    await ours.mail("cancelled", order)
    await nothing_is_due(ours)

    assert await _refunds_of(ours) == [order.total]
    assert await _refunds_of(theirs) == []
    assert {each["shop_id"] for each in await rows("SELECT shop_id FROM cases")} == {ours.shop.id}
    their_shopper = await theirs.shopper(theirs.store.orders["1001"])
    assert (await their_shopper.preview())["outcome"] == "approve"
    for table in ("case_units", "refund_legs", "codes", "mails"):
        assert {each["shop_id"] for each in await rows(f'SELECT shop_id FROM "{table}"')} == {ours.shop.id}


async def test_both_may_cancel_at_once_and_each_store_is_asked_for_its_own(world: World) -> None:
    ours, theirs = await _both(world)
    # One demo store answers at the address of both, but proves each call by its own secret.
    ours.store.behaviour = Behaviour.AGREE
    shoppers = [await each.shopper(each.store.orders["1001"]) for each in (ours, theirs)]
    cases = [await shopper.cancel() for shopper in shoppers]
    await shoppers[0].until_state(cases[0]["id"], "done")
    # The other shop's calls carry another secret, so this store refuses them: held, and nothing is paid.
    assert (await shoppers[1].case(cases[1]["id"]))["state"] == "awaiting_store"
    assert await _refunds_of(theirs) == []

    await theirs.send(theirs.store.cancel("1001"))

    await shoppers[1].until_state(cases[1]["id"], "done")
    assert len(await _refunds_of(ours)) == len(await _refunds_of(theirs)) == 1


async def test_every_row_belongs_to_the_shop_of_its_order(world: World) -> None:
    ours, theirs = await _both(world)
    for each in (ours, theirs):
        shopper = await each.shopper(each.store.orders["1001"])
        await shopper.cancel()
        await each.send(each.store.cancel("1001"))
    await world.until(lambda: rows("SELECT 1 FROM cases WHERE state = 'done' OFFSET 1"))
    await nothing_is_due(world)
    for table in SHOPS_TABLES:
        shops = {row["shop_id"] for row in await rows(f'SELECT DISTINCT shop_id FROM "{table}"')}
        assert shops == {ours.shop.id, theirs.shop.id}, table
    for table in ("payments", "cases", "case_units", "refund_legs", "codes", "mails", "audit_events"):
        crossed = f'SELECT 1 FROM "{table}" t JOIN orders o ON o.id = t.order_id WHERE o.shop_id <> t.shop_id'
        assert await rows(crossed) == [], table


async def _answer(shopper: Shopper, path: str) -> int:
    return (await shopper.world.http.get(path, headers=dict(shopper.headers))).status_code


async def test_a_session_of_one_shop_opens_nothing_of_the_other(world: World) -> None:
    ours, theirs = await _both(world)
    shopper, stranger = [await each.shopper(each.store.orders["1001"]) for each in (ours, theirs)]
    case = await shopper.cancel()
    await shopper.until_state(case["id"], "done")
    assert await _answer(shopper, f"/v1/cases/{case['id']}") == 200
    assert await _answer(stranger, f"/v1/cases/{case['id']}") == 404
    assert (await stranger.get("/v1/order"))["id"] != (await shopper.get("/v1/order"))["id"]


async def test_one_paymentintent_in_two_orders_blocks_no_webhook(world: World) -> None:
    """A store that clones an order keeps its payment; Stripe's word about it concerns both."""
    order = await world.place()
    clone = world.store.place(replace(order, id="clone", number="clone"))
    await world.send(clone)
    await world.until(lambda: world.is_read(clone))

    intent = order.payments[0].stripe_payment_intent
    assert intent is not None
    await world.stripe.refund(intent, 500)
    await world.stripe.drain()
    await world.until(lambda: rows("SELECT 1 FROM payments WHERE external_refunded = 500 OFFSET 1"))
    await nothing_is_due(world)

    assert (await one("SELECT count(*) AS n FROM inbox_events WHERE state <> 'handled' AND source = 'stripe' "
                      "AND topic = 'charge.refunded'"))["n"] == 0  # fmt: skip
