"""Housekeeping forgets what is expired and nothing else, seals finished days, and asks where a webhook was lost."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from handlers.housekeeping import keep_house
from plugin.access import rate, staff
from plugin.access.accounts import create_account, put_invitation
from plugin.access.roles import Role
from plugin.access.service import begin_lookup, make_link, open_session
from plugin.audit.service import record, verify_root
from plugin.core.ids import new_id
from plugin.db import rows, transaction
from plugin.inbox import idempotency
from plugin.orders.models import Order, Payment
from plugin.outbox import service as outbox
from plugin.shops.models import Shop
from tests.factories import a_case, a_shop, an_order
from tests.fakes import NOON, FakePorts, fake_ports
from tests.nudges import one

TABLES = (
    "work", "idempotent_calls", "rate_counts", "shopper_sessions", "lookups", "order_links", "staff_sessions",
    "staff_invitations",
)  # fmt: skip


async def _live_for_a_day(ports: FakePorts, shop: Shop, order: Order, at: datetime) -> None:
    """Leave something in every table that is kept clean."""
    await idempotency.begin(shop.id, "cancel", f"key {at}", b"")
    await rate.count("lookup", limit=9, at=at)
    await open_session(shop.id, order.id, "link", at)
    async with transaction(ports.doorbell) as tx:
        await begin_lookup(tx, shop_id=shop.id, order_id=None, at=at)
        await make_link(tx, shop_id=shop.id, order_id=order.id, at=at)
        await outbox.add(tx, shop_id=shop.id, kind="test", ref=str(at.date()))
        email = f"{at:%Y}@example.com"
        await put_invitation(tx, shop_id=shop.id, email=email, role=Role.AGENT, by="tests", at=at)
        account = await create_account(tx, shop_id=shop.id, email=email, role=Role.AGENT, password_hash="", at=at)
        await staff.open_session(tx, account, address="", agent="", at=at)


async def _counts() -> dict[str, int]:
    return {table: (await one(f'SELECT count(*) AS n FROM "{table}"'))["n"] for table in TABLES}


async def test_it_forgets_what_has_expired_and_nothing_else(database: str) -> None:
    ports = fake_ports()
    shop = await a_shop(ports)
    order = await an_order(ports, shop)
    await _live_for_a_day(ports, shop, order, NOON - timedelta(days=400))
    await _live_for_a_day(ports, shop, order, NOON)
    await rows("UPDATE work SET state = 'done', done_at = now() - interval '8 days' WHERE ref < '2026'")
    await rows("UPDATE idempotent_calls SET created_at = now() - interval '2 days' WHERE key < 'key 2026'")
    assert await _counts() == dict.fromkeys(TABLES, 2)

    await keep_house(ports)

    assert await _counts() == dict.fromkeys(TABLES, 1)
    assert (await one("SELECT state FROM work"))["state"] == "ready"
    assert (await one("SELECT expires_at FROM shopper_sessions"))["expires_at"] > NOON
    await keep_house(ports)
    assert await _counts() == dict.fromkeys(TABLES, 1)
    assert (await one("SELECT count(*) AS n FROM orders"))["n"] == 1


async def _record(ports: FakePorts, shop: Shop, order: Order, at: datetime) -> None:
    async with transaction(ports.doorbell) as tx:
        await record(tx, shop_id=shop.id, order_id=order.id, kind="case_done", actor="tests", at=at, data={})


async def test_finished_days_are_sealed_for_every_shop_also_after_days_of_standstill(database: str) -> None:
    ports = fake_ports()
    shops = [await a_shop(ports), await a_shop(ports), await a_shop(ports)]
    for shop in shops[:2]:
        order = await an_order(ports, shop)
        for days in (3, 1, 0):
            await _record(ports, shop, order, NOON - timedelta(days=days))

    await keep_house(ports)
    await keep_house(ports)

    for shop in shops[:2]:
        sealed = [await verify_root(shop.id, NOON.date() - timedelta(days=days)) for days in (3, 2, 1, 0)]
        assert sealed == [True, None, True, None]
    assert len(await rows("SELECT 1 FROM audit_roots")) == 4


async def test_a_refund_at_the_bank_is_read_again_once_however_often_it_looks(database: str) -> None:
    ports = fake_ports()
    shop = await a_shop(ports)
    order = await an_order(ports, shop)
    case = await a_case(shop, order)
    payment = await Payment.get(order_id=order.id)
    await rows(
        "INSERT INTO refund_legs (id, shop_id, order_id, case_id, payment_id, kind, amount, currency, state, key, "
        "attempt, submitted_at, promised_for, created_at) "
        "VALUES ($1, $2, $3, $4, $5, 'refund', 100, 'USD', 'pending', $1, 1, $6, $7, $6)",
        new_id("leg"), shop.id, order.id, case.id, payment.id, NOON - timedelta(hours=1), NOON.date(),
    )  # fmt: skip
    await rows("UPDATE payments SET read_at = $1", NOON - timedelta(minutes=5))
    await keep_house(ports)
    assert await rows("SELECT 1 FROM work") == []

    await rows("UPDATE payments SET read_at = $1", NOON - timedelta(minutes=11))
    for _ in range(3):
        await keep_house(ports)
    assert (await one("SELECT kind, ref FROM work")) == {"kind": "read_payment", "ref": payment.id}
    assert len(ports.doorbell.rings) == 1


async def test_a_second_process_leaves_the_house_to_the_first(database: str) -> None:
    ports = fake_ports()
    shop = await a_shop(ports)
    await idempotency.begin(shop.id, "cancel", "old", b"")
    await rows("UPDATE idempotent_calls SET created_at = now() - interval '2 days'")
    begun, ended = asyncio.Event(), asyncio.Event()

    async def first_process() -> None:
        async with transaction(ports.doorbell) as tx:
            await tx.rows(f"SELECT pg_advisory_xact_lock({0x686F7573})")
            begun.set()
            await ended.wait()

    first = asyncio.create_task(first_process())
    await begun.wait()
    await keep_house(ports)
    assert len(await rows("SELECT 1 FROM idempotent_calls")) == 1
    ended.set()
    await first
    await keep_house(ports)
    assert await rows("SELECT 1 FROM idempotent_calls") == []


async def test_a_day_is_sealed_only_when_its_last_second_is_an_hour_old(database: str) -> None:
    midnight = NOON.replace(hour=0)
    ports = fake_ports()
    shop = await a_shop(ports)
    await _record(ports, shop, await an_order(ports, shop), midnight - timedelta(seconds=1))
    ports.clock.at = midnight + timedelta(minutes=59)
    await keep_house(ports)
    assert await verify_root(shop.id, midnight.date() - timedelta(days=1)) is None

    ports.clock.at = midnight + timedelta(hours=1)
    await keep_house(ports)
    assert await verify_root(shop.id, midnight.date() - timedelta(days=1)) is True
