"""The watch itself: a test of many at once proves nothing if a deadlock would go unseen."""

from __future__ import annotations

import asyncio

import pytest
from tortoise.transactions import in_transaction

from plugin.db import rows
from tests.concurrency.crowd import deadlocks


async def test_a_deadlock_is_counted_at_once(database: str) -> None:
    before = await deadlocks()
    await rows("INSERT INTO rate_counts (key, \"window\", n) VALUES ('a', now(), 0), ('b', now(), 0)")
    both = asyncio.Barrier(2)

    async def count(first: str, then: str) -> None:
        async with in_transaction() as connection:
            await connection.execute_query("UPDATE rate_counts SET n = n + 1 WHERE key = $1", [first])
            await both.wait()
            await connection.execute_query("UPDATE rate_counts SET n = n + 1 WHERE key = $1", [then])

    with pytest.raises(Exception, match="deadlock"):
        await asyncio.gather(count("a", "b"), count("b", "a"))
    assert await deadlocks() == before + 1
