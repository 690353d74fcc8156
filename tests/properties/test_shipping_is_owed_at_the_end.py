"""Shipping is paid back by whichever case leaves nothing of the order, whatever was promised while others were open."""

from __future__ import annotations

import msgspec
import pytest
from msgspec import structs

from plugin.cases.models import Case
from plugin.cases.store import lock_with_order
from plugin.db import rows, transaction
from plugin.journeys import staff
from plugin.journeys.alerts import compose_alert
from plugin.journeys.desk_refusals import MoneyHasMoved, StillToDecide
from plugin.journeys.letters import compose
from plugin.journeys.on_desk import Less
from plugin.journeys.scene import Scene, set_scene
from plugin.messages.contexts import Cancelled
from plugin.messages.parts import AlertKind
from plugin.ports.orders import PaymentState, StoreOrder
from plugin.ports.payments import RefundState
from plugin.shops.service import settings_of
from plugin.shops.settings import Person
from tests.factories import a_store_order
from tests.properties.promises import broken_promises
from tests.properties.scripted_store import Mood
from tests.properties.small_world import SmallWorld


@pytest.fixture
async def world(database: str) -> SmallWorld:
    return await SmallWorld.begin(["USD"])


async def work(world: SmallWorld, kind: str, ref: str | None = None) -> None:
    for row in await world.open_work():
        if row["kind"] == kind and ref in (None, row["ref"]):
            await world.do(row["id"])


async def placed(world: SmallWorld, *, is_captured: bool = True) -> tuple[StoreOrder, str]:
    order = world.store.put(a_store_order())
    world.stripe.pay(str(order.payments[0].reference), order.currency, order.total, is_captured=is_captured)
    await world.hear(order, "first")
    await work(world, "read_event")
    await work(world, "read_payment")
    order_id = await world.order_id(order)
    assert order_id is not None
    return order, order_id


async def cancel(world: SmallWorld, order_id: str, *lines: tuple[str, int]) -> Case:
    ask, preview = await world.preview(order_id, lines)
    case = await world.confirm(order_id, ask, preview.digest)
    assert case is not None
    return case


async def two_asks(world: SmallWorld, order_id: str) -> tuple[Case, Case]:
    """One unit, and then all that is left: the second was promised the shipping."""
    older = await cancel(world, order_id, ("l1", 1))
    younger = await cancel(world, order_id)
    assert (older.takes_shipping, younger.takes_shipping) == (False, True)
    return older, younger


def given_back(world: SmallWorld) -> int:
    (intent,) = world.stripe.intents.values()
    return intent.given_back


@pytest.mark.parametrize("first", ["older", "younger"])
@pytest.mark.parametrize("is_captured", [True, False], ids=["captured", "authorised"])
async def test_the_last_of_two_cases_pays_the_shipping_back(world: SmallWorld, first: str, is_captured: bool) -> None:
    order, order_id = await placed(world, is_captured=is_captured)
    older, younger = await two_asks(world, order_id)
    sequence = [older, younger] if first == "older" else [younger, older]
    await work(world, "ask_store", sequence[0].id)
    await work(world, "settle_leg")
    await work(world, "ask_store", sequence[1].id)
    await world.drain()

    cases = {case.id: case for case in await world.cases()}
    assert [cases[case.id].takes_shipping for case in sequence] == [False, True]
    (intent,) = world.stripe.intents.values()
    assert given_back(world) == (order.total if is_captured else 0)
    assert is_captured or intent.state is PaymentState.VOIDED
    assert await broken_promises(world) == []


@pytest.mark.parametrize("younger_first", [True, False])
async def test_no_shipping_where_another_case_proves_too_late(world: SmallWorld, younger_first: bool) -> None:
    """The younger ask was promised the shipping; the units of the older one have left."""
    order, order_id = await placed(world)
    older, younger = await two_asks(world, order_id)
    if younger_first:
        await work(world, "ask_store", younger.id)
        await work(world, "settle_leg")
    world.store.mood = Mood.TOO_LATE
    await work(world, "ask_store", older.id)
    world.store.mood = Mood.AGREES
    await world.drain()

    assert given_back(world) == order.total - order.shipping.total - order.lines[0].total // order.lines[0].quantity
    assert (await Case.get(id=younger.id)).state == "done"
    assert await broken_promises(world) == []


async def test_a_case_that_was_too_late_and_is_cancelled_after_all_brings_the_shipping(world: SmallWorld) -> None:
    order, order_id = await placed(world)
    older, younger = await two_asks(world, order_id)
    world.store.mood = Mood.TOO_LATE
    await work(world, "ask_store", older.id)
    world.store.mood = Mood.AGREES
    await work(world, "ask_store", younger.id)
    await work(world, "settle_leg")
    await world.person("ask_again", older.id)
    await world.drain()

    assert given_back(world) == order.total
    assert [case.takes_shipping for case in await world.cases()] == [True, False]
    assert await broken_promises(world) == []


async def test_shipping_that_the_payment_cannot_give_any_more_is_asked_of_a_person(world: SmallWorld) -> None:
    """It was dropped, and nobody heard of it."""
    await staff_hear(world)
    order, order_id = await placed(world)
    older, younger = await two_asks(world, order_id)
    (intent,) = world.stripe.intents.values()
    await work(world, "ask_store", younger.id)
    await work(world, "settle_leg")
    world.stripe.refund_elsewhere(intent, order.shipping.total)
    await world.hear_stripe(intent, "charge.refunded", "elsewhere")
    await work(world, "read_event")
    await world.drain()

    case = await Case.get(id=older.id)
    assert (case.takes_shipping, case.state, case.person_reason) == (False, "with_person", "shipping_open")
    assert await alerts_of_shipping(world, case) == [str(order.shipping.total)]
    assert await broken_promises(world) == []


