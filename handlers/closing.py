"""How a process ends: it says so first, ends its streams, finishes what it has begun, and never takes long.

The first signal begins it; a second one finishes nothing more. Whatever is cut off then was not answered, or is work
whose lease is given back at once.
"""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

FINISH_WITHIN = 8.0  # seconds for requests under way, and again for work under way: with the rest it is below twenty


class Closing:
    """``begun`` is set by the first signal, ``hurried`` by the second."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.hurried = asyncio.Event()

    def listen(self) -> None:
        """Take SIGTERM and SIGINT for it from now on."""
        for each in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(each, self._signalled)

    def follow(self, pipe: int) -> None:
        """Take them from a parent instead: each byte in ``pipe`` is a signal, and so is its end. Signals that are sent
        to all processes at once count once so, and a parent that is killed leaves nobody behind."""
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, signal.SIG_IGN)
        asyncio.get_running_loop().add_reader(pipe, self._heard, pipe)

    def _heard(self, pipe: int) -> None:
        told = os.read(pipe, 16)
        if not told:
            asyncio.get_running_loop().remove_reader(pipe)
            self.begun.set()
        for _ in told:
            self._signalled()

    def _signalled(self) -> None:
        (self.hurried if self.begun.is_set() else self.begun).set()

    async def begins_within(self, seconds: float) -> bool:
        """Wait for the beginning, so long at most."""
        return await _is_set_within(self.begun, seconds)

    async def is_hurried_within(self, seconds: float) -> bool:
        """Wait for the second signal, so long at most."""
        return await _is_set_within(self.hurried, seconds)

    async def why_not_ready(self) -> str | None:
        """The readiness check: whoever sends requests shall send them elsewhere."""
        return "it is stopping" if self.begun.is_set() else None


async def _is_set_within(event: asyncio.Event, seconds: float) -> bool:
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
    return event.is_set()


class UnderWay:
    """Wraps an application and knows when none of its requests is under way.

    granian ends the application's lifespan as soon as it is stopped, also below requests that still run.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._count = 0
        self._none = asyncio.Event()
        self._none.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        self._count += 1
        self._none.clear()
        try:
            await self._app(scope, receive, send)
        finally:
            self._count -= 1
            if not self._count:
                self._none.set()

    async def none(self) -> None:
        """Until no request is under way."""
        await self._none.wait()
