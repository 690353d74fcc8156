"""What cancelling leaves behind in a WooCommerce store: stock, books, captures, and what stands in the way."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from plugin.ports.orders import Custodian, LineCount, OrderState
from plugin.ports.payments import OutcomeStored, Rejected
from plugin.ports.platforms import PlatformRefund, RefundRecord
from plugin.ports.storefronts import CancelRequest, CancelStatus
from plugin.storefronts.demo.woocommerce.faults import Fault
from tests.contracts.bench import Placed
from tests.contracts.woocommerce_bench import WooBench, woo_bench


@pytest.fixture
async def woo() -> AsyncIterator[WooBench]:
    async with woo_bench() as bench:
        yield bench


def ask(placed: Placed, *lines: LineCount, ceiling: int | None = None) -> CancelRequest:
    return CancelRequest(
        key="case_1", order_id=placed.order_id, order_number=placed.number, whole_order=not lines, lines=lines,
        capture_at_most={} if ceiling is None else {"pi_3Nx": ceiling},
    )  # fmt: skip


def leg(placed: Placed, amount: int) -> PlatformRefund:
    return PlatformRefund(
        leg_id="leg_1", key="key_1", order_id=placed.order_id, payment_id=placed.payment_id, amount=amount,
        currency=placed.currency, note="Cancelled",
    )  # fmt: skip


async def test_goods_are_back_on_the_shelf_once_after_a_part_and_after_the_whole(woo: WooBench) -> None:
    placed = await woo.place()
    assert woo.store.stock == {1012: -2, 102: -1}
    for _ in range(2):
        await woo.storefront.cancel(woo.connection, ask(placed, LineCount(placed.lines[0], 1)))
    assert woo.store.stock == {1012: -1, 102: -1}
    await woo.platform.refund(woo.connection, leg(placed, 100))
    assert woo.store.stock == {1012: -1, 102: -1}  # money alone moves no goods
    whole = CancelRequest(key="case_2", order_id=placed.order_id, order_number="1", whole_order=True, lines=())
    await woo.storefront.cancel(woo.connection, whole)
    assert woo.store.stock == {1012: 0, 102: 0}


@pytest.mark.parametrize("status", ["completed", "refunded", "trash"])
async def test_what_is_closed_in_the_store_is_too_late(woo: WooBench, status: str) -> None:
    placed = await woo.place()
    woo.store.set_status(woo.store.orders[int(placed.order_id)], status)
    answer = await woo.storefront.cancel(woo.connection, ask(placed))
    assert (answer.status, bool(answer.reason)) == (CancelStatus.TOO_LATE, True)


@pytest.mark.parametrize("status", ["pending", "on-hold", "failed", "picking"])
async def test_whatever_has_not_left_can_be_cancelled_also_in_a_status_of_the_shops_own(
    woo: WooBench, status: str
) -> None:
    placed = await woo.place()
    woo.store.set_status(woo.store.orders[int(placed.order_id)], status)
    assert (await woo.storefront.cancel(woo.connection, ask(placed))).status is CancelStatus.CANCELLED


async def test_an_order_that_staff_have_cancelled_is_cancelled(woo: WooBench) -> None:
    placed = await woo.place()
    woo.store.update(int(placed.order_id), {"status": "cancelled"})
    calls = len(woo.store.calls)
    assert (await woo.storefront.cancel(woo.connection, ask(placed))).status is CancelStatus.CANCELLED
    assert all(call.startswith("GET") for call in woo.store.calls[calls:])


async def test_a_partly_shipped_order_that_does_not_say_what_left_is_too_late(woo: WooBench) -> None:
    placed = await woo.place()
    woo.store.set_status(woo.store.orders[int(placed.order_id)], "partial-shipped")
    for request in (ask(placed), ask(placed, LineCount(placed.lines[1], 1))):
        assert (await woo.storefront.cancel(woo.connection, request)).status is CancelStatus.TOO_LATE


async def test_a_ceiling_of_an_authorised_payment_is_written_where_the_gateway_captures(woo: WooBench) -> None:
    order = woo.store.new_order(custodian=Custodian.STRIPE, payment_intent="pi_3Nx", is_authorised=True)
    lines = (str(order["line_items"][0]["id"]), str(order["line_items"][1]["id"]))
    placed = Placed(str(order["id"]), order["number"], lines, f"{order['id']}:payment", 10795, "EUR")
    await woo.storefront.cancel(woo.connection, ask(placed, LineCount(lines[1], 1), ceiling=8395))
    assert woo.store.remaining(order["id"]) == 8395
    seen = await woo.platform.fetch_order(woo.connection, placed.order_id)
    assert seen is not None
    assert (seen.refunds, seen.cancelled) == ((), (LineCount(lines[1], 1),))
    assert woo.held(placed).paid_back == 0


async def test_a_cancelled_order_stays_cancelled_when_its_money_has_been_booked_back(woo: WooBench) -> None:
    placed = await woo.place(custodian=Custodian.STRIPE)
    await woo.storefront.cancel(woo.connection, ask(placed))
    booked = RefundRecord(
        leg_id="leg_1", order_id=placed.order_id, amount=placed.total, currency="EUR", note="Cancelled"
    )
    assert await woo.platform.record_refund(woo.connection, booked)
    assert woo.store.orders[int(placed.order_id)]["status"] == "refunded"
    seen = await woo.platform.fetch_order(woo.connection, placed.order_id)
    assert seen is not None
    assert seen.state is OrderState.CANCELLED
    assert (await woo.storefront.read_cancel(woo.connection, ask(placed))).status is CancelStatus.CANCELLED


async def test_a_store_that_has_booked_everything_back_by_hand_is_left_alone(woo: WooBench) -> None:
    placed = await woo.place(custodian=Custodian.STRIPE)
    woo.refund_by_hand(placed, LineCount(placed.lines[0], 2), placed.total)
    booked = RefundRecord(leg_id="leg_1", order_id=placed.order_id, amount=700, currency="EUR", note="Cancelled")
    assert not await woo.platform.record_refund(woo.connection, booked)
    assert woo.held(placed).refunds == 1


@pytest.mark.parametrize("fault", [Fault.FATAL, Fault.PAGE, Fault.MAINTENANCE])
async def test_a_gateway_that_may_have_been_asked_is_never_asked_again(woo: WooBench, fault: Fault) -> None:
    placed = await woo.place()
    woo.switch(fault, r"POST .*/refunds$")
    with pytest.raises(OutcomeStored):
        await woo.platform.refund(woo.connection, leg(placed, 700))
    woo.heal()
    with pytest.raises(OutcomeStored):
        await woo.platform.refund(woo.connection, leg(placed, 700))
    assert await woo.platform.find_refund(woo.connection, leg(placed, 700)) is None
    assert woo.held(placed).paid_back == 0


@pytest.mark.parametrize("fault", [Fault.BUSY, Fault.FIREWALL])
async def test_a_gateway_that_was_certainly_not_asked_is_asked_again(woo: WooBench, fault: Fault) -> None:
    placed = await woo.place()
    woo.switch(fault, r"POST .*/refunds$")
    with pytest.raises(Exception, match="store"):
        await woo.platform.refund(woo.connection, leg(placed, 700))
    woo.heal()
    await woo.platform.refund(woo.connection, leg(placed, 700))
    assert woo.held(placed).paid_back == 700


async def test_a_gateway_that_timed_out_towards_the_store_may_have_paid(woo: WooBench) -> None:
    placed = await woo.place()
    woo.store.gateway_refuses = "cURL error 28: Operation timed out after 70000 milliseconds"
    with pytest.raises(OutcomeStored):
        await woo.platform.refund(woo.connection, leg(placed, 700))
    woo.heal()
    with pytest.raises(OutcomeStored):
        await woo.platform.refund(woo.connection, leg(placed, 700))
    assert woo.held(placed).paid_back == 0


async def test_a_refund_that_the_gateway_refused_can_be_tried_again(woo: WooBench) -> None:
    placed = await woo.place()
    woo.store.gateway_refuses = "The account has not enough funds."
    with pytest.raises(Rejected, match="not enough funds"):
        await woo.platform.refund(woo.connection, leg(placed, 700))
    woo.heal()
    await woo.platform.refund(woo.connection, leg(placed, 700))
    assert woo.held(placed).paid_back == 700


async def test_a_refund_that_php_was_stopped_in_is_found_by_its_reason_and_not_yet_paid(woo: WooBench) -> None:
    placed = await woo.place()
    await woo.platform.refund(woo.connection, leg(placed, 700))
    record = woo.store.refunds[int(placed.order_id)][0]
    record |= {"meta_data": [], "refunded_payment": False}
    found = await woo.platform.find_refund(woo.connection, leg(placed, 700))
    again = await woo.platform.refund(woo.connection, leg(placed, 700))
    assert found is not None
    assert found == again
    assert (found.state, found.leg_id, bool(found.failure_reason)) == ("pending", "leg_1", True)
