"""The doorbell through Redis: arq workers take the work at once. A ring that is lost is made up for by the sweep."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Self

import msgspec
import structlog
from arq.connections import ArqRedis, RedisSettings, create_pool

from plugin.ports.runtime import Ring

QUEUE = "comeback:work"
RUN_WORK = "run_work"
QUIET_SECONDS = 2.0

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

    After a failure nothing is rung for ``QUIET_SECONDS``, so that a lost Redis slows down no request but one.
    """

    def __init__(self, url: str) -> None:
        self._settings = redis_settings(url)
        self._pool: ArqRedis | None = None
        self._quiet_until = 0.0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        if self._pool is not None:
            await self._pool.aclose()

    async def ring(self, rings: Sequence[Ring]) -> None:
        if time.monotonic() < self._quiet_until:
            return
        try:
            if self._pool is None:
                self._pool = await create_pool(
                    self._settings, job_serializer=encode, job_deserializer=decode, default_queue_name=QUEUE
                )
            for ring in rings:
                await self._pool.enqueue_job(RUN_WORK, ring.work_id, _defer_until=ring.not_before)
        except Exception as error:
            self._quiet_until = time.monotonic() + QUIET_SECONDS
            log.warning("redis_away", kind=type(error).__name__)
