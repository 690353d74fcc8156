"""Back-up and restore by the command: what was paid after the back-up is not paid again."""

from __future__ import annotations

import asyncio
import signal

from plugin.backup import programs
from plugin.payments.sandbox.faults import FaultKind
from plugin.storefronts.demo.store import Behaviour
from tests.operate.installation import Installation, Process, Stall

SCARF = {"lines": [{"line_id": "scarf", "quantity": 1}]}


async def stop(process: Process) -> None:
    process.signal(signal.SIGTERM)
    assert await process.ended() == 0, process.said


async def test_a_restored_old_back_up_pays_nothing_twice(installation: Installation, stall: Stall) -> None:
    web = await installation.serve()
    half_way, forgotten = await stall.place(), await stall.place()
    stall.store.behaviour = Behaviour.PENDING
    waiting = await stall.cancel(half_way)
    await stall.until_state(waiting["id"], "awaiting_store")
    file = installation.data / "old.dump"
    assert (await installation.run("backup", str(file))).status == 0
    assert file.stat().st_mode & 0o777 == 0o600

    stall.store.settle_pending()
    await stall.send(half_way)
    stall.store.behaviour = Behaviour.AGREE
    scarf = await stall.cancel(forgotten, **SCARF)
    newest = await stall.place()
    whole = await stall.cancel(newest)
    for case in (waiting, scarf, whole):
        await stall.until_state(case["id"], "done")
    paid = [await stall.refunded(order) for order in (half_way, forgotten, newest)]
    assert [len(each) for each in paid] == [1, 1, 1]

    running = await installation.run("restore", str(file), "--replace")
    assert "still running" in running.err
    await stop(web)
    not_empty = await installation.run("restore", str(file))
    assert "--replace" in not_empty.err
    await stall.stripe.break_next(FaultKind.ANSWER_429, "GET /v1/refunds", times=None)
    unread = await installation.run("restore", str(file), "--replace")
    assert unread.status == 1
    assert "did not list its refunds" in unread.out
    refused = await installation.start("serve")
    assert await refused.ended() == 1
    assert "comeback reconcile" in refused.said
    swept = await installation.run("sweep")
    assert "comeback reconcile" in swept.err

    await stall.stripe.mend()
    told = await installation.run("reconcile")
    assert told.status == 0, told.err
    assert f"the next ask about order {forgotten.number} goes to a person" in told.out
    assert "for an order that is not here" in told.out
    web = await installation.serve()
    await stall.send(half_way)
    await stall.until_state(waiting["id"], "done")
    again = await stall.cancel(forgotten, **SCARF)
    assert again["state"] == "in_review"
    await stall.send(newest)
    assert (await stall.preview(newest))["outcome"] != "approve"
    await stop(web)
    assert [await stall.refunded(order) for order in (half_way, forgotten, newest)] == paid
    assert (await installation.run("audit", "verify")).status == 0


async def test_a_file_that_is_not_whole_changes_nothing_and_a_lost_key_is_said(
    installation: Installation, stall: Stall
) -> None:
    file = installation.data / "new.dump"
    await installation.run("backup", str(file))
    broken = installation.data / "broken.dump"
    broken.write_bytes(file.read_bytes()[: file.stat().st_size * 2 // 3])
    refused = await installation.run("restore", str(broken), "--replace")
    assert refused.status == 1
    assert refused.err.startswith("Nothing was changed: ")
    assert [row["id"] for row in await installation.rows("SELECT id FROM shops")] == [stall.shop_id]
    other = await installation.run("restore", str(file), "--replace", COMEBACK_SECRET_KEY="another key " * 5)
    assert other.status == 1
    assert "COMEBACK_SECRET_KEY does not hold" in other.err
    assert (await installation.run("reconcile")).status == 0


async def test_a_database_that_was_restored_by_other_means_is_found_out(
    installation: Installation, stall: Stall
) -> None:
    """With PostgreSQL's own programs, past our command: the processes do not start before the comparison either."""
    file = installation.data / "own.dump"
    await installation.run("backup", str(file))
    (where,) = await installation.rows("SELECT current_setting('unix_socket_directories') AS directory")
    await installation.rows("CREATE DATABASE elsewhere")
    done = await asyncio.create_subprocess_exec(
        programs() / "pg_restore", "--no-owner", "--dbname=elsewhere", f"--host={where['directory']}",
        "--username=postgres", str(file),
    )  # fmt: skip
    assert await done.wait() == 0
    elsewhere = f"postgresql://postgres:@/elsewhere?host={where['directory']}"
    refused = await installation.run("serve", DATABASE_URL=elsewhere)
    assert refused.status == 1
    assert "comeback reconcile" in refused.err
    assert (await installation.run("reconcile", DATABASE_URL=elsewhere)).status == 0
    swept = await installation.run("sweep", DATABASE_URL=elsewhere)
    assert swept.status == 0
