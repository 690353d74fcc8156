"""A refund made by hand in the store's admin settles its lines, and is neither asked for nor paid a second time."""

from __future__ import annotations

import pytest
from msgspec import structs

from plugin.orders.attribution import unattributed
from plugin.orders.models import Payment
from plugin.policies.reasons import Outcome
from plugin.ports.orders import Custodian, LineCount, StoreLine, StoreOrder, StoreRefund
from tests.connected import WALLET, Connected
from tests.factories import a_store_order
from tests.properties.promises import broken_promises
from tests.properties.scripted_store import Mood

ONE_SHIRT = (LineCount("l1", 1),)
TWO_LINES = (
    StoreLine(id="l1", title="Linen shirt", quantity=2, unit_price=1245, discount=0, tax=0, total=2490),
    StoreLine(id="l2", title="Belt", quantity=1, unit_price=2500, discount=0, tax=0, total=2500),
)


@pytest.fixture
async def shop(database: str) -> Connected:
    return await Connected.begin()


def by_hand(shop: Connected, order: StoreOrder, record: StoreRefund) -> StoreOrder:
    """Staff refund in the store's admin: its units that have not left count as cancelled."""
    written = shop.platform.write_down(order.id, record)
    return shop.world.store.change(order.id, cancelled=(*written.cancelled, *record.lines))


async def test_the_next_ask_is_for_the_rest_and_needs_nobody(shop: Connected) -> None:
    order, order_id = await shop.placed(payments=(WALLET,))
    record = StoreRefund(id="x", amount=2495, lines=ONE_SHIRT, payment_id="p1")
    await shop.tell(by_hand(shop, order, record))
    assert await shop.external(order_id) == [2495]
    _, preview = await shop.world.preview(order_id, [])
    assert preview.decision.outcome is Outcome.APPROVE
    assert [len(line.units) for line in preview.decision.lines] == [1]
    assert preview.decision.amounts.total == 2495 + 495

    await shop.cancel(order_id)
    await shop.world.drain()
    assert sum(fact.amount for fact in shop.platform.refunds.values()) == 2495 + 495
    assert (await shop.case()).state == "done"


async def test_at_stripe_too_where_the_record_names_its_refund(shop: Connected) -> None:
    order, order_id = await shop.placed()
    (intent,) = shop.world.stripe.intents.values()
    shop.world.stripe.refund_elsewhere(intent, 2495)
    await shop.world.hear_stripe(intent, "charge.refunded", "evt")
    await shop.work("read_event")
    _, before = await shop.world.preview(order_id, [])
    assert before.decision.outcome is Outcome.REVIEW

    record = StoreRefund(id="x", amount=2495, lines=ONE_SHIRT, payment_id="p1", gateway_refund_id=intent.refunds[0].id)
    await shop.tell(by_hand(shop, order, record))
    _, preview = await shop.world.preview(order_id, [])
    assert preview.decision.outcome is Outcome.APPROVE
    await shop.cancel(order_id)
    await shop.world.drain()
    assert intent.given_back == order.total
    assert await broken_promises(shop.world) == []


async def test_shipping_given_back_by_hand_is_not_given_back_again(shop: Connected) -> None:
    order, order_id = await shop.placed(payments=(WALLET,))
    await shop.tell(by_hand(shop, order, StoreRefund(id="x", amount=300, shipping=300, payment_id="p1")))
    _, preview = await shop.world.preview(order_id, [])
    assert preview.decision.outcome is Outcome.APPROVE
    assert (preview.decision.amounts.shipping.amount, preview.decision.amounts.total) == (195, 4990 + 195)


async def test_more_shipping_than_was_paid_leaves_none_to_give_back(shop: Connected) -> None:
    order, order_id = await shop.placed(payments=(WALLET,))
    await shop.tell(by_hand(shop, order, StoreRefund(id="x", amount=900, shipping=900, payment_id="p1")))
    _, preview = await shop.world.preview(order_id, [])
    assert preview.decision.amounts.shipping.amount == 0


