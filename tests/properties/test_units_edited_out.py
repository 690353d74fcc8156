"""A store may take a cancelled unit out of its line instead of counting it: what is left stays cancellable (I1, I2)."""

from __future__ import annotations

import pytest
from msgspec import structs

from plugin.cases.models import Case
from plugin.db import rows
from plugin.journeys import staff
from plugin.journeys.desk_refusals import StoreHasCancelled
from plugin.ports.orders import LineCount, StoreOrder
from plugin.ports.payments import RefundState
from tests.factories import a_store_order
from tests.properties.promises import broken_promises
from tests.properties.small_world import SmallWorld

WORTH = 1000


@pytest.fixture
async def world(database: str) -> SmallWorld:
    return await SmallWorld.begin(["USD"])


async def work(world: SmallWorld, *kinds: str) -> None:
    for kind in kinds:
        for row in await world.open_work():
            if row["kind"] == kind:
                await world.do(row["id"])


async def three_of_a_kind(world: SmallWorld) -> tuple[StoreOrder, str]:
    plain = a_store_order()
    line = structs.replace(plain.lines[0], quantity=3, unit_price=WORTH, total=3 * WORTH)
    payment = structs.replace(plain.payments[0], amount=3 * WORTH + 495, captured=3 * WORTH + 495)
    order = world.store.put(structs.replace(plain, lines=(line,), payments=(payment,), total=3 * WORTH + 495))
    world.stripe.pay(str(payment.reference), order.currency, order.total, is_captured=True)
    await world.hear(order, "first")
    await work(world, "read_event", "read_payment")
    order_id = await world.order_id(order)
    assert order_id is not None
    return order, order_id


async def cancelled(world: SmallWorld, order_id: str, quantity: int) -> Case | None:
    ask, preview = await world.preview(order_id, [("l1", quantity)])
    case = await world.confirm(order_id, ask, preview.digest)
    await work(world, "ask_store", "settle_leg")
    return case


def edited(world: SmallWorld, order: StoreOrder, quantity: int, *, counted: int) -> StoreOrder:
    line = structs.replace(order.lines[0], quantity=quantity, total=quantity * WORTH)
    counts = (LineCount("l1", counted),) if counted else ()
    return world.store.change(order.id, lines=(line,), cancelled=counts, total=quantity * WORTH + 495)


async def states(order_id: str) -> list[str]:
    found = await rows("SELECT state FROM case_units WHERE order_id = $1 ORDER BY id", order_id)
    return [row["state"] for row in found]


async def test_the_rest_of_a_line_can_be_cancelled_after_the_cancelled_unit_was_taken_out(world: SmallWorld) -> None:
    order, order_id = await three_of_a_kind(world)
    await cancelled(world, order_id, 1)
    await world.hear(edited(world, order, 2, counted=0), "edit")
    await work(world, "read_event")
    assert await states(order_id) == ["edited_out"]

    rest = await cancelled(world, order_id, 2)
    assert rest is not None
    assert (await Case.get(id=rest.id)).state == "done"
    (intent,) = world.stripe.intents.values()
    assert intent.given_back == order.total
    assert await broken_promises(world) == []


async def test_a_unit_that_is_counted_is_still_in_its_line(world: SmallWorld) -> None:
    """The store has taken out a unit that nobody had cancelled: one is left."""
    order, order_id = await three_of_a_kind(world)
    await cancelled(world, order_id, 1)
    await world.hear(edited(world, order, 2, counted=1), "edit")
    await work(world, "read_event")
    assert await states(order_id) == ["settled"]
    _, preview = await world.preview(order_id, [("l1", 2)])
    assert preview.decision.outcome == "refuse"
    assert await cancelled(world, order_id, 1) is not None
    assert await broken_promises(world) == []


async def test_units_that_ship_after_the_edit_were_never_cancelled(world: SmallWorld) -> None:
    """Three, one cancelled and taken out, two sent: a person was called for a parcel that was quite in order."""
    order, order_id = await three_of_a_kind(world)
    case = await cancelled(world, order_id, 1)
    assert case is not None
    await world.hear(edited(world, order, 2, counted=0), "edit")
    await world.hear(world.store.ship(order.id, "l1", 2), "parcel")
    await work(world, "read_event")
    await world.drain()
    assert (await Case.get(id=case.id)).state == "done"
    assert await broken_promises(world) == []


async def test_a_unit_that_was_taken_out_is_owed_though_its_refund_came_back(world: SmallWorld) -> None:
    """The shopper had neither the goods nor the money, and could be told no."""
    order, order_id = await three_of_a_kind(world)
    case = await cancelled(world, order_id, 1)
    assert case is not None
    await world.hear(edited(world, order, 2, counted=0), "edit")
    (intent,) = world.stripe.intents.values()
    intent.refunds[0].state = RefundState.FAILED
    await world.hear_stripe(intent, "refund.failed", "failed")
    await work(world, "read_event")
    assert await states(order_id) == ["edited_out"]
    assert (await Case.get(id=case.id)).state == "with_person"
    with pytest.raises(StoreHasCancelled):
        await staff.refuse(world.ports, world.shop, case.id, "ann")
