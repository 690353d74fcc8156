"""The store's own gateway pays back what it holds: once, whatever becomes of answers, echoes and keys."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec import structs

from plugin.db import rows
from plugin.ports.orders import PaymentState, StoreRefund
from plugin.ports.payments import OutcomeUnknown, RefundState, RejectCode, Rejected
from plugin.ports.platforms import PlatformRefund
from plugin.ports.storefronts import StoreConnection
from tests.connected import GIFT_CARD, WALLET, Connected
from tests.properties.promises import broken_promises

NOBODY = StoreConnection(shop_id="-", address=None, secret=None)


@pytest.fixture
async def shop(database: str) -> Connected:
    return await Connected.begin()


async def asked(shop: Connected, *lines: tuple[str, int]) -> str:
    """An order that was paid at the store, a cancellation of it that the store has agreed to; the order's id."""
    _, order_id = await shop.placed(payments=(WALLET,))
    await shop.cancel(order_id, *lines)
    await shop.work("ask_store")
    return order_id


async def test_the_store_pays_back_and_its_echo_counts_once(shop: Connected) -> None:
    order_id = await asked(shop, ("l1", 1))
    await shop.world.drain()
    leg, (fact,) = await shop.leg(), shop.platform.refunds.values()
    assert (leg.state, leg.provider_id, leg.amount) == ("succeeded", fact.id, 2495)
    (order,) = shop.world.store.orders.values()
    await shop.tell(order)
    await shop.tell(shop.world.store.change(order.id))
    assert await shop.external(order_id) == [0]
    assert (await shop.case()).state == "done"
    assert await broken_promises(shop.world) == []


@pytest.mark.parametrize("sequence", ["answer-echo-echo", "echo-answer-echo", "echo-echo-answer"])
@pytest.mark.parametrize("is_lost", [False, True], ids=["heard", "lost"])
async def test_answer_and_echo_in_any_order_are_one_refund(shop: Connected, sequence: str, is_lost: bool) -> None:
    """``answer`` is the call itself, so an echo before it is a webhook that tells of nothing yet."""
    order_id = await asked(shop, ("l1", 1))
    (order,) = shop.world.store.orders.values()
    if is_lost:
        shop.platform.answer_lost.add("refund")
    for step in sequence.split("-"):
        if step == "answer":
            await shop.work("settle_leg")
        else:
            await shop.tell(shop.world.store.change(order.id))
        assert await shop.external(order_id) == [0]
    await shop.world.drain()
    assert await shop.external(order_id) == [0]
    assert len(shop.platform.refunds) == 1
    assert ((await shop.leg()).state, (await shop.case()).state) == ("succeeded", "done")


async def test_an_echo_settles_a_leg_whose_answer_was_lost(shop: Connected) -> None:
    await asked(shop)
    shop.platform.answer_lost.add("refund")
    await shop.work("settle_leg")
    assert (await shop.leg()).state == "submitting"
    (order,) = shop.world.store.orders.values()
    await shop.world.wait(timedelta(hours=24))
    await shop.tell(order)
    await shop.work("settle_leg", "settle_leg")
    assert ((await shop.leg()).state, (await shop.case()).state) == ("succeeded", "done")
    assert shop.platform.calls.count("refund") == 1


async def test_a_record_that_the_store_wrote_before_its_gateway_has_paid_is_no_refund(shop: Connected) -> None:
    await asked(shop)
    shop.platform.refund_state = RefundState.PENDING
    shop.platform.answer_lost.add("refund")
    await shop.work("settle_leg")
    (order,) = shop.world.store.orders.values()
    await shop.tell(order)
    await shop.work("settle_leg")
    assert ((await shop.leg()).state, (await shop.case()).state) == ("pending", "executing")


