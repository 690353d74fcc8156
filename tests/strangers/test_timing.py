"""How long the answers to a stranger's questions take, whether or not the thing exists: measured, and told in a table.

Only with ``TIMING_SAMPLES`` (``make fuzz``), because a machine that is busy proves nothing. What is held always is that
both questions take the same statements: ``test_enumeration``.
"""

from __future__ import annotations

import math
import os
import random
import sys
import time
from collections.abc import Awaitable, Callable
from statistics import median

import httpx
import pytest

from plugin.access.roles import Role
from plugin.core.ids import new_token
from plugin.db import rows
from tests.doors import standard_headers
from tests.strangers.town import Town

SAMPLES = int(os.environ.get("TIMING_SAMPLES", "0"))
Question = Callable[[], Awaitable[httpx.Response]]


def rank_sum(first: list[float], second: list[float]) -> float:
    """The p-value of the Mann-Whitney test, two-sided, by its normal approximation; ties do not happen in times."""
    ranks = {id(value): rank for rank, value in enumerate(sorted([*first, *second]), 1)}
    n, m = len(first), len(second)
    u = sum(ranks[id(value)] for value in first) - n * (n + 1) / 2
    z = (u - n * m / 2) / math.sqrt(n * m * (n + m + 1) / 12)
    return math.erfc(abs(z) / math.sqrt(2))


def questions(town: Town) -> dict[str, tuple[Question, Question]]:
    """By name: of what is there, and of what is not."""
    mine, page = town.mine, town.mine.world.page_key

    def looked_up(number: str) -> Question:
        body = {"order_number": number, "email": mine.order.customer.email}
        return lambda: town.http.post("/v1/lookups", json=body, headers=page)

    def exchanged(link: Callable[[], Awaitable[str]]) -> Question:
        async def ask() -> httpx.Response:
            return await town.http.post("/v1/sessions/exchange", json={"link": await link()})

        return ask

    def hooked(shop_id: str) -> Question:
        headers = standard_headers("whsec_" + "A" * 44, b"{}")
        return lambda: town.http.post(f"/hooks/{shop_id}/standard", content=b"{}", headers=headers)

    def signed_in(email: str) -> Question:
        async def ask() -> httpx.Response:
            await rows("DELETE FROM rate_counts")
            body = {"shop": mine.shop_id, "email": email, "password": "a wrong password"}
            return await town.http.post("/v1/admin/sessions", json=body)

        return ask

    async def never() -> str:
        return new_token("ol")

    expired: list[str] = []

    async def over() -> str:
        if not expired:
            expired.append(await mine.expired_link())
        return expired[0]

    return {
        "guest lookup: order there / not": (looked_up(mine.order.number), looked_up("#00000")),
        "link exchange, refused: over / never was": (exchanged(over), exchanged(never)),
        "sign-in, refused: colleague there / not": (
            signed_in(mine.staff[Role.OWNER].email), signed_in("nobody@staff.example"),
        ),
        "forged webhook: shop there / not": (hooked(town.mine.shop_id), hooked("shop_" + "0" * 26)),
    }  # fmt: skip


async def no_work_is_left() -> bool:
    return not await rows("SELECT 1 FROM work WHERE state <> 'done' AND not_before <= now()")


@pytest.mark.skipif(not SAMPLES, reason="a long form: set TIMING_SAMPLES")
async def test_the_table_of_times(town: Town, capsys: pytest.CaptureFixture[str]) -> None:
    told = [f"{'question':<44}{'n':>6}{'there ms':>10}{'not ms':>9}{'ratio':>8}{'p':>8}"]
    for name, pair in questions(town).items():
        times: tuple[list[float], list[float]] = ([], [])
        for _ in range(SAMPLES):
            for which in random.sample((0, 1), 2):
                await rows("DELETE FROM rate_counts")
                started = time.perf_counter()
                await pair[which]()
                times[which].append((time.perf_counter() - started) * 1000)
                await town.mine.world.until(no_work_is_left)
        there, absent = map(median, times)
        told.append(f"{name:<44}{SAMPLES:>6}{there:>10.3f}{absent:>9.3f}{there / absent:>8.3f}{rank_sum(*times):>8.3f}")
    with capsys.disabled():
        sys.stdout.write("\n" + "\n".join(told) + "\n")
