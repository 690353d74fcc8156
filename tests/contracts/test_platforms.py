"""One contract for every storefront: what an ask to cancel comes to, in fair weather and in foul."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace

from plugin.ports.orders import LineCount
from plugin.ports.storefronts import CancelAnswer, CancelRequest, CancelStatus
from tests.contracts.bench import Placed, Step, StorefrontBench, Trouble
from tests.contracts.platform_benches import PLATFORMS, STOREFRONTS

EVERY_STOREFRONT = {**STOREFRONTS, **PLATFORMS}


@pytest.fixture(params=sorted(EVERY_STOREFRONT))
async def bench(request: pytest.FixtureRequest) -> AsyncIterator[StorefrontBench]:
    async with EVERY_STOREFRONT[request.param]() as bench:
        yield bench


def ask(placed: Placed, *lines: LineCount, key: str = "case_1") -> CancelRequest:
    every = (LineCount(placed.lines[0], 2), LineCount(placed.lines[1], 1))
    return CancelRequest(
        key=key, order_id=placed.order_id, order_number=placed.number, whole_order=not lines, lines=lines or every
    )


async def cancelled(bench: StorefrontBench, request: CancelRequest) -> CancelAnswer:
    """Ask, and where the store takes its time, ask again what became of it."""
    answer = await bench.storefront.cancel(bench.connection, request)
    if answer.status is not CancelStatus.PENDING:
        return answer
    await bench.settle()
    return await bench.storefront.read_cancel(bench.connection, request)


async def test_a_whole_order_is_cancelled_and_the_same_ask_again_is_the_same_answer(bench: StorefrontBench) -> None:
    placed = await bench.place()
    for _ in range(2):
        assert (await cancelled(bench, ask(placed))).status is CancelStatus.CANCELLED
    held = bench.held(placed)
    assert held.is_cancelled
    assert held.cancelled == {placed.lines[0]: 2, placed.lines[1]: 1}
    assert held.paid_back == 0


async def test_some_units_are_cancelled_once_and_the_rest_stays(bench: StorefrontBench) -> None:
    placed = await bench.place()
    one = LineCount(placed.lines[0], 1)
    for _ in range(2):
        assert (await cancelled(bench, ask(placed, one))).status is CancelStatus.CANCELLED
    held = bench.held(placed)
    assert (held.is_cancelled, held.cancelled, held.paid_back) == (False, {placed.lines[0]: 1}, 0)


async def test_two_asks_of_one_order_cancel_what_each_of_them_names(bench: StorefrontBench) -> None:
    placed = await bench.place()
    one = LineCount(placed.lines[0], 1)
    for key in ("case_1", "case_2"):
        assert (await cancelled(bench, ask(placed, one, key=key))).status is CancelStatus.CANCELLED
    assert bench.held(placed).cancelled == {placed.lines[0]: 2}


async def test_what_was_cancelled_in_part_can_be_cancelled_as_a_whole(bench: StorefrontBench) -> None:
    placed = await bench.place()
    await cancelled(bench, ask(placed, LineCount(placed.lines[0], 1)))
    left = (LineCount(placed.lines[0], 1), LineCount(placed.lines[1], 1))
    the_rest = replace(ask(placed, *left, key="case_2"), whole_order=True)
    assert (await cancelled(bench, the_rest)).status is CancelStatus.CANCELLED
    assert bench.held(placed).is_cancelled


async def test_what_has_left_is_too_late_and_nothing_is_cancelled(bench: StorefrontBench) -> None:
    placed = await bench.place()
    await bench.ship(placed)
    assert (await cancelled(bench, ask(placed))).status is CancelStatus.TOO_LATE
    assert bench.held(placed).cancelled == {}


async def test_units_that_have_left_are_too_late_and_those_beside_them_are_not(bench: StorefrontBench) -> None:
    placed = await bench.place()
    await bench.ship(placed, LineCount(placed.lines[0], 2))
    assert (await cancelled(bench, ask(placed, LineCount(placed.lines[0], 1)))).status is CancelStatus.TOO_LATE
    assert (
        await cancelled(bench, ask(placed, LineCount(placed.lines[1], 1), key="2"))
    ).status is CancelStatus.CANCELLED
    assert bench.held(placed).cancelled == {placed.lines[1]: 1}


@pytest.mark.parametrize("is_whole", [True, False], ids=["whole", "units"])
async def test_a_lost_answer_is_unknown_and_read_again_it_is_cancelled(bench: StorefrontBench, is_whole: bool) -> None:
    placed = await bench.place()
    request = ask(placed) if is_whole else ask(placed, LineCount(placed.lines[0], 1))
    bench.fail(Trouble.LOSE_ANSWER, Step.CANCEL)
    assert (await bench.storefront.cancel(bench.connection, request)).status is CancelStatus.UNKNOWN
    bench.heal()
    await bench.settle()
    assert (await bench.storefront.read_cancel(bench.connection, request)).status is CancelStatus.CANCELLED
    assert (await cancelled(bench, request)).status is CancelStatus.CANCELLED
    assert bench.held(placed).cancelled[placed.lines[0]] == (2 if is_whole else 1)


@pytest.mark.parametrize("trouble", [Trouble.FAIL, Trouble.BUSY, Trouble.GARBAGE])
async def test_a_store_in_trouble_is_unknown_and_asked_again_it_cancels(
    bench: StorefrontBench, trouble: Trouble
) -> None:
    placed = await bench.place()
    bench.fail(trouble, Step.CANCEL)
    answer = await bench.storefront.cancel(bench.connection, ask(placed))
    assert answer.status is CancelStatus.UNKNOWN
    assert answer.reason
    bench.heal()
    assert bench.held(placed).cancelled == {}
    assert (await cancelled(bench, ask(placed))).status is CancelStatus.CANCELLED


async def test_an_ask_that_was_never_made_is_unknown_when_it_is_read(bench: StorefrontBench) -> None:
    placed = await bench.place()
    answer = await bench.storefront.read_cancel(bench.connection, ask(placed, LineCount(placed.lines[0], 1)))
    assert answer.status is CancelStatus.UNKNOWN


async def test_without_credentials_a_person_has_to_cancel(bench: StorefrontBench) -> None:
    placed = await bench.place()
    bare = replace(bench.connection, secret=None)
    for call in (bench.storefront.cancel, bench.storefront.read_cancel):
        assert (await call(bare, ask(placed))).status is CancelStatus.UNSUPPORTED
