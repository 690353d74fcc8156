"""Claims, fences and leases on a real PostgreSQL: one worker runs a piece of work, and a loser changes nothing."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from handlers.jobs import run_claim
from plugin.db import rows, transaction
from plugin.outbox import service as outbox
from plugin.outbox.service import LEASE, SENDING_NEEDS, Claim, Heir, Lane, LeaseLost, lane_of
from plugin.shops.models import Shop
from tests.factories import a_shop
from tests.fakes import FakePorts, fake_ports
from tests.nudges import one


@pytest.fixture
async def ports(database: str) -> FakePorts:
    return fake_ports()


@pytest.fixture
async def shop(ports: FakePorts) -> Shop:
    return await a_shop(ports)


async def add(ports: FakePorts, shop: Shop, n: int = 1, *, delay: timedelta | None = None) -> None:
    async with transaction(ports.doorbell) as tx:
        for i in range(n):
            await outbox.add(tx, shop_id=shop.id, kind="test", ref=f"ref_{i}", delay=delay)


async def claim(ports: FakePorts, shop: Shop) -> Claim:
    await add(ports, shop)
    (mine,) = await outbox.claim_due(1)
    return mine


async def lose_the_lease(work_id: str) -> None:
    await rows("UPDATE work SET lease_until = now() - interval '1 second' WHERE id = $1", work_id)


async def test_eight_workers_over_five_hundred_pieces_take_each_once(ports: FakePorts, shop: Shop) -> None:
    await add(ports, shop, 500)
    taken: list[str] = []

    async def worker() -> None:
        while mine := await outbox.claim_due(16):
            taken.extend(each.id for each in mine)

    await asyncio.gather(*(worker() for _ in range(8)))
    assert len(taken) == 500
    assert len(set(taken)) == 500


async def test_one_piece_is_taken_by_one_of_many_who_ask_for_it(ports: FakePorts, shop: Shop) -> None:
    await add(ports, shop)
    taken = await asyncio.gather(*(outbox.claim_due(1) for _ in range(10)))
    assert [len(claims) for claims in sorted(taken, key=len)] == [0] * 9 + [1]


async def test_a_worker_that_lost_its_lease_changes_nothing(ports: FakePorts, shop: Shop) -> None:
    slow = await claim(ports, shop)
    await lose_the_lease(slow.id)
    (fast,) = await outbox.claim_due(1)
    assert (fast.id, fast.fence, fast.attempts) == (slow.id, slow.fence + 1, 2)

    with pytest.raises(LeaseLost):
        async with transaction(ports.doorbell) as tx:
            await tx.execute("UPDATE shops SET name = 'changed by the loser' WHERE id = $1", shop.id)
            await outbox.complete(tx, slow)
    assert await outbox.put_back(slow, reason="too late") is None
    row = await one("SELECT state, fence, last_error FROM work")
    assert row == {"state": "claimed", "fence": fast.fence, "last_error": None}
    assert (await one("SELECT name FROM shops"))["name"] == "Lumen"

    async with transaction(ports.doorbell) as tx:
        await outbox.complete(tx, fast)
    with pytest.raises(LeaseLost):
        async with transaction(ports.doorbell) as tx:
            await outbox.complete(tx, fast)


async def test_a_result_and_the_end_of_its_work_commit_together_or_not_at_all(ports: FakePorts, shop: Shop) -> None:
    mine = await claim(ports, shop)
    with pytest.raises(RuntimeError):
        async with transaction(ports.doorbell) as tx:
            await tx.execute("UPDATE shops SET name = 'half' WHERE id = $1", shop.id)
            await outbox.complete(tx, mine)
            await outbox.add(tx, shop_id=shop.id, kind="test", ref="next")
            raise RuntimeError("the process dies here")
    assert (await one("SELECT name FROM shops"))["name"] == "Lumen"
    assert (await one("SELECT state FROM work"))["state"] == "claimed"
    assert len(ports.doorbell.rings) == 1


async def test_who_has_too_little_of_the_lease_left_sends_nothing(ports: FakePorts, shop: Shop) -> None:
    mine = await claim(ports, shop)
    mine.check_may_send()
    late = replace(mine, may_send_until=mine.may_send_until - LEASE.total_seconds() + SENDING_NEEDS - 1)
    with pytest.raises(LeaseLost):
        late.check_may_send()


async def test_what_is_put_back_waits_longer_each_time(ports: FakePorts, shop: Shop) -> None:
    await add(ports, shop)
    waits = []
    for attempt in range(1, 5):
        await rows("UPDATE work SET not_before = now()")
        (mine,) = await outbox.claim_due(1)
        assert mine.attempts == attempt
        ring = await outbox.put_back(mine, reason="not now\n" * 200)
        row = await one("SELECT state, not_before, last_error, not_before - now() AS wait FROM work")
        assert (row["state"], len(row["last_error"])) == ("ready", 500)
        assert ring is not None and ring.not_before == row["not_before"]
        assert await outbox.claim_due(1) == []
        waits.append(round(row["wait"].total_seconds()))
    assert waits == [2, 4, 8, 16]
    assert outbox.back_off(100) == outbox.LONGEST_BACK_OFF


async def test_work_for_later_is_not_taken_before_and_can_be_hastened(ports: FakePorts, shop: Shop) -> None:
    await add(ports, shop, delay=timedelta(hours=1))
    assert await outbox.claim_due(1) == []
    assert ports.doorbell.rings[0].not_before is not None
    async with transaction(ports.doorbell) as tx:
        await outbox.hasten(tx, kind="another", ref="ref_0")
    assert await outbox.claim_due(1) == []
    async with transaction(ports.doorbell) as tx:
        await outbox.hasten(tx, kind="test", ref="ref_0")
    assert ports.doorbell.rings[-1].not_before is None
    assert len(await outbox.claim_due(1)) == 1


async def test_the_sweep_finds_what_a_dead_worker_left_and_nothing_else(ports: FakePorts, shop: Shop) -> None:
    dead = await claim(ports, shop)
    turn = await outbox.take_turn(dict.fromkeys(Lane, 1))
    wait = turn.waits[lane_of("test")]
    assert turn.claims == []
    assert wait is not None and LEASE / 2 < wait <= LEASE
    await lose_the_lease(dead.id)
    assert (await outbox.depth())[0] == 1
    assert [each.id for each in await outbox.claim_due(10)] == [dead.id]


async def test_work_of_an_unknown_kind_is_given_back_and_never_raises(ports: FakePorts, shop: Shop) -> None:
    mine = await claim(ports, shop)
    await run_claim(ports, mine)
    row = await one("SELECT state, last_error FROM work")
    assert row["state"] == "ready"
    assert "KeyError" in row["last_error"]


async def test_finished_work_is_forgotten_after_a_while(ports: FakePorts, shop: Shop) -> None:
    await add(ports, shop, 3)
    done, old, open_one = await outbox.claim_due(3)
    async with transaction(ports.doorbell) as tx:
        await outbox.complete(tx, done)
        await outbox.complete(tx, old)
    await rows("UPDATE work SET done_at = now() - interval '8 days' WHERE id = $1", old.id)
    assert await outbox.forget_done(timedelta(days=7)) == 1
    assert {row["id"] for row in await rows("SELECT id FROM work")} == {done.id, open_one.id}


async def test_a_date_that_slides_moves_one_row_and_what_is_running_keeps_its_own(ports: FakePorts, shop: Shop) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)  # a date that has passed would ring at once

    async def slide(hours: int) -> None:
        async with transaction(ports.doorbell) as tx:
            at = tomorrow + timedelta(hours=hours)
            await outbox.reschedule(tx, shop_id=shop.id, kind="test", ref="case", at=at)

    for hours in range(20):
        await slide(hours)
    assert await rows("SELECT not_before FROM work") == [{"not_before": tomorrow + timedelta(hours=19)}]
    assert ports.doorbell.rings[-1].not_before == tomorrow + timedelta(hours=19)

    await rows("UPDATE work SET not_before = now()")
    (running,) = await outbox.claim_due(1)
    await slide(20)
    assert await rows("SELECT id FROM work WHERE state = 'ready' AND id <> $1", running.id)
    assert (await one("SELECT state FROM work WHERE id = $1", running.id))["state"] == "claimed"


@pytest.mark.parametrize("waits_already", [True, False])
async def test_of_a_sliding_date_and_haste_the_later_word_counts(
    ports: FakePorts, shop: Shop, waits_already: bool
) -> None:
    at = datetime.now(UTC) + timedelta(days=1)
    if waits_already:
        await add(ports, shop, delay=timedelta(hours=1))
    async with transaction(ports.doorbell) as tx:
        await outbox.hasten(tx, kind="test", ref="ref_0")
        await outbox.reschedule(tx, shop_id=shop.id, kind="test", ref="ref_0", at=at)
    assert await rows("SELECT state, not_before FROM work") == [{"state": "ready", "not_before": at}]
    async with transaction(ports.doorbell) as tx:
        await outbox.reschedule(tx, shop_id=shop.id, kind="test", ref="ref_0", at=at)
        await outbox.hasten(tx, kind="test", ref="ref_0")
    assert len(await outbox.claim_due(2)) == 1
    assert len(await rows("SELECT 1 FROM work")) == 1


async def test_to_wait_is_no_failure(ports: FakePorts, shop: Shop) -> None:
    await add(ports, shop)
    seen = []
    for delay in (timedelta(0), timedelta(0), None, timedelta(0)):
        await rows("UPDATE work SET not_before = now()")
        (mine,) = await outbox.claim_due(1)
        seen.append((mine.attempts, mine.failures))
        await outbox.put_back(mine, reason="not now", delay=delay)
    assert seen == [(1, 0), (2, 0), (3, 0), (4, 1)]


async def test_an_heir_has_its_whole_lease_however_long_the_transaction_waited(ports: FakePorts, shop: Shop) -> None:
    heir = Heir(LEASE)
    mine = replace(await claim(ports, shop), heir=heir)
    await add(ports, shop, delay=timedelta(hours=1))
    async with transaction(ports.doorbell) as tx:
        await tx.rows("SELECT pg_sleep(1.0)")  # for a lock that somebody else has
        await outbox.add(tx, shop_id=shop.id, kind="next", ref="fresh")
        await outbox.hasten(tx, kind="test", ref="ref_0")
        await outbox.complete(tx, mine)
    assert {each.kind for each in heir.claims} == {"test", "next"}
    left = await rows("SELECT lease_until - now() AS lease FROM work WHERE state = 'claimed'")
    assert [row["lease"] > LEASE - timedelta(seconds=0.5) for row in left] == [True, True]
