"""Random lives of a shop (I1-I15). ``make properties`` is the long form; CI takes a minute."""

from __future__ import annotations

import asyncio
import os

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.properties.depth import Tally
from tests.properties.lives import Lives

EXAMPLES = int(os.environ.get("EXAMPLES", "25"))
STEPS = int(os.environ.get("STEPS", "30"))


async def test_whatever_happens_every_promise_is_kept(database: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Hypothesis is not asynchronous: it runs in a thread of its own, and each step in the loop of the database."""
    Lives.loop, Lives.tally = asyncio.get_running_loop(), Tally()
    is_short = EXAMPLES <= 100
    await asyncio.to_thread(
        run_state_machine_as_test,
        Lives,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            derandomize=is_short,
            database=None,
            deadline=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.explicit, Phase.generate) if os.environ.get("NO_SHRINK") else tuple(Phase),
        ),
    )
    if not is_short or os.environ.get("DEPTH"):
        with capsys.disabled():
            print(f"\n{Lives.tally}: 0 violations")  # noqa: T201 - what the long form is run for
