"""From nothing to ready on embedded defaults, and what the web process then holds in memory."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.processes import WEB, environment, running

LONGEST = 2.0
MOST_MEMORY = 150.0


async def start() -> list[Figure]:
    """The first start makes the database and its schema; the second finds both."""
    with tempfile.TemporaryDirectory(prefix="comeback-bench-", ignore_cleanup_errors=True) as folder:
        data = Path(folder)
        seconds, memory = [], 0.0
        for _ in range(3):
            async with running(WEB, environment(data), log=data / "web.log") as web:
                seconds.append(web.ready_after)
                memory = web.megabytes
    again = min(seconds[1:])
    return [
        Figure(
            "start to ready, embedded",
            f"{again:.1f} s ({seconds[0]:.1f} s the very first time, with a new database)",
            f"< {LONGEST:.0f} s",
            again < LONGEST,
        ),
        Figure(
            "resident memory of the web process", f"{memory:.0f} MB", f"< {MOST_MEMORY:.0f} MB", memory < MOST_MEMORY
        ),
    ]
