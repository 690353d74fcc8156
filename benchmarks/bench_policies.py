"""How long it takes to say exactly what a draft changes, and to try it on the past of a shop."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from benchmarks.bench_decide import fifty_rows
from benchmarks.figures import Figure
from benchmarks.stored import fill
from benchmarks.world import World
from plugin.journeys.backtest import Stage, Trial, beginning, try_part
from plugin.policies.backtest import Report
from plugin.policies.diff import compare
from plugin.policies.live import live_policy
from plugin.policies.rules import compile_policy

A_DIFF, A_HUNDRED_THOUSAND = 2.0, 10.0  # seconds


def diff_figures() -> list[Figure]:
    """A policy of 50 rows of which one is taken out and another moved to the top."""
    old = fifty_rows()
    new = replace(old, rows=(old.rows[30], *old.rows[:10], *old.rows[11:30], *old.rows[31:]))
    began = time.perf_counter()
    difference = compare(old, new, datetime.now(UTC))
    took = time.perf_counter() - began
    return [
        Figure(
            "exact diff of two policies of 50 rows",
            f"{took:.2f} s, {len(difference.changes)} changes, {difference.pairs} pairs of rows",
            f"≤ {A_DIFF:.0f} s",
            took <= A_DIFF and difference.is_complete,
        )
    ]


async def backtest_figures(world: World, orders: int) -> list[Figure]:
    """A draft of 50 rows on that many stored orders, one in twenty of which has been cancelled."""
    await fill(world, orders)
    shop, at = world.shop.shop, datetime.now(UTC)
    live = await live_policy(shop.id, at)
    trial = Trial(shop, live.rules, compile_policy(fifty_rows()), at - timedelta(days=3650), at)
    report, place, looked_at = Report(), beginning(trial), 0
    began = time.perf_counter()
    while place.stage is not Stage.OVER:
        place, n = await try_part(trial, place, report)
        looked_at += n
    took = time.perf_counter() - began
    most = A_HUNDRED_THOUSAND * orders / 100_000
    return [
        Figure(
            f"back-test of {orders:,} stored orders",
            f"{took:.1f} s ({looked_at / took:,.0f} cases and orders a second)",
            f"≤ {most:.1f} s",
            took <= most,
        )
    ]
