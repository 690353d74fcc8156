"""Counts what goes to the database: every statement of this process's pool, or those of one block alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar

import asyncpg
from asyncpg.connection import LoggedQuery
from tortoise import Tortoise

from plugin import db

# asyncpg asks once a connection what a type is, and has the compiler of statements rest meanwhile
_DRIVERS_OWN = ("WITH RECURSIVE typeinfo_tree", "SELECT current_setting('jit')", "SELECT set_config('jit'")
_block: ContextVar[Counter[str] | None] = ContextVar("statements of a block", default=None)


class Counting:
    """Counts what goes over every connection of this process's pool; each statement is one round trip."""

    def __init__(self) -> None:
        self.statements: Counter[str] = Counter()

    async def watch(self, connection: asyncpg.Connection) -> None:
        connection.add_query_logger(self._note)

    def _note(self, query: LoggedQuery) -> None:
        statement = " ".join(query.query.split())
        if statement.startswith(_DRIVERS_OWN):
            return
        self.statements[statement] += 1
        mine = _block.get()  # the driver calls back in the context of the task that asked
        if mine is not None:
            mine[statement] += 1

    def take(self) -> Counter[str]:
        taken, self.statements = self.statements, Counter()
        return taken


@contextmanager
def of_this_block() -> Iterator[Counter[str]]:
    """The statements of this block and of the tasks that it starts, whatever else goes on beside it.

    The last one is in it after the next turn of the loop.
    """
    mine: Counter[str] = Counter()
    token = _block.set(mine)
    try:
        yield mine
    finally:
        _block.reset(token)


@asynccontextmanager
async def counted(database: str) -> AsyncIterator[Counting]:
    """Connect anew to the database, counting; afterwards connect as it was, but with a pool of ordinary size."""
    counting = Counting()
    await db.disconnect()
    config = db.tortoise_config(database)
    config["connections"]["default"]["credentials"]["init"] = counting.watch
    await Tortoise.init(config=config, _enable_global_fallback=True)
    try:
        yield counting
    finally:
        await db.disconnect()
        await db.connect(database)
