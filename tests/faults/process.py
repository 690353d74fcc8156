"""The `comeback` command as a fault run starts it: the same code, with a watcher at the points of SECURITY.md.

``COMEBACK_FAULT_FILE`` names a file that holds at most one order: which point, the how-manieth passing, which signal.
Whoever passes the point that often takes the file away, so that one order strikes once, and sends itself the signal.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import uvloop
from msgspec import Struct

from handlers.cli.root import app
from handlers.closing import Closing
from handlers.compose import database_address
from handlers.logs import configure_logs
from handlers.serving import serve_alone
from handlers.web import build_app
from handlers.worker import work
from plugin.core.points import watch
from plugin.settings import load_settings


class Order(Struct, frozen=True, kw_only=True):
    """``point`` is its whole name ("after commit"); ``nth`` counts the passings within one process, from 1."""

    id: str
    point: str
    nth: int = 1
    signal: str = "SIGKILL"


class Striker:
    """Reads the order at every point; without one, nothing happens."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._order_id = ""
        self._seen = 0

    def __call__(self, name: str) -> None:
        try:
            order = msgspec.json.decode(self._file.read_bytes(), type=Order)
        except FileNotFoundError:
            return
        if order.point != name:
            return
        if order.id != self._order_id:
            self._order_id, self._seen = order.id, 0
        self._seen += 1
        if self._seen < order.nth:
            return
        try:
            self._file.rename(self._file.with_name(f"struck.{order.id}.{os.getpid()}"))
        except FileNotFoundError:
            return  # another process was quicker
        os.kill(os.getpid(), signal.Signals[order.signal])


def live() -> None:
    """Be ``comeback``, watched. With ``COMEBACK_FAULT_CLOCK`` (seconds) this process's clock is off by so much."""
    if os.environ.get("COMEBACK_ENV") == "production":
        sys.exit("A fault run kills its own processes: it is not for production.")
    watch(Striker(Path(os.environ["COMEBACK_FAULT_FILE"])))
    off_by = float(os.environ.get("COMEBACK_FAULT_CLOCK", "0"))
    if off_by:
        live_in_another_time(sys.argv[1], timedelta(seconds=off_by))
    else:
        app()


@dataclass(frozen=True)
class WrongClock:
    """Off by ``by``, and sure of itself."""

    by: timedelta

    def now(self) -> datetime:
        return datetime.now(UTC) + self.by


def live_in_another_time(command: str, by: timedelta) -> None:
    """``comeback serve`` or ``comeback work``, composed with a clock that is wrong."""
    settings = load_settings()
    configure_logs(settings.log_level)
    clock, closing = WrongClock(by), Closing()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        if command == "serve":
            runner.run(serve_alone(settings, build_app(settings, clock=clock, closing=closing), closing))
        else:
            runner.run(work(settings, database_address(settings), closing, clock=clock))


if __name__ == "__main__":
    live()
