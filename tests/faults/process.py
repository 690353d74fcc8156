"""The `comeback` command as a fault run starts it: the same code, with a watcher at the points of SECURITY.md.

``COMEBACK_FAULT_FILE`` names a file that holds at most one order: which point, the how-manieth passing, which signal.
Whoever passes the point that often takes the file away, so that one order strikes once, and sends itself the signal.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import msgspec
from msgspec import Struct

from handlers.cli import main
from plugin.core.points import watch


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


if __name__ == "__main__":
    if os.environ.get("COMEBACK_ENV") == "production":
        sys.exit("A fault run kills its own processes: it is not for production.")
    watch(Striker(Path(os.environ["COMEBACK_FAULT_FILE"])))
    main()
