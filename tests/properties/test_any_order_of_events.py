"""I10: the same events in any order and any number of replays leave the same state."""

from __future__ import annotations

import hashlib
import random

import pytest

from plugin.db import rows
from plugin.ports.orders import Custodian, PaymentState, StoreOrder, StorePayment
from tests.factories import a_store_order
from tests.properties.small_world import SmallWorld, empty_database

SEEDS = range(1, 6)
A_CARD = StorePayment(
    id="p1", custodian=Custodian.STRIPE, state=PaymentState.CAPTURED, amount=5485, captured=5485, reference="pi_1"
)
STATE = (
    "SELECT sequence, state, total, document::text, revision, frozen_reason FROM orders ORDER BY external_id",
    "SELECT external_id, state, captured, capturable, external_refunded, disputed FROM payments ORDER BY external_id",
    "SELECT state, waiting_on, owed, person_reason FROM cases ORDER BY id",
    "SELECT line_id, ordinal, state FROM case_units ORDER BY line_id, ordinal",
    "SELECT kind, amount, state FROM refund_legs ORDER BY id",
    "SELECT template, count(*) FROM mails WHERE template <> 'staff_alert' GROUP BY 1 ORDER BY 1",
    "SELECT state, count(*) FROM codes GROUP BY 1 ORDER BY 1",
)


async def state_hash() -> str:
    told = [[tuple(row.values()) for row in await rows(sql)] for sql in STATE]
    return hashlib.sha256(repr(told).encode()).hexdigest()


async def a_life(seed: int) -> str:
    """A cancelled order, a refund elsewhere, and all that store and Stripe say of it, shuffled and repeated."""
    dice = random.Random(seed)
    world = await SmallWorld.begin(["USD"])
    order = world.store.put(a_store_order(id="o-1", number="#1", payments=(A_CARD,)))
    intent = world.stripe.pay(str(order.payments[0].reference), "USD", order.total, is_captured=True)
    await world.hear(order, "placed")
    await world.drain()
    order_id = await world.order_id(order)
    assert order_id is not None
    ask, preview = await world.preview(order_id, [("l1", 1)])
    await world.confirm(order_id, ask, preview.digest)
    await world.drain()
    world.store.change("o-1", tags=("gift",))
    world.store.ship("o-1", "l1", 1)
    world.stripe.refund_elsewhere(intent, 100)
    events: list[StoreOrder | str] = [*world.store.versions, "charge.refunded", "refund.updated"]
    told = events + dice.choices(events, k=6)
    dice.shuffle(told)
    for n, event in enumerate(told):
        if isinstance(event, str):
            await world.hear_stripe(intent, event, dice.choice((event, f"{event}-{n}")))
        else:
            await world.hear(event, dice.choice((f"version-{event.sequence}", f"again-{n}")))
        if dice.random() < 0.5:
            await world.drain()
    await world.drain()
    return await state_hash()


@pytest.fixture
async def first_life(database: str) -> str:
    return await a_life(0)


async def test_any_order_and_any_number_of_replays_give_one_state(first_life: str) -> None:
    for seed in SEEDS:
        await empty_database()
        assert await a_life(seed) == first_life, f"seed {seed}"
