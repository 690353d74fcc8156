"""``python -m tests.faults``: play seeds at every point and with every nemesis, and print the table."""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
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
            Path(folder).chmod(0o755)
            async with a_town(mode, Path(folder) / "town", lease=options.lease) as town:
                for plan in _plans(options, mode):
                    outcome = await play(town, plan)
                    outcomes.append(outcome)
                    took = "-" if outcome.recovery is None else f"{outcome.recovery:.1f} s"
                    print(f"{mode} seed {plan.seed} {plan.name} (passing {plan.nth}): struck={outcome.struck}, {took}",
                          file=sys.stderr, flush=True)  # fmt: skip
                    for sentence in outcome.broken:
                        print(f"  BROKEN {sentence}", file=sys.stderr)
                    if outcome.broken or options.verbose:
                        print(outcome.timeline.told(), file=sys.stderr, flush=True)
                if options.logs:
                    for log in (Path(folder) / "town").glob("*.log"):
                        print(log.name, log.read_text()[-6000:], file=sys.stderr)
    return outcomes


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1, help="how many seeds for each point and nemesis")
    parser.add_argument("--first", type=int, default=1, help="the first seed: with --seeds 1, replay this one")
    parser.add_argument("--only", action="append", default=[], help="only points and nemeses whose name holds this")
    parser.add_argument("--modes", nargs="+", type=Mode, default=list(Mode), help="embedded, redis")
    parser.add_argument("--lease", type=int, default=5, help="seconds that work is lent for (30 in service)")
    parser.add_argument("--verbose", action="store_true", help="print every run's timeline")
    parser.add_argument("--logs", action="store_true", help="print the processes' logs in the end")
    return parser.parse_args()


def main() -> int:
    outcomes = asyncio.run(_play(_options()))
    print(table(outcomes))
    return 1 if any(outcome.broken for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
