"""Reading stored webhooks: what is set aside can be replayed, and nothing blocks what comes after it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import asyncpg
from msgspec.structs import replace

from handlers.jobs import run_claim
from plugin.core.ids import new_id
from plugin.db import rows, transaction
from plugin.inbox.events import READ_EVENT, reopen_event, set_aside_events
from plugin.outbox import service as outbox
from plugin.ports.storefronts import OrderChanged, Parsed
from plugin.storefronts.unasked import CannotBeAsked
from tests.arrivals import receive
from tests.doors import knock, stripe_headers
from tests.factories import a_shop, a_store_order
from tests.fakes import FakePorts, fake_ports
from tests.nudges import hurry, nothing_is_due, one
from tests.world import World


@dataclass
class Breaking(CannotBeAsked):
    """A storefront whose reading breaks until it is mended."""

    name: str = "standard"
    platform: str = "the tests"
    is_broken: bool = True
    fault: type[Exception] = ZeroDivisionError

    def verify(self, headers: object, body: bytes, secrets: object, now: datetime) -> Any:
        raise NotImplementedError

    def parse(self, topic: str, body: bytes) -> Parsed:
        if self.is_broken:
            raise self.fault("our own fault")
        return OrderChanged(a_store_order(id="o-1"))


async def _work_now(ports: FakePorts) -> None:
    await rows("UPDATE work SET not_before = now() WHERE state = 'ready' AND kind = 'read_event'")
    for claim in await outbox.claim_due(16):
        await run_claim(ports, claim)


async def test_a_body_that_breaks_our_own_code_five_times_is_set_aside_and_replayed_after_the_fix(
    database: str,
) -> None:
    storefront = Breaking()
    ports = fake_ports({"standard": storefront})
    shop = await a_shop(ports)
    await receive(
        ports.doorbell, shop_id=shop.id, source="standard", key="msg_1", topic="order.updated", body=b"{}",
        at=ports.clock.now(),
    )  # fmt: skip
    for _ in range(4):
        await _work_now(ports)
        assert (await one("SELECT state FROM inbox_events"))["state"] == "received"
    await _work_now(ports)
    (event,) = await set_aside_events(shop.id)
    assert event.reason == "Unexpected failure while reading: ZeroDivisionError"
    assert await rows("SELECT 1 FROM work WHERE state <> 'done'") == []

    storefront.is_broken = False
    async with transaction(ports.doorbell) as tx:
        assert await reopen_event(tx, shop.id, event.id)
        await outbox.add(tx, shop_id=shop.id, kind=READ_EVENT, ref=event.id)
    await _work_now(ports)

    kept = await one("SELECT state, reason FROM inbox_events")
    assert kept == {"state": "handled", "reason": None}
    assert (await one("SELECT external_id FROM orders"))["external_id"] == "o-1"
    async with transaction(ports.doorbell) as tx:
        assert not await reopen_event(tx, shop.id, event.id)
        assert not await reopen_event(tx, "shop_other", event.id)


async def test_a_database_that_is_away_sets_no_sound_webhook_aside(database: str) -> None:
    storefront = Breaking(fault=asyncpg.LockNotAvailableError)
    ports = fake_ports({"standard": storefront})
    shop = await a_shop(ports)
    await receive(
        ports.doorbell, shop_id=shop.id, source="standard", key="msg_1", topic="order.updated", body=b"{}",
        at=ports.clock.now(),
    )  # fmt: skip
    for _ in range(6):
        await _work_now(ports)
    assert (await one("SELECT failures FROM work"))["failures"] == 0
    storefront.is_broken = False
    await _work_now(ports)
    assert (await one("SELECT state FROM inbox_events"))["state"] == "handled"


async def test_an_order_that_does_not_add_up_is_set_aside_and_the_next_version_is_read(world: World) -> None:
    order = await world.place()
    wrong = world.store.edit(order.id, total=order.total + 1)
    await world.send(wrong)
    right = world.store.edit(order.id, total=order.total, channel="phone")
    await world.send(right)
    await world.until(lambda: world.is_read(right))
    await nothing_is_due(world)
    aside = await one("SELECT reason FROM inbox_events WHERE state = 'set_aside'")
    assert f"but total is {wrong.total}" in aside["reason"]


async def test_the_longest_words_that_the_format_allows_are_stored(world: World) -> None:
    """What the published schema lets through must fit into its columns."""
    order = await world.place()
    changed = world.store.edit(
        order.id,
        id="o" * 80,
        number="n" * 80,
        payments=tuple(replace(payment, id="p" * 80, label="l" * 1000) for payment in order.payments),
    )
    await world.send(changed)
    await world.until(lambda: rows("SELECT 1 FROM orders WHERE external_id = $1", "o" * 80))
    await nothing_is_due(world)
    assert await rows("SELECT reason FROM inbox_events WHERE state = 'set_aside'") == []


def _event(type: str, **subject: Any) -> bytes:
    return json.dumps({"id": new_id("evt"), "type": type, "data": {"object": subject}}).encode()


async def _tell_stripes_door(world: World, body: bytes) -> int:
    secret = world.new_shop.stripe_webhook_secret
    assert secret is not None
    return (await knock(world, "stripe", body, stripe_headers(secret, body))).status_code


async def test_events_of_stripe_that_are_not_ours_are_acknowledged_and_kept_with_a_reason(world: World) -> None:
    bodies = [
        _event("customer.created", object="customer", id="cus_1"),
        _event("radar.early_fraud_warning.created", object="radar.early_fraud_warning", id="issfr_1"),
        _event("charge.refunded", object="charge", id="ch_1"),
        b'{"no": "event"}',
    ]
    for body in bodies:
        assert await _tell_stripes_door(world, body) == 202
    await nothing_is_due(world)
    kept = await rows("SELECT state, reason FROM inbox_events ORDER BY received_at, id")
    assert [each["state"] for each in kept] == ["ignored", "ignored", "set_aside", "set_aside"]
    assert all(each["reason"] for each in kept)


async def test_an_event_that_comes_before_its_order_waits_and_is_read_with_it(world: World) -> None:
    intent = await world.stripe.pay(5000, "usd")
    await world.stripe.refund(intent, 1000)
    await world.stripe.drain()
    await nothing_is_due(world)
    assert await rows("SELECT 1 FROM inbox_events WHERE state = 'received' AND topic = 'charge.refunded'")

    order = await world.place()
    payment = order.payments[0]
    changed = world.store.edit(order.id, payments=(replace(payment, stripe_payment_intent=intent),))
    await world.send(changed)
    await world.until(lambda: world.is_read(changed))
    about_it = "position(convert_to($1, 'UTF8') in body) > 0 AND topic = 'charge.refunded'"

    async def is_handled() -> bool:
        await hurry(world, "read_event")
        await nothing_is_due(world)
        (event,) = await rows(f"SELECT state FROM inbox_events WHERE {about_it}", intent)
        return bool(event["state"] == "handled")

    await world.until(is_handled)
    assert (await one("SELECT external_refunded FROM payments"))["external_refunded"] == 1000


async def test_an_event_whose_order_never_comes_is_let_go_after_ten_minutes(world: World) -> None:
    await world.stripe.refund(await world.stripe.pay(5000, "usd"))
    await world.stripe.drain()
    await nothing_is_due(world)
    await rows("UPDATE inbox_events SET received_at = received_at - $1::interval", timedelta(minutes=11))
    await hurry(world, "read_event")
    await nothing_is_due(world)
    states = await rows("SELECT DISTINCT state FROM inbox_events")
    assert [each["state"] for each in states] == ["ignored"]
