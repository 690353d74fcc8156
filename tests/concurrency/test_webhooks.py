"""The same webhook many times at once, and many versions in the wrong order: one event, one state (I10)."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from uuid import uuid4

from plugin.storefronts.demo.samples import build_sample
from tests.concurrency.crowd import ROUNDS, TABS, an_order
from tests.doors import knock, signed_for
from tests.journeys.steps import charged, count, quiet
from tests.nudges import one
from tests.world import World


async def test_one_webhook_delivered_many_times_at_once_is_read_once(world: World) -> None:
    for _ in range(ROUNDS):
        order = await an_order(world)
        changed = world.store.edit(order.id, tags=("gift",))
        events, audits = await count("inbox_events"), await count("audit_events")
        message = f"msg_{uuid4().hex}"
        answers = await asyncio.gather(*(world.store.send(changed, message_id=message) for _ in range(TABS)))
        assert {answer.status_code for answer in answers} == {202}
        await quiet(world)
        assert await count("inbox_events") == events + 1
        assert await count("audit_events") == audits + 1


async def test_versions_of_a_new_order_that_all_come_at_once_end_in_the_newest(world: World) -> None:
    for _ in range(ROUNDS):
        number, at = str(world.numbers[0] + 1), datetime.now(UTC)
        world.numbers[0] += 1
        intent = await world.stripe.pay(26666, "USD")
        order = world.store.place(build_sample("fashion", id=number, at=at, payment_intent=intent))
        versions = [order, *(world.store.edit(order.id, tags=(f"version {n}",)) for n in range(TABS))]
        answers = await asyncio.gather(*(world.store.send(version) for version in reversed(versions)))
        assert {answer.status_code for answer in answers} == {202}
        await quiet(world)
        stored = await one("SELECT id, sequence, document FROM orders WHERE external_id = $1", order.id)
        assert stored["sequence"] == versions[-1].sequence
        assert json.loads(stored["document"])["tags"] == [f"version {TABS - 1}"]
        assert await count("payments", f"order_id = '{stored['id']}'") == 1
        assert await count("audit_events", f"order_id = '{stored['id']}' AND kind = 'order_received'") == 1


async def test_stripes_word_of_a_refund_counts_once_however_often_it_comes(world: World) -> None:
    for _ in range(ROUNDS):
        order = await an_order(world)
        intent = (await charged(world, order)).id
        await world.stripe.refund(intent, 1000)
        words = [
            json.dumps(
                {
                    "id": f"evt_{uuid4().hex}", "object": "event", "type": "charge.refunded", "created": 1,
                    "data": {"object": {"id": "ch_1", "object": "charge", "payment_intent": intent}},
                }
            ).encode()
            for _ in range(2)
        ]  # fmt: skip
        events = await count("inbox_events", "source = 'stripe'")
        answers = await asyncio.gather(
            *(
                knock(world, "stripe", word, signed_for(world, "stripe", word, "charge.refunded"))
                for word in words * (TABS // 2)
            )
        )
        assert {answer.status_code for answer in answers} == {202}
        await quiet(world)
        paid = await one("SELECT external_refunded, order_id FROM payments WHERE reference = $1", intent)
        assert paid["external_refunded"] == 1000
        told = f"order_id = '{paid['order_id']}' AND kind = 'payment_reported'"
        assert await count("audit_events", told + " AND canonical LIKE '%\"external_refunded\":1000%'") == 1
        assert await count("inbox_events", "source = 'stripe'") >= events + 2
