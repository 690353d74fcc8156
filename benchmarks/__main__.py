"""All benchmarks in one run: ``make bench``; a short one with ``QUICK=1``; a longer flood with ``MINUTES=5``.

``ONLY=webhooks,start`` runs some of them and leaves ``docs/benchmarks.md`` as it is.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
import traceback
import warnings
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import uvloop

from benchmarks.bench_decide import decide_figures
from benchmarks.bench_goods import goods
from benchmarks.bench_journeys import click_to_refund, journeys_a_second
from benchmarks.bench_order_page import order_page, order_page_figures
from benchmarks.bench_policies import backtest_figures, diff_figures
from benchmarks.bench_start import start
from benchmarks.bench_statements import statements
from benchmarks.bench_sweeps import sweeps
from benchmarks.bench_webhooks import acknowledgements, flood
from benchmarks.figures import Figure, show, write
from benchmarks.world import a_redis, a_world

PAGE = Path("docs/benchmarks.md")


@dataclass(frozen=True)
class Plan:
    """How long and how much. ``sizes`` are the numbers of stored orders, ``tried`` how many a back-test looks at."""

    seconds: float
    sizes: tuple[int, ...]
    tried: int
    clicks: int
    journeys: int
    flood: float
    returns: int


QUICK = Plan(seconds=6, sizes=(1_000,), tried=10_000, clicks=40, journeys=60, flood=15, returns=10_000)
FULL = Plan(seconds=15, sizes=(1_000, 1_000_000), tried=100_000, clicks=150, journeys=200, flood=60, returns=100_000)
Bench = Callable[[Plan, Path], Awaitable[list[Figure]]]


async def _webhooks(plan: Plan, data: Path) -> list[Figure]:
    async with a_world(data) as world, a_redis(data) as redis:
        return await acknowledgements(world, plan.seconds, redis)


async def _order_page(plan: Plan, data: Path) -> list[Figure]:
    at = {}
    for orders in plan.sizes:
        async with a_world(data) as world:
            at[orders] = await order_page(world, orders, plan.seconds)
    return order_page_figures(at)


async def _clicks(plan: Plan, data: Path) -> list[Figure]:
    async with a_world(data) as world:
        return await click_to_refund(world, plan.clicks)


async def _journeys(plan: Plan, data: Path) -> list[Figure]:
    async with a_world(data) as one:
        figures = [await journeys_a_second(one, plan.journeys, None)]
    async with a_world(data) as two, a_redis(data) as redis:
        figures.append(await journeys_a_second(two, plan.journeys, redis))
    return figures


async def _statements(plan: Plan, data: Path) -> list[Figure]:
    async with a_world(data) as world:
        figures, sent = await statements(world)
    if os.environ.get("SHOW_STATEMENTS"):
        for step, queries in sent.items():
            print(f"\n{step}")
            for query, n in queries.most_common():
                print(f"{n:6} {query[:200]}")
    return figures


async def _goods(plan: Plan, data: Path) -> list[Figure]:
    async with a_world(data) as world:
        return await goods(world)


async def _sweeps(plan: Plan, data: Path) -> list[Figure]:
    async with a_world(data) as world:
        return await sweeps(world, plan.returns)


async def _flood(plan: Plan, data: Path) -> list[Figure]:
    async with a_world(data) as world:
        return await flood(world, plan.flood)


async def _start(plan: Plan, data: Path) -> list[Figure]:
    return await start()


async def _decide(plan: Plan, data: Path) -> list[Figure]:
    return decide_figures()


async def _policies(plan: Plan, data: Path) -> list[Figure]:
    async with a_world(data) as world:
        return [*diff_figures(), *await backtest_figures(world, plan.tried)]


BENCHES: dict[str, Bench] = {
    "webhooks": _webhooks,
    "order_page": _order_page,
    "clicks": _clicks,
    "decide": _decide,
    "policies": _policies,
    "start": _start,
    "journeys": _journeys,
    "statements": _statements,
    "goods": _goods,
    "sweeps": _sweeps,
    "flood": _flood,
}


async def run(names: Iterable[str], plan: Plan, data: Path) -> list[Figure]:
    """One after the other; what fails is a line of the table, and the others are measured all the same."""
    figures: list[Figure] = []
    for name in names:
        began = time.perf_counter()
        try:
            figures += await BENCHES[name](plan, data)
        except Exception as error:
            traceback.print_exc()
            figures.append(Figure(name, f"failed: {type(error).__name__}: {error}"[:200], meets=False))
        print(f"{name}: {time.perf_counter() - began:.0f} s", file=sys.stderr)
    return figures


def main() -> None:
    quick, minutes, only = (os.environ.get(name) for name in ("QUICK", "MINUTES", "ONLY"))
    plan = QUICK if quick else FULL
    if minutes:
        plan = replace(plan, flood=float(minutes) * 60)
    data = Path(os.environ.get("BENCH_DATA", ".data/bench")).absolute()
    data.mkdir(parents=True, exist_ok=True)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        figures = runner.run(run(only.split(",") if only else BENCHES, plan, data))
    show(figures)
    if not only:
        settings = " ".join(f"{name}={value}" for name, value in (("QUICK", quick), ("MINUTES", minutes)) if value)
        write(figures, f"{settings} make bench".strip(), PAGE)


if __name__ == "__main__":
    warnings.filterwarnings("ignore", message="Use 'content=", category=DeprecationWarning)
    main()
