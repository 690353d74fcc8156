"""What the machine and the model have found, each as a plain story."""

from __future__ import annotations

import msgspec
import pytest
from msgspec import structs

from plugin.cases.models import Case
from plugin.db import rows
from plugin.journeys import staff
from plugin.journeys.desk_refusals import StillToDecide, StoreHasCancelled
from plugin.orders.models import Order
from plugin.ports.orders import LineCount, StoreOrder
from plugin.ports.payments import RefundState
from plugin.refunds.models import RefundLeg
from plugin.shops.service import settings_of
from plugin.shops.settings import Person
from tests.factories import a_store_order
from tests.properties.honest_stripe import Fault
from tests.properties.orders import at_stripe
from tests.properties.promises import broken_promises
from tests.properties.scripted_store import Mood
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
    await work(world)
    order_id = await world.order_id(order)
    assert order_id is not None
    return order, order_id


async def asked(world: SmallWorld, order_id: str, *lines: tuple[str, int]) -> Case:
    ask, preview = await world.preview(order_id, lines)
    case = await world.confirm(order_id, ask, preview.digest)
    assert case is not None
    return case


async def test_a_webhook_about_something_else_is_no_answer_to_the_ask(world: SmallWorld) -> None:
    """The store had cancelled a unit before the ask: its count covered the case, which was paid unasked."""
    order, order_id = await placed(world, cancelled=(LineCount("l1", 1),))
    case = await asked(world, order_id, ("l1", 1))
    await world.hear(world.store.change(order.id, tags=("gift",)), "second")
    await work(world, "read_event")
    assert (await Case.get(id=case.id)).state == "awaiting_store"


async def test_a_unit_that_one_case_got_is_not_counted_for_another(world: SmallWorld) -> None:
    """Units of a line cannot be told apart: the older case was paid with the younger one's cancellation."""
    order, order_id = await placed(world)
    world.store.mood = Mood.PENDING
    older = await asked(world, order_id, ("l1", 1))
    await work(world, "ask_store")
    world.store.mood = Mood.AGREES
    younger = await asked(world, order_id, ("l1", 1))
    for row in await world.open_work():
        if row["kind"] == "ask_store" and row["ref"] == younger.id:
            await world.do(row["id"])
    await world.hear(world.store.orders[order.id], "echo")
    await work(world, "read_event")
    assert (await Case.get(id=younger.id)).state == "executing"
    assert (await Case.get(id=older.id)).state == "awaiting_store"


async def test_an_answer_that_a_failure_has_overtaken_is_old_news(world: SmallWorld) -> None:
    """Stripe made the refund, the bank took it back and we read so, and only then came the answer: succeeded."""
    order, order_id = await placed(world)
    await asked(world, order_id)
    await work(world, "ask_store")
    intent = world.stripe.intents[str(order.payments[0].reference)]

    async def the_bank_takes_it_back() -> None:
        intent.refunds[0].state = RefundState.FAILED
        await world.hear_stripe(intent, "refund.failed", "failed")
        await work(world, "read_event")

    world.stripe.meanwhile = the_bank_takes_it_back
    await work(world, "settle_leg")
    assert [leg.state for leg in await world.legs()] == ["failed"]
    assert await broken_promises(world) == []


async def test_a_refund_tried_again_after_the_case_was_closed_is_watched(world: SmallWorld) -> None:
    order, order_id = await placed(world)
    case = await asked(world, order_id)
    await work(world, "ask_store")
    intent = world.stripe.intents[str(order.payments[0].reference)]
    await work(world, "settle_leg")
    intent.refunds[0].state = RefundState.FAILED
    await world.hear_stripe(intent, "refund.failed", "failed")
    await work(world, "read_event")
    await world.person("close", case.id)
    await world.person("retry", (await RefundLeg.get(case_id=case.id)).id)
    assert (await Case.get(id=case.id)).state == "executing"
    await world.person("retry", (await world.legs())[0].id)
    assert len(await world.legs()) == 2


