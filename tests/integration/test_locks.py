"""How long a process that stands still can hold up the others."""

from __future__ import annotations

from datetime import timedelta

from plugin.db import rows


async def test_who_waits_for_a_lock_gives_up_before_who_stands_still_loses_it(database: str) -> None:
    """Fault run, seed 6, worker_buried (redis): the transactions of one frozen process got an order's lock one after
    the other, and each kept it for ten seconds."""
    limits = await rows(
        "SELECT current_setting('lock_timeout')::interval AS waits, "
        "current_setting('idle_in_transaction_session_timeout')::interval AS stands"
    )
    assert timedelta(0) < limits[0]["waits"] < limits[0]["stands"]
