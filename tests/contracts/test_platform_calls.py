"""One contract for every connected platform: looking up, codes, notes and webhooks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from plugin.ports.orders import Custodian, LineCount, OrderState, parts_total
from plugin.ports.payments import (
    OutcomeUnknown,
    Promotion,
    PromotionKind,
    RejectCode,
    Rejected,
)
from plugin.ports.storefronts import CancelRequest
from tests.contracts.bench import Placed, PlatformBench, Step, Trouble
from tests.contracts.platform_benches import PLATFORMS


@pytest.fixture(params=sorted(PLATFORMS))
async def bench(request: pytest.FixtureRequest) -> AsyncIterator[PlatformBench]:
    async with PLATFORMS[request.param]() as bench:
        yield bench


def promotion(code: str = "COMEBACK-7Q2M-X9AA-PD4K") -> Promotion:
    return Promotion(
        code_id="code_1", code=code, kind=PromotionKind.PERCENT, percent=10, amount=None, currency="EUR",
        minimum=2000, expires_at=datetime.now(UTC).replace(microsecond=0) + timedelta(days=30),
    )  # fmt: skip


async def cancel_units(bench: PlatformBench, placed: Placed, *lines: LineCount) -> None:
    ask = CancelRequest(key="case_1", order_id=placed.order_id, order_number=placed.number, whole_order=False,
                        lines=lines)  # fmt: skip
    await bench.storefront.cancel(bench.connection, ask)
    await bench.settle()


async def test_a_store_says_who_it_is(bench: PlatformBench) -> None:
    facts = await bench.platform.describe(bench.connection)
    assert facts.name
    assert facts.currency
    assert facts.version


async def test_every_permission_is_there_and_without_one_it_is_named_with_its_mend(bench: PlatformBench) -> None:
    await bench.place()
    granted = await bench.platform.permissions(bench.connection)
    assert granted
    assert all(permission.is_granted for permission in granted)
    bench.weaken()
    missing = [each for each in await bench.platform.permissions(bench.connection) if not each.is_granted]
    assert missing
    assert all(permission.needed_for and permission.mend for permission in missing)


async def test_wrong_credentials_are_told_apart_from_trouble(bench: PlatformBench) -> None:
    placed = await bench.place()
    wrong = replace(bench.connection, secret="not-the-secret")
    with pytest.raises(Rejected) as no:
        await bench.platform.fetch_order(wrong, placed.order_id)
    assert no.value.code is RejectCode.BAD_CREDENTIALS


async def test_an_order_is_fetched_with_all_its_parts_and_an_unknown_one_is_none(bench: PlatformBench) -> None:
    placed = await bench.place()
    order = await bench.platform.fetch_order(bench.connection, placed.order_id)
    assert order is not None
    assert (order.id, order.total, order.currency) == (placed.order_id, placed.total, placed.currency)
    assert [(line.id, line.quantity) for line in order.lines] == [(placed.lines[0], 2), (placed.lines[1], 1)]
    assert (parts_total(order), order.unexplained) == (order.total, 0)
    assert [payment.id for payment in order.payments] == [placed.payment_id]
    assert (order.fulfilments, order.cancelled, order.refunds) == ((), (), ())
    assert await bench.platform.fetch_order(bench.connection, "999999999") is None


@pytest.mark.parametrize("custodian", [Custodian.STOREFRONT, Custodian.MANUAL])
async def test_who_holds_the_money_is_told(bench: PlatformBench, custodian: Custodian) -> None:
    placed = await bench.place(custodian=custodian)
    order = await bench.platform.fetch_order(bench.connection, placed.order_id)
    assert order is not None
    assert [payment.custodian for payment in order.payments] == [custodian]


async def test_units_that_were_cancelled_and_parcels_that_left_are_seen(bench: PlatformBench) -> None:
    placed = await bench.place()
    await cancel_units(bench, placed, LineCount(placed.lines[0], 1))
    await bench.ship(placed, LineCount(placed.lines[1], 1))
    order = await bench.platform.fetch_order(bench.connection, placed.order_id)
    assert order is not None
    assert order.state is OrderState.OPEN
    assert order.cancelled == (LineCount(placed.lines[0], 1),)
    assert [parcel.lines for parcel in order.fulfilments] == [(LineCount(placed.lines[1], 1),)]
    assert order.refunds == ()


async def test_a_refund_by_hand_names_its_lines_and_no_leg(bench: PlatformBench) -> None:
    placed = await bench.place()
    bench.refund_by_hand(placed, LineCount(placed.lines[1], 1), 500)
    order = await bench.platform.fetch_order(bench.connection, placed.order_id)
    assert order is not None
    (refund,) = order.refunds
    assert (refund.amount, refund.lines, refund.leg_id) == (500, (LineCount(placed.lines[1], 1),), None)


async def test_changed_orders_come_page_by_page_and_none_is_missed_or_told_twice(bench: PlatformBench) -> None:
    since = datetime.now(UTC) - timedelta(minutes=5)
    placed = [await bench.place() for _ in range(3)]
    found: list[str] = []
    cursor: str | None = None
    for _ in range(20):
        page = await bench.platform.orders_changed(bench.connection, since, cursor)
        found += [order.id for order in page.orders]
        cursor = page.next
        if cursor is None:
            break
    assert cursor is None
    assert sorted(found) == sorted(each.order_id for each in placed)
    later = await bench.platform.orders_changed(bench.connection, datetime.now(UTC) + timedelta(days=1))
    assert later.orders == ()


@pytest.mark.parametrize("trouble", [Trouble.FAIL, Trouble.BUSY, Trouble.GARBAGE])
async def test_a_platform_in_trouble_is_no_deleted_order(bench: PlatformBench, trouble: Trouble) -> None:
    placed = await bench.place()
    bench.fail(trouble, Step.ORDERS)
    with pytest.raises(OutcomeUnknown):
        await bench.platform.fetch_order(bench.connection, placed.order_id)
    with pytest.raises(OutcomeUnknown):
        await bench.platform.orders_changed(bench.connection, datetime.now(UTC) - timedelta(days=1))


async def test_the_same_note_is_left_once(bench: PlatformBench) -> None:
    placed = await bench.place()
    for text in ("Cancelled by the shopper.", "Cancelled by the shopper.", "A person looks at it."):
        await bench.platform.note(bench.connection, placed.order_id, text)
    assert [note for note in bench.held(placed).notes if note == "Cancelled by the shopper."] == [
        "Cancelled by the shopper."
    ]
    assert "A person looks at it." in bench.held(placed).notes


async def test_a_hold_can_be_placed_twice_and_released_twice(bench: PlatformBench) -> None:
    placed = await bench.place()
    for _ in range(2):
        await bench.platform.hold(bench.connection, placed.order_id, "case_1", "A person decides.")
    for _ in range(2):
        await bench.platform.release_hold(bench.connection, placed.order_id, "case_1")


@pytest.mark.parametrize("kind", list(PromotionKind))
async def test_a_code_is_made_once_and_withdrawn_for_good(bench: PlatformBench, kind: PromotionKind) -> None:
    wanted = replace(
        promotion(),
        kind=kind,
        percent=10 if kind is PromotionKind.PERCENT else None,
        amount=500 if kind is PromotionKind.AMOUNT else None,
    )
    first = await bench.platform.publish_code(bench.connection, wanted, "ana@example.com", key="code_1")
    again = await bench.platform.publish_code(bench.connection, wanted, "ana@example.com", key="code_1")
    assert first == again
    assert [code.upper() for code in bench.codes()] == [wanted.code]
    for _ in range(2):
        await bench.platform.withdraw_code(bench.connection, first, key="code_1-withdraw")
    assert bench.codes() == ()


async def test_a_code_whose_answer_was_lost_is_found_again(bench: PlatformBench) -> None:
    bench.fail(Trouble.LOSE_ANSWER, Step.CODE)
    with pytest.raises(OutcomeUnknown):
        await bench.platform.publish_code(bench.connection, promotion(), None, key="code_1")
    bench.heal()
    assert await bench.platform.publish_code(bench.connection, promotion(), None, key="code_1")
    assert len(bench.codes()) == 1


async def test_webhooks_are_made_mended_and_taken_away(bench: PlatformBench) -> None:
    url = bench.hooks_url
    before = await bench.platform.hooks(bench.connection, url)
    assert before
    assert all(hook.id is None and not hook.is_live for hook in before)
    made = await bench.platform.register_hooks(bench.connection, url, "a-secret-of-32-characters-or-more")
    assert all(hook.is_live and hook.id for hook in made)
    assert [hook.topic for hook in made] == [hook.topic for hook in before]
    bench.break_hooks()
    broken = await bench.platform.hooks(bench.connection, url)
    assert any(not hook.is_live for hook in broken)
    assert all(hook.reason for hook in broken if not hook.is_live)
    mended = await bench.platform.register_hooks(bench.connection, url, "a-secret-of-32-characters-or-more")
    assert all(hook.is_live for hook in mended)
    assert bench.hooks_at(url) == len(made)
    assert await bench.platform.remove_hooks(bench.connection, url) == len(made)
    assert bench.hooks_at(url) == 0
