"""The audit chain (I14): unbroken under parallel writers, and whatever is tampered with is found."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest

from plugin.audit.service import record, verify_order, verify_root, verify_shop, write_root
from plugin.db import rows, transaction
from plugin.orders.models import Order
from plugin.shops.models import Shop
from tests.factories import a_shop, an_order
from tests.fakes import NOON, FakePorts, fake_ports
from tests.nudges import one


@pytest.fixture
async def ports(database: str) -> FakePorts:
    return fake_ports()


@pytest.fixture
async def shop(ports: FakePorts) -> Shop:
    return await a_shop(ports)


@pytest.fixture
async def order(ports: FakePorts, shop: Shop) -> Order:
    return await an_order(ports, shop)


async def write(ports: FakePorts, shop: Shop, order: Order, kind: str = "case_done", **data: Any) -> None:
    async with transaction(ports.doorbell) as tx:
        await record(tx, shop_id=shop.id, order_id=order.id, kind=kind, actor="tests", at=ports.clock.now(), data=data)


async def test_twenty_parallel_writers_make_one_chain(ports: FakePorts, shop: Shop, order: Order) -> None:
    other = await an_order(ports, shop)
    await asyncio.gather(*(write(ports, shop, each, amount=n) for n in range(20) for each in (order, other)))
    for each in (order, other):
        assert await verify_order(each.id) == []
        assert (await one("SELECT audit_n FROM orders WHERE id = $1", each.id))["audit_n"] == 20
    events = await rows("SELECT n FROM audit_events WHERE order_id = $1 ORDER BY n", order.id)
    assert [event["n"] for event in events] == list(range(1, 21))


async def test_an_event_that_was_rolled_back_leaves_no_gap(ports: FakePorts, shop: Shop, order: Order) -> None:
    await write(ports, shop, order)
    with pytest.raises(RuntimeError):
        async with transaction(ports.doorbell) as tx:
            await record(tx, shop_id=shop.id, order_id=order.id, kind="x", actor="tests", at=NOON, data={})
            raise RuntimeError("rolled back")
    await write(ports, shop, order)
    assert await verify_order(order.id) == []


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE audit_events SET kind = 'case_refused' WHERE n = 2",
        "UPDATE audit_events SET at = at + interval '1 second' WHERE n = 2",
        "UPDATE audit_events SET canonical = replace(canonical, '101', '999') WHERE n = 2",
        "UPDATE audit_events SET canonical = 'no json' WHERE n = 2",
        "UPDATE audit_events SET canonical = '[]' WHERE n = 2",
        "UPDATE audit_events SET prev_hash = repeat('0', 64) WHERE n = 2",
        "UPDATE audit_events SET hash = repeat('0', 64) WHERE n = 2",
        "UPDATE audit_events SET n = 7 WHERE n = 3",
        "UPDATE audit_events SET shop_id = (SELECT id FROM shops WHERE name = 'Other') WHERE n = 2",
        "UPDATE audit_events SET order_id = (SELECT id FROM orders WHERE audit_n = 0) WHERE n = 2",
        "DELETE FROM audit_events WHERE n = 1",
        "DELETE FROM audit_events WHERE n = 2",
        "DELETE FROM audit_events WHERE n = 3",
        "DELETE FROM audit_events",
        "UPDATE orders SET audit_n = 2 WHERE audit_n = 3",
        "UPDATE orders SET audit_head = repeat('0', 64) WHERE audit_n = 3",
    ],
)
async def test_tampering_is_found(ports: FakePorts, shop: Shop, order: Order, tampering: str) -> None:
    other = await a_shop(ports)
    await rows("UPDATE shops SET name = 'Other' WHERE id = $1", other.id)
    await an_order(ports, shop)
    for n in range(3):
        await write(ports, shop, order, amount=100 + n)
    assert await verify_order(order.id) == []
    await rows(tampering)
    assert await verify_order(order.id) != []


async def test_a_finished_day_is_sealed_once_and_its_root_tells_later_changes(
    ports: FakePorts, shop: Shop, order: Order
) -> None:
    day = NOON.date()
    await write(ports, shop, order)
    ports.clock.advance(timedelta(days=1))
    await write(ports, shop, order)

    async def seal(of: date) -> str | None:
        async with transaction(ports.doorbell) as tx:
            return await write_root(tx, shop.id, of)

    assert await verify_root(shop.id, day) is None
    assert await seal(day - timedelta(days=1)) is None
    assert await seal(day) is not None
    assert await seal(day) is None
    assert await verify_root(shop.id, day) is True
    await rows("UPDATE audit_events SET hash = repeat('0', 64) WHERE n = 2")
    assert await verify_root(shop.id, day) is True
    await rows("UPDATE audit_events SET hash = repeat('0', 64) WHERE n = 1")
    assert await verify_root(shop.id, day) is False


async def write_of_shop(ports: FakePorts, shop: Shop, kind: str = "policy_published", **data: Any) -> None:
    async with transaction(ports.doorbell) as tx:
        await record(tx, shop_id=shop.id, order_id=None, kind=kind, actor="tests", at=ports.clock.now(), data=data)


async def test_what_is_done_to_the_shop_itself_has_a_chain_of_its_own(ports: FakePorts, shop: Shop) -> None:
    await asyncio.gather(*(write_of_shop(ports, shop, number=n) for n in range(10)))
    assert await verify_shop(shop.id) == []
    assert (await one("SELECT audit_n FROM shops WHERE id = $1", shop.id))["audit_n"] == 10


async def test_one_transaction_writes_the_chains_of_an_order_and_of_the_shop(
    ports: FakePorts, shop: Shop, order: Order
) -> None:
    async with transaction(ports.doorbell) as tx:
        for order_id in (order.id, None, order.id, None):
            await record(tx, shop_id=shop.id, order_id=order_id, kind="x", actor="tests", at=NOON, data={})
    assert (await verify_order(order.id), await verify_shop(shop.id)) == ([], [])
    assert (await one("SELECT count(*) AS n FROM audit_events"))["n"] == 4


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE audit_events SET kind = 'x' WHERE n = 2",
        "UPDATE audit_events SET canonical = replace(canonical, '101', '999') WHERE n = 2",
        "UPDATE audit_events SET hash = repeat('0', 64) WHERE n = 3",
        "UPDATE audit_events SET order_id = (SELECT id FROM orders) WHERE n = 3",
        "DELETE FROM audit_events WHERE n = 1",
        "DELETE FROM audit_events WHERE n = 3",
        "UPDATE shops SET audit_n = 0, audit_head = ''",
    ],
)
async def test_tampering_with_the_chain_of_a_shop_is_found(
    ports: FakePorts, shop: Shop, order: Order, tampering: str
) -> None:
    for n in range(3):
        await write_of_shop(ports, shop, amount=100 + n)
    await rows(tampering)
    assert await verify_shop(shop.id) != []
