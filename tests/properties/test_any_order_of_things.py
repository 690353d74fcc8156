"""Random lives of a shop (I1-I15). ``make properties`` is the long form; CI takes a minute."""

from __future__ import annotations

import asyncio
import os

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.properties.careless import WithoutAnswers, WithoutMetadata
from tests.properties.depth import Tally
from tests.properties.lives import Lives

EXAMPLES = int(os.environ.get("EXAMPLES", "25"))
STEPS = int(os.environ.get("STEPS", "30"))
SHORT = 100  # up to so many examples, a run is the same each time
DEEP = {"a settled refund": 0.5, "two cases": 0.5, "an edit": 0.1, "a person": 0.2}


async def live(machine: type[Lives], examples: int, *phases: Phase) -> Tally:
    """Hypothesis is not asynchronous: it runs in a thread of its own, and each step in the loop of the database."""
    machine.loop, machine.tally = asyncio.get_running_loop(), Tally()
    await asyncio.to_thread(
        run_state_machine_as_test,
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=STEPS,
            derandomize=examples <= SHORT,
            database=None,
            deadline=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
            phases=phases,
        ),
    )
    return machine.tally


async def test_whatever_happens_every_promise_is_kept(database: str, capsys: pytest.CaptureFixture[str]) -> None:
    shrinks = () if os.environ.get("NO_SHRINK") else (Phase.shrink,)
    tally = await live(Lives, EXAMPLES, Phase.generate, *shrinks)
    if EXAMPLES > SHORT or os.environ.get("DEPTH"):
        with capsys.disabled():
            print(f"\n{tally}: 0 violations")  # noqa: T201 - what the long form is run for
    for mark, least in DEEP.items():
        assert tally.share(mark) >= least, f"Lives have become shallow:\n{tally}"


@pytest.mark.parametrize(
    ("machine", "promise"),
    [(WithoutMetadata, "I8"), (WithoutAnswers, "the store has")],
)
async def test_a_planted_mistake_is_found(database: str, machine: type[Lives], promise: str) -> None:
    with pytest.raises(AssertionError, match=promise):
        await live(machine, SHORT, Phase.generate)
