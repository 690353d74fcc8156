"""The short form of ``make faults``: each of the sixteen points once, and the worst nemeses.

A run has its own processes and its own database connection, so it is played by ``python -m tests.faults`` itself.
"""

from __future__ import annotations

import asyncio
import sys

import pytest

from tests.faults.plan import STEPS
from tests.faults.supervisor import ROOT

AN_HOUR_IS_TOO_LONG = 240.0


async def play(*options: str) -> tuple[int | None, str]:
    """Exit status and everything that was printed: the story of each broken invariant, and the table."""
    playing = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.faults", *options, cwd=ROOT,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await asyncio.wait_for(playing.communicate(), AN_HOUR_IS_TOO_LONG)
    return playing.returncode, said.decode()


@pytest.mark.parametrize(("mode", "first"), [("embedded", 0), ("redis", 1)])
async def test_kill_9_at_every_point_breaks_no_promise(mode: str, first: int) -> None:
    """Before and after alternate between the modes, so that each of the sixteen is struck in both."""
    points = [f"{('before', 'after')[(number + first) % 2]} {step}" for number, step in enumerate(STEPS)]
    broken, said = await play("--modes", mode, *(f"--only={point}" for point in points))
    assert broken == 0, said


@pytest.mark.parametrize(
    ("mode", "nemeses"),
    [
        ("embedded", ("commit_answer_lost", "worker_frozen")),
        ("redis", ("redis_stopped", "stripe_drops_answers")),
    ],
)
async def test_the_world_at_its_worst_breaks_no_promise(mode: str, nemeses: tuple[str, ...]) -> None:
    broken, said = await play("--modes", mode, *(f"--only={nemesis}" for nemesis in nemeses))
    assert broken == 0, said
