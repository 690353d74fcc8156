"""Units that ship while a person has their case: they are not refunded as a cancellation (I1)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from plugin.cases.models import Case
from plugin.journeys import staff
from plugin.journeys.desk_refusals import HasShipped
from plugin.ports.orders import StoreOrder
from tests.factories import a_store_order
from tests.properties.promises import broken_promises
from tests.properties.scripted_store import Mood
from tests.properties.small_world import SmallWorld

Step = Callable[..., Awaitable[None]]


@pytest.fixture
async def world(database: str) -> SmallWorld:
    return await SmallWorld.begin(["USD"])


async def work(world: SmallWorld, kind: str, ref: str | None = None) -> None:
    for row in await world.open_work():
        if row["kind"] == kind and ref in (None, row["ref"]):
            await world.do(row["id"])


async def placed(world: SmallWorld, *, look_above: int) -> tuple[StoreOrder, str]:
    """An order of two shirts; a person looks at what costs more than ``look_above``."""
    await world.publish(fee=0, look_above=look_above)
    order = world.store.put(a_store_order())
    world.stripe.pay(str(order.payments[0].reference), order.currency, order.total, is_captured=True)
    await world.hear(order, "first")
    await work(world, "read_event")
    await work(world, "read_payment")
    order_id = await world.order_id(order)
    assert order_id is not None
    return order, order_id


async def asked(world: SmallWorld, order_id: str, *lines: tuple[str, int]) -> Case:
    ask, preview = await world.preview(order_id, lines)
    case = await world.confirm(order_id, ask, preview.digest)
    assert case is not None
    return case


async def ship(world: SmallWorld, order: StoreOrder, quantity: int) -> None:
    await world.hear(world.store.ship(order.id, "l1", quantity), f"{quantity} of it")
    await work(world, "read_event")


async def test_a_case_whose_units_have_shipped_is_not_approved(world: SmallWorld) -> None:
    """The money was held and the store was asked (SEED=5 of the machine: units were gone, and nobody was told)."""
    order, order_id = await placed(world, look_above=100)
    case = await asked(world, order_id)
    await ship(world, order, 1)

    with pytest.raises(HasShipped) as refused:
        await staff.approve(world.ports, world.shop, case.id, "ann")
    assert refused.value.detail == f"Shipped of case {case.number}: 1 x Linen shirt."
    assert (await Case.get(id=case.id)).state == "in_review"
    assert await world.legs() == []
    assert await broken_promises(world) == []

    await staff.refuse(world.ports, world.shop, case.id, "ann")
    rest = await asked(world, order_id, ("l1", 1))
    await staff.approve(world.ports, world.shop, rest.id, "ann")
    await world.drain()
    assert (await Case.get(id=rest.id)).state == "done"
    assert await broken_promises(world) == []


async def test_a_case_is_approved_when_what_has_shipped_is_not_its_own(world: SmallWorld) -> None:
    order, order_id = await placed(world, look_above=100)
    case = await asked(world, order_id, ("l1", 1))
    await ship(world, order, 1)
    await staff.approve(world.ports, world.shop, case.id, "ann")
    await world.drain()
    assert (await Case.get(id=case.id)).state == "done"
    assert await broken_promises(world) == []


async def test_of_two_cases_for_one_unit_that_is_left_the_first_that_is_approved_has_it(world: SmallWorld) -> None:
    order, order_id = await placed(world, look_above=100)
    cases = [await asked(world, order_id, ("l1", 1)) for _ in range(2)]
    await ship(world, order, 1)
    await staff.approve(world.ports, world.shop, cases[1].id, "ann")
    with pytest.raises(HasShipped):
        await staff.approve(world.ports, world.shop, cases[0].id, "ann")
    assert await broken_promises(world) == []


@pytest.mark.parametrize("step", [staff.ask_again, staff.confirmed_by_hand])
async def test_what_shipped_while_a_person_was_to_cancel_it_is_not_cancelled(world: SmallWorld, step: Step) -> None:
    order, order_id = await placed(world, look_above=20_000)
    world.store.mood = Mood.CANNOT
    case = await asked(world, order_id)
    await work(world, "ask_store")
    await ship(world, order, 2)
    with pytest.raises(HasShipped):
        await step(world.ports, world.shop, case.id, "ann")
    assert (await Case.get(id=case.id)).state == "with_person"
    assert await broken_promises(world) == []


@pytest.mark.parametrize("step", [staff.ask_again, staff.confirmed_by_hand])
async def test_a_person_who_knew_that_it_had_left_may_have_it_cancelled_all_the_same(
    world: SmallWorld, step: Step
) -> None:
    order, order_id = await placed(world, look_above=20_000)
    case = await asked(world, order_id)
    await ship(world, order, 2)
    assert (await Case.get(id=case.id)).person_reason == "store_too_late"
    await step(world.ports, world.shop, case.id, "ann")
    assert (await Case.get(id=case.id)).state in ("awaiting_store", "executing")
