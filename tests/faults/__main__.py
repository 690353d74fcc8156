"""``python -m tests.faults``: play seeds at every point and with every nemesis, keep the results, print the table."""

from __future__ import annotations

import argparse
import asyncio
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from tests.faults.crew import Crew
from tests.faults.errands import MASS, REAL_EVERY, REAL_LEASE, SHORT_LEASE, Errand, lease_of, modes_of, round_of
from tests.faults.nursery import ROOT
from tests.faults.results import Result, keep, kept, still_to_do, strikes_too_little
from tests.faults.table import page, table
from tests.faults.town import Mode

RESULTS = ROOT / ".data" / "faults" / "results.jsonl"
PAGE = ROOT / "docs" / "faults.md"


def _options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1, help="how many seeds for each point")
    parser.add_argument("--first", type=int, default=1, help="the first seed: with --seeds 1, replay this one")
    parser.add_argument("--nemeses-every", type=int, default=1, metavar="N", help="nemeses with every Nth seed only")
    parser.add_argument("--only", action="append", default=[], help="only points and nemeses whose name holds this")
    parser.add_argument("--exactly", help="only this, by its whole name: how a violation is replayed")
    parser.add_argument("--mass", type=int, metavar="N", help="also N refunds whose first answer is dropped, per mode")
    parser.add_argument("--modes", nargs="+", type=Mode, default=[], help="embedded, redis; default: by the seed")
    parser.add_argument(
        "--lease", type=int, help="seconds that work is lent for; "
        f"default: by the seed, {REAL_LEASE} as in service for one in {REAL_EVERY}, else {SHORT_LEASE}",
    )  # fmt: skip
    parser.add_argument("--jobs", type=int, default=1, help="how many towns side by side")
    parser.add_argument("--minutes", type=float, default=math.inf, help="play no longer than this; then --resume")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where results are appended, a line each")
    parser.add_argument("--resume", action="store_true", help="leave out what has a result of this revision")
    parser.add_argument("--report", action="store_true", help="play nothing: write docs/faults.md from the results")
    parser.add_argument("--page", type=Path, default=PAGE, help="where --report writes")
    parser.add_argument("--verbose", action="store_true", help="print every run's timeline")
    parser.add_argument("--logs", action="store_true", help="print the processes' logs in the end")
    return parser.parse_args(arguments)


def _errands(options: argparse.Namespace) -> list[Errand]:
    seeds = range(options.first, options.first + options.seeds)
    if options.exactly:
        return [
            Errand(seed=seed, mode=mode, lease=lease_of(seed, options.lease), name=options.exactly)
            for seed in seeds
            for mode in modes_of(seed, options.modes)
        ]
    mass = [
        Errand(seed=options.first, mode=mode, lease=options.lease or REAL_LEASE, name=f"{options.mass}{MASS}")
        for mode in (options.modes or Mode if options.mass else ())
    ]
    return mass + round_of(
        seeds, modes=options.modes, lease=options.lease, nemeses_every=options.nemeses_every, only=options.only
    )


def _revision() -> str:
    """The commit that is played, with a mark where the code differs from it."""
    commit = _git("rev-parse", "--short=9", "HEAD")
    differs = _git("status", "--porcelain", "--", "plugin", "handlers", "migrations", "templates", "tests")
    return f"{commit or 'unknown'}{'-changed' if differs else ''}"


def _git(*arguments: str) -> str:
    told = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return told.stdout.strip()


class _Round:
    """Tells how far a round has come, and keeps what it brings."""

    def __init__(self, options: argparse.Namespace, count: int) -> None:
        self.results: list[Result] = []
        self._options = options
        self._count = count
        self._revision = _revision()
        self._began = time.monotonic()

    def take(self, result: Result) -> None:
        result = replace(result, revision=self._revision)
        self.results.append(result)
        keep(self._options.results, result)
        errand = result.errand
        took = "-" if result.recovery is None else f"{result.recovery:.1f} s"
        lines = [
            f"{len(self.results)}/{self._count} {self._left()} {errand.mode}, lease {errand.lease} s, "
            f"seed {errand.seed}, {errand.name}: {took}"
        ]
        lines += [f"  BROKEN {sentence}" for sentence in result.broken]
        lines += [f"  did not strike: {name}" for name in result.missed]
        if result.broken or self._options.verbose:
            lines.append(result.timeline)
        if result.broken:
            lines.append(f"  again: {errand.replay}")
        sys.stderr.write("\n".join(lines) + "\n")
        sys.stderr.flush()

    def _left(self) -> str:
        done = len(self.results)
        seconds = (time.monotonic() - self._began) / done * max(0, self._count - done)
        return f"[{seconds / 60:.0f} min left]"


async def _play(options: argparse.Namespace, errands: Sequence[Errand], told: _Round, logs: Path | None) -> None:
    crew = Crew(options.jobs, told.take, logs)
    playing = asyncio.ensure_future(crew.play(errands))
    for which in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(which, playing.cancel)
    try:
        async with asyncio.timeout(None if math.isinf(options.minutes) else 60 * options.minutes):
            await playing
    except (TimeoutError, asyncio.CancelledError):
        sys.stderr.write("Cut off; --resume plays the rest.\n")


def _report(options: argparse.Namespace) -> int:
    """Write the page about the newest revision that has results."""
    results = kept(options.results)
    if not results:
        sys.stderr.write(f"There are no results in {options.results}.\n")
        return 1
    newest = max(results, key=lambda result: result.at)
    of_it = [result for result in results if result.revision == newest.revision]
    seeds = sorted({result.errand.seed for result in of_it})
    leases = ", ".join(f"{lease} s" for lease in sorted({result.errand.lease for result in of_it}))
    told = (
        f"Written by `python -m tests.faults --report` on {newest.at:%Y-%m-%d} for revision `{newest.revision}`: "
        f"{len(of_it)} runs, seeds {seeds[0]} to {seeds[-1]}, leases of {leases}, on {os.cpu_count()} cores. "
        "A run that did not strike proves nothing and is no pass. Recovery counts from the last strike, or from the "
        "healing, until all is final; over 60 s, or not final in 120 s, is a violation."
    )
    options.page.write_text(page(of_it, told))
    sys.stdout.write(table(of_it) + "\n")
    return _status(of_it)


def _status(results: Sequence[Result]) -> int:
    if too_little := strikes_too_little(results):
        sys.stderr.write(f"{too_little}\n")
    return 1 if too_little or any(result.broken for result in results) else 0


def main() -> int:
    options = _options()
    if options.report:
        return _report(options)
    errands = _errands(options)
    if not errands:
        sys.stderr.write("Nothing has that name: nothing was played.\n")
        return 1
    if options.resume:
        errands = still_to_do(errands, kept(options.results), _revision())
    logs = options.results.parent / "logs" if options.logs else None
    told = _Round(options, len(errands))
    asyncio.run(_play(options, errands, told, logs))
    if logs is not None:
        for log in sorted(logs.glob("*.log")):
            sys.stderr.write(f"{log.name}\n{log.read_text()[-6000:]}\n")
    sys.stdout.write(table(told.results) + "\n")
    is_cut_off = not {result.errand for result in told.results}.issuperset(errands)
    return _status(told.results) or int(is_cut_off)


if __name__ == "__main__":
    sys.exit(main())
