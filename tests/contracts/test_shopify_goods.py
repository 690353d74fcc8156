"""What only Shopify's goods do: store credit, keys that it does not know, and returns that staff write down."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from plugin.ports.goods import StoreCredit, StoreStatus, Wanted
from plugin.ports.orders import LineCount
from plugin.storefronts.demo.shopify.orders import DemoRefund
from plugin.storefronts.demo.shopify.shop import Fault
from tests.contracts.bench import Step, Trouble
from tests.contracts.shopify_bench import ShopifyBench, shopify_bench
from tests.contracts.test_platform_goods import back, outbound, to_variant


@pytest.fixture
async def bench() -> AsyncIterator[ShopifyBench]:
    async with shopify_bench() as bench:
        yield bench


def credit(order_id: str, *, customer_id: str | None = "5001", key: str = "cr_1") -> StoreCredit:
    return StoreCredit(
        key=key, order_id=order_id, customer_id=customer_id, email=None, amount=2500, currency="EUR",
        expires_at=datetime(2027, 11, 23, tzinfo=UTC),
    )  # fmt: skip


async def test_credit_is_given_once_per_key_with_its_end(bench: ShopifyBench) -> None:
    placed = await bench.place()
    first, again, another = [
        await bench.goods.give_credit(bench.connection, credit(placed.order_id, key=key))
        for key in ("cr_1", "cr_1", "cr_2")
    ]
    assert (first.status, first) == (StoreStatus.DONE, again)
    assert another.reference != first.reference
    assert [(each.customer_id, each.amount, each.currency) for each in bench.shop.credits] == [(5001, 2500, "EUR")] * 2
    assert (bench.shop.credits[0].expires_at or "").startswith("2027-11-23")


async def test_credit_whose_answer_was_lost_is_found_in_the_customers_account(bench: ShopifyBench) -> None:
    placed = await bench.place()
    bench.shop.faults["storeCreditAccountCredit"] = Fault.DROP_ANSWER
    lost = await bench.goods.give_credit(bench.connection, credit(placed.order_id))
    assert lost.status is StoreStatus.UNKNOWN
    bench.heal()
    found = await bench.goods.give_credit(bench.connection, credit(placed.order_id))
    assert (found.status, len(bench.shop.credits)) == (StoreStatus.DONE, 1)


async def test_an_older_credit_of_the_same_amount_is_another_one(bench: ShopifyBench) -> None:
    placed = await bench.place()
    await bench.goods.give_credit(bench.connection, credit(placed.order_id, key="older"))
    bench.shop.credits[0].at = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    bench.shop.faults["storeCreditAccountCredit"] = Fault.ERROR_500
    await bench.goods.give_credit(bench.connection, credit(placed.order_id))
    bench.heal()
    waiting = await bench.goods.give_credit(bench.connection, credit(placed.order_id))
    assert (waiting.status, len(bench.shop.credits)) == (StoreStatus.UNKNOWN, 1)


@pytest.mark.parametrize("customer_id", [None, "404404"])
async def test_credit_is_for_customers_only(bench: ShopifyBench, customer_id: str | None) -> None:
    placed = await bench.place()
    answer = await bench.goods.give_credit(bench.connection, credit(placed.order_id, customer_id=customer_id))
    assert (answer.status, bool(answer.reason)) == (StoreStatus.REFUSED, True)
    assert bench.shop.credits == []


async def test_what_was_throttled_was_not_run_and_is_asked_for_again_at_once(bench: ShopifyBench) -> None:
    placed = await bench.place()
    bench.shop.faults["orderCreate"] = Fault.THROTTLED
    assert (await bench.goods.make_order(bench.connection, outbound(bench, placed))).status is StoreStatus.UNKNOWN
    bench.heal()
    assert (await bench.goods.make_order(bench.connection, outbound(bench, placed))).status is StoreStatus.DONE


async def test_what_shopify_minds_is_refused_in_its_words_and_may_be_asked_again(bench: ShopifyBench) -> None:
    placed = await bench.place()
    bench.fail(Trouble.REFUSE, Step.MAKE_ORDER)
    no = await bench.goods.make_order(bench.connection, outbound(bench, placed))
    assert no.status is StoreStatus.REFUSED
    assert "Shopify says" in (no.reason or "")
    bench.heal()
    assert (await bench.goods.make_order(bench.connection, outbound(bench, placed))).status is StoreStatus.DONE


async def test_without_its_scope_an_edit_is_refused_and_says_so(bench: ShopifyBench) -> None:
    placed = await bench.place()
    bench.shop.scopes -= {"write_order_edits"}
    answer = await bench.goods.fix(bench.connection, to_variant(placed, bench.wares.dearer))
    assert (answer.status, "orderEditBegin" in (answer.reason or "")) == (StoreStatus.REFUSED, True)


async def test_a_variant_is_found_by_the_title_that_a_line_tells(bench: ShopifyBench) -> None:
    placed = await bench.place()
    wanted = (Wanted(product_id="71", variant_id="XL"), Wanted(product_id="72"), Wanted(product_id="71"))
    told = await bench.goods.offers(bench.connection, placed.order_id, wanted, "EUR")
    assert [each.variant_id for each in told.offered] == ["7103", "7201"]


async def test_a_line_names_its_variant_so_that_it_can_be_sent_again(bench: ShopifyBench) -> None:
    placed = await bench.place()
    assert [line.variant_id for line in (await bench.read(placed.order_id)).lines] == ["7101", "7201"]


async def test_units_that_staff_took_back_with_a_refund_are_not_read_as_cancelled(bench: ShopifyBench) -> None:
    placed = await bench.place()
    await bench.ship(placed)
    order, line = bench.order(placed), int(placed.lines[0])
    bench.shop.refund_by_hand(order, line, 1, 3950)
    by_hand: DemoRefund = order.refunds[0]
    by_hand.lines = [(line, 1, "RETURN")]
    read = await bench.read(placed.order_id)
    (refund,) = read.refunds
    assert read.cancelled == ()
    assert (refund.amount, refund.lines, refund.leg_id) == (3950, (LineCount(placed.lines[0], 1),), None)


async def test_no_more_comes_back_than_was_sent(bench: ShopifyBench) -> None:
    placed = await bench.place()
    await bench.ship(placed, LineCount(placed.lines[0], 1))
    assert await bench.goods.restock(bench.connection, back(placed, units=2)) is StoreStatus.REFUSED


async def test_an_order_paid_in_two_currencies_is_a_persons(bench: ShopifyBench) -> None:
    placed = await bench.place()
    bench.order(placed).presentment_currency = "USD"
    answer = await bench.goods.fix(bench.connection, replace(to_variant(placed, bench.wares.other), is_trial=True))
    assert answer.status is StoreStatus.REFUSED
