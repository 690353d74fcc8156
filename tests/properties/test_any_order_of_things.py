"""Random lives of a shop (I1-I15). ``make properties EXAMPLES=20000`` is the long form; CI takes a minute."""

from __future__ import annotations

import asyncio
import os

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.properties.outside import Lives

EXAMPLES = int(os.environ.get("EXAMPLES", "25"))
STEPS = int(os.environ.get("STEPS", "20"))


async def test_whatever_happens_every_promise_is_kept(database: str) -> None:
    """Hypothesis is not asynchronous: it runs in a thread of its own, and each step in the loop of the database."""
    Lives.loop = asyncio.get_running_loop()
    await asyncio.to_thread(
        run_state_machine_as_test,
        Lives,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            derandomize=EXAMPLES <= 100,
            database=None,
            deadline=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.explicit, Phase.generate) if os.environ.get("NO_SHRINK") else tuple(Phase),
        ),
    )