async def test_a_leg_that_a_person_has_is_settled_by_a_late_echo(shop: Connected) -> None:
    order_id = await asked(shop)
    shop.platform.refuses["refund"] = OutcomeUnknown("time-out")
    await shop.work("settle_leg")
    await shop.world.wait(timedelta(hours=24))
    await shop.world.drain()
    leg = await shop.leg()
    assert leg.state == "with_person"
    shop.platform.refuses.clear()
    (order,) = shop.world.store.orders.values()
    await shop.platform.refund(NOBODY, PlatformRefund(
        leg_id=leg.id, key=leg.key, order_id=order.id, payment_id="p1", amount=leg.amount, currency="USD", note="",
    ))  # fmt: skip
    await shop.tell(shop.world.store.orders[order.id])
    await shop.work("settle_leg")
    assert ((await shop.leg()).state, (await shop.case()).state) == ("succeeded", "done")
    assert await shop.external(order_id) == [0]


async def test_an_answer_that_was_lost_is_asked_for_with_the_same_key_and_after_a_day_is_looked_for(
    shop: Connected,
) -> None:
    await asked(shop)
    shop.platform.refuses["refund"] = OutcomeUnknown("time-out")
    await shop.work("settle_leg", "settle_leg")
    assert shop.platform.calls.count("refund") == 2
    await shop.world.wait(timedelta(hours=24))
    await shop.world.drain()
    assert ((await shop.leg()).state, (await shop.case()).waiting_on) == ("with_person", "staff")
    assert shop.platform.calls.count("refund") == 2
    assert shop.platform.calls.count("find_refund") == 2


async def test_a_refund_that_the_store_has_made_already_is_taken_over(shop: Connected) -> None:
    await asked(shop)
    shop.platform.answer_lost.add("refund")
    await shop.work("settle_leg")
    shop.platform.refuses["refund"] = Rejected(RejectCode.ALREADY_REFUNDED, "nothing is left")
    await shop.world.drain()
    assert ((await shop.leg()).state, (await shop.case()).state) == ("succeeded", "done")


async def test_a_refund_that_the_bank_keeps_is_looked_for_until_it_has_come_to_its_end(shop: Connected) -> None:
    await asked(shop)
    shop.platform.refund_state = RefundState.PENDING
    await shop.work("settle_leg")
    assert (await shop.leg()).state == "pending"
    await shop.work("settle_leg")
    assert (await shop.leg()).state == "pending"
    (key,) = shop.platform.refunds
    shop.platform.refunds[key] = structs.replace(shop.platform.refunds[key], state=RefundState.SUCCEEDED)
    await shop.world.drain()
    assert ((await shop.leg()).state, (await shop.case()).state) == ("succeeded", "done")
    assert shop.platform.calls.count("refund") == 1


async def test_a_key_without_permission_waits_until_it_is_mended(shop: Connected) -> None:
    await asked(shop)
    shop.platform.bad_key("refund")
    await shop.work("settle_leg", "settle_leg")
    assert (await shop.leg()).state == "submitting"
    assert "refuses to refund" in ((await shop.link()).problem or "")
    shop.platform.refuses.clear()
    await shop.world.drain()
    assert (await shop.leg()).state == "succeeded"


async def test_what_the_store_will_not_pay_is_a_persons_and_no_new_key_is_made(shop: Connected) -> None:
    await asked(shop)
    shop.platform.refuses["refund"] = Rejected(RejectCode.OTHER, "This gateway cannot refund.")
    await shop.world.drain()
    assert ((await shop.leg()).state, (await shop.case()).state) == ("failed", "with_person")


async def test_an_authorisation_that_the_store_let_go_was_never_charged(shop: Connected) -> None:
    held = structs.replace(WALLET, state=PaymentState.AUTHORISED, captured=0)
    order, order_id = await shop.placed(payments=(held,))
    await shop.cancel(order_id)
    await shop.work("ask_store")
    shop.world.store.change(order.id, payments=(structs.replace(held, state=PaymentState.VOIDED),))
    await shop.world.drain()
    assert ((await shop.leg()).state, (await shop.case()).state) == ("succeeded", "done")
    assert "refund" not in shop.platform.calls


