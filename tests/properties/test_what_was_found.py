"""What the machine and the model have found, each as a plain story."""

from __future__ import annotations

import pytest

from plugin.cases.models import Case
from plugin.ports.orders import LineCount, StoreOrder
from plugin.ports.payments import RefundState
from plugin.refunds.models import RefundLeg
from tests.factories import a_store_order
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
    world.stripe.pay(str(order.payments[0].reference), order.currency, order.total, is_captured=True)
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
