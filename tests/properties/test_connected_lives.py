"""Random lives of a shop that is connected to its platform: no money twice, none lost, nobody told wrongly."""

from __future__ import annotations

import asyncio
import os
import random

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from plugin.ports.orders import Custodian
from tests.properties.careless_on_platforms import (
    BlindlyPaying,
    BlindlyPayingAtShopify,
    WithoutMarks,
    WithoutMarksAtShopify,
)
from tests.properties.connected_machine import ConnectedShop
from tests.properties.depth import Tally
from tests.properties.living_store import Living
from tests.properties.shopify_lives import shopify_lives
from tests.properties.woocommerce_lives import woo_lives

EXAMPLES = int(os.environ.get("EXAMPLES", "10"))
STEPS = int(os.environ.get("STEPS", "25"))
SHORT = 100
SEED = int(os.environ.get("SEED") or (random.randrange(1_000_000) if EXAMPLES > SHORT else 5))
AT_ONCE = 10
DEEP = {"a settled refund": 0.5, "two cases": 0.3, "a person": 0.1}


class OnWooCommerce(ConnectedShop):
    living = Living(woo_lives, Custodian.STRIPE)


class OnShopify(ConnectedShop):
    living = Living(shopify_lives, Custodian.MANUAL)


async def live(machine: type[ConnectedShop], examples: int, *phases: Phase, first: int = SEED) -> Tally:
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


@pytest.mark.parametrize("machine", [OnWooCommerce, OnShopify], ids=["woocommerce", "shopify"])
async def test_whatever_happens_money_moves_once_and_all_books_agree(
    database: str, machine: type[ConnectedShop], capsys: pytest.CaptureFixture[str]
) -> None:
    shrinks = () if os.environ.get("NO_SHRINK") else (Phase.shrink,)
    tally = await live(machine, EXAMPLES, Phase.generate, *shrinks)
    if EXAMPLES > SHORT or os.environ.get("DEPTH"):
        with capsys.disabled():
            print(f"\n{tally}: 0 violations")  # noqa: T201 - what the long form is run for
    for mark, least in DEEP.items():
        assert tally.share(mark) >= least, f"Lives have become shallow:\n{tally}"


@pytest.mark.parametrize(
    ("machine", "promise", "first"),
    [
        (BlindlyPaying, "I8", 1),
        (WithoutMarks, "counts as given elsewhere", 1),
        (BlindlyPayingAtShopify, "I8", 3),
        (WithoutMarksAtShopify, "counts as given elsewhere", 1),
    ],
)
async def test_a_mistake_planted_into_the_adapter_is_found(
    database: str, machine: type[ConnectedShop], promise: str, first: int
) -> None:
    with pytest.raises(AssertionError, match=promise):
        await live(machine, SHORT, Phase.generate, first=first)