async def test_a_case_that_is_closed_keeps_no_unit_waiting(world: SmallWorld) -> None:
    _, order_id = await placed(world)
    world.store.mood = Mood.TOO_LATE
    case = await asked(world, order_id)
    await work(world, "ask_store")
    await world.person("close", case.id)
    assert (await Case.get(id=case.id)).state == "done"
    assert [sentence for sentence in await broken_promises(world) if "wait" in sentence] == []


async def test_a_case_is_done_when_all_of_its_money_is(world: SmallWorld) -> None:
    """Two cards: with the first refund made and the second at the bank, nothing was reserved any more."""
    cards = (at_stripe(1, 1, 3000), at_stripe(1, 2, 2485))
    _, order_id = await placed(world, payments=cards)
    world.stripe.faults.append(Fault.PENDING)
    case = await asked(world, order_id)
    await work(world, "ask_store")
    await work(world, "settle_leg")
    assert sorted(leg.state for leg in await world.legs()) == ["pending", "succeeded"]
    assert (await Case.get(id=case.id)).state == "executing"


async def test_a_parcel_that_left_before_the_refund_was_sent_stops_it(world: SmallWorld) -> None:
    order, order_id = await placed(world)
    case = await asked(world, order_id, ("l1", 1))
    await work(world, "ask_store")
    await world.hear(world.store.ship(order.id, "l1", 2), "all of it")
    await work(world, "read_event")
    await work(world, "settle_leg")
    assert [leg.state for leg in await world.legs()] == ["with_person"]
    assert (await Case.get(id=case.id)).person_reason == "shipped_after_cancel"
    assert world.stripe.intents[str(order.payments[0].reference)].refunds == []


async def test_a_refund_tried_again_does_not_decide_on_a_parcel_that_left_all_the_same(world: SmallWorld) -> None:
    """The case was done, and nobody had said whether to intercept, to keep or to take the goods back."""
    order, order_id = await placed(world)
    case = await asked(world, order_id, ("l1", 1))
    world.stripe.faults.append(Fault.NO_BALANCE)
    await work(world, "ask_store")
    await work(world, "settle_leg")
    await world.hear(world.store.ship(order.id, "l1", 2), "all of it")
    await work(world, "read_event")
    (leg,) = await world.legs()
    with pytest.raises(StillToDecide):
        await staff.retry(world.ports, world.shop, leg.id, "ann")
    still = await Case.get(id=case.id)
    assert (still.state, still.person_reason) == ("with_person", "shipped_after_cancel")
    assert len(await world.legs()) == 1


async def test_a_refused_case_gives_back_its_units_and_what_was_never_sent(world: SmallWorld) -> None:
    order, order_id = await placed(world)
    case = await asked(world, order_id, ("l1", 1))
    await work(world, "ask_store")
    await world.hear(world.store.ship(order.id, "l1", 2), "all of it")
    await work(world, "read_event")
    await work(world, "settle_leg")
    await world.person("refuse", case.id)
    assert (await Case.get(id=case.id)).state == "refused"
    assert [leg.state for leg in await world.legs()] == ["released"]
    assert [sentence for sentence in await broken_promises(world) if not sentence.startswith("I1")] == []


async def test_what_the_store_has_cancelled_cannot_be_refused_because_its_refund_came_back(world: SmallWorld) -> None:
    """The shopper had neither the goods nor the money, and was told no."""
    order, order_id = await placed(world)
    case = await asked(world, order_id)
    await work(world, "ask_store")
    await work(world, "settle_leg")
    intent = world.stripe.intents[str(order.payments[0].reference)]
    intent.refunds[0].state = RefundState.FAILED
    await world.hear_stripe(intent, "refund.failed", "failed")
    await work(world, "read_event")
    with pytest.raises(StoreHasCancelled):
        await staff.refuse(world.ports, world.shop, case.id, "ann")
    await world.person("retry", (await world.legs())[0].id)
    await work(world, "settle_leg")
    assert ((await Case.get(id=case.id)).state, intent.given_back) == ("done", order.total)


