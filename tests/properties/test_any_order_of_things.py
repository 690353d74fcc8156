"""Random lives of a shop (I1-I15). ``make properties`` is the long form; CI takes a minute."""

from __future__ import annotations

import asyncio
import os
import random

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.properties.careless import WithoutAnswers, WithoutKeys, WithoutMetadata
from tests.properties.careless_goods import (
    AcceptsWhatWasRejected,
    CreditsTwice,
    LetsGoWhatWasPaid,
    OrdersAgain,
    ResolvesTwice,
)
from tests.properties.depth import SENT_AGAIN, Tally
from tests.properties.goods_lives import GoodsLives
from tests.properties.lives import Lives

EXAMPLES = int(os.environ.get("EXAMPLES", "25"))
STEPS = int(os.environ.get("STEPS", "30"))
SHORT = 100  # up to so many examples, a run is the same each time
SEED = int(os.environ.get("SEED") or (random.randrange(1_000_000) if EXAMPLES > SHORT else 5))
GOODS = EXAMPLES if EXAMPLES > SHORT else min(EXAMPLES, 20)  # each of them is twice the work
AT_ONCE = 10  # from the eleventh on, Hypothesis rather varies a life that it had than makes another
DEEP = {"a settled refund": 0.5, "two cases": 0.5, "an edit": 0.1, "a person": 0.2, SENT_AGAIN: 0.05}

DEEP_GOODS = {
    "an inspection": 0.5, "an exchange": 0.15, "new goods ordered": 0.1, "a withdrawal in effect": 0.1, "a fault": 0.1,
}  # fmt: skip


async def live(machine: type[Lives], examples: int, *phases: Phase, first: int = SEED) -> Tally:
    """Hypothesis is not asynchronous: it runs in a thread of its own, and each step in the loop of the database."""
    machine.loop, machine.tally = asyncio.get_running_loop(), Tally()
    for number in range(-(-examples // AT_ONCE)):
        try:
            await asyncio.to_thread(
                run_state_machine_as_test,
                seed(first + number)(machine),
                settings=settings(
                    max_examples=min(AT_ONCE, examples),
                    stateful_step_count=STEPS,
                    database=None,
                    deadline=None,
                    print_blob=True,
                    report_multiple_bugs=False,
                    suppress_health_check=list(HealthCheck),
                    phases=phases,
                ),
            )
        except Exception as broken:
            broken.add_note(f"Again with SEED={first + number} EXAMPLES={min(AT_ONCE, examples)}")
            raise
    return machine.tally


async def test_whatever_happens_every_promise_is_kept(database: str, capsys: pytest.CaptureFixture[str]) -> None:
    shrinks = () if os.environ.get("NO_SHRINK") else (Phase.shrink,)
    tally = await live(Lives, EXAMPLES, Phase.generate, *shrinks)
    if EXAMPLES > SHORT or os.environ.get("DEPTH"):
        with capsys.disabled():
            print(f"\n{tally}: 0 violations")  # noqa: T201 - what the long form is run for
    for mark, least in DEEP.items():
        assert tally.share(mark) >= least, f"Lives have become shallow:\n{tally}"


async def test_whatever_happens_to_goods_that_come_back_every_promise_is_kept(
    database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    shrinks = () if os.environ.get("NO_SHRINK") else (Phase.shrink,)
    tally = await live(GoodsLives, GOODS, Phase.generate, *shrinks)
    if EXAMPLES > SHORT or os.environ.get("DEPTH"):
        with capsys.disabled():
            print(f"\n{tally}: 0 violations")  # noqa: T201 - what the long form is run for
    for mark, least in DEEP_GOODS.items():
        assert tally.share(mark) >= least, f"Lives have become shallow:\n{tally}"


@pytest.mark.parametrize(
    ("machine", "promise"),
    [
        (WithoutKeys, "I8"),
        (WithoutMetadata, "I8"),
        (WithoutAnswers, "the store has"),
        (ResolvesTwice, "I13: .* owed .* and moved"),
        (AcceptsWhatWasRejected, "I3"),
        (CreditsTwice, "I5: .* as store credit"),
        (LetsGoWhatWasPaid, "I5: .* owns what is worth"),
        (OrdersAgain, "I16: the store has made"),
    ],
)
async def test_a_planted_mistake_is_found(database: str, machine: type[Lives], promise: str) -> None:
    with pytest.raises(AssertionError, match=promise):
        await live(machine, SHORT, Phase.generate, first=1)