@pytest.mark.parametrize("too_much", [0, 700, 2000])
async def test_a_part_of_what_the_store_has_only_authorised_is_not_collected(shop: Connected, too_much: int) -> None:
    """Nobody is called for it; what the store collects beyond what is left goes back through its gateway, once."""
    held = structs.replace(WALLET, state=PaymentState.AUTHORISED, captured=0)
    order, order_id = await shop.placed(payments=(held,))
    await shop.cancel(order_id, ("l1", 1))
    await shop.world.drain()
    assert ((await shop.leg()).kind, (await shop.leg()).state) == ("lower_capture", "succeeded")
    assert ((await shop.case()).state, shop.platform.calls.count("refund")) == ("done", 0)

    left = held.amount - (await shop.leg()).amount
    taken = structs.replace(held, state=PaymentState.CAPTURED, captured=left + too_much)
    shop.world.store.change(order.id, payments=(taken,))
    await shop.tell(shop.world.store.orders[order.id])
    await shop.world.drain()
    assert sum(fact.amount for fact in shop.platform.refunds.values()) == too_much


async def test_without_a_connection_a_person_pays(shop: Connected) -> None:
    await asked(shop)
    await rows("UPDATE store_links SET state = 'left' RETURNING shop_id")
    await shop.world.drain()
    assert ((await shop.leg()).state, (await shop.case()).person_reason) == ("with_person", "manual_refund")
    assert "refund" not in shop.platform.calls


async def test_a_leg_that_may_have_been_paid_before_the_shop_left_is_looked_into_and_not_paid_again(
    shop: Connected,
) -> None:
    await asked(shop)
    shop.platform.answer_lost.add("refund")
    await shop.work("settle_leg")
    await rows("UPDATE store_links SET state = 'left' RETURNING shop_id")
    await shop.work("settle_leg")
    assert ((await shop.leg()).state, (await shop.case()).person_reason) == ("with_person", "refund_not_found")


async def test_two_payments_at_the_store_each_count_their_own_echo(shop: Connected) -> None:
    wallet = structs.replace(WALLET, amount=3485, captured=3485)
    order, order_id = await shop.placed(payments=(wallet, GIFT_CARD))
    await shop.cancel(order_id)
    await shop.world.drain()
    assert sorted(fact.amount for fact in shop.platform.refunds.values()) == [2000, 3485]
    await shop.tell(shop.world.store.orders[order.id])
    assert await shop.external(order_id) == [0, 0]


async def test_a_refund_without_our_mark_began_elsewhere(shop: Connected) -> None:
    order, order_id = await shop.placed(payments=(WALLET,))
    await shop.tell(shop.platform.write_down(order.id, StoreRefund(id="x", amount=700, payment_id="p1")))
    assert await shop.external(order_id) == [700]
    assert (await shop.cancel(order_id)).state == "in_review"


async def test_a_failed_leg_that_the_store_has_paid_all_the_same_stops_the_orders_money(shop: Connected) -> None:
    order_id = await asked(shop, ("l1", 1))
    shop.platform.refuses["refund"] = Rejected(RejectCode.OTHER, "no")
    await shop.world.drain()
    leg = await shop.leg()
    (order,) = shop.world.store.orders.values()
    record = StoreRefund(id="x", amount=leg.amount, payment_id="p1", leg_id=leg.id)
    await shop.tell(shop.platform.write_down(order.id, record))
    assert await shop.external(order_id) == [leg.amount]
    (found,) = await rows("SELECT frozen_reason FROM orders")
    assert found["frozen_reason"] == "custodian_contradicts_us"


async def test_a_store_that_falls_silent_after_its_no_is_asked_again_and_nothing_of_ours_fails(
    shop: Connected,
) -> None:
    await asked(shop)
    shop.platform.refuses["refund"] = Rejected(RejectCode.ALREADY_REFUNDED, "nothing is left")
    shop.platform.refuses["find_refund"] = OutcomeUnknown("time-out")
    await shop.work("settle_leg")
    assert (await shop.leg()).state == "submitting"
    assert await rows("SELECT 1 FROM work WHERE failures > 0") == []
    shop.platform.refuses.pop("find_refund")
    await shop.world.drain()
    assert ((await shop.leg()).state, (await shop.case()).state) == ("failed", "with_person")
