"""The adversities of what Comeback stands on: Redis, PostgreSQL, its processes and their clocks, the mail server."""

from __future__ import annotations

import asyncio
import signal
from uuid import uuid4

from redis.asyncio import Redis

from handlers.bells import QUEUE
from tests.faults.check import open_transactions, undone
from tests.faults.postgres import Trap
from tests.faults.process import Order
from tests.faults.scene import AT_MOST, Nemesis, Scene
from tests.faults.shoppers import GaveUp

_WRITTEN_SINCE = "SELECT 1 FROM work WHERE shop_id = $1 AND created_at > now() - interval '{} seconds'"


async def redis_flushed(scene: Scene) -> bool:
    """All that Redis knows is thrown away, again and again; it bites where a ring was waiting there."""
    if scene.town.redis is None:
        return False
    rings = 0
    async with Redis.from_url(scene.town.redis.url) as redis:
        for _ in range(150):
            async with redis.pipeline(transaction=True) as pipe:
                waiting, _ = await pipe.zcard(QUEUE).flushall().execute()
            rings += waiting
            await asyncio.sleep(0.02)
    scene.note(f"Redis was flushed 150 times, and {rings} rings with it")
    return rings > 0


def redis_stopped(lasts: float) -> Nemesis:
    """Redis goes away for ``lasts`` seconds, and comes back empty."""

    async def nemesis(scene: Scene) -> bool:
        if scene.town.redis is None:
            return False
        await asyncio.sleep(0.5 * scene.plan.dice("redis").random())
        await scene.town.redis.stop()
        scene.note("Redis is stopped")
        await asyncio.sleep(lasts)
        bit = await scene.found(_WRITTEN_SINCE.format(lasts))
        await scene.town.redis.start()
        scene.note("Redis is back, empty")
        return bit

    return nemesis


async def postgres_stopped(scene: Scene) -> bool:
    """PostgreSQL is stopped at once while something is under way."""
    await asyncio.sleep(scene.plan.dice("postgres").random())
    bit = scene.town.postgres.lines > 0 and bool(await undone(scene.place))
    scene.town.postgres.stop_at_once()
    scene.note("PostgreSQL is stopped at once")
    await asyncio.sleep(0.5)
    await scene.town.postgres.start()
    scene.note("PostgreSQL is back")
    return bit


async def commit_answer_lost(scene: Scene) -> bool:
    """A COMMIT is done, its answer is lost, and the server goes down with it."""
    lost = asyncio.Event()

    def spring() -> None:
        scene.town.postgres.stop_at_once()
        lost.set()

    nth = scene.plan.dice("commit").randint(1, 12)
    scene.town.postgres.set_trap(Trap(nth, spring, is_commit=True))
    try:
        await asyncio.wait_for(lost.wait(), AT_MOST)
    except TimeoutError:
        scene.town.postgres.set_trap(None)
        return False
    scene.note(f"COMMIT {nth} is done, its answer is lost, and PostgreSQL with it")
    await asyncio.sleep(0.3)
    await scene.town.postgres.start()
    scene.note("PostgreSQL is back")
    return True


_FROZEN_AT = (
    "after outbox_claimed", "after refund_submitting_committed", "before bytes_sent_to_stripe", "after answer_read",
    "before result_committed", "after store_updated", "before store_result_committed", "after mail_claimed",
    "after smtp_accepted",
)  # fmt: skip


async def worker_frozen(scene: Scene) -> bool:
    """A process stands still for longer than its lease, and then goes on as if nothing had happened."""
    pid = await _freeze(scene, scene.plan.dice("frozen").choice(_FROZEN_AT))
    if pid is None:
        return False
    await asyncio.sleep(scene.town.lease + 2)
    scene.town.signal(pid, signal.SIGCONT)
    scene.note(f"{pid} wakes")
    return True


async def worker_buried(scene: Scene) -> bool:
    """A process stands still in the middle of a transaction and never wakes: the others do its work all the same."""
    pid = await _freeze(
        scene, scene.plan.dice("buried").choice(("before store_result_committed", "before result_committed"))
    )
    if pid is None:
        return False
    for _ in range(300):
        await asyncio.sleep(0.2)
        await scene.place.let_the_bank_work()
        if not await undone(scene.place):
            break
    else:
        held_up = [*await undone(scene.place), *await open_transactions()]
        raise GaveUp("\n    ".join(["A frozen process holds the others up:", *held_up]))
    scene.town.signal(pid, signal.SIGKILL)
    scene.note(f"{pid} is taken away")
    return True


async def _freeze(scene: Scene, point: str) -> int | None:
    """Stop who passes ``point`` next; None when nobody does."""
    order = Order(id=uuid4().hex, point=point, signal="SIGSTOP")
    scene.town.order_strike(order)
    try:
        pid = await asyncio.wait_for(scene.town.until_struck(order), AT_MOST)
    except TimeoutError:
        scene.town.withdraw_strike()
        return None
    scene.note(f"{pid} is frozen {point}")
    return pid


def clock_off(seconds: int) -> Nemesis:
    """One process lives ``seconds`` ahead of the world (below zero: behind) until it has done some work."""

    async def nemesis(scene: Scene) -> bool:
        process = scene.town.doers[0]
        process.start_anew(COMEBACK_FAULT_CLOCK=str(seconds))
        scene.note(f"the clock of {process.role} is off by {seconds} s")
        bit = await scene.until_found(_DONE_IN_ANOTHER_TIME, lasts=4)
        process.start_anew(COMEBACK_FAULT_CLOCK="0")
        scene.note("its clock is right again")
        return bit

    return nemesis


_DONE_IN_ANOTHER_TIME = """
    SELECT 1 FROM audit_events WHERE shop_id = $1 AND at NOT BETWEEN now() - interval '5 minutes'
    AND now() + interval '5 minutes'
"""
"""Nothing of a run is older than a few minutes, but for what a process with a wrong clock has written."""


_TRIED = "SELECT 1 FROM work WHERE shop_id = $1 AND kind = 'send_mail' AND state <> 'done' AND attempts > 0"


async def smtp_busy(scene: Scene) -> bool:
    mail = scene.town.postmaster
    before, mail.is_busy = mail.turned_away, True
    scene.note("the mail server says 421")
    bit = await scene.until(lambda: mail.turned_away > before, lasts=4)
    mail.is_busy = False
    return bit


async def smtp_hangs_up(scene: Scene) -> bool:
    """The next three mails are taken, and the connection goes before it says so."""
    mail = scene.town.postmaster
    mail.hang_ups = 3
    scene.note("the mail server takes a mail and hangs up, three times")
    bit = await scene.until(lambda: mail.hang_ups < 3, lasts=4)
    mail.hang_ups = 0
    return bit


async def smtp_slow(scene: Scene) -> bool:
    """Each mail takes a while, so that those behind it wait longer than the lease of their work."""
    mail = scene.town.postmaster
    before, mail.takes = len(mail.taken), min(5.0, scene.town.lease / 3)
    scene.note("the mail server is slow")
    bit = await scene.until(lambda: len(mail.taken) > before, lasts=20)
    mail.takes = 0.0
    return bit


async def smtp_down(scene: Scene) -> bool:
    scene.town.postmaster.close()
    scene.note("the mail server is down")
    bit = await scene.until_found(_TRIED, lasts=4)
    await scene.town.postmaster.open()
    return bit
