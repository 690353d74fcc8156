"""WooCommerce knows no idempotency key: what may be under way is not asked for again, and nothing is asked too late."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from plugin.ports.orders import Custodian, LineCount
from plugin.ports.payments import OutcomeUnknown
from plugin.ports.platforms import PlatformRefund, RefundRecord
from plugin.ports.storefronts import CancelRequest, CancelStatus
from plugin.storefronts.demo.woocommerce.faults import Fault
from tests.contracts.bench import Placed
from tests.contracts.woocommerce_bench import WooBench, woo_bench
from tests.fakes import FakeClock

REFUNDS = r"POST /wc/v3/orders/\d+/refunds$"
NO_WORD = (Fault.PAGE, Fault.MAINTENANCE)  # nothing tells whether PHP is still at work
ITS_END = (Fault.FATAL, Fault.BUSY, Fault.FIREWALL)  # it has come to its end, or has never begun


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def bench(clock: FakeClock) -> AsyncIterator[WooBench]:
    async with woo_bench(clock=clock) as bench:
        yield bench


def one_unit(placed: Placed) -> CancelRequest:
    return CancelRequest(
        key="case_1", order_id=placed.order_id, order_number=placed.number, whole_order=False,
        lines=(LineCount(placed.lines[0], 1),),
    )  # fmt: skip


def record_of(placed: Placed) -> RefundRecord:
    return RefundRecord(leg_id="leg_1", order_id=placed.order_id, amount=3950, currency="EUR", note="At Stripe")


def posts(bench: WooBench) -> int:
    return sum(call.startswith("POST") for call in bench.store.calls)


@pytest.mark.parametrize("fault", NO_WORD)
async def test_units_are_not_asked_for_again_while_the_first_ask_may_be_under_way(
    bench: WooBench, clock: FakeClock, fault: Fault
) -> None:
    placed = await bench.place()
    bench.switch(fault, REFUNDS, times=1)
    for _ in range(3):
        assert (await bench.storefront.cancel(bench.connection, one_unit(placed))).status is CancelStatus.UNKNOWN
    assert posts(bench) == 0
    clock.advance(timedelta(minutes=10))
    assert (await bench.storefront.cancel(bench.connection, one_unit(placed))).status is CancelStatus.CANCELLED
    assert bench.held(placed).cancelled == {placed.lines[0]: 1}


@pytest.mark.parametrize("fault", ITS_END)
async def test_units_are_asked_for_again_at_once_where_the_first_ask_is_over(bench: WooBench, fault: Fault) -> None:
    placed = await bench.place()
    bench.switch(fault, REFUNDS, times=1)
    assert (await bench.storefront.cancel(bench.connection, one_unit(placed))).status is CancelStatus.UNKNOWN
    assert (await bench.storefront.cancel(bench.connection, one_unit(placed))).status is CancelStatus.CANCELLED
    assert bench.held(placed).cancelled == {placed.lines[0]: 1}


async def test_a_record_is_not_written_again_while_the_first_may_be_under_way(
    bench: WooBench, clock: FakeClock
) -> None:
    placed = await bench.place(custodian=Custodian.STRIPE)
    bench.switch(Fault.PAGE, REFUNDS, times=1)
    with pytest.raises(OutcomeUnknown):
        await bench.platform.record_refund(bench.connection, record_of(placed))
    with pytest.raises(OutcomeUnknown) as waits:
        await bench.platform.record_refund(bench.connection, record_of(placed))
    assert waits.value.retry_after == 600
    clock.advance(timedelta(minutes=10))
    assert await bench.platform.record_refund(bench.connection, record_of(placed))
    assert bench.held(placed).refunds == 1


async def test_a_store_that_is_too_slow_to_be_marked_in_time_is_not_asked() -> None:
    """Our worker's lease may be over then, and another one at the same ask, which has seen no mark."""
    async with woo_bench(prepares_within=0.0) as bench:
        placed = await bench.place()
        refund = PlatformRefund(
            leg_id="leg_1", key="k", order_id=placed.order_id, payment_id=placed.payment_id, amount=3950,
            currency="EUR", note="-",
        )  # fmt: skip
        with pytest.raises(OutcomeUnknown, match="too slow"):
            await bench.platform.refund(bench.connection, refund)
        with pytest.raises(OutcomeUnknown, match="too slow"):
            await bench.platform.record_refund(bench.connection, record_of(placed))
        assert (await bench.storefront.cancel(bench.connection, one_unit(placed))).status is CancelStatus.UNKNOWN
        assert posts(bench) == 0
        assert bench.held(placed).paid_back == 0
