"""What came in is kept once; a call under one key is made once; limits hold over everybody who counts at once."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from plugin.access import rate
from plugin.access.rate import TooMany
from plugin.core.errors import NotFound
from plugin.db import rows, transaction
from plugin.inbox import idempotency
from plugin.inbox.events import EventState, close_event, get_event, reopen_event
from plugin.inbox.idempotency import CallStillRunning, IdempotencyKeyMissing, IdempotencyKeyReused
from plugin.shops.models import Shop
from tests.arrivals import receive
from tests.factories import a_shop
from tests.fakes import NOON, FakePorts, fake_ports
from tests.nudges import one


@pytest.fixture
async def ports(database: str) -> FakePorts:
    return fake_ports()


@pytest.fixture
async def shop(ports: FakePorts) -> Shop:
    return await a_shop(ports)


async def take(ports: FakePorts, shop: Shop, key: str, *, body: bytes = b"{}", source: str = "standard") -> bool:
    return await receive(
        ports.doorbell, shop_id=shop.id, source=source, key=key, topic="order.updated", body=body, at=NOON
    )


async def test_fifty_parallel_repetitions_are_one_row_and_one_piece_of_work(ports: FakePorts, shop: Shop) -> None:
    taken = await asyncio.gather(*(take(ports, shop, "msg_1") for _ in range(50)))
    assert sum(taken) == 1
    assert (await one("SELECT count(*) AS n FROM inbox_events"))["n"] == 1
    assert (await one("SELECT count(*) AS n FROM work"))["n"] == 1
    assert len(ports.doorbell.rings) == 1


async def test_a_key_is_one_per_shop_and_source_and_two_long_ones_stay_two(ports: FakePorts, shop: Shop) -> None:
    other = await a_shop(ports)
    assert await take(ports, shop, "msg_1")
    assert await take(ports, other, "msg_1")
    assert await take(ports, shop, "msg_1", source="stripe")
    assert await take(ports, shop, "k" * 300 + "a")
    assert await take(ports, shop, "k" * 300 + "b")
    assert not await take(ports, shop, "k" * 300 + "b")


async def test_an_event_is_settled_once_and_belongs_to_its_shop(ports: FakePorts, shop: Shop) -> None:
    await take(ports, shop, "msg_1", body=b"\x00\xff raw")
    event_id = (await one("SELECT id FROM inbox_events"))["id"]
    assert bytes((await get_event(shop.id, event_id)).body) == b"\x00\xff raw"
    with pytest.raises(NotFound):
        await get_event((await a_shop(ports)).id, event_id)
    async with transaction(ports.doorbell) as tx:
        assert await close_event(tx, event_id, EventState.SET_ASIDE, NOON, "no order in it")
        assert not await close_event(tx, event_id, EventState.HANDLED, NOON)
        assert not await reopen_event(tx, "shop_other", event_id)
        assert await reopen_event(tx, shop.id, event_id)


async def test_one_of_many_parallel_calls_with_one_key_is_made(shop: Shop) -> None:
    calls = await asyncio.gather(
        *(idempotency.begin(shop.id, "cancel", "key", b"body") for _ in range(20)), return_exceptions=True
    )
    assert len([call for call in calls if isinstance(call, idempotency.Call)]) == 1
    assert len([call for call in calls if isinstance(call, CallStillRunning)]) == 19


async def test_the_same_key_gives_the_same_answer_and_another_body_none(ports: FakePorts, shop: Shop) -> None:
    call = await idempotency.begin(shop.id, "cancel", "key", b"body")
    async with transaction(ports.doorbell) as tx:
        await idempotency.finish(tx, call, 201, '{"id": 1}')
    again = await idempotency.begin(shop.id, "cancel", "key", b"body")
    assert again.answered == (201, '{"id": 1}')
    with pytest.raises(IdempotencyKeyReused):
        await idempotency.begin(shop.id, "cancel", "key", b"other")
    assert (await idempotency.begin(shop.id, "another route", "key", b"other")).answered is None
    assert (await idempotency.begin((await a_shop(ports)).id, "cancel", "key", b"x")).answered is None
    await idempotency.abandon(call)  # what is answered stays answered
    assert (await idempotency.begin(shop.id, "cancel", "key", b"body")).answered


@pytest.mark.parametrize("key", [None, "", "  ", "k" * 256, "two\nlines", "nul\0"])
async def test_a_key_must_be_there_and_be_one(shop: Shop, key: str | None) -> None:
    with pytest.raises(IdempotencyKeyMissing):
        await idempotency.begin(shop.id, "cancel", key, b"")


async def test_a_failed_call_frees_its_key(shop: Shop) -> None:
    call = await idempotency.begin(shop.id, "cancel", "key", b"body")
    await idempotency.abandon(call)
    assert (await idempotency.begin(shop.id, "cancel", "key", b"other")).answered is None


async def test_a_call_whose_process_died_is_taken_over_and_the_dead_cannot_answer_any_more(
    ports: FakePorts, shop: Shop
) -> None:
    dead = await idempotency.begin(shop.id, "cancel", "key", b"body")
    await rows(
        "UPDATE idempotent_calls SET created_at = created_at - $1::interval",
        idempotency.ABANDONED_AFTER + timedelta(seconds=1),
    )
    with pytest.raises(IdempotencyKeyReused):
        await idempotency.begin(shop.id, "cancel", "key", b"other")
    heir = await idempotency.begin(shop.id, "cancel", "key", b"body")

    with pytest.raises(CallStillRunning):
        async with transaction(ports.doorbell) as tx:
            await tx.execute("UPDATE shops SET name = 'done twice' WHERE id = $1", shop.id)
            await idempotency.finish(tx, dead, 201, "{}")
    await idempotency.abandon(dead)
    assert (await one("SELECT name FROM shops"))["name"] == "Lumen"
    async with transaction(ports.doorbell) as tx:
        await idempotency.finish(tx, heir, 201, "{}")


async def test_a_limit_holds_over_everybody_who_counts_at_once(database: str) -> None:
    async def use() -> bool:
        try:
            await rate.count("lookup:1", limit=10, at=NOON)
        except TooMany as refused:
            assert 0 < refused.extra["retry_after"] <= 3601
            return False
        return True

    assert sum(await asyncio.gather(*(use() for _ in range(40)))) == 10
    await rate.count("lookup:2", limit=10, at=NOON)
    await rate.count("lookup:1", limit=10, at=NOON + timedelta(hours=1))
    assert {row["n"] for row in await rows("SELECT n FROM rate_counts")} == {40, 1}
