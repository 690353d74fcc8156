"""Random lives of a shop (I1-I15). ``make properties EXAMPLES=20000`` is the long form; CI takes a minute."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from tortoise import Tortoise

from plugin.db import tortoise_config
from tests.properties.outside import Lives

EXAMPLES = int(os.environ.get("EXAMPLES", "25"))
STEPS = int(os.environ.get("STEPS", "20"))


@pytest.fixture
def own_loop(database_url: str) -> Iterator[asyncio.Runner]:
    """A loop with a connection of its own: Hypothesis is not asynchronous, and the session's loop is not ours."""
    with asyncio.Runner() as runner:
        runner.run(Tortoise.init(config=tortoise_config(database_url, pool=4)))
        try:
            yield runner
        finally:
            runner.run(Tortoise.close_connections())


def test_whatever_happens_every_promise_is_kept(own_loop: asyncio.Runner) -> None:
    Lives.runner = own_loop
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
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
