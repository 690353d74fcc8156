"""One contract for every connected platform: money goes back once, and stands in the books once."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from plugin.ports.orders import Custodian
from plugin.ports.payments import (
    OutcomeStored,
    OutcomeUnknown,
    RefundState,
    Rejected,
)
from plugin.ports.platforms import PlatformRefund, RefundRecord
from tests.contracts.bench import Placed, PlatformBench, Step, Trouble
from tests.contracts.platform_benches import PAID_AT_STRIPE, PLATFORMS


@pytest.fixture(params=sorted(PLATFORMS))
async def bench(request: pytest.FixtureRequest) -> AsyncIterator[PlatformBench]:
    async with PLATFORMS[request.param]() as bench:
        yield bench


@pytest.fixture(params=sorted(PAID_AT_STRIPE))
async def beside_stripe(request: pytest.FixtureRequest) -> AsyncIterator[PlatformBench]:
    async with PAID_AT_STRIPE[request.param]() as bench:
        yield bench


def money(placed: Placed, amount: int, *, leg: str = "leg_1") -> PlatformRefund:
    return PlatformRefund(
        leg_id=leg, key=f"key-{leg}", order_id=placed.order_id, payment_id=placed.payment_id,
        amount=amount, currency=placed.currency, note="Cancelled by the shopper",
    )  # fmt: skip


def record(placed: Placed, amount: int, *, leg: str = "leg_1") -> RefundRecord:
    return RefundRecord(
        leg_id=leg, order_id=placed.order_id, amount=amount, currency=placed.currency,
        note="Cancelled by the shopper", gateway_refund_id=f"re_{leg}",
    )  # fmt: skip


async def test_money_is_paid_back_once_under_one_key_and_found_by_its_leg(bench: PlatformBench) -> None:
    placed = await bench.place()
    first = await bench.platform.refund(bench.connection, money(placed, 700))
    await bench.settle()
    again = await bench.platform.refund(bench.connection, money(placed, 700))
    found = await bench.platform.find_refund(bench.connection, money(placed, 700))
    assert found is not None
    assert first.id == again.id == found.id
    assert (found.amount, found.currency, found.leg_id) == (700, placed.currency, "leg_1")
    assert (found.state, found.payment_reference) == (RefundState.SUCCEEDED, placed.payment_id)
    assert (bench.held(placed).paid_back, bench.held(placed).refunds) == (700, 1)


async def test_two_legs_of_one_amount_are_two_refunds(bench: PlatformBench) -> None:
    placed = await bench.place()
    for leg in ("leg_1", "leg_2"):
        await bench.platform.refund(bench.connection, money(placed, 300, leg=leg))
    assert (bench.held(placed).paid_back, bench.held(placed).refunds) == (600, 2)


async def test_our_own_refund_is_seen_in_the_order_as_ours(bench: PlatformBench) -> None:
    placed = await bench.place()
    await bench.platform.refund(bench.connection, money(placed, 700))
    await bench.settle()
    order = await bench.platform.fetch_order(bench.connection, placed.order_id)
    assert order is not None
    assert [(refund.amount, refund.leg_id) for refund in order.refunds] == [(700, "leg_1")]


async def test_a_refund_whose_answer_was_lost_is_found_and_not_made_again(bench: PlatformBench) -> None:
    placed = await bench.place()
    bench.fail(Trouble.LOSE_ANSWER, Step.REFUND)
    with pytest.raises((OutcomeUnknown, OutcomeStored)):
        await bench.platform.refund(bench.connection, money(placed, 700))
    bench.heal()
    found = await bench.platform.find_refund(bench.connection, money(placed, 700))
    again = await bench.platform.refund(bench.connection, money(placed, 700))
    assert found is not None
    assert found.id == again.id
    assert bench.held(placed).paid_back == 700


async def test_a_gateway_that_refuses_has_paid_nothing(bench: PlatformBench) -> None:
    placed = await bench.place()
    bench.fail(Trouble.REFUSE, Step.REFUND)
    with pytest.raises(Rejected):
        await bench.platform.refund(bench.connection, money(placed, 700))
    bench.heal()
    assert await bench.platform.find_refund(bench.connection, money(placed, 700)) is None
    assert (bench.held(placed).paid_back, bench.held(placed).refunds) == (0, 0)


async def test_more_than_was_paid_is_refused(bench: PlatformBench) -> None:
    placed = await bench.place()
    with pytest.raises(Rejected):
        await bench.platform.refund(bench.connection, money(placed, placed.total + 1))
    assert bench.held(placed).paid_back == 0


async def test_a_platform_that_is_busy_says_when_to_come_back_and_is_asked_again(bench: PlatformBench) -> None:
    placed = await bench.place()
    bench.fail(Trouble.BUSY, Step.REFUND)
    with pytest.raises(OutcomeUnknown) as unknown:
        await bench.platform.refund(bench.connection, money(placed, 700))
    assert unknown.value.retry_after == 7
    bench.heal()
    await bench.platform.refund(bench.connection, money(placed, 700))
    assert bench.held(placed).paid_back == 700


async def test_a_payment_at_stripe_is_told(beside_stripe: PlatformBench) -> None:
    placed = await beside_stripe.place(custodian=Custodian.STRIPE)
    order = await beside_stripe.platform.fetch_order(beside_stripe.connection, placed.order_id)
    assert order is not None
    assert [payment.custodian for payment in order.payments] == [Custodian.STRIPE]


async def test_what_was_paid_at_stripe_is_booked_once_and_moves_no_money(beside_stripe: PlatformBench) -> None:
    placed = await beside_stripe.place(custodian=Custodian.STRIPE)
    assert await beside_stripe.platform.record_refund(beside_stripe.connection, record(placed, 700))
    assert not await beside_stripe.platform.record_refund(beside_stripe.connection, record(placed, 700))
    held = beside_stripe.held(placed)
    assert (held.booked, held.paid_back, held.refunds) == (700, 0, 1)
    order = await beside_stripe.platform.fetch_order(beside_stripe.connection, placed.order_id)
    assert order is not None
    assert [(refund.amount, refund.leg_id) for refund in order.refunds] == [(700, "leg_1")]


async def test_the_gateways_own_record_counts_for_one_leg_and_only_one(beside_stripe: PlatformBench) -> None:
    placed = await beside_stripe.place(custodian=Custodian.STRIPE)
    beside_stripe.gateway_echoes(placed, 700)
    assert not await beside_stripe.platform.record_refund(beside_stripe.connection, record(placed, 700))
    assert beside_stripe.held(placed).refunds == 1
    assert await beside_stripe.platform.record_refund(beside_stripe.connection, record(placed, 700, leg="leg_2"))
    assert not await beside_stripe.platform.record_refund(beside_stripe.connection, record(placed, 700))
    assert (beside_stripe.held(placed).refunds, beside_stripe.held(placed).booked) == (2, 1400)
