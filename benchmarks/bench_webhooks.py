"""Webhooks: how fast they are acknowledged after their durable write, and whether the inbox drains after a flood."""

from __future__ import annotations

import asyncio
import time

import psutil

from benchmarks.figures import Figure, milliseconds
from benchmarks.load import Load, full_speed
from benchmarks.processes import BARE, WEB, Running, environment, running
from benchmarks.world import World
from plugin.db import rows

WARM_UP = 200
MADE_AHEAD = 5_000  # webhooks for a second of a turn: more than either side takes
SHARE_OF_BARE = 0.70
ROUNDS = 8


async def acknowledgements(world: World, seconds: float, redis: str) -> list[Figure]:
    """Ours against the bare handler, in turns, so that both meet the machine in the same moods.

    Both get the very same messages, made and signed before the clock runs. Reading the webhooks is a worker's work and
    waits here: what is compared is the answer to the sender.
    """
    ours, bare = Load(), Load()
    env = environment(world.data, DATABASE_URL=world.database, REDIS_URL=redis)
    async with (
        running(WEB, env, log=world.data / "web.log") as web,
        running(BARE, env, log=world.data / "bare.log") as other,
    ):
        await world.meet(web.url)
        address = f"/hooks/{world.shop.shop.id}/standard".encode()
        for turn in range(ROUNDS + 1):  # the first warms up
            made = [world.webhook() for _ in range(int(MADE_AHEAD * seconds / ROUNDS))]
            bare_made = [webhook.replace(address, b"/hook", 1) for webhook in made]
            mine = await full_speed(web.url, iter(made).__next__, seconds=seconds / ROUNDS, most=len(made))
            theirs = await full_speed(other.url, iter(bare_made).__next__, seconds=seconds / ROUNDS, most=len(made))
            if turn:
                _add(ours, mine.expect(202))
                _add(bare, theirs.expect(202))
    await _forget_work(world)
    ratio = ours.rate / bare.rate
    return [
        Figure(
            "webhook acknowledged after a durable write, against a bare handler with one INSERT",
            f"{ratio:.0%} ({ours.rate:,.0f} of {bare.rate:,.0f} a second; p99 {milliseconds(ours.percentile(0.99))})",
            f"≥ {SHARE_OF_BARE:.0%}",
            ratio >= SHARE_OF_BARE,
        )
    ]


def _add(total: Load, part: Load) -> None:
    total.times += part.times
    total.seconds += part.seconds
    total.statuses += part.statuses


async def _forget_work(world: World) -> None:
    await rows("DELETE FROM work WHERE shop_id = $1 AND state <> 'done'", world.shop.shop.id)
    await rows("UPDATE inbox_events SET state = 'handled' WHERE shop_id = $1", world.shop.shop.id)


async def flood(world: World, seconds: float) -> list[Figure]:
    """One embedded process takes webhooks as fast as it can and reads them too; then it drains what is left."""
    env = environment(world.data, DATABASE_URL=world.database)
    async with running(WEB, env, log=world.data / "web.log") as web:
        await world.meet(web.url)
        await full_speed(web.url, world.webhook, seconds=5, most=WARM_UP)
        watch = asyncio.create_task(_watch(web, seconds))
        load = (await full_speed(web.url, world.webhook, seconds=seconds, most=10_000_000)).expect(202)
        memory = await watch
        left = await _unread(world)
        started = time.perf_counter()
        await world.until(lambda: _is_drained(world), 3600)
        drained = time.perf_counter() - started
    begin, end = memory[len(memory) // 4], memory[-1]
    grown = end / begin - 1
    return [
        Figure(
            f"webhooks at full speed for {seconds:.0f} s, received and read by one process: resident memory",
            f"{begin:.0f} MB after a quarter, {end:.0f} MB at the end ({grown:+.0%})",
            "flat (≤ 10 %)",
            grown <= 0.10,
        ),
        Figure(
            "the inbox after that flood",
            f"{len(load.times):,} received ({load.rate:,.0f} a second), {left:,} unread at its end, "
            f"empty after {drained:.0f} s",
            "drains",
            True,
        ),
    ]


async def _watch(web: Running, seconds: float) -> list[float]:
    process, seen = psutil.Process(web.pid), []
    for _ in range(20):
        await asyncio.sleep(seconds / 20)
        seen.append(process.memory_info().rss / 2**20)
    return seen


async def _unread(world: World) -> int:
    found = await rows(
        "SELECT count(*) AS n FROM inbox_events WHERE shop_id = $1 AND state = 'received'", world.shop.shop.id
    )
    n: int = found[0]["n"]
    return n


async def _is_drained(world: World) -> bool | None:
    return True if await _unread(world) == 0 else None
