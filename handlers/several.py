"""Several web processes under one port: a parent that serves nothing, and children that end as one process does.

The kernel shares the callers out among them: granian listens with SO_REUSEPORT. A child hears from its parent alone, by
a pipe; see ``Closing.follow``.
"""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import suppress
from typing import Any

import uvloop

from handlers.closing import Closing
from handlers.logs import configure_logs
from handlers.serving import serve_alone
from handlers.web import build_app
from plugin.settings import Settings, load_settings

_PARENT = 0  # a child's standard input
_SIGNAL = b"."


async def serve_several(settings: Settings, count: int, closing: Closing) -> int:
    """Serve with so many processes until ``closing`` begins, and until all have drained; the exit status.

    A child that ends by itself ends the others: whoever runs the service starts it anew, which is seen, while a child
    that is replaced in silence every second is not.
    """
    environment = {**os.environ, "HOST": settings.host, "PORT": str(settings.port)}
    children = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-m", "handlers.several", env=environment, stdin=asyncio.subprocess.PIPE
        )
        for _ in range(count)
    ]
    ended = [asyncio.create_task(child.wait()) for child in children]
    begun, hurried = asyncio.create_task(closing.begun.wait()), asyncio.create_task(closing.hurried.wait())
    anything: set[asyncio.Future[Any]] = {begun, *ended}
    await asyncio.wait(anything, return_when=asyncio.FIRST_COMPLETED)
    is_asked = closing.begun.is_set()
    _signal(children)
    everyone = asyncio.ensure_future(asyncio.gather(*ended))
    either: set[asyncio.Future[Any]] = {hurried, everyone}
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    if closing.hurried.is_set():
        _signal(children)
    statuses = await everyone
    begun.cancel()
    hurried.cancel()
    return 0 if is_asked and not any(statuses) else 1


def _signal(children: list[asyncio.subprocess.Process]) -> None:
    for child in children:
        if child.stdin is not None and child.returncode is None:
            with suppress(OSError):  # it has ended just now
                child.stdin.write(_SIGNAL)


async def _serve_one() -> None:
    settings = load_settings()
    configure_logs(settings.log_level)
    closing = Closing()
    closing.follow(_PARENT)
    await serve_alone(settings, build_app(settings, closing=closing), closing)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve_one())
