"""The short form of ``make faults``: each of the sixteen points once, and the worst nemeses.

A run has its own processes and its own database connection, so it is played by ``python -m tests.faults`` itself.
"""

from __future__ import annotations

import asyncio
import sys

import pytest

from tests.faults.nursery import ROOT
from tests.faults.plan import STEPS

LONGEST = 600.0  # seconds, on a machine that has much else to do


async def play(*options: str) -> tuple[int | None, str]:
    """Exit status and everything that was printed: the story of each broken invariant, and the table."""
    playing = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.faults", *options, cwd=ROOT,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await asyncio.wait_for(playing.communicate(), LONGEST)
    return playing.returncode, said.decode()


STRIKES = {
    "embedded": (
        *(f"before {step}" for step in STEPS[0::4]), *(f"after {step}" for step in STEPS[2::4]),
        "commit_answer_lost", "smtp_slow",
    ),
    "redis": (
        *(f"after {step}" for step in STEPS[1::4]), *(f"before {step}" for step in STEPS[3::4]),
        "worker_frozen", "worker_buried",
    ),
}  # fmt: skip
"""By the way to run Comeback; together each of the sixteen, half of them before and half of them after."""


@pytest.mark.parametrize("mode", STRIKES)
async def test_no_strike_breaks_a_promise(mode: str) -> None:
    status, said = await play("--modes", mode, *(f"--only={strike}" for strike in STRIKES[mode]))
    assert status == 0, said
