"""The runner that does the work inside the web process: it drains when it stops, and outlives its database."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from handlers.jobs import run_claim
from handlers.runner import AT_ONCE, LocalBell, Runner
from plugin.db import rows, transaction
from plugin.outbox import service as outbox
from plugin.outbox.service import Claim
from plugin.ports.runtime import Ports
from tests.factories import a_shop
from tests.fakes import FakePorts, fake_ports
from tests.nudges import one
from tests.waiting import eventually


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

    runner = Runner(ports, bell, house=no_housekeeping, run=slowly)
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

    async def claim(limit: int) -> list[Claim]:
        tried.set()
        if failures:
            raise failures.pop()
        return await outbox.claim_due(limit)

    finished = asyncio.Event()

    async def run(ports: Ports, claim: Claim) -> None:
        await complete(ports, claim)
        finished.set()

    runner = Runner(ports, bell, house=no_housekeeping, claim=claim, run=run)
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

    runner = Runner(ports, bell, house=broken, run=run)
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


async def test_rings_that_bring_more_than_it_takes_by_itself_do_not_stop_the_clock(database: str) -> None:
    """A worker under load once spun without ever yielding, because it had less than no room left."""
    ports, bell = fake_ports(), LocalBell()
    await add(ports, AT_ONCE + 3)
    go_on = asyncio.Event()

    async def slowly(ports: Ports, claim: Claim) -> None:
        await go_on.wait()
        await complete(ports, claim)

    runner = Runner(ports, bell, house=no_housekeeping, run=slowly)
    rung = [asyncio.create_task(runner.take_rung(work_id)) for work_id in await outbox.due_ids(AT_ONCE + 3)]

    async def all_claimed() -> bool:
        return bool(
            (await one("SELECT count(*) = $1 AS every FROM work WHERE state = 'claimed'", AT_ONCE + 3))["every"]
        )

    assert await eventually(all_claimed)
    running = asyncio.create_task(runner.run())
    asyncio.get_running_loop().call_soon(asyncio.get_running_loop().call_soon, go_on.set)
    await asyncio.gather(*rung)
    runner.stop()
    await running
    assert await done() == AT_ONCE + 3
