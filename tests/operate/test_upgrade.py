"""Two versions at once on one database: this one, and a made-up next one with a new table, a new kind of work."""

from __future__ import annotations

import asyncio
import shutil
import signal
from pathlib import Path

import pytest

from tests.fixtures_command import ROOT
from tests.operate.installation import Installation, Stall, free_port

_MIGRATION = """
from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "{before}")]

    operations = [ops.RunSQL("{sql}", reverse_sql="SELECT 1")]
"""
_NEW_WORK = """

async def _wrap_gift(ports: Ports, claim: Claim) -> None:
    from plugin.db import transaction
    from plugin.outbox.service import complete

    async with transaction(ports.doorbell) as tx:
        await tx.rows("INSERT INTO gifts (ref) VALUES ($1) RETURNING ref", claim.ref)
        await complete(tx, claim)


JOBS["wrap_gift"] = _wrap_gift
"""


def newest_migration() -> str:
    return max(path.stem for path in (ROOT / "migrations").glob("[0-9]*.py"))


@pytest.fixture
def following(folder: Path) -> Path:
    """A checkout of the next version."""
    root = folder / "next"
    for name in ("handlers", "plugin", "templates", "migrations"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    sql = "ALTER TABLE orders ADD COLUMN gift text; CREATE TABLE gifts (ref text PRIMARY KEY)"
    migration = root / "migrations" / "9001_expand_gifts.py"
    migration.write_text(_MIGRATION.format(before=newest_migration(), sql=sql))
    jobs = root / "handlers" / "jobs.py"
    jobs.write_text(jobs.read_text() + _NEW_WORK)
    return root


async def test_two_versions_share_a_database_and_lose_nothing(
    installation: Installation, stall: Stall, following: Path
) -> None:
    this = await installation.serve()
    before = await stall.place()
    migrated = await installation.run("migrate", root=following)
    assert "9001_expand_gifts" in migrated.out
    during = await stall.place()
    await installation.rows(
        "INSERT INTO work (id, shop_id, kind, ref, state, not_before, attempts, fence, created_at) "
        "SELECT 'work_gift', id, 'wrap_gift', 'for you', 'ready', now(), 0, 0, now() FROM shops"
    )
    first = await stall.cancel(before)
    await stall.until_state(first["id"], "done")
    (left,) = await installation.rows("SELECT state, attempts FROM work WHERE id = 'work_gift'")
    assert (left["state"], left["attempts"]) == ("ready", 0)

    newer = await installation.serve(root=following, PORT=str(free_port()))
    await installation.until(lambda: installation.rows("SELECT 1 FROM gifts"))
    orders = [during, *[await stall.place() for _ in range(4)]]
    cases = await asyncio.gather(*(stall.cancel(order) for order in orders))
    for case in cases:
        await stall.until_state(case["id"], "done")
    this.signal(signal.SIGTERM)
    newer.signal(signal.SIGTERM)
    assert (await this.ended(), await newer.ended()) == (0, 0), this.said + newer.said
    for order in (before, *orders):
        assert await stall.refunded(order) == [order.total]

    back = await installation.serve()
    last = await stall.place()
    again = await stall.cancel(last)
    await stall.until_state(again["id"], "done")
    assert (await installation.run("migrate")).out == "✓ The database is up to date.\n"
    back.signal(signal.SIGTERM)
    await back.ended()


async def test_an_older_schema_and_one_that_was_cut_down_are_refused_in_a_sentence(
    installation: Installation, following: Path
) -> None:
    too_old = await installation.run("serve", "--no-migrate", root=following)
    assert too_old.status == 1
    assert "The database has not had 9001_expand_gifts. Run: comeback migrate" in too_old.err
    contract = following / "migrations" / "9002_contract_gifts.py"
    contract.write_text(_MIGRATION.format(before="9001_expand_gifts", sql="ALTER TABLE orders DROP COLUMN gift"))
    assert (await installation.run("migrate", root=following)).status == 0
    too_new = await installation.run("serve")
    assert too_new.status == 1
    assert "A newer version has taken away what this one needs (9002_contract_gifts)" in too_new.err
