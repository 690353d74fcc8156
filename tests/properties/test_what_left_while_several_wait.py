"""Several cases wait for the store, and a parcel leaves with a unit of the same line: not all can be met any more."""

from __future__ import annotations

import pytest

from plugin.cases.models import Case
from plugin.journeys import staff
from plugin.ports.orders import StoreOrder
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


async def two_cases(world: SmallWorld) -> tuple[StoreOrder, Case, Case]:
    """One of two shirts each, the older case first."""
    order = world.store.put(a_store_order())
    world.stripe.pay(str(order.payments[0].reference), order.currency, order.total, is_captured=True)
    await world.hear(order, "first")
    await work(world, "read_event")
    await work(world, "read_payment")
    order_id = await world.order_id(order)
    assert order_id is not None
    return order, await asked(world, order_id), await asked(world, order_id)


async def asked(world: SmallWorld, order_id: str) -> Case:
    ask, preview = await world.preview(order_id, [("l1", 1)])
    case = await world.confirm(order_id, ask, preview.digest)
    assert case is not None
    return case


async def one_leaves(world: SmallWorld, order: StoreOrder) -> None:
    await world.hear(world.store.ship(order.id, "l1", 1), "one of two")
    await work(world, "read_event")


async def standing(case: Case) -> tuple[str, str | None]:
    now = await Case.get(id=case.id)
    return now.state, now.person_reason


async def test_what_is_left_is_the_older_case_s_and_the_younger_one_is_too_late_at_once(world: SmallWorld) -> None:
    """Both waited for the store: three of two units were gone, and nobody was told."""
    order, older, younger = await two_cases(world)
    await one_leaves(world, order)
    assert await standing(older) == ("awaiting_store", None)
    assert await standing(younger) == ("with_person", "store_too_late")
    assert await broken_promises(world) == []

    await world.drain()
    assert (await standing(older))[0] == "done"
    assert set(world.store.agreed) == {older.id}
    assert await broken_promises(world) == []


async def test_a_case_that_the_store_may_have_cancelled_is_not_called_too_late(world: SmallWorld) -> None:
    """The store agreed to the younger one, and the answer was lost: a person asks what became of it."""
    order, older, younger = await two_cases(world)
    world.store.mood = Mood.AGREES_SILENTLY
    await work(world, "ask_store", younger.id)
    world.store.mood = Mood.AGREES
    await one_leaves(world, order)
    assert await standing(older) == ("awaiting_store", None)
    assert await standing(younger) == ("with_person", "store_silent")
    assert await broken_promises(world) == []

    await world.drain()
    assert await standing(older) == ("with_person", "store_too_late")
    await staff.ask_again(world.ports, world.shop, younger.id, "ann")
    await world.drain()
    assert (await standing(younger))[0] == "done"
    assert set(world.store.agreed) == {younger.id}
    assert await broken_promises(world) == []


async def test_where_all_units_have_left_no_case_waits_for_the_store(world: SmallWorld) -> None:
    order, older, younger = await two_cases(world)
    world.store.mood = Mood.PENDING
    await work(world, "ask_store")
    await world.hear(world.store.ship(order.id, "l1", 2), "both")
    await work(world, "read_event")
    assert await standing(older) == await standing(younger) == ("with_person", "store_too_late")
    assert await broken_promises(world) == []
