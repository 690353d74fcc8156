"""What is read of a payment, in whatever sequence the answers come in, and what a person makes of it."""

from __future__ import annotations

import pytest
from msgspec import structs

from plugin.cases.models import Case
from plugin.cases.store import lock_with_order
from plugin.db import rows, transaction
from plugin.journeys.letters import compose
from plugin.journeys.scene import set_scene
from plugin.journeys.told import was_told
from plugin.messages.contexts import RefundedAgain
from plugin.orders.models import Order, Payment
from plugin.ports.orders import Custodian, Instrument, PaymentState, StoreOrder, StorePayment
from plugin.ports.payments import RefundState
from tests.factories import a_store_order
from tests.properties.honest_stripe import Fault
from tests.properties.orders import at_stripe
from tests.properties.promises import broken_promises
from tests.properties.small_world import SmallWorld


@pytest.fixture
async def world(database: str) -> SmallWorld:
    return await SmallWorld.begin(["USD"])


async def work(world: SmallWorld, *kinds: str) -> None:
    for row in await world.open_work():
        if not kinds or row["kind"] in kinds:
            await world.do(row["id"])


async def placed(world: SmallWorld, **changes: object) -> tuple[StoreOrder, str]:
    order = world.store.put(a_store_order(**changes))
    for payment in order.payments:
        world.stripe.pay(str(payment.reference), order.currency, payment.amount, is_captured=True)
    await world.hear(order, "first")
    await work(world, "read_event")
    await work(world, "read_payment")
    order_id = await world.order_id(order)
    assert order_id is not None
    return order, order_id


async def cancelled(world: SmallWorld, order_id: str) -> Case:
    ask, preview = await world.preview(order_id, ())
    case = await world.confirm(order_id, ask, preview.digest)
    assert case is not None
    await work(world, "ask_store")
    await work(world, "settle_leg")
    return case


async def test_an_older_report_does_not_take_the_place_of_a_newer_one(world: SmallWorld) -> None:
    order, order_id = await placed(world)
    intent = world.stripe.intents[str(order.payments[0].reference)]

    async def money_is_given_back_and_read() -> None:
        world.stripe.refund_elsewhere(intent, 100)
        await world.hear_stripe(intent, "charge.refunded", "newer")
        _, newer = [row for row in await world.open_work() if row["kind"] == "read_event"]
        await world.do(newer["id"])

    world.stripe.while_reading = money_is_given_back_and_read
    await world.hear_stripe(intent, "charge.captured", "older")
    await work(world, "read_event")
    assert (await Payment.get(order_id=order_id)).external_refunded == 100
    await world.drain()
    assert (await Payment.get(order_id=order_id)).external_refunded == 100


async def test_an_older_success_read_after_the_failure_accuses_nobody(world: SmallWorld) -> None:
    """The order was frozen, as if the bank had contradicted itself."""
    order, order_id = await placed(world)
    await cancelled(world, order_id)
    intent = world.stripe.intents[str(order.payments[0].reference)]

    async def the_bank_takes_it_back_and_we_read_so() -> None:
        intent.refunds[0].state = RefundState.FAILED
        await world.hear_stripe(intent, "refund.failed", "newer")
        _, newer = [row for row in await world.open_work() if row["kind"] == "read_event"]
        await world.do(newer["id"])

    world.stripe.while_reading = the_bank_takes_it_back_and_we_read_so
    await world.hear_stripe(intent, "charge.refunded", "older")
    await work(world, "read_event")
    await world.drain()
    assert [leg.state for leg in await world.legs()] == ["failed"]
    assert (await Order.get(id=order_id)).frozen_reason is None
    assert await broken_promises(world) == []


async def test_a_person_who_lets_money_flow_is_not_overruled_by_the_same_report(world: SmallWorld) -> None:
    order, order_id = await placed(world)
    intent = world.stripe.intents[str(order.payments[0].reference)]
    case = await cancelled(world, order_id)
    intent.refunds[0].amount -= 1
    await world.hear_stripe(intent, "charge.refunded", "one")
    await work(world, "read_event")
    assert (await Order.get(id=order_id)).frozen_reason == "custodian_reports_another_amount"

    await world.person("let_money_flow", case.id)
    await world.hear_stripe(intent, "charge.refunded", "two")
    await work(world, "read_event")
    assert (await Order.get(id=order_id)).frozen_reason is None

    intent.refunds[0].amount -= 1  # something else than the person has seen
    await world.hear_stripe(intent, "charge.refunded", "three")
    await work(world, "read_event")
    assert (await Order.get(id=order_id)).frozen_reason == "custodian_reports_another_amount"


