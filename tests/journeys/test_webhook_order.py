"""Webhooks come late, twice and out of order: one final state, and the older version never wins (I10)."""

from __future__ import annotations

import asyncio
import hashlib
import json
import random

from msgspec.structs import replace

from handlers.jobs import run_claim
from plugin.db import rows
from plugin.outbox.service import claim_due
from plugin.storefronts.addresses import outgoing_client
from plugin.storefronts.demo.samples import build_sample
from plugin.storefronts.demo.store import DemoStore
from plugin.storefronts.standard.adapter import StandardStorefront
from plugin.storefronts.standard.wire import OrderBody
from tests.arrivals import receive
from tests.factories import a_shop
from tests.fakes import NOON, FakePorts, fake_ports
from tests.nudges import event_states, hurry, nothing_is_due, one, refunds, units
from tests.world import World

PERMUTATIONS = 200


def _life(store: DemoStore) -> list[OrderBody]:
    """Every version of one order's life."""
    order = store.place(build_sample("cash_on_delivery", id="1001", at=NOON, payment_intent="pi_none"))
    line = replace(order.lines[0], quantity=3)
    return [
        order,
        store.edit(order.id, lines=(line,), total=3 * 4200 + 300),
        store.cancel(order.id, units(lamp=1)),
        store.ship(order.id, units(lamp=1)),
        store.deliver(order.id),
        store.edit(order.id, customer=replace(order.customer, email="jonas@weber.example")),
        store.cancel(order.id, units(lamp=1)),
    ]


async def _final_state(ports: FakePorts, versions: list[OrderBody], store: DemoStore) -> str:
    """The hash of all that is kept of the orders of a fresh shop that got these versions in this sequence."""
    shop = await a_shop(ports)
    for n, version in enumerate(versions):
        _, body = store.signed(version)
        await receive(
            ports.doorbell, shop_id=shop.id, source="standard", key=f"msg_{n}", topic="order.updated", body=body,
            at=ports.clock.now(),
        )  # fmt: skip
        for claim in await claim_due(16):
            await run_claim(ports, claim)
    kept = await rows(
        "SELECT external_id, number, sequence, state, currency, total, email, document, "
        "(SELECT json_agg(json_build_array(p.external_id, p.custodian, p.state, p.amount, p.captured)) FROM payments p "
        "WHERE p.order_id = o.id) AS payments FROM orders o WHERE shop_id = $1",
        shop.id,
    )
    assert await rows("SELECT 1 FROM inbox_events WHERE shop_id = $1 AND state <> 'handled'", shop.id) == []
    return hashlib.sha256(json.dumps(kept, sort_keys=True, default=str).encode()).hexdigest()


async def test_any_permutation_with_repetitions_ends_in_one_state(database: str) -> None:
    store = DemoStore(webhook_secret="whsec_dGVzdHM=", call_secret="")
    life = _life(store)
    dice = random.Random(20261123)
    async with outgoing_client() as http:
        ports = fake_ports({"standard": StandardStorefront(http)})
        straight = await _final_state(ports, life, store)
        hashes = {await _final_state(ports, life[::-1], store)}
        for _ in range(PERMUTATIONS):
            shuffled = [*life, *dice.choices(life, k=3)]
            dice.shuffle(shuffled)
            hashes.add(await _final_state(ports, shuffled, store))
    assert hashes == {straight}


async def test_ten_deliveries_of_one_webhook_are_one_event(world: World) -> None:
    order = await world.place()
    headers, body = world.store.signed(order, message_id="msg_again")
    url = f"/hooks/{world.shop.id}/standard"

    answers = await asyncio.gather(*(world.http.post(url, content=body, headers=headers) for _ in range(10)))

    assert {answer.status_code for answer in answers} == {202}
    await nothing_is_due(world)
    assert len(await rows("SELECT 1 FROM inbox_events WHERE event_key = 'msg_again'")) == 1
    assert (await one("SELECT count(*) AS n FROM orders"))["n"] == 1


async def test_a_whole_cancellation_replayed_in_reverse_moves_nothing_more(world: World) -> None:
    order = await world.place()
    shopper = await world.shopper(order)
    case = await shopper.cancel(lines=[{"line_id": "scarf", "quantity": 1}])
    await shopper.until_state(case["id"], "done")
    versions = [order, world.store.orders[order.id]]
    for version in (*reversed(versions), *versions):
        await world.send(version)
    await world.stripe.release(is_reversed=True, copies=3)
    await hurry(world, "read_event")
    await nothing_is_due(world)

    assert len(await refunds(world)) == 1
    assert set(await event_states(world)) <= {"handled", "ignored"}
    stored = await one("SELECT sequence, revision FROM orders")
    assert (stored["sequence"], stored["revision"]) == (versions[-1].sequence, 1)
