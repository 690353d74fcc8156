"""I10: the same events in any order and any number of replays leave the same state.

``PERMUTATIONS`` is how many orders are tried; ``make permutations`` tries 5,000.
"""

from __future__ import annotations

import os
import random
from itertools import zip_longest
from typing import Any

import pytest
from msgspec import structs

from plugin.db import rows
from plugin.ports.orders import Custodian, PaymentState, StoreOrder, StorePayment
from tests.factories import a_store_order
from tests.properties.small_world import SmallWorld, empty_database

PERMUTATIONS = int(os.environ.get("PERMUTATIONS", "8"))
A_CARD = StorePayment(
    id="p1", custodian=Custodian.STRIPE, state=PaymentState.CAPTURED, amount=5485, captured=5485, reference="pi_1"
)
STATE = {
    "orders": "SELECT sequence, state, total, document::text, revision, frozen_reason, frozen_by::text FROM orders "
    "ORDER BY external_id",
    "payments": "SELECT external_id, state, captured, capturable, external_refunded, disputed FROM payments "
    "ORDER BY external_id",
    "cases": "SELECT state, waiting_on, owed, person_reason FROM cases ORDER BY id",
    "case_units": "SELECT line_id, ordinal, revision, state FROM case_units ORDER BY line_id, ordinal",
    "refund_legs": "SELECT kind, amount, state FROM refund_legs ORDER BY id",
    "mails": "SELECT template, count(*) FROM mails WHERE template <> 'staff_alert' GROUP BY 1 ORDER BY 1",
    "codes": "SELECT state, count(*) FROM codes GROUP BY 1 ORDER BY 1",
}


State = dict[str, list[dict[str, Any]]]


async def state() -> State:
    """What must not depend on the order of events, by table, as far as it has no time and no id in it."""
    return {table: await rows(sql) for table, sql in STATE.items()}


def differences(one: State, other: State) -> list[str]:
    """Every value that is not the same in both, by table, row and column."""
    found, nothing = [], dict[str, Any]()
    for table in STATE:
        for n, (mine, theirs) in enumerate(zip_longest(one[table], other[table], fillvalue=nothing)):
            found += [
                f"{table} {n}, {column}: {mine.get(column)!r} and {theirs.get(column)!r}"
                for column in (mine or theirs)
                if mine.get(column) != theirs.get(column)
            ]
    return found


async def a_life(seed: int) -> State:
    """An order, cancelled in part, edited, shipped, refunded elsewhere and disputed, and all that store and Stripe say
    of it, shuffled and repeated."""
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
    (line,) = world.store.orders["o-1"].lines
    world.store.change("o-1", lines=(structs.replace(line, total=line.total - 100),), total=order.total - 100)
    world.store.ship("o-1", "l1", 1)
    world.stripe.refund_elsewhere(intent, 100)
    world.stripe.dispute(intent, 1000)
    events: list[StoreOrder | str] = [
        *world.store.versions,
        "charge.refunded",
        "refund.updated",
        "charge.dispute.created",
    ]
    told = events + dice.choices(events, k=8)
    dice.shuffle(told)
    for n, event in enumerate(told):
        if isinstance(event, str):
            await world.hear_stripe(intent, event, dice.choice((event, f"{event}-{n}")))
        else:
            await world.hear(event, dice.choice((f"version-{event.sequence}", f"again-{n}")))
        if dice.random() < 0.5:
            await world.drain()
    await world.drain()
    return await state()


@pytest.fixture
async def first_life(database: str) -> State:
    return await a_life(0)


async def test_any_order_and_any_number_of_replays_give_one_state(first_life: State) -> None:
    for seed in range(1, PERMUTATIONS + 1):
        await empty_database()
        assert differences(await a_life(seed), first_life) == [], f"seed {seed}"
