"""What a durable webhook costs at least: a bare Litestar handler with one raw asyncpg INSERT, on the same server.

Its table is ``inbox_events`` without the foreign key and the indexes but for the primary key.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import uvloop
from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server
from litestar import Litestar, Request, Response, get, post
from litestar.datastructures import State

from plugin.core.ids import new_id
from plugin.db import tortoise_config

TABLE = "CREATE TABLE IF NOT EXISTS bare_events (id text PRIMARY KEY, body bytea, received_at timestamptz)"


@asynccontextmanager
async def _pool(app: Litestar) -> AsyncIterator[None]:
    given = tortoise_config(os.environ["DATABASE_URL"])["connections"]["default"]["credentials"]
    names = ("host", "port", "user", "password", "database")
    async with asyncpg.create_pool(min_size=1, max_size=12, **{name: given[name] for name in names}) as pool:
        await pool.execute(TABLE)
        app.state.pool = pool
        yield


@post("/hook", status_code=202)
async def hook(request: Request[object, object, State], state: State) -> Response[None]:
    body = await request.body()
    await state.pool.execute("INSERT INTO bare_events VALUES ($1, $2, now())", new_id("evt"), body)
    return Response(None, status_code=202)


@get("/health/ready", sync_to_thread=False)
def ready() -> str:
    return "ok"


async def _serve() -> None:
    app = Litestar([hook, ready], lifespan=[_pool], logging_config=None, openapi_config=None)
    server = Server(
        app, address="127.0.0.1", port=int(os.environ["PORT"]), interface=Interfaces.ASGI, log_enabled=False,
        websockets=False, http=HTTPModes.http1,  # as ours: to find out which HTTP is spoken costs, too
    )  # fmt: skip
    await server.serve()


if __name__ == "__main__":
    asyncio.Runner(loop_factory=uvloop.new_event_loop).run(_serve())
