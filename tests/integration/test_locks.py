"""How long a process that stands still can hold up the others."""

from __future__ import annotations

from datetime import timedelta

import asyncpg
import pytest

from plugin.db import is_away, rows
from tests.fixtures_database import connect_plainly


async def test_who_waits_for_a_lock_gives_up_before_who_stands_still_loses_it(database: str) -> None:
    """Fault run, seed 6, worker_buried (redis): the transactions of one frozen process got an order's lock one after
    the other, and each kept it for ten seconds."""
    limits = await rows(
        "SELECT current_setting('lock_timeout')::interval AS waits, "
        "current_setting('idle_in_transaction_session_timeout')::interval AS stands, "
        "current_setting('transaction_timeout')::interval AS lasts"
    )
    assert timedelta(0) < limits[0]["waits"] < limits[0]["stands"] < limits[0]["lasts"] < timedelta(minutes=1)


async def test_who_stands_still_between_preparing_and_running_loses_its_locks(database: str) -> None:
    """Fault runs, seeds 1 and 8, worker_buried (redis): frozen there, a session is ``active`` and never ``idle in
    transaction``, so that only its transaction's own time ends it."""
    frozen, waiting = await connect_plainly(database), await connect_plainly(database)
    try:
        await frozen.execute("SET idle_in_transaction_session_timeout = '100ms'; SET transaction_timeout = '200ms'")
        await frozen.execute("BEGIN; SELECT pg_advisory_xact_lock(7)")
        await frozen.prepare("SELECT 'and then nothing'")
        await waiting.execute("SET lock_timeout = '8s'; SELECT pg_advisory_lock(7)")
    finally:
        frozen.terminate()
        await waiting.close()


async def test_whose_transaction_was_ended_learns_of_it_as_of_a_database_that_is_away(database: str) -> None:
    frozen = await connect_plainly(database)
    try:
        await frozen.execute("SET transaction_timeout = '100ms'")
        with pytest.raises(asyncpg.PostgresConnectionError) as learned:
            await frozen.execute("SELECT pg_sleep(60)")
        assert is_away(learned.value)
    finally:
        frozen.terminate()
