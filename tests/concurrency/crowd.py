"""What a crowd needs: orders of different customers, a gate at an order's row, and what the database saw."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from uuid import uuid4

import asyncpg
from msgspec.structs import replace
from tortoise.transactions import in_transaction

from plugin import db
from plugin.db import rows
from plugin.storefronts.demo.samples import build_sample
from plugin.storefronts.standard.wire import OrderBody
from tests.world import World

ROUNDS = int(os.environ.get("ROUNDS", "1"))
TABS = 50
POOL = 12


async def an_order(world: World, sample: str = "fashion", *, email: str | None = None) -> OrderBody:
    """An order of a customer who has no other: cases of earlier rounds change no decision."""
    customer = build_sample(sample, id="any", at=datetime.now(UTC), payment_intent="pi_any").customer
    return await world.place(sample, customer=replace(customer, email=email or f"{uuid4().hex}@example.com"))


async def deadlocks() -> int:
    """How many deadlocks this database has broken up. Every pooled connection hands in what it has counted first."""
    everybody = asyncio.Barrier(POOL)

    async def hand_in() -> None:
        async with in_transaction() as connection:
            await connection.execute_query("SELECT pg_stat_force_next_flush()")
            await everybody.wait()

    await asyncio.gather(*(hand_in() for _ in range(POOL)))
    found = await rows("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    count: int = found[0]["deadlocks"]
    return count


class Gate:
    """A lock that the test holds, and those who wait for it."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def until_waiting(self, world: World, at_least: int) -> None:
        """Until so many transactions stand at a lock; fails if they do not: then nothing held them together."""

        async def stand_there() -> bool:
            count: int = await self._connection.fetchval(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                "AND wait_event_type = 'Lock' AND application_name = 'comeback'"
            )
            return count >= at_least

        await world.until(stand_there)


@asynccontextmanager
async def hold(url: str, lock: str, name: str) -> AsyncIterator[Gate]:
    """Whoever wants the row that ``lock`` takes waits until the block ends; then they go on, in the order of coming.

    A connection of its own: what the test starts inside the block must not run in the test's transaction.
    """
    credentials = db.tortoise_config(url)["connections"]["default"]["credentials"]
    connection = await asyncpg.connect(
        **{name: credentials[name] for name in ("host", "port", "user", "password", "database")}
    )
    try:
        async with connection.transaction():
            await connection.execute(lock, name)
            yield Gate(connection)
    finally:
        await connection.close()


def hold_order(url: str, order_id: str) -> AbstractAsyncContextManager[Gate]:
    """Hold everybody who wants this order."""
    return hold(url, "SELECT 1 FROM orders WHERE id = $1 FOR UPDATE", order_id)
