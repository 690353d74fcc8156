"""Cancelling at Shopify is a job; what a fulfilment service has must be asked back; money splits over what took it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from msgspec.structs import replace

from plugin.ports.orders import LineCount
from plugin.ports.payments import Promotion, PromotionKind, RefundState, RejectCode, Rejected
from plugin.ports.storefronts import CancelRequest, CancelStatus
from plugin.storefronts.demo.shopify.orders import DemoLine, DemoTransaction
from plugin.storefronts.demo.shopify.shop import DemoShopify, Fault
from plugin.storefronts.shopify.adapter import ShopifyStorefront
from plugin.storefronts.shopify.marks import idempotency_key
from tests.contracts.bench import Placed
from tests.contracts.shopify_bench import ShopifyBench, shopify_bench
from tests.contracts.test_shopify_api import STILL_RUNS, money
from tests.fakes import NOON, FakeClock


@pytest.fixture
async def bench() -> AsyncIterator[ShopifyBench]:
    async with shopify_bench(DemoShopify(clock=FakeClock())) as bench:
        yield bench


def ask(placed: Placed, *lines: LineCount) -> CancelRequest:
    every = (LineCount(placed.lines[0], 2), LineCount(placed.lines[1], 1))
    return CancelRequest(
        key="case_1", order_id=placed.order_id, order_number=placed.number, whole_order=not lines, lines=lines or every
    )


async def test_an_order_is_being_cancelled_until_its_job_is_done(bench: ShopifyBench) -> None:
    placed = await bench.place()
    for call in (bench.storefront.cancel, bench.storefront.read_cancel, bench.storefront.cancel):
        answer = await call(bench.connection, ask(placed))
        assert answer.status is CancelStatus.PENDING
        assert answer.deadline is not None
        assert answer.deadline > NOON
    await bench.settle()
    assert (await bench.storefront.read_cancel(bench.connection, ask(placed))).status is CancelStatus.CANCELLED
    assert bench.shop.asked.count("orderCancel") == 1
    assert bench.order(placed).staff_note == "[comeback:case_1]"


async def test_an_ask_that_still_runs_under_its_key_is_not_too_late(bench: ShopifyBench) -> None:
    placed = await bench.place()
    request = ask(placed, LineCount(placed.lines[0], 2))
    bench.shop.said_of_keys[idempotency_key("case_1")] = STILL_RUNS
    assert (await bench.storefront.cancel(bench.connection, request)).status is CancelStatus.UNKNOWN
    bench.shop.said_of_keys.clear()
    assert (await bench.storefront.cancel(bench.connection, request)).status is CancelStatus.CANCELLED


async def test_a_job_that_was_done_at_once_is_an_answer_at_once(bench: ShopifyBench) -> None:
    bench.shop.jobs_wait = False
    placed = await bench.place()
    assert (await bench.storefront.cancel(bench.connection, ask(placed))).status is CancelStatus.CANCELLED


async def test_a_job_that_ends_in_nothing_is_too_late(bench: ShopifyBench) -> None:
    placed = await bench.place()
    await bench.storefront.cancel(bench.connection, ask(placed))
    await bench.ship(placed)
    await bench.settle()
    assert (await bench.storefront.read_cancel(bench.connection, ask(placed))).status is CancelStatus.TOO_LATE


async def test_after_a_restart_the_ask_is_made_anew_and_the_order_is_cancelled_once(bench: ShopifyBench) -> None:
    placed = await bench.place()
    await bench.storefront.cancel(bench.connection, ask(placed))
    restarted = ShopifyStorefront(bench.api, bench.shop.clock)
    assert (await restarted.read_cancel(bench.connection, ask(placed))).status is CancelStatus.UNKNOWN
    assert (await restarted.cancel(bench.connection, ask(placed))).status is CancelStatus.PENDING
    await bench.settle()
    assert (await restarted.read_cancel(bench.connection, ask(placed))).status is CancelStatus.CANCELLED


async def test_an_authorisation_is_let_go_with_its_order_and_nothing_is_paid(bench: ShopifyBench) -> None:
    placed = await bench.place()
    bench.order(placed).transactions[0].kind = "AUTHORIZATION"
    await bench.storefront.cancel(bench.connection, ask(placed))
    await bench.settle()
    assert [each.kind for each in bench.order(placed).transactions] == ["AUTHORIZATION", "VOID"]


@pytest.mark.parametrize("is_whole", [True, False], ids=["whole", "units"])
async def test_a_fulfilment_service_gives_back_and_then_it_is_cancelled(bench: ShopifyBench, is_whole: bool) -> None:
    placed = await bench.place()
    request = ask(placed) if is_whole else ask(placed, LineCount(placed.lines[1], 1))
    bench.shop.send_to_service(bench.order(placed))
    assert (await bench.storefront.read_cancel(bench.connection, request)).status is CancelStatus.UNKNOWN
    for call in (bench.storefront.cancel, bench.storefront.read_cancel):
        assert (await call(bench.connection, request)).status is CancelStatus.PENDING
    assert bench.shop.asked.count("fulfillmentOrderSubmitCancellationRequest") == 1
    bench.shop.service_answers(bench.order(placed), gives_back=True)
    assert (await bench.storefront.read_cancel(bench.connection, request)).status is CancelStatus.UNKNOWN
    await bench.storefront.cancel(bench.connection, request)
    await bench.settle()
    assert (await bench.storefront.read_cancel(bench.connection, request)).status is CancelStatus.CANCELLED


async def test_a_parcel_whose_lines_are_not_all_shown_is_asked_back_before_a_unit_is_taken_out(
    bench: ShopifyBench,
) -> None:
    order = bench.shop.place([DemoLine(id, f"Thing {id}", 1, 1000) for id in range(1, 13)])
    bench.shop.send_to_service(order)
    request = CancelRequest(
        key="case_1", order_id=str(order.id), order_number="1", whole_order=False, lines=(LineCount("12", 1),)
    )
    assert (await bench.storefront.cancel(bench.connection, request)).status is CancelStatus.PENDING
    assert "refundCreate" not in bench.shop.asked


async def test_a_fulfilment_service_that_keeps_the_parcel_is_too_late(bench: ShopifyBench) -> None:
    placed = await bench.place()
    bench.shop.send_to_service(bench.order(placed))
    await bench.storefront.cancel(bench.connection, ask(placed))
    bench.shop.service_answers(bench.order(placed), gives_back=False)
    for call in (bench.storefront.read_cancel, bench.storefront.cancel):
        assert (await call(bench.connection, ask(placed))).status is CancelStatus.TOO_LATE
    assert bench.held(placed).cancelled == {}


async def test_what_the_app_may_not_do_is_a_persons(bench: ShopifyBench) -> None:
    placed = await bench.place()
    bench.shop.faults = {"orderCancel": Fault.ACCESS_DENIED}
    answer = await bench.storefront.cancel(bench.connection, ask(placed))
    assert answer.status is CancelStatus.UNSUPPORTED
    assert answer.reason


async def test_what_shopify_refuses_for_another_reason_goes_to_a_person_in_its_words(bench: ShopifyBench) -> None:
    placed = await bench.place()
    bench.shop.faults = {"orderCancel": Fault.USER_ERRORS}
    answer = await bench.storefront.cancel(bench.connection, ask(placed))
    assert (answer.status, answer.reason) == (CancelStatus.UNSUPPORTED, "Shopify says: The shop was told to refuse.")


async def test_money_splits_over_what_took_it_and_the_gift_card_gives_last(bench: ShopifyBench) -> None:
    placed = await bench.place()
    order = bench.order(placed)
    order.transactions = [
        DemoTransaction(1, "SALE", 3000, "gift_card"),
        DemoTransaction(2, "AUTHORIZATION", placed.total - 3000),
        DemoTransaction(3, "CAPTURE", 4000, parent=2),
        DemoTransaction(4, "CAPTURE", placed.total - 7000, parent=2),
    ]
    fact = await bench.platform.refund(bench.connection, money(placed, placed.total - 1000))
    assert (fact.amount, fact.state) == (placed.total - 1000, RefundState.SUCCEEDED)
    parts = [(each.parent, each.amount) for each in order.refunds[0].transactions]
    assert parts == [(3, 4000), (4, placed.total - 7000), (1, 2000)]


async def test_a_refund_of_one_payment_takes_nothing_from_another(bench: ShopifyBench) -> None:
    placed = await bench.place()
    order = bench.order(placed)
    order.transactions = [DemoTransaction(1, "SALE", 3000, "gift_card"), DemoTransaction(2, "SALE", 4000)]
    one = replace(money(placed, 3001), payment_id="1")
    with pytest.raises(Rejected):
        await bench.platform.refund(bench.connection, one)
    await bench.platform.refund(bench.connection, replace(one, amount=3000))
    assert [each.parent for each in order.refunds[0].transactions] == [1]


async def test_money_that_a_person_handles_is_left_alone(bench: ShopifyBench) -> None:
    placed = await bench.place()
    bench.order(placed).transactions[0].gateway = "cash_on_delivery"
    with pytest.raises(Rejected) as no:
        await bench.platform.refund(bench.connection, money(placed, 700))
    assert no.value.code is RejectCode.UNEXPECTED_STATE


async def test_an_order_paid_in_another_currency_is_a_persons(bench: ShopifyBench) -> None:
    placed = await bench.place()
    bench.order(placed).presentment_currency = "USD"
    with pytest.raises(Rejected, match="USD"):
        await bench.platform.refund(bench.connection, money(placed, 700))
    assert bench.held(placed).refunds == 0


async def test_a_refund_that_its_gateway_takes_its_time_for_is_pending_and_then_told(bench: ShopifyBench) -> None:
    bench.shop.refunds_wait = True
    placed = await bench.place()
    assert (await bench.platform.refund(bench.connection, money(placed, 700))).state is RefundState.PENDING
    await bench.settle()
    found = await bench.platform.find_refund(bench.connection, money(placed, 700))
    assert found is not None
    assert found.state is RefundState.SUCCEEDED


async def test_a_refund_that_its_gateway_could_not_pay_has_failed(bench: ShopifyBench) -> None:
    placed = await bench.place()
    await bench.platform.refund(bench.connection, money(placed, 700))
    (paid,) = bench.order(placed).refunds[0].transactions
    paid.status, paid.error_code = "FAILURE", "CARD_DECLINED"
    found = await bench.platform.find_refund(bench.connection, money(placed, 700))
    assert found is not None
    assert (found.state, found.amount, found.failure_reason) == (RefundState.FAILED, 700, "CARD_DECLINED")


async def test_only_our_own_hold_is_let_go(bench: ShopifyBench) -> None:
    placed = await bench.place()
    (part,) = bench.order(placed).to_send
    part.holds[9] = "theirs"
    for key in ("case_1", "case_2"):
        await bench.platform.hold(bench.connection, placed.order_id, key, "A person decides.")
    await bench.platform.hold(bench.connection, placed.order_id, "case_1", "A person decides.")
    assert len(part.holds) == 3
    await bench.platform.release_hold(bench.connection, placed.order_id, "case_1")
    assert len(part.holds) == 2
    assert "theirs" in part.holds.values()


@pytest.mark.parametrize(("email", "bound"), [("ana@example.com", True), ("new@example.com", False), (None, False)])
async def test_a_code_is_bound_to_a_customer_where_the_address_is_one(
    bench: ShopifyBench, email: str | None, bound: bool
) -> None:
    promotion = Promotion(
        code_id="code_1", code="BACK-1", kind=PromotionKind.PERCENT, percent=15, amount=None, currency="EUR",
        minimum=2000, expires_at=NOON + timedelta(days=30),
    )  # fmt: skip
    id = await bench.platform.publish_code(bench.connection, promotion, email, key="code_1")
    assert id.startswith("gid://shopify/DiscountCodeNode/")
    (made,) = bench.shop.discounts.values()
    context = {"customers": {"add": ["gid://shopify/Customer/5001"]}} if bound else {"all": "ALL"}
    assert made.input["context"] == context
    assert made.input["customerGets"]["value"] == {"percentage": 0.15}
    assert (made.input["usageLimit"], made.input["appliesOncePerCustomer"]) == (1, True)
    assert made.input["minimumRequirement"]["subtotal"]["greaterThanOrEqualToSubtotal"] == "20.00"


async def test_a_code_that_somebody_else_has_given_is_not_taken_for_ours(bench: ShopifyBench) -> None:
    promotion = Promotion(
        code_id="code_1", code="WELCOME", kind=PromotionKind.FREE_SHIPPING, percent=None, amount=None, currency="EUR",
        minimum=None, expires_at=NOON + timedelta(days=30),
    )  # fmt: skip
    await bench.platform.publish_code(bench.connection, promotion, None, key="code_1")
    with pytest.raises(Rejected, match="Another discount"):
        await bench.platform.publish_code(bench.connection, replace(promotion, code_id="code_2"), None, key="code_2")
