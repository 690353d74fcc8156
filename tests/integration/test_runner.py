"""The runner that does the work inside the web process: it drains when it stops, and outlives its database."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta

import asyncpg
import pytest

from handlers.closing import Closing
from handlers.jobs import JOBS, run_claim
from handlers.runner import AT_ONCE, PLACES, LocalBell, Runner
from plugin.db import rows, transaction
from plugin.inbox.events import READ_EVENT
from plugin.journeys.payment_reported import READ_PAYMENT
from plugin.journeys.poll import POLL_STORE
from plugin.journeys.poll_stripe import POLL_STRIPE
from plugin.journeys.store_books import NOTE_CASE, RECORD_REFUND
from plugin.outbox import service as outbox
from plugin.outbox.service import Claim, Lane, LeaseLost, Turn, lane_of
from plugin.ports.runtime import Ports
from tests.factories import a_shop
from tests.fakes import FakePorts, fake_ports
from tests.nudges import one


async def no_housekeeping(ports: Ports) -> None:
    return None


async def complete(ports: Ports, claim: Claim) -> None:
    async with transaction(ports.doorbell) as tx:
        await outbox.complete(tx, claim)


async def add(ports: FakePorts, n: int) -> None:
    shop = await a_shop(ports)
    async with transaction(ports.doorbell) as tx:
        for i in range(n):
            await outbox.add(tx, shop_id=shop.id, kind="test", ref=str(i))


async def done() -> int:
    n: int = (await one("SELECT count(*) AS n FROM work WHERE state = 'done'"))["n"]
    return n


async def test_what_was_claimed_is_finished_before_it_stops_and_nothing_else_is_begun(database: str) -> None:
    ports, bell = fake_ports(), LocalBell()
    await add(ports, AT_ONCE + 4)
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slowly(ports: Ports, claim: Claim) -> None:
        begun.set()
        await go_on.wait()
        await complete(ports, claim)

    runner = Runner(ports, bell, house=no_housekeeping, run=slowly, kinds=None)
    running = asyncio.create_task(runner.run())
    await begun.wait()
    runner.stop()
    assert await done() == 0
    go_on.set()
    await running
    assert await done() == AT_ONCE
    assert (await one("SELECT count(*) AS n FROM work WHERE state = 'ready'"))["n"] == 4


async def test_a_database_that_goes_away_is_waited_for(database: str) -> None:
    ports, bell = fake_ports(), LocalBell()
    await add(ports, 1)
    failures = [ConnectionRefusedError("gone"), OSError("still gone")]
    tried = asyncio.Event()

    async def claim(places: Mapping[Lane, int]) -> Turn:
        tried.set()
        if failures:
            raise failures.pop()
        return await outbox.take_turn(places)

    finished = asyncio.Event()

    async def run(ports: Ports, claim: Claim) -> None:
        await complete(ports, claim)
        finished.set()

    runner = Runner(ports, bell, house=no_housekeeping, claim=claim, run=run, kinds=None)
    running = asyncio.create_task(runner.run())
    while not finished.is_set():
        await tried.wait()
        tried.clear()
        bell.wake()  # a ring ends the wait at once
        if not failures:
            break
    await finished.wait()
    runner.stop()
    await running
    assert await done() == 1


async def test_broken_housekeeping_stops_no_work(database: str) -> None:
    ports, bell = fake_ports(), LocalBell()
    await add(ports, 1)
    finished = asyncio.Event()

    async def broken(ports: Ports) -> None:
        raise ZeroDivisionError("our own fault")

    async def run(ports: Ports, claim: Claim) -> None:
        await complete(ports, claim)
        finished.set()

    runner = Runner(ports, bell, house=broken, run=run, kinds=None)
    running = asyncio.create_task(runner.run())
    await finished.wait()
    runner.stop()
    await running
    assert await done() == 1


async def test_a_loser_of_its_lease_never_raises_and_leaves_the_work_to_its_heir(database: str) -> None:
    ports = fake_ports()
    shop = await a_shop(ports)
    async with transaction(ports.doorbell) as tx:
        await outbox.add(tx, shop_id=shop.id, kind="case_due", ref="case_gone")
    (slow,) = await outbox.claim_due(1)
    await rows("UPDATE work SET lease_until = now() - $1::interval", timedelta(seconds=1))
    (heir,) = await outbox.claim_due(1)
    await run_claim(ports, slow)
    row = await one("SELECT state, fence, last_error FROM work")
    assert row == {"state": "claimed", "fence": heir.fence, "last_error": None}


async def test_a_webhook_that_breaks_for_the_fifth_time_without_a_lease_never_raises(database: str) -> None:
    """Setting it aside needs the lease as well; whoever has it now will do that."""
    ports = fake_ports()
    shop = await a_shop(ports)
    async with transaction(ports.doorbell) as tx:
        await outbox.add(tx, shop_id=shop.id, kind="read_event", ref="evt_gone")
    await rows("UPDATE work SET attempts = 4")
    (claim,) = await outbox.claim_due(1)
    await rows("UPDATE work SET fence = fence + 1")
    await run_claim(ports, claim)
    assert (await one("SELECT state FROM work"))["state"] == "claimed"


async def test_what_follows_from_finished_work_is_run_at_once_and_also_while_it_drains(database: str) -> None:
    ports, bell = fake_ports(), LocalBell()
    shop = await a_shop(ports)
    seen: list[tuple[str, int]] = []

    async def lead_on(ports: Ports, claim: Claim) -> None:
        seen.append((claim.ref, claim.fence))
        async with transaction(ports.doorbell) as tx:
            await outbox.complete(tx, claim)
            if int(claim.ref) < 3:
                await outbox.add(tx, shop_id=shop.id, kind="test", ref=str(int(claim.ref) + 1))
                await outbox.add(tx, shop_id=shop.id, kind="test", ref="9", delay=timedelta(hours=1))
        if claim.ref == "0":
            runner.stop()

    async with transaction(ports.doorbell) as tx:
        await outbox.add(tx, shop_id=shop.id, kind="test", ref="0")
    rung = len(ports.doorbell.rings)
    runner = Runner(ports, bell, house=no_housekeeping, run=lead_on, kinds=None)
    await asyncio.wait_for(runner.run(), 10)
    assert seen == [("0", 1), ("1", 1), ("2", 1), ("3", 1)]
    assert all(ring.not_before is not None for ring in ports.doorbell.rings[rung:])
    assert await done() == 4


@pytest.mark.parametrize("later", range(8))
async def test_a_hurried_process_keeps_no_lease_wherever_it_is_cut_off(database: str, later: int) -> None:
    """So many turns of the loop after the signal: in one of them what follows has been taken, and not begun."""
    ports, bell, closing = fake_ports(), LocalBell(), Closing()
    shop = await a_shop(ports)

    async def lead_on(ports: Ports, claim: Claim) -> None:
        runner.stop()
        async with transaction(ports.doorbell) as tx:
            await outbox.complete(tx, claim)
            if claim.ref == "first":
                await outbox.add(tx, shop_id=shop.id, kind="test", ref="next")
        closing.hurried.set()
        for _ in range(later):
            await asyncio.sleep(0)

    async with transaction(ports.doorbell) as tx:
        await outbox.add(tx, shop_id=shop.id, kind="test", ref="first")
    runner = Runner(ports, bell, house=no_housekeeping, run=lead_on, kinds=None, closing=closing)
    await asyncio.wait_for(runner.run(), 10)
    assert not await rows("SELECT 1 FROM work WHERE state = 'claimed'")


async def test_another_who_is_away_is_a_failure_and_a_lost_database_is_none(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ports = fake_ports()

    async def mail_server_is_away(ports: Ports, claim: Claim) -> None:
        raise ConnectionRefusedError("mail.example.com")

    async def database_is_away(ports: Ports, claim: Claim) -> None:
        await asyncpg.connect(host="/nowhere", user="nobody")

    await add(ports, 1)
    failures = []
    for use_case in (mail_server_is_away, database_is_away):
        monkeypatch.setitem(JOBS, "test", use_case)
        await rows("UPDATE work SET not_before = now()")
        (claim,) = await outbox.claim_due(1)
        await run_claim(ports, claim)
        failures.append((await one("SELECT failures FROM work"))["failures"])
    assert failures == [1, 1]


async def test_what_follows_from_work_that_is_rolled_back_is_taken_by_nobody(database: str) -> None:
    ports, bell = fake_ports(), LocalBell()
    shop = await a_shop(ports)
    ran: list[str] = []

    async def fail(ports: Ports, claim: Claim) -> None:
        ran.append(claim.ref)
        async with transaction(ports.doorbell) as tx:
            await outbox.add(tx, shop_id=shop.id, kind="test", ref="never")
            await outbox.complete(tx, claim)
            await rows("UPDATE work SET fence = fence + 1")
        raise AssertionError("it has lost its lease")

    async def run(ports: Ports, claim: Claim) -> None:
        with pytest.raises(LeaseLost):
            await fail(ports, claim)
        runner.stop()

    async with transaction(ports.doorbell) as tx:
        await outbox.add(tx, shop_id=shop.id, kind="test", ref="first")
    runner = Runner(ports, bell, house=no_housekeeping, run=run, kinds=None)
    await asyncio.wait_for(runner.run(), 10)
    assert ran == ["first"]
    assert [row["ref"] for row in await rows("SELECT ref FROM work")] == ["first"]


@pytest.mark.parametrize(("flood", "other"), [("read_event", "settle_leg"), ("settle_leg", "read_event")])
async def test_a_flood_in_one_lane_keeps_the_other_waiting_for_nothing(database: str, flood: str, other: str) -> None:
    ports, bell = fake_ports(), LocalBell()
    shop = await a_shop(ports)
    async with transaction(ports.doorbell) as tx:
        for i in range(100):
            await outbox.add(tx, shop_id=shop.id, kind=flood, ref=str(i))
    async with transaction(ports.doorbell) as tx:
        await outbox.add(tx, shop_id=shop.id, kind=other, ref="came last")
    reached, let_go = asyncio.Event(), asyncio.Event()

    async def stuck(ports: Ports, claim: Claim) -> None:
        if claim.kind == other:
            reached.set()
        await let_go.wait()
        await complete(ports, claim)

    runner = Runner(ports, bell, house=no_housekeeping, run=stuck, kinds=None)
    running = asyncio.create_task(runner.run())
    await asyncio.wait_for(reached.wait(), 10)
    assert (await one("SELECT count(*) AS n FROM work WHERE state = 'ready'"))["n"] == 100 - PLACES[lane_of(flood)]
    runner.stop()
    let_go.set()
    await running


def test_every_kind_of_work_that_only_reads_or_keeps_books_is_in_the_lane_for_it() -> None:
    reading = {READ_EVENT, READ_PAYMENT, POLL_STORE, POLL_STRIPE, RECORD_REFUND, NOTE_CASE}
    assert {kind for kind in JOBS if lane_of(kind) is Lane.READING} == reading


async def test_the_work_of_a_lane_is_found_by_the_index_of_lanes(database: str) -> None:
    async with transaction(LocalBell()) as tx:
        await tx.execute("SET LOCAL enable_seqscan = off")  # of a few rows the planner may rather read them all
        plan = await tx.rows(
            "EXPLAIN SELECT id FROM work WHERE "
            "(CASE WHEN kind IN ('read_event', 'read_payment', 'poll_store', 'poll_stripe') THEN 1 ELSE 0 END) = 0 "
            "AND state IN ('ready', 'claimed') ORDER BY not_before LIMIT 1"
        )
    assert any("work_due" in row["QUERY PLAN"] for row in plan)
