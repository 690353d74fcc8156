"""Versions that were published before there were drafts are live, or were, since they were published."""

from __future__ import annotations

import asyncio
import sys
import uuid
from datetime import UTC, datetime

from tests.fixtures_command import ROOT
from tests.fixtures_database import at_database, connect_plainly

BEFORE = """
import asyncio, sys
from tortoise.migrations.api import migrate
from plugin.db import tortoise_config
asyncio.run(migrate(config=tortoise_config(sys.argv[1]), target=sys.argv[2], direction="forward"))
"""
AFTER = "import asyncio, sys; from plugin.db import migrate; asyncio.run(migrate(sys.argv[1]))"


async def run(script: str, *arguments: str) -> None:
    """In a process of its own: the ORM has one configuration a process, and the tests' is in use."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", script, *arguments, cwd=ROOT)
    assert await process.wait() == 0


async def test_versions_of_before_keep_their_numbers_and_are_live_since_they_were_published(
    database_server: str,
) -> None:
    name = f"comeback_test_{uuid.uuid4().hex[:12]}"
    server = await connect_plainly(database_server)
    await server.execute(f'CREATE DATABASE "{name}"')
    url = at_database(database_server, name)
    try:
        await run(BEFORE, url, "models.0004_store_links")
        old = await connect_plainly(url)
        await old.execute(
            "INSERT INTO shops (id, name, storefront, publishable_key, secret_key_hash, sealed_webhook_secrets, "
            "sealed_pseudonym_key, settings, paused, created_at) "
            "VALUES ('shop_1', 'Lumen', 'standard', 'pk', 'sk', '', '', '{}', false, now())"
        )
        published = [datetime(2026, 11, day, 9, tzinfo=UTC) for day in (1, 2)]
        for number, (state, at) in enumerate(zip(("archived", "live"), published, strict=True), start=1):
            await old.execute(
                "INSERT INTO policy_versions (id, shop_id, number, hash, document, state, published_by, published_at) "
                "VALUES ($1, 'shop_1', $2, 'h', '{}', $3, 'ana', $4)",
                f"pol_{number}", number, state, at,
            )  # fmt: skip
        await old.close()
        await run(AFTER, url)
        new = await connect_plainly(url)
        found = await new.fetch(
            "SELECT number, state, written_by, written_at, published_by, live_from FROM policy_versions ORDER BY number"
        )
        await new.close()
        assert [tuple(row) for row in found] == [
            (1, "archived", "ana", published[0], "ana", published[0]),
            (2, "live", "ana", published[1], "ana", published[1]),
        ]
    finally:
        await server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        await server.close()