async def test_shipping_that_was_never_collected_is_owed_by_nobody(world: SmallWorld) -> None:
    await staff_hear(world)
    _, order_id = await placed(world, is_captured=False)
    older, younger = await two_asks(world, order_id)
    (intent,) = world.stripe.intents.values()
    await work(world, "ask_store", younger.id)
    await work(world, "settle_leg")
    intent.state = PaymentState.VOIDED
    world.voided_elsewhere.add(intent.reference)
    await world.hear_stripe(intent, "payment_intent.canceled", "elsewhere")
    await work(world, "read_event")
    await world.drain()

    assert await alerts_of_shipping(world, await Case.get(id=older.id)) == []
    assert await broken_promises(world) == []


async def the_last_is_paid_less(world: SmallWorld) -> tuple[StoreOrder, Case]:
    """Two asks of a unit each; the store cannot cancel the second by itself, and a person does, for less."""
    order, order_id = await placed(world)
    older, younger = await two_asks(world, order_id)
    world.store.mood = Mood.CANNOT
    await work(world, "ask_store", older.id)
    world.store.mood = Mood.AGREES
    await work(world, "ask_store", younger.id)
    await work(world, "settle_leg")
    await staff.confirmed_by_hand(world.ports, world.shop, older.id, "ann", Less(100, "worn"))
    world.confirmed.add(older.id)
    await world.drain()
    return order, await Case.get(id=older.id)


async def staff_hear(world: SmallWorld) -> None:
    settings = structs.replace(settings_of(world.shop), person=Person(alerts_to="staff@lumen.example"))
    await rows("UPDATE shops SET settings = $1::jsonb", msgspec.json.encode(settings).decode())


async def alerts_of_shipping(world: SmallWorld, case: Case) -> list[str]:
    """The amounts of open shipping, in minor units, that were audited and mailed to the staff."""
    told = await rows(
        "SELECT canonical::jsonb -> 'data' ->> 'amount' AS n FROM audit_events WHERE kind = 'shipping_open'"
    )
    purposes = [row["purpose"] for row in await rows("SELECT purpose FROM mails WHERE case_id = $1", case.id)]
    assert any(purpose.startswith(f"{case.id}:staff_alert:shipping_open") for purpose in purposes) == bool(told)
    return [row["n"] for row in told]


async def scene_of(world: SmallWorld, case: Case) -> Scene:
    async with transaction(world.ports.doorbell) as tx:
        order, locked = await lock_with_order(tx, case.id)
        return await set_scene(tx, world.ports, world.shop, order, locked, "https://desk.example")


async def test_shipping_beside_a_sum_that_a_person_has_set_is_asked_of_a_person(world: SmallWorld) -> None:
    """It was lost, and nobody heard of it."""
    await staff_hear(world)
    order, case = await the_last_is_paid_less(world)

    younger_paid = order.total - order.shipping.total - order.lines[0].total // order.lines[0].quantity
    assert given_back(world) == younger_paid + 100
    assert (case.state, case.waiting_on, case.person_reason) == ("with_person", "staff", "shipping_open")
    assert await alerts_of_shipping(world, case) == [str(order.shipping.total)]
    alert = compose_alert(await scene_of(world, case), AlertKind.SHIPPING_OPEN)
    assert (alert.case_id, f"owed: ${order.shipping.total / 100:.2f}." in str(alert.why)) == (case.number, True)
    assert await broken_promises(world) == []


async def test_who_has_decided_on_the_open_shipping_closes_the_case(world: SmallWorld) -> None:
    _, case = await the_last_is_paid_less(world)
    with pytest.raises(MoneyHasMoved):
        await staff.refuse(world.ports, world.shop, case.id, "ann")
    await staff.close(world.ports, world.shop, case.id, "ann")
    assert (await Case.get(id=case.id)).state == "done"
    assert await broken_promises(world) == []


async def test_a_failed_refund_does_not_decide_on_the_open_shipping(world: SmallWorld) -> None:
    """Tried again, it took the case from the person, and was done."""
    _, case = await the_last_is_paid_less(world)
    (intent,) = world.stripe.intents.values()
    leg = next(leg for leg in await world.legs() if leg.case_id == case.id and leg.state == "succeeded")
    next(refund for refund in intent.refunds if refund.leg_id == leg.id).state = RefundState.FAILED
    await world.hear_stripe(intent, "refund.failed", "failed")
    await world.drain()

    with pytest.raises(StillToDecide):
        await staff.retry(world.ports, world.shop, leg.id, "ann")
    still = await Case.get(id=case.id)
    assert (still.state, still.person_reason) == ("with_person", "shipping_open")

    await staff.close(world.ports, world.shop, case.id, "ann")
    await staff.retry(world.ports, world.shop, leg.id, "ann")
    await world.drain()
    assert (await Case.get(id=case.id)).state == "done"
    assert await broken_promises(world) == []


async def test_nothing_is_left_of_an_order_whoever_pays_its_shipping(world: SmallWorld) -> None:
    """A mail spoke of a part of the order, because the case did not pay the shipping."""
    _, case = await the_last_is_paid_less(world)
    letter = compose(await scene_of(world, case), "cancelled")
    assert isinstance(letter, Cancelled)
    assert (case.takes_shipping, letter.whole_order) == (False, True)
