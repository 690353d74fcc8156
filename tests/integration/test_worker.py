"""The worker against a real Redis: rung for through it, sweeping without it, and never on one that evicts."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from redis.asyncio import Redis

from handlers.bells import RedisBell
from handlers.runner import LocalBell, Runner
from handlers.web import working
from handlers.worker import RedisEvicts, listen, refuse_eviction
from plugin.core.ids import new_id
from plugin.inbox.events import EventState
from plugin.inbox.models import InboxEvent
from plugin.ports.runtime import Doorbell
from plugin.shops.models import Shop
from plugin.storefronts.standard.adapter import StandardStorefront
from tests.arrivals import receive
from tests.factories import a_shop
from tests.fakes import FakePorts, SilentDoorbell, fake_ports
from tests.fixtures_redis import RunningRedis
from tests.waiting import NeverSweeps, eventually

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
async def ports(database: str) -> AsyncIterator[FakePorts]:
    async with httpx.AsyncClient(trust_env=False) as http:
        yield fake_ports({"standard": StandardStorefront(http)})


async def no_house(ports: object) -> None:
    """Housekeeping has its own tests."""


def a_runner(ports: FakePorts, bell: LocalBell | None = None) -> Runner:
    return Runner(ports, bell or LocalBell(), house=no_house)


async def a_webhook(shop: Shop, doorbell: Doorbell) -> str:
    """A stored webhook that nobody can read: reading it sets it aside."""
    key = new_id("msg")
    await receive(doorbell, shop_id=shop.id, source="standard", key=key, topic="x", body=b"?", at=datetime.now(UTC))
    return key


async def is_read(key: str, seconds: float) -> bool:
    """Whether the webhook is read before ``seconds`` are over."""
    return await eventually(lambda: InboxEvent.exists(event_key=key, state=EventState.SET_ASIDE), seconds)


@asynccontextmanager
async def listening(url: str, runner: Runner) -> AsyncIterator[None]:
    task = asyncio.create_task(listen(url, runner))
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_a_ring_through_redis_wakes_a_worker_that_never_sweeps(redis_url: str, ports: FakePorts) -> None:
    shop = await a_shop(ports)
    runner = a_runner(ports, NeverSweeps())
    async with RedisBell(redis_url) as bell, working(runner), listening(redis_url, runner):
        assert await is_read(await a_webhook(shop, bell), 5)


async def test_a_lost_ring_is_made_up_for_by_the_sweep(redis_url: str, ports: FakePorts) -> None:
    shop = await a_shop(ports)
    lost = await a_webhook(shop, SilentDoorbell())
    runner = a_runner(ports)
    async with working(runner), listening(redis_url, runner):
        assert await is_read(lost, 5)


async def test_the_work_goes_on_while_redis_is_away(own_redis: RunningRedis, ports: FakePorts) -> None:
    shop = await a_shop(ports)
    await own_redis.stop()
    runner = a_runner(ports)
    async with RedisBell(own_redis.url) as bell, working(runner), listening(own_redis.url, runner):
        assert await is_read(await a_webhook(shop, bell), 10)


async def test_a_worker_hears_rings_again_after_redis_has_been_restarted(
    own_redis: RunningRedis, ports: FakePorts
) -> None:
    shop = await a_shop(ports)
    runner = a_runner(ports, NeverSweeps())
    async with RedisBell(own_redis.url) as bell, working(runner), listening(own_redis.url, runner):
        assert await is_read(await a_webhook(shop, bell), 5)
        await own_redis.stop()
        await own_redis.start()
        assert await is_read(await a_webhook(shop, bell), 15)


async def test_a_redis_that_evicts_is_refused_with_the_way_to_mend_it(own_redis: RunningRedis) -> None:
    async with Redis.from_url(own_redis.url) as redis:
        await redis.config_set("maxmemory-policy", "allkeys-lru")
    with pytest.raises(RedisEvicts, match=r"allkeys-lru.*CONFIG SET maxmemory-policy noeviction"):
        await refuse_eviction(own_redis.url)


async def test_sigterm_ends_a_worker_process_cleanly(
    redis_url: str, ports: FakePorts, database: str, tmp_path: Path
) -> None:
    shop = await a_shop(ports)
    environment = {
        "PATH": os.environ["PATH"], "COMEBACK_DATA": str(tmp_path), "DATABASE_URL": database, "REDIS_URL": redis_url,
        "COMEBACK_SECRET_KEY": ports.vault.secrets[0],
    }  # fmt: skip
    worker = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "handlers.cli", "work", env=environment, cwd=ROOT,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    async with RedisBell(redis_url) as bell:
        read = await is_read(await a_webhook(shop, bell), 20)
    worker.send_signal(signal.SIGTERM)
    said, _ = await asyncio.wait_for(worker.communicate(), 20)
    assert read, said.decode()
    assert worker.returncode == 0, said.decode()
