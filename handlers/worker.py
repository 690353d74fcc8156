"""The worker process: the same runner as the embedded one, woken through Redis.

arq carries the rings and nothing else: the work is claimed in the database, and the runner sweeps that every few
seconds anyway. So while Redis is away, or has forgotten everything, the work goes on, only a little later.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import structlog
from arq.typing import WorkerCoroutine
from arq.worker import Worker, func
from redis.asyncio import Redis
from redis.exceptions import RedisError

from handlers.bells import QUEUE, RUN_WORK, decode, encode, redis_settings
from handlers.closing import Closing
from handlers.compose import adapters
from handlers.runner import AT_ONCE, LocalBell, Runner
from handlers.web import working
from plugin import db
from plugin.ports.runtime import Clock
from plugin.settings import Settings, SettingsRefused

POLL_DELAY = 0.05  # arq asks Redis this often (seconds); a shopper waits for the answer
SHORTEST_PAUSE, LONGEST_PAUSE = 0.25, 10.0

log = structlog.get_logger("comeback.worker")


class RedisEvicts(SettingsRefused):
    """This Redis may throw rings away when its memory is full."""

    def __init__(self, policy: str) -> None:
        super().__init__(
            (
                f"Redis evicts ({policy}), so it may lose what it was given. Set maxmemory-policy to noeviction: "
                "redis-cli CONFIG SET maxmemory-policy noeviction, and in redis.conf.",
            )
        )


async def eviction_policy(url: str) -> str:
    """The ``maxmemory-policy`` of a Redis. ``INFO`` tells it also where a provider forbids ``CONFIG``.

    Raises ``RedisError`` or ``OSError`` when Redis does not answer.
    """
    async with Redis.from_url(url, socket_connect_timeout=2, socket_timeout=5) as redis:
        memory = await redis.info("memory")
    return str(memory.get("maxmemory_policy", "unknown"))


async def refuse_eviction(url: str) -> None:
    """Raise ``RedisEvicts`` unless nothing is ever evicted, whether or not a limit is set today."""
    policy = await eviction_policy(url)
    if policy != "noeviction":
        raise RedisEvicts(policy)


async def work(settings: Settings, database: str, closing: Closing, *, clock: Clock | None = None) -> None:
    """Work until ``closing`` begins; then finish what was claimed. Raises ``RedisEvicts``. ``clock`` is the system's.

    What the work itself leads to is done here at once: a ring through Redis would only cost time.
    """
    if settings.redis_url is None:
        raise SettingsRefused(
            ("REDIS_URL is not set. Without Redis the web process does the work itself, and needs no worker.",)
        )
    await db.connect(database)
    bell = LocalBell()
    try:
        async with adapters(settings, bell, clock) as ports:
            runner = Runner(ports, bell, lease=timedelta(seconds=settings.lease_seconds), closing=closing)
            async with working(runner):
                await _until(closing.begun, listen(settings.redis_url, runner))
    finally:
        await db.disconnect()


async def _until(stop: asyncio.Event, listening: Awaitable[None]) -> None:
    listener, stopped = asyncio.ensure_future(listening), asyncio.ensure_future(stop.wait())
    await asyncio.wait({listener, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    listener.cancel()
    with suppress(asyncio.CancelledError):
        await listener


async def listen(url: str, runner: Runner) -> None:
    """Hand every ring to the runner, over any number of Redis's restarts. Raises ``RedisEvicts``."""
    pause = SHORTEST_PAUSE
    while True:
        try:
            await refuse_eviction(url)
            pause = SHORTEST_PAUSE
            await _hear(url, runner)
        except (RedisError, OSError) as error:
            log.warning("redis_away", kind=type(error).__name__)
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)


async def _hear(url: str, runner: Runner) -> None:
    """Run arq until Redis goes away. Its jobs only wake the runner, so that a lost Redis breaks off no work."""
    worker = Worker(
        [func(_run_work(runner), name=RUN_WORK)],
        queue_name=QUEUE,
        redis_settings=redis_settings(url),
        handle_signals=False,
        max_jobs=AT_ONCE,
        poll_delay=POLL_DELAY,
        keep_result=0,
        job_serializer=encode,
        job_deserializer=decode,
        log_results=False,
    )
    try:
        await worker.main()
    finally:
        jobs = list(worker.tasks.values())
        for job in jobs:
            job.cancel()
        await asyncio.gather(*jobs, return_exceptions=True)
        with suppress(RedisError, OSError, AttributeError):
            await worker.pool.aclose(close_connection_pool=True)


def _run_work(runner: Runner) -> WorkerCoroutine:
    async def run_work(ctx: dict[Any, Any], *args: Any, **kwargs: Any) -> None:
        runner.wake()  # one look takes everything that is due, not only what was rung for

    return run_work
