"""The short form of ``make faults``: each of the sixteen points once, and the worst nemeses.

A run has its own processes and its own database connection, so it is played by ``python -m tests.faults`` itself.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from tests.faults.errands import Errand
from tests.faults.nursery import ROOT
from tests.faults.plan import STEPS
from tests.faults.results import EARLIER_SHOPS, Result, strikes_too_little
from tests.faults.town import Mode

LONGEST = 600.0  # seconds, on a machine that has much else to do


async def play(*options: str) -> tuple[int | None, str]:
    """Exit status and everything that was printed: the story of each broken invariant, and the table."""
    playing = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.faults", *options, cwd=ROOT,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await asyncio.wait_for(playing.communicate(), LONGEST)
    return playing.returncode, said.decode()


@pytest.mark.parametrize(("missed", "is_too_little"), [(1, False), (2, True), (10, True)])
def test_a_round_that_strikes_too_little_is_no_pass(missed: int, is_too_little: bool) -> None:
    errand = Errand(seed=1, mode=Mode.REDIS, lease=5, name="smtp_slow")
    results = [Result(errand=errand, line="smtp_slow", missed=["smtp_slow"] * (n < missed)) for n in range(10)]
    results += [Result(errand=errand, line=EARLIER_SHOPS)] * 90
    assert (strikes_too_little(results) is not None) == is_too_little


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


async def test_no_strike_breaks_a_promise(tmp_path: Path) -> None:
    """Both ways to run Comeback side by side, each with its half of the strikes; every one of them must have struck."""
    played = await asyncio.gather(
        *(
            play(
                "--modes", mode, "--lease", "5", f"--results={tmp_path / mode}", *(f"--only={each}" for each in strikes)
            )
            for mode, strikes in STRIKES.items()
        )
    )
    for status, said in played:
        assert status == 0, said
        assert "did not strike:" not in said