async def test_a_second_agreement_of_the_store_brings_no_second_code(world: SmallWorld) -> None:
    order, order_id = await placed(world)
    case = await asked(world, order_id)
    world.stripe.faults.append(Fault.NO_BALANCE)
    await work(world, "ask_store")
    await work(world, "settle_leg")
    await world.person("retry", (await world.legs())[0].id)
    await world.person("confirmed_by_hand", case.id)
    await world.hear(world.store.orders[order.id], "echo")
    await work(world)
    assert len(await world.codes()) == 1


async def test_a_late_report_that_a_refund_waits_for_the_shopper_is_no_contradiction(world: SmallWorld) -> None:
    order, order_id = await placed(world)
    await asked(world, order_id)
    await work(world, "ask_store")
    await work(world, "settle_leg")
    intent = world.stripe.intents[str(order.payments[0].reference)]
    intent.refunds[0].state = RefundState.REQUIRES_ACTION
    await world.hear_stripe(intent, "refund.updated", "late")
    await work(world, "read_event")
    assert [leg.state for leg in await world.legs()] == ["succeeded"]
    assert (await Order.get(id=order_id)).frozen_reason is None


async def test_a_parcel_with_what_the_store_cancelled_by_itself_may_hold_our_units(world: SmallWorld) -> None:
    """Of three units one was cancelled for our case and one by the store, and two left: ours may be among them."""
    line = a_store_order().lines[0]
    order, order_id = await placed(world, lines=(structs.replace(line, quantity=3, total=4990),))
    case = await asked(world, order_id, ("l1", 1))
    await work(world, "ask_store")
    await work(world, "settle_leg")
    world.store.cancel_by_hand(order.id, "l1", 1)
    await world.hear(world.store.ship(order.id, "l1", 2), "two of three")
    await work(world, "read_event")
    assert (await Case.get(id=case.id)).person_reason == "shipped_after_cancel"
    assert await broken_promises(world) == []


async def test_the_staff_hear_of_an_inquiry_and_again_when_it_takes_the_money(database: str) -> None:
    """The bank's question became a dispute under the same id, and nobody was told of the money."""
    world = await SmallWorld.begin(["USD"])
    settings = structs.replace(settings_of(world.shop), person=Person(alerts_to="staff@lumen.example"))
    await rows("UPDATE shops SET settings = $1::jsonb", msgspec.json.encode(settings).decode())
    order, _ = await placed(world)
    intent = world.stripe.intents[str(order.payments[0].reference)]
    world.stripe.dispute(intent, 500)
    intent.disputes[0].holds_money = False
    for delivery in ("asked", "asked again"):
        await world.hear_stripe(intent, "charge.dispute.created", delivery)
        await work(world, "read_event")
    intent.disputes[0].holds_money = True
    await world.hear_stripe(intent, "charge.dispute.funds_withdrawn", "escalated")
    await work(world, "read_event")
    purposes = [row["purpose"] for row in await rows("SELECT purpose FROM mails ORDER BY created_at")]
    assert [purpose.rpartition(":")[2] for purpose in purposes] == ["asked", "opened"]


async def test_a_graver_reason_of_a_case_that_a_person_has_is_audited(world: SmallWorld) -> None:
    order, order_id = await placed(world)
    case = await asked(world, order_id, ("l1", 1))
    world.stripe.faults.append(Fault.NO_BALANCE)
    await work(world, "ask_store")
    await work(world, "settle_leg")
    before = (await Case.get(id=case.id)).person_reason
    await world.hear(world.store.ship(order.id, "l1", 2), "all of it")
    await work(world, "read_event")
    told = await rows(
        "SELECT canonical::jsonb -> 'data' ->> 'from' AS before, canonical::jsonb -> 'data' ->> 'why' AS why "
        "FROM audit_events WHERE kind = 'case_reason_changed'"
    )
    assert told == [{"before": before, "why": "shipped_after_cancel"}]
    assert (await Case.get(id=case.id)).person_reason == "shipped_after_cancel"
