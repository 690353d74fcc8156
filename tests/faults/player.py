"""One town, played in by a process of its own: an errand comes in as a line, its result goes out as a line."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import shutil
import signal
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import msgspec

from tests.faults.check import later_broken
from tests.faults.errands import Errand, mass_of
from tests.faults.mass import play_mass
from tests.faults.results import EARLIER_SHOPS, Result
from tests.faults.run import play
from tests.faults.town import Mode, Town, a_town


async def _play_all(mode: Mode, lease: int, logs: Path | None) -> None:
    with tempfile.TemporaryDirectory(prefix="comeback-faults-", ignore_cleanup_errors=True) as folder:
        data = a_folder_for_postgres(folder)
        try:
            async with a_town(mode, data, lease=lease) as town:
                last = await _play_lines(town)
                if last is not None and (broken := await later_broken(town)):
                    _say(Result(errand=last, line=EARLIER_SHOPS, broken=broken))
        finally:
            if logs is not None:
                _keep_logs(data, logs)


def _keep_logs(data: Path, logs: Path) -> None:
    logs.mkdir(parents=True, exist_ok=True)
    for log in data.glob("*.log"):
        shutil.copy(log, logs)


async def _play_lines(town: Town) -> Errand | None:
    """Play what comes in until there is no more; the last errand."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    last = None
    while line := await reader.readline():
        last = msgspec.json.decode(line, type=Errand)
        _say(await _play(town, last))
    return last


async def _play(town: Town, errand: Errand) -> Result:
    began = time.monotonic()
    count = mass_of(errand)
    if count is not None:
        outcome, line = await play_mass(town, count), errand.name
    else:
        plan = errand.plan
        outcome, line = await play(town, plan), plan.line
    return Result(
        errand=errand, line=line, broken=outcome.broken, missed=outcome.missed, recovery=outcome.recovery,
        took=time.monotonic() - began, timeline=outcome.timeline.told(),
    )  # fmt: skip


def a_folder_for_postgres(folder: str) -> Path:
    """A folder that also PostgreSQL's own user may enter."""
    Path(folder).chmod(0o755)
    data = Path(folder) / "town"
    data.mkdir()
    return data


def _say(result: Result) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(result) + b"\n")
    sys.stdout.buffer.flush()


async def _until_told(mode: Mode, lease: int, logs: Path | None) -> None:
    """Play, and clear up when somebody ends this process."""
    playing = asyncio.ensure_future(_play_all(mode, lease, logs))
    for which in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(which, playing.cancel)
    with suppress(asyncio.CancelledError):
        await playing


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.player", description=__doc__)
    parser.add_argument("--mode", type=Mode, required=True)
    parser.add_argument("--lease", type=int, required=True)
    parser.add_argument("--logs", type=Path, help="a folder to leave the processes' logs in")
    options = parser.parse_args()
    for name in ("asyncpg", "uvicorn.error"):  # our own pool and Stripe complain of the connections that we cut
        logging.getLogger(name).setLevel(logging.CRITICAL)
    os.setpgrp()  # Ctrl-C is for the crew, which ends us in order
    asyncio.run(_until_told(options.mode, options.lease, options.logs))


if __name__ == "__main__":
    main()
