"""What the store is asked stays as it was asked: another case or a person may change everything but the message."""

from __future__ import annotations

import pytest

from plugin.cases.models import Case
from plugin.ports.orders import LineCount, PaymentState
from plugin.ports.storefronts import CancelAnswer, CancelRequest, StoreConnection
from tests.factories import a_store_order
from tests.properties.promises import broken_promises
from tests.properties.scripted_store import Mood, ScriptedStore
from tests.properties.small_world import SmallWorld


class ListeningStore(ScriptedStore):
    """Keeps every message, with what it was told by it."""

    asked: list[CancelRequest]

    async def cancel(self, store: StoreConnection, request: CancelRequest) -> CancelAnswer:
        self.asked.append(request)
        return await super().cancel(store, request)

    async def read_cancel(self, store: StoreConnection, request: CancelRequest) -> CancelAnswer:
        self.asked.append(request)
        return await super().read_cancel(store, request)


@pytest.fixture
async def world(database: str) -> SmallWorld:
    world = await SmallWorld.begin(["USD"])
    store = ListeningStore(world.clock.now)
    store.asked = []
    world.store = store
    world.ports.storefronts["standard"] = store  # type: ignore[index]
    return world


def asked(world: SmallWorld) -> list[CancelRequest]:
    assert isinstance(world.store, ListeningStore)
    return world.store.asked


async def work(world: SmallWorld, kind: str, ref: str | None = None) -> None:
    for row in await world.open_work():
        if row["kind"] == kind and ref in (None, row["ref"]):
            await world.do(row["id"])


async def cancel(world: SmallWorld, order_id: str, *lines: tuple[str, int]) -> Case:
    ask, preview = await world.preview(order_id, lines)
    case = await world.confirm(order_id, ask, preview.digest)
    assert case is not None
    return case


async def placed(world: SmallWorld, *, is_captured: bool = True) -> str:
    order = world.store.put(a_store_order())
    world.stripe.pay(str(order.payments[0].reference), order.currency, order.total, is_captured=is_captured)
    await world.hear(order, "first")
    await work(world, "read_event")
    await work(world, "read_payment")
    order_id = await world.order_id(order)
    assert order_id is not None
    return order_id


async def test_a_case_that_settles_meanwhile_changes_nothing_of_an_ask(world: SmallWorld) -> None:
    """A store that reads the id only has done what it read first: it must not read anything else later."""
    order_id = await placed(world, is_captured=False)
    world.store.mood = Mood.DOWN
    older = await cancel(world, order_id, ("l1", 1))
    younger = await cancel(world, order_id)  # all that is left: whole, but for the units of the older ask
    await work(world, "ask_store", younger.id)
    world.store.mood = Mood.AGREES
    await work(world, "ask_store", older.id)
    await work(world, "settle_leg")
    await work(world, "ask_store", younger.id)

    of_younger = [request for request in asked(world) if request.key == younger.id]
    assert len(of_younger) == 3
    assert len({repr(request) for request in of_younger}) == 1
    assert not of_younger[0].whole_order
    await world.drain()
    assert [case.state for case in await world.cases()] == ["done", "done"]
    (intent,) = world.stripe.intents.values()
    assert intent.at_most == 0 or intent.state is PaymentState.VOIDED
    assert await broken_promises(world) == []


async def test_a_person_who_asks_anew_is_heard_by_a_store_that_remembers_its_no(world: SmallWorld) -> None:
    order_id = await placed(world)
    world.store.mood = Mood.TOO_LATE
    case = await cancel(world, order_id)
    await work(world, "ask_store")
    world.store.mood = Mood.AGREES
    await world.person("ask_again", case.id)
    await world.drain()

    assert [request.key for request in asked(world)] == [case.id, f"{case.id}-2"]
    assert (await Case.get(id=case.id)).state == "done"
    assert await broken_promises(world) == []


async def test_an_ask_that_was_never_answered_is_not_asked_under_another_name(world: SmallWorld) -> None:
    """The store has cancelled one of two units and its answer was lost: a new id would cancel the other one, too."""
    order_id = await placed(world)
    world.store.mood = Mood.AGREES_SILENTLY
    case = await cancel(world, order_id, ("l1", 1))
    await work(world, "ask_store")
    due = (await Case.get(id=case.id)).due_at
    assert due is not None
    world.clock.advance(due - world.clock.at)
    await work(world, "case_due")
    assert (await Case.get(id=case.id)).person_reason == "store_silent"
    world.store.mood = Mood.AGREES
    await world.person("ask_again", case.id)
    await world.drain()

    assert {request.key for request in asked(world)} == {case.id}
    (order,) = world.store.orders.values()
    assert order.cancelled == (LineCount("l1", 1),)
    assert (await Case.get(id=case.id)).state == "done"
