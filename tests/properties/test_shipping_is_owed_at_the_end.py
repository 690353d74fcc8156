"""Shipping is paid back by whichever case leaves nothing of the order, whatever was promised while others were open."""

from __future__ import annotations

import pytest

from plugin.cases.models import Case
from plugin.ports.orders import PaymentState, StoreOrder
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


async def test_shipping_that_the_payment_cannot_give_any_more_is_not_promised(world: SmallWorld) -> None:
    order, order_id = await placed(world)
    older, younger = await two_asks(world, order_id)
    (intent,) = world.stripe.intents.values()
    await work(world, "ask_store", younger.id)
    await work(world, "settle_leg")
    world.stripe.refund_elsewhere(intent, order.shipping.total)
    await world.hear_stripe(intent, "charge.refunded", "elsewhere")
    await work(world, "read_event")
    await world.drain()

    assert not (await Case.get(id=older.id)).takes_shipping
    assert await broken_promises(world) == []
