"""The Admin API as only Shopify has it: tokens, the cost of a document, what each refusal means."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from types import ModuleType
from typing import Any

import httpx
import pytest
from graphql import parse, validate
from msgspec.structs import replace

from plugin.ports.payments import OutcomeStored, OutcomeUnknown, RefundState, RejectCode, Rejected
from plugin.ports.platforms import PlatformRefund, RefundRecord
from plugin.storefronts.demo.shopify.cost import MOST, requested
from plugin.storefronts.demo.shopify.schema import admin_schema
from plugin.storefronts.demo.shopify.shop import DemoShopify, Fault
from plugin.storefronts.shopify import cancelling, codes, documents, holding, hooks, permissions, refunding
from plugin.storefronts.shopify.marks import idempotency_key
from plugin.storefronts.shopify.platform import ShopifyPlatform, shopify_api
from tests.contracts.bench import Placed
from tests.contracts.shopify_bench import ShopifyBench, shopify_bench
from tests.fakes import FakeClock


@pytest.fixture
async def bench() -> AsyncIterator[ShopifyBench]:
    async with shopify_bench(DemoShopify(clock=FakeClock())) as bench:
        yield bench


def move(bench: ShopifyBench, by: timedelta) -> None:
    clock = bench.shop.clock
    assert isinstance(clock, FakeClock)
    clock.advance(by)


def money(placed: Placed, amount: int) -> PlatformRefund:
    return PlatformRefund(
        leg_id="leg_1", key="key-1", order_id=placed.order_id, payment_id=placed.payment_id, amount=amount,
        currency=placed.currency, note="Cancelled",
    )  # fmt: skip


def documents_in(module: ModuleType) -> list[str]:
    texts = [value for value in vars(module).values() if isinstance(value, str)]
    return [text for text in texts if text.lstrip().startswith(("query ", "mutation "))]


@pytest.mark.parametrize("module", [cancelling, codes, documents, holding, hooks, permissions, refunding])
def test_every_document_is_of_the_schema_and_none_costs_more_than_may_be_asked(module: ModuleType) -> None:
    schema = admin_schema()
    texts = documents_in(module)
    assert texts
    for text in texts:
        document = parse(text)
        assert validate(schema, document) == []
        assert requested(schema, document, {"first": 25}) <= MOST


async def test_an_apps_credentials_fetch_one_token_for_many_calls(bench: ShopifyBench) -> None:
    app = replace(bench.connection, key=bench.shop.client_id, secret=bench.shop.client_secret)
    for _ in range(3):
        assert (await bench.platform.describe(app)).name == "Lumen"
    assert len(bench.shop.fetched_tokens) == 1


async def test_a_token_is_fetched_anew_shortly_before_its_end(bench: ShopifyBench) -> None:
    app = replace(bench.connection, key=bench.shop.client_id, secret=bench.shop.client_secret)
    await bench.platform.describe(app)
    move(bench, timedelta(hours=23, minutes=55))
    await bench.platform.describe(app)
    assert len(bench.shop.fetched_tokens) == 2


async def test_a_token_that_opens_nothing_any_more_is_fetched_once_more(bench: ShopifyBench) -> None:
    app = replace(bench.connection, key=bench.shop.client_id, secret=bench.shop.client_secret)
    await bench.platform.describe(app)
    bench.shop.fetched_tokens.clear()
    assert (await bench.platform.describe(app)).name == "Lumen"
    assert len(bench.shop.fetched_tokens) == 1


@pytest.mark.parametrize("change", [{"secret": "shpat_wrong"}, {"key": "app"}, {"key": "app", "secret": "wrong"}])
async def test_credentials_that_open_nothing_are_told_as_such(bench: ShopifyBench, change: dict[str, str]) -> None:
    with pytest.raises(Rejected) as no:
        await bench.platform.describe(replace(bench.connection, **change))
    assert no.value.code is RejectCode.BAD_CREDENTIALS


async def test_an_empty_bucket_says_when_it_holds_enough(bench: ShopifyBench) -> None:
    placed = await bench.place()
    bench.shop.bucket.available = 0
    with pytest.raises(OutcomeUnknown) as busy:
        await bench.platform.fetch_order(bench.connection, placed.order_id)
    cost = requested(admin_schema(), parse(documents.ORDER), {})
    assert busy.value.retry_after == cost / bench.shop.bucket.restored
    move(bench, timedelta(seconds=busy.value.retry_after))
    assert await bench.platform.fetch_order(bench.connection, placed.order_id)


async def test_a_page_that_empties_the_bucket_ends_early_and_none_is_missed(bench: ShopifyBench) -> None:
    placed = [(await bench.place()).order_id for _ in range(20)]
    since = bench.shop.clock.now()
    found: list[str] = []
    cursor: str | None = None
    waits = pages = 0
    while True:
        try:
            page = await bench.platform.orders_changed(bench.connection, since, cursor)
        except OutcomeUnknown as busy:
            waits += 1
            assert busy.retry_after is not None
            move(bench, timedelta(seconds=busy.retry_after))
            continue
        pages += 1
        found += [order.id for order in page.orders]
        cursor = page.next
        if cursor is None:
            break
    assert found == placed
    assert waits > 0
    assert pages > 1


@pytest.mark.parametrize(
    ("fault", "raised"),
    [
        (Fault.ERROR_500, OutcomeUnknown),
        (Fault.BAD_GATEWAY, OutcomeUnknown),
        (Fault.TOO_MANY, OutcomeUnknown),
        (Fault.THROTTLED, OutcomeUnknown),
        (Fault.HTML, OutcomeUnknown),
        (Fault.DROP_ANSWER, OutcomeUnknown),
        (Fault.USER_ERRORS, Rejected),
        (Fault.ACCESS_DENIED, Rejected),
    ],
)
async def test_each_fault_is_unknown_or_a_no_and_the_money_moves_once(
    bench: ShopifyBench, fault: Fault, raised: type[Exception]
) -> None:
    placed = await bench.place()
    bench.shop.faults = {"refundCreate": fault}
    with pytest.raises(raised):
        await bench.platform.refund(bench.connection, money(placed, 700))
    bench.heal()
    assert (await bench.platform.refund(bench.connection, money(placed, 700))).amount == 700
    assert bench.held(placed).paid_back == 700


async def test_an_answer_that_comes_too_late_is_unknown() -> None:
    async with shopify_bench(timeout=0.5) as bench:
        placed = await bench.place()
        bench.shop.faults = {"refundCreate": Fault.SLOW}
        with pytest.raises(OutcomeUnknown):
            await bench.platform.refund(bench.connection, money(placed, 700))
        bench.heal()
        found = await bench.platform.find_refund(bench.connection, money(placed, 700))
        assert found is not None
        assert bench.held(placed).refunds == 1


async def test_a_lost_refund_is_not_made_twice_under_its_key_by_shopify_itself(bench: ShopifyBench) -> None:
    """The mark is not looked at here: the very same mutation is sent twice."""
    placed = await bench.place()
    order = bench.order(placed)
    variables: dict[str, Any] = {
        "input": {
            "orderId": f"gid://shopify/Order/{order.id}",
            "transactions": [
                {
                    "orderId": f"gid://shopify/Order/{order.id}", "gateway": "shopify_payments", "kind": "REFUND",
                    "parentId": f"gid://shopify/OrderTransaction/{order.transactions[0].id}", "amount": "7.00",
                }
            ],
        },
        "key": "2b0c6c5e-0d7e-5d6c-9d5c-3a1f3c5f0a11",
    }  # fmt: skip
    for _ in range(2):
        await bench.api.ask(bench.connection, refunding.PAY_BACK, variables, refunding.PayBackData)
    assert bench.held(placed).paid_back == 700
    with pytest.raises(OutcomeStored, match="other parameters"):
        changed = {**variables, "input": {**variables["input"], "note": "another"}}
        await bench.api.ask(bench.connection, refunding.PAY_BACK, changed, refunding.PayBackData)
    with pytest.raises(Rejected, match="directive is required"):
        bare = refunding.PAY_BACK.replace("@idempotent(key: $key)", "").replace(", $key: String!", "")
        await bench.api.ask(bench.connection, bare, variables, refunding.PayBackData)


async def test_a_key_that_was_used_for_something_else_is_looked_into_and_nothing_is_paid(bench: ShopifyBench) -> None:
    placed = await bench.place()
    bench.shop.done_under_key[idempotency_key("key-1")] = {}, "gid://shopify/Refund/1"
    with pytest.raises(OutcomeStored):
        await bench.platform.refund(bench.connection, money(placed, 700))
    assert await bench.platform.find_refund(bench.connection, money(placed, 700)) is None
    assert bench.held(placed).paid_back == 0


STILL_RUNS = "This request is currently in progress, please try again."
OTHER_PARAMETERS = "The same idempotency key cannot be used with different operation parameters."


async def test_a_complaint_about_the_key_is_no_refusal_also_without_a_code(bench: ShopifyBench) -> None:
    """The errors of ``refundCreate`` have no code. Taken for a no, somebody would pay what the first ask pays."""
    placed = await bench.place()
    key = idempotency_key("key-1")
    bench.shop.said_of_keys[key] = STILL_RUNS
    with pytest.raises(OutcomeUnknown, match="in progress"):
        await bench.platform.refund(bench.connection, money(placed, 700))
    bench.shop.said_of_keys[key] = OTHER_PARAMETERS
    with pytest.raises(OutcomeStored, match="different operation parameters"):
        await bench.platform.refund(bench.connection, money(placed, 700))


async def test_a_refund_whose_answer_may_not_be_seen_in_full_was_made(bench: ShopifyBench) -> None:
    placed = await bench.place()
    bench.shop.faults = {"refundCreate": Fault.ANSWER_DENIED}
    with pytest.raises(OutcomeUnknown, match="Access denied"):
        await bench.platform.refund(bench.connection, money(placed, 700))
    bench.heal()
    assert (await bench.platform.refund(bench.connection, money(placed, 700))).amount == 700
    assert bench.held(placed).refunds == 1


async def test_a_refund_that_shows_no_transaction_yet_has_not_failed(bench: ShopifyBench) -> None:
    placed = await bench.place()
    await bench.platform.refund(bench.connection, money(placed, 700))
    bench.order(placed).refunds[0].transactions.clear()
    found = await bench.platform.find_refund(bench.connection, money(placed, 700))
    assert found is not None
    assert (found.state, found.amount) == (RefundState.PENDING, 700)


async def test_what_was_paid_elsewhere_is_not_written_into_shopifys_books(bench: ShopifyBench) -> None:
    placed = await bench.place()
    record = RefundRecord(leg_id="leg_1", order_id=placed.order_id, amount=700, currency="EUR", note="Paid at Stripe")
    assert not await bench.platform.record_refund(bench.connection, record)
    assert bench.held(placed).refunds == 0


async def test_a_scope_to_write_is_one_to_read(bench: ShopifyBench) -> None:
    bench.shop.scopes = {"write_orders", "write_discounts"}
    granted = {each.name for each in await bench.platform.permissions(bench.connection) if each.is_granted}
    assert granted == {"read_orders", "write_orders", "read_discounts", "write_discounts"}


async def test_a_topic_that_the_app_may_not_have_keeps_no_other_from_being_made(bench: ShopifyBench) -> None:
    bench.shop.scopes.remove("read_fulfillments")
    made = await bench.platform.register_hooks(bench.connection, bench.hooks_url, "unused")
    off = {hook.topic: hook.reason or "" for hook in made if not hook.is_live}
    assert set(off) == {"FULFILLMENTS_CREATE", "FULFILLMENTS_UPDATE", "FULFILLMENT_EVENTS_CREATE"}
    assert all("may not subscribe" in reason for reason in off.values())
    assert bench.hooks_at(bench.hooks_url) == len(made) - 3
    bench.shop.scopes.add("read_fulfillments")
    mended = await bench.platform.register_hooks(bench.connection, bench.hooks_url, "unused")
    assert [hook.reason for hook in mended] == [None] * len(made)


@pytest.mark.parametrize(("said", "waits"), [("7", 7.0), (None, 1.0), ("soon", 1.0), ("nan", 1.0), ("9e99", 60.0)])
async def test_a_pause_is_kept_within_bounds_whatever_is_said(
    bench: ShopifyBench, said: str | None, waits: float
) -> None:
    busy = httpx.Response(429, headers={"retry-after": said} if said else {})
    async with httpx.AsyncClient(transport=httpx.MockTransport(lambda request: busy)) as http:
        with pytest.raises(OutcomeUnknown) as later:
            await ShopifyPlatform(shopify_api(http, clock=bench.shop.clock)).describe(bench.connection)
    assert later.value.retry_after == waits
