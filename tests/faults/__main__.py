"""``python -m tests.faults``: play seeds at every point and with every nemesis, and print the table."""

from __future__ import annotations

import argparse
import asyncio
import logging
import math
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.faults.nemeses import NEEDS_REDIS, NEMESES
from tests.faults.plan import POINTS, Plan, make_plan
from tests.faults.run import Outcome, play
from tests.faults.table import table
from tests.faults.town import Mode, a_town

MIXED = "mixed"


def _mixed(seed: int, mode: Mode, names: Sequence[str]) -> Plan:
    """A point, and two nemeses that do not strike at the same server."""
    dice = random.Random(f"mixed:{seed}")
    first = dice.choice(names)
    second = dice.choice([name for name in names if name.partition("_")[0] != first.partition("_")[0]])
    return make_plan(seed, mode, strike=dice.choice(POINTS), nemeses=(first, second))


def _plans(options: argparse.Namespace, mode: Mode) -> list[Plan]:
    plans = []
    for seed in range(options.first, options.first + options.seeds):
        for point in POINTS:
            if not options.only or any(only in point for only in options.only):
                plans.append(make_plan(seed, mode, strike=point))
        names = [name for name in NEMESES if mode is Mode.REDIS or name not in NEEDS_REDIS]
        for name in names:
            if not options.only or any(only in name for only in options.only):
                plans.append(make_plan(seed, mode, nemeses=(name,)))
        if not options.only or MIXED in options.only:
            plans.append(_mixed(seed, mode, names))
    return plans


async def _play(options: argparse.Namespace) -> list[Outcome]:
    outcomes = []
    for mode in options.modes:
        with tempfile.TemporaryDirectory(prefix="comeback-faults-") as folder:
            data = a_folder_for_postgres(folder)
            async with a_town(mode, data, lease=options.lease) as town:
                until = time.monotonic() + 60 * options.minutes / len(options.modes)
                for plan in _plans(options, mode):
                    if time.monotonic() > until:
                        break
                    outcome = await play(town, plan)
                    outcomes.append(outcome)
                    _tell(outcome, is_verbose=options.verbose)
                if options.logs:
                    _tell_logs(data)
    return outcomes


def a_folder_for_postgres(folder: str) -> Path:
    """A folder that also PostgreSQL's own user may enter."""
    Path(folder).chmod(0o755)
    data = Path(folder) / "town"
    data.mkdir()
    return data


def _tell(outcome: Outcome, *, is_verbose: bool) -> None:
    plan = outcome.plan
    took = "-" if outcome.recovery is None else f"{outcome.recovery:.1f} s"
    lines = [f"{plan.mode}, seed {plan.seed}, {plan.name} (passing {plan.nth}): {took}"]
    lines += [f"  BROKEN {sentence}" for sentence in outcome.broken]
    if not outcome.struck:
        lines.append("  it was never struck")
    if outcome.broken or is_verbose:
        lines.append(outcome.timeline.told())
    sys.stderr.write("\n".join(lines) + "\n")
    sys.stderr.flush()


def _tell_logs(data: Path) -> None:
    for log in sorted(data.glob("*.log")):
        sys.stderr.write(f"{log.name}\n{log.read_text()[-6000:]}\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1, help="how many seeds for each point and nemesis")
    parser.add_argument("--first", type=int, default=1, help="the first seed: with --seeds 1, replay this one")
    parser.add_argument("--only", action="append", default=[], help="only points and nemeses whose name holds this")
    parser.add_argument("--modes", nargs="+", type=Mode, default=list(Mode), help="embedded, redis")
    parser.add_argument("--minutes", type=float, default=math.inf, help="begin no run later than this")
    parser.add_argument("--lease", type=int, default=5, help="seconds that work is lent for (30 in service)")
    parser.add_argument("--verbose", action="store_true", help="print every run's timeline")
    parser.add_argument("--logs", action="store_true", help="print the processes' logs in the end")
    return parser.parse_args()


def main() -> int:
    logging.getLogger("asyncpg").setLevel(logging.CRITICAL)  # our own pool complains when PostgreSQL is stopped
    outcomes = asyncio.run(_play(_options()))
    sys.stdout.write(table(outcomes) + "\n")
    return 1 if any(outcome.broken for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
