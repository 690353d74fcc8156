from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from plugin import db
from plugin.payments.sandbox.server import RunningSandbox
from tests.strangers.town import Town, a_town


@pytest.fixture(scope="module")
async def empty(connected: str) -> str:
    """An empty, connected database for a whole module."""
    tables = await db.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename !~ '^tortoise'")
    names = ", ".join(f'"{row["tablename"]}"' for row in tables)
    await db.rows(f"TRUNCATE {names} RESTART IDENTITY CASCADE")
    return connected


@pytest.fixture(scope="module")
async def town(empty: str, sandbox: RunningSandbox, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    """One town for a module: strangers change nothing in it, which the tests hold them to."""
    async with a_town(tmp_path_factory.mktemp("town"), sandbox.url) as started:
        yield started
