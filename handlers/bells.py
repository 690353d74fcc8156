"""The doorbell through Redis: arq workers take the work at once. A ring that is lost is made up for by the sweep."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextvars import Context
from typing import Self

import msgspec
import structlog
from arq.connections import ArqRedis, RedisSettings, create_pool

from plugin.ports.runtime import Ring

QUEUE = "comeback:work"
RUN_WORK = "run_work"
QUIET_SECONDS = 2.0
RUNG_AT_ONCE = 4
BETWEEN_ROUNDS = 0.02  # seconds for each ring of the last round: whom a crowd of them woke is busy, and ringing costs

log = structlog.get_logger("comeback.bells")


def redis_settings(url: str) -> RedisSettings:
    settings = RedisSettings.from_dsn(url)
    settings.conn_timeout, settings.conn_retries = 2, 0
    return settings


def encode(value: object) -> bytes:
    """JSON only: ids travel through Redis, and nothing that could be unpickled."""
    return msgspec.json.encode(value)


def decode(value: bytes) -> dict[str, object]:
    return msgspec.json.decode(value, type=dict[str, object])


class RedisBell:
    """Enqueues the ids of work. Redis away is no failure: the rows are committed, and the workers' sweep finds them.

    It is rung beside the request, which does not wait for Redis. Of a crowd of rings only the first few are passed on:
    a worker that has come for one piece of work takes all others that are due with it. After a failure nothing is rung
    for ``QUIET_SECONDS``.
    """

    def __init__(self, url: str) -> None:
        self._settings = redis_settings(url)
        self._pool: ArqRedis | None = None
        self._quiet_until = 0.0
        self._waiting: list[Ring] = []
        self._ringer: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        if self._ringer is not None:
            await self._ringer
        if self._pool is not None:
            await self._pool.aclose(close_connection_pool=True)

    async def ring(self, rings: Sequence[Ring]) -> None:
        if time.monotonic() < self._quiet_until:
            return
        self._waiting += [ring for ring in rings if ring.not_before is not None or len(self._waiting) < RUNG_AT_ONCE]
        if self._ringer is None or self._ringer.done():
            self._ringer = asyncio.create_task(self._pass_on(), context=Context())

    async def _pass_on(self) -> None:
        try:
            while self._waiting:
                rings, self._waiting = self._waiting, []
                for ring in rings:
                    await self._enqueue(ring)
                await asyncio.sleep(BETWEEN_ROUNDS * min(len(rings), RUNG_AT_ONCE))
        except Exception as error:
            self._waiting = []
            self._quiet_until = time.monotonic() + QUIET_SECONDS
            log.warning("redis_away", kind=type(error).__name__)

    async def _enqueue(self, ring: Ring) -> None:
        if self._pool is None:
            self._pool = await create_pool(
                self._settings, job_serializer=encode, job_deserializer=decode, default_queue_name=QUEUE
            )
        await self._pool.enqueue_job(RUN_WORK, ring.work_id, _defer_until=ring.not_before)