async def test_money_beyond_what_the_records_say_still_goes_to_a_person(shop: Connected) -> None:
    order, order_id = await shop.placed(payments=(WALLET,))
    by_hand(shop, order, StoreRefund(id="x", amount=2495, lines=ONE_SHIRT, payment_id="p1"))
    await shop.tell(shop.platform.write_down(order.id, StoreRefund(id="y", amount=1, payment_id="p1")))
    _, preview = await shop.world.preview(order_id, [])
    assert preview.decision.outcome is Outcome.REVIEW
    assert preview.facts.unattributed == 1


@pytest.mark.parametrize("record", [
    StoreRefund(id="x", amount=1245, lines=ONE_SHIRT, payment_id="p1"),
    StoreRefund(id="x", amount=495, shipping=495, payment_id="p1"),
], ids=["a unit", "the shipping"])  # fmt: skip
async def test_what_an_open_case_pays_is_not_paid_again_when_somebody_was_faster(
    shop: Connected, record: StoreRefund
) -> None:
    order, order_id = await shop.placed(payments=(WALLET,), lines=TWO_LINES)
    shop.world.store.mood = Mood.AGREES_SILENTLY
    await shop.cancel(order_id)
    await shop.work("ask_store")
    await shop.tell(shop.platform.write_down(order.id, record))
    await shop.world.drain()
    assert shop.platform.refunds == {}
    assert (await shop.case()).person_reason == "refunded_elsewhere"
    assert (await shop.leg()).state == "with_person"


async def test_another_line_that_was_refunded_by_hand_keeps_no_case_waiting(shop: Connected) -> None:
    order, order_id = await shop.placed(payments=(WALLET,), lines=TWO_LINES)
    shop.world.store.mood = Mood.DOWN
    await shop.cancel(order_id, ("l1", 2))
    await shop.work("ask_store")
    record = StoreRefund(id="x", amount=2500, lines=(LineCount("l2", 1),), payment_id="p1")
    await shop.tell(by_hand(shop, order, record))
    await shop.world.drain()
    (leg,) = [leg for leg in await shop.world.legs() if leg.amount == 2490]
    assert leg.state == "succeeded"


async def test_what_was_refunded_by_hand_before_the_ask_keeps_no_case_waiting(shop: Connected) -> None:
    order, order_id = await shop.placed(payments=(WALLET,))
    await shop.tell(by_hand(shop, order, StoreRefund(id="x", amount=2495, lines=ONE_SHIRT, payment_id="p1")))
    await shop.cancel(order_id, ("l1", 1))
    await shop.world.drain()
    assert (await shop.case()).state == "done"


def a_payment(external: int, *listed: tuple[str, int], custodian: Custodian = Custodian.STRIPE) -> Payment:
    return Payment(external_id="p1", custodian=str(custodian), external_refunded=external, external_refunds=listed)


@pytest.mark.parametrize(("record", "left"), [
    (StoreRefund(id="x", amount=700, lines=ONE_SHIRT, gateway_refund_id="re_1"), 300),
    (StoreRefund(id="x", amount=300, lines=ONE_SHIRT, gateway_refund_id="re_1"), 300),
    (StoreRefund(id="x", amount=700, lines=ONE_SHIRT, gateway_refund_id="re_9"), 1000),
    (StoreRefund(id="x", amount=300, lines=ONE_SHIRT), 700),
    (StoreRefund(id="x", amount=400, lines=ONE_SHIRT), 1000),
    (StoreRefund(id="x", amount=700), 1000),
    (StoreRefund(id="x", amount=700, lines=ONE_SHIRT, leg_id="ref_1"), 1000),
    (StoreRefund(id="x", amount=700, lines=ONE_SHIRT, payment_id="another"), 1000),
])  # fmt: skip
def test_a_record_explains_the_refund_at_stripe_that_it_names_or_one_of_its_amount(
    record: StoreRefund, left: int
) -> None:
    order = a_store_order(refunds=(record,))
    assert unattributed(order, a_payment(1000, ("re_1", 700), ("re_2", 300))) == left


def test_a_records_amount_explains_no_more_than_was_given_back() -> None:
    record = StoreRefund(id="x", amount=900, lines=ONE_SHIRT, payment_id="p1")
    order = a_store_order(payments=(WALLET,), refunds=(record, structs.replace(record, id="y")))
    assert unattributed(order, a_payment(1000, custodian=Custodian.STOREFRONT)) == 0