async def test_a_payment_that_the_store_names_no_more_gives_nothing(world: SmallWorld) -> None:
    """Cash on delivery was replaced by a card: both could be given back."""
    cash = StorePayment(id="cod", custodian=Custodian.MANUAL, state=PaymentState.CAPTURED, amount=999, captured=999,
                        instrument=Instrument.OTHER)  # fmt: skip
    order, order_id = await placed(world)
    (card,) = order.payments
    await world.hear(world.store.change(order.id, payments=(card, cash)), "both")
    await work(world, "read_event")
    await world.hear(world.store.change(order.id, payments=(card,)), "one")
    await work(world, "read_event")
    assert (await Payment.get(order_id=order_id, external_id="cod")).state == "voided"
    case = await cancelled(world, order_id)
    assert [leg.payment_id for leg in await world.legs()] == [
        (await Payment.get(order_id=order_id, external_id=card.id)).id
    ]
    assert (await Case.get(id=case.id)).state == "done"

    await world.hear(world.store.change(order.id, payments=(card, cash)), "again")
    await work(world, "read_event")
    assert (await Payment.get(order_id=order_id, external_id="cod")).state == "captured"


async def test_a_payment_with_another_reference_is_read_anew(world: SmallWorld) -> None:
    order, order_id = await placed(world)
    (card,) = order.payments
    world.stripe.pay("pi_other", order.currency, order.total, is_captured=False)
    moved = structs.replace(card, reference="pi_other")
    await world.hear(world.store.change(order.id, payments=(moved,)), "moved")
    await work(world, "read_event")
    await work(world, "read_payment")
    assert await rows("SELECT reference, state FROM payments WHERE order_id = $1", order_id) == [
        {"reference": "pi_other", "state": "authorised"}
    ]


async def test_money_that_came_back_and_was_paid_again_is_told_again(world: SmallWorld) -> None:
    """The second "refunded" was taken for a repetition of the first."""
    order, order_id = await placed(world)
    intent = world.stripe.intents[str(order.payments[0].reference)]
    world.stripe.faults.append(Fault.PENDING)
    case = await cancelled(world, order_id)
    await work(world, "tell")
    for delivery, state in (("paid", RefundState.SUCCEEDED), ("back", RefundState.FAILED)):
        intent.refunds[0].state = state
        await world.hear_stripe(intent, "refund.updated", delivery)
        await work(world, "read_event")
        await work(world, "tell")
    await world.person("retry", (await world.legs())[0].id)
    await world.drain()

    told = await rows(
        "SELECT template FROM mails WHERE case_id = $1 AND template <> 'staff_alert' ORDER BY id", case.id
    )
    assert [row["template"] for row in told] == ["cancelled", "refunded", "refund_problem", "refunded_again"]
    assert await broken_promises(world) == []


async def test_only_money_that_had_come_back_is_told_again(world: SmallWorld) -> None:
    """Of two cards, the first refund failed before anybody was told, the second was taken back after: one is news."""
    cards = (at_stripe(1, 1, 3000), at_stripe(1, 2, 2485))
    _, order_id = await placed(world, payments=cards)
    world.stripe.faults.append(Fault.NO_BALANCE)
    case = await cancelled(world, order_id)
    (failed,) = [leg for leg in await world.legs() if leg.state == "failed"]
    await world.person("retry", failed.id)
    await world.drain()
    kept = next(leg for leg in await world.legs() if leg.replaces == failed.id)
    other = next(leg for leg in await world.legs() if leg.id not in (failed.id, kept.id))
    (intent,) = [each for each in world.stripe.intents.values() if any(r.leg_id == other.id for r in each.refunds)]
    intent.refunds[0].state = RefundState.FAILED
    await world.hear_stripe(intent, "refund.updated", "back")
    await world.drain()
    await world.person("retry", other.id)
    await world.drain()

    async with transaction(world.ports.doorbell) as tx:
        order, locked = await lock_with_order(tx, case.id)
        letter = compose(await set_scene(tx, world.ports, world.shop, order, locked, "https://x"), "refunded_again")
    assert isinstance(letter, RefundedAgain)
    assert [refund.amount for refund in letter.refunds] == [other.amount]
    assert await was_told(locked, "refunded_again")
    assert await broken_promises(world) == []
