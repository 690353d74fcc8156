"""Applications that small worlds lend to each other: to register its routes takes one the better part of a second.

What it is started on is read from its state at each start; for settings that its routes know another one is built.
"""

from __future__ import annotations

import socket
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from litestar import Litestar

from handlers.serving import serve_app
from handlers.web import build_app
from plugin.ports.runtime import Clock
from plugin.settings import Settings

_free: dict[Settings, list[Litestar]] = defaultdict(list)


@asynccontextmanager
async def served(settings: Settings, clock: Clock | None, listener: socket.socket) -> AsyncIterator[Litestar]:
    """An application that nobody else has, served on ``listener``; the database is connected already.

    One whose block fails is not lent again.
    """
    shelf = _free[settings.model_copy(update={"data": Path(), "redis_url": None, "smtp_url": None})]
    app = shelf.pop() if shelf else build_app(settings, connected=True)
    app.state.settings, app.state.clock = settings, clock
    async with serve_app(app, listener):
        yield app
    if not app.state.closing.begun.is_set():
        shelf.append(app)
