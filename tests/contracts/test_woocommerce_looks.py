"""Looking up at a WooCommerce store: pages that hold still, parcels of plugins, refunds, coupons and webhooks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from plugin.ports.orders import LineCount, OrderState, StoreOrder
from plugin.ports.payments import Promotion, PromotionKind, Rejected
from plugin.ports.storefronts import OrderChanged, SignatureInvalid, Unparseable
from plugin.storefronts.demo.woocommerce.samples import stamp
from plugin.storefronts.woocommerce.looking import PER_PAGE
from tests.contracts.bench import Placed
from tests.contracts.woocommerce_bench import WooBench, woo_bench

AT = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


@pytest.fixture
async def woo() -> AsyncIterator[WooBench]:
    async with woo_bench() as bench:
        yield bench


async def fetched(woo: WooBench, placed: Placed) -> StoreOrder:
    order = await woo.platform.fetch_order(woo.connection, placed.order_id)
    assert order is not None
    return order


def track(woo: WooBench, placed: Placed, *items: dict[str, Any], status: str = "processing") -> None:
    order = woo.store.orders[int(placed.order_id)]
    woo.store.set_meta(order, "_wc_shipment_tracking_items", list(items))
    order["status"] = status


async def every_id(woo: WooBench, since: datetime) -> list[str]:
    found: list[str] = []
    page = await woo.platform.orders_changed(woo.connection, since)
    found += [order.id for order in page.orders]
    while page.next:
        page = await woo.platform.orders_changed(woo.connection, since, page.next)
        found += [order.id for order in page.orders]
    return found


async def test_pages_hold_still_while_orders_change_and_many_change_in_one_second(woo: WooBench) -> None:
    placed = [await woo.place() for _ in range(2 * PER_PAGE + 20)]
    for i, each in enumerate(placed):  # the first seventy within one second
        woo.store.orders[int(each.order_id)]["date_modified_gmt"] = stamp(AT + timedelta(seconds=max(0, i - 70)))
    first = await woo.platform.orders_changed(woo.connection, AT)
    assert (len(first.orders), first.total) == (PER_PAGE, len(placed))
    assert first.next is not None
    early = first.orders[0].id
    woo.store.touch(woo.store.orders[int(early)], at=AT + timedelta(hours=1))  # it moves to the end, and is told again
    page, found = first, [order.id for order in first.orders]
    while page.next:
        page = await woo.platform.orders_changed(woo.connection, AT, page.next)
        found += [order.id for order in page.orders]
    assert sorted(found) == sorted([each.order_id for each in placed] + [early])


async def test_the_moment_asked_for_is_included_and_what_was_before_is_not(woo: WooBench) -> None:
    before, at = await woo.place(), await woo.place()
    woo.store.orders[int(before.order_id)]["date_modified_gmt"] = stamp(AT - timedelta(seconds=1))
    woo.store.orders[int(at.order_id)]["date_modified_gmt"] = stamp(AT)
    assert await every_id(woo, AT) == [at.order_id]


async def test_orders_in_the_trash_are_told_as_deleted(woo: WooBench) -> None:
    placed = await woo.place()
    woo.store.trash(int(placed.order_id))
    assert (await fetched(woo, placed)).state is OrderState.DELETED
    assert await every_id(woo, AT) == [placed.order_id]


async def test_the_trash_is_walked_from_the_beginning_after_many_pages_of_other_orders(woo: WooBench) -> None:
    trashed = await woo.place()
    woo.store.trash(int(trashed.order_id))
    woo.store.orders[int(trashed.order_id)]["date_modified_gmt"] = stamp(AT)
    for i in range(2 * PER_PAGE + 1):
        other = await woo.place()
        woo.store.orders[int(other.order_id)]["date_modified_gmt"] = stamp(AT + timedelta(minutes=i))
    assert (await every_id(woo, AT)).count(trashed.order_id) == 1


async def test_an_order_that_cannot_be_read_is_named_and_blocks_nothing(woo: WooBench) -> None:
    broken, fine = await woo.place(), await woo.place()
    woo.store.orders[int(broken.order_id)]["currency"] = "XXQ"
    page = await woo.platform.orders_changed(woo.connection, AT)
    assert [order.id for order in page.orders] == [fine.order_id]
    assert [id for id, _ in page.unreadable] == [broken.order_id]


async def test_refunds_that_a_plugin_has_bent_block_no_other_order(woo: WooBench) -> None:
    """PHP writes an array whose keys have gaps as an object."""
    broken, fine = await woo.place(), await woo.place()
    id = int(broken.order_id)
    woo.store.orders[id]["refunds"] = [{"id": 9, "reason": "", "total": "-1.00"}]
    woo.store.refunds[id] = [{"id": 9, "amount": "1.00", "meta_data": {"0": {"key": "a"}, "2": {"key": "b"}}}]
    page = await woo.platform.orders_changed(woo.connection, AT)
    assert [order.id for order in page.orders] == [fine.order_id]
    assert [id for id, _ in page.unreadable] == [broken.order_id]
    with pytest.raises(Unparseable, match="refunds"):
        await woo.platform.fetch_order(woo.connection, broken.order_id)


async def test_an_order_that_was_looked_up_is_newer_than_the_webhook_of_the_same_change(woo: WooBench) -> None:
    placed = await woo.place()
    told = woo.storefront.parse("order.updated", msgspec.json.encode(woo.store.orders[int(placed.order_id)]))
    assert isinstance(told, OrderChanged)
    assert (await fetched(woo, placed)).sequence == told.order.sequence + 1


async def test_more_refunds_than_a_page_holds_are_all_seen(woo: WooBench) -> None:
    placed = await woo.place()
    for _ in range(101):
        woo.refund_by_hand(placed, LineCount(placed.lines[0], 0), 1)
    assert len((await fetched(woo, placed)).refunds) == 101


async def test_units_refunded_by_hand_before_the_parcel_left_are_cancelled_and_after_it_are_not(woo: WooBench) -> None:
    placed = await woo.place()
    woo.refund_by_hand(placed, LineCount(placed.lines[0], 1), 500)
    assert (await fetched(woo, placed)).cancelled == (LineCount(placed.lines[0], 1),)
    woo.store.ship(int(placed.order_id))
    woo.store.orders[int(placed.order_id)]["date_completed_gmt"] = stamp(datetime.now(UTC) + timedelta(minutes=1))
    order = await fetched(woo, placed)
    assert order.cancelled == (LineCount(placed.lines[0], 1),)
    (parcel,) = order.fulfilments
    assert parcel.lines == (LineCount(placed.lines[0], 1), LineCount(placed.lines[1], 1))
    woo.store.orders[int(placed.order_id)]["date_completed_gmt"] = stamp(AT)
    order = await fetched(woo, placed)
    assert order.cancelled == ()
    assert order.refunds[0].lines == (LineCount(placed.lines[0], 1),)


async def test_an_order_refunded_as_a_whole_before_it_left_has_no_unit_to_send(woo: WooBench) -> None:
    placed = await woo.place()
    woo.store.refund(int(placed.order_id), {"amount": "107.95", "reason": "Order fully refunded."})
    order = await fetched(woo, placed)
    assert order.cancelled == (LineCount(placed.lines[0], 2), LineCount(placed.lines[1], 1))


async def test_an_order_refunded_as_a_whole_after_it_left_has_left(woo: WooBench) -> None:
    placed = await woo.place()
    woo.store.ship(int(placed.order_id))
    woo.store.refund(int(placed.order_id), {"amount": "107.95", "reason": "Sent back."})
    order = await fetched(woo, placed)
    assert order.cancelled == ()
    assert order.fulfilments[0].lines == (LineCount(placed.lines[0], 2), LineCount(placed.lines[1], 1))


async def test_parcels_of_advanced_shipment_tracking_say_what_is_in_them(woo: WooBench) -> None:
    placed = await woo.place()
    named = {"tracking_provider": "correos", "tracking_number": "PK1", "date_shipped": "1795168800",
             "products_list": {"1": {"product": "101", "qty": "1"}}}  # fmt: skip
    track(woo, placed, named)
    order = await fetched(woo, placed)
    (parcel,) = order.fulfilments
    assert parcel.lines == (LineCount(placed.lines[0], 1),)
    assert (parcel.carrier, parcel.tracking_number) == ("correos", "PK1")
    assert parcel.shipped_at == datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


async def test_tracking_without_contents_is_the_whole_order_in_its_last_parcel(woo: WooBench) -> None:
    placed = await woo.place()
    first = {"tracking_number": "1", "date_shipped": "1795082400", "custom_tracking_provider": "Bicycle"}
    second = {"tracking_number": "2", "date_shipped": "2026-11-21", "custom_tracking_link": "https://t.example/%1$s"}
    track(woo, placed, second, first)
    order = await fetched(woo, placed)
    assert [(p.tracking_number, len(p.lines)) for p in order.fulfilments] == [("2", 2), ("1", 0)]
    assert [p.tracking_url for p in order.fulfilments] == ["https://t.example/2", None]


async def test_a_delivered_status_of_a_plugin_is_a_delivery(woo: WooBench) -> None:
    placed = await woo.place()
    track(woo, placed, {"tracking_number": "1", "custom_tracking_link": "javascript:alert(1)"}, status="delivered")
    (parcel,) = (await fetched(woo, placed)).fulfilments
    assert parcel.delivered_at is not None
    assert parcel.tracking_url is None


async def test_delivered_in_the_second_of_completed_is_the_later_of_the_two(woo: WooBench) -> None:
    placed = await woo.place()
    woo.store.ship(int(placed.order_id))
    shipped = await fetched(woo, placed)
    woo.store.arrive(int(placed.order_id))
    arrived = await fetched(woo, placed)
    assert arrived.updated_at == shipped.updated_at
    assert arrived.sequence > shipped.sequence


@pytest.mark.parametrize("value", ["", [], "x", [1, None], {"a": 1}, [{"date_shipped": "9" * 30, "products_list": 3}]])
async def test_tracking_that_makes_no_sense_harms_nothing(woo: WooBench, value: Any) -> None:
    placed = await woo.place()
    woo.store.set_meta(woo.store.orders[int(placed.order_id)], "_wc_shipment_tracking_items", value)
    assert (await fetched(woo, placed)).unexplained == 0


def promotion(**changes: Any) -> Promotion:
    given: dict[str, Any] = {
        "code_id": "code_1", "code": "COMEBACK-7Q2M", "kind": PromotionKind.AMOUNT, "percent": None, "amount": 500,
        "currency": "EUR", "minimum": 2000, "expires_at": AT,
    }  # fmt: skip
    return Promotion(**(given | changes))


async def test_a_coupon_is_for_one_person_once_until_its_end_and_alone(woo: WooBench) -> None:
    await woo.platform.publish_code(woo.connection, promotion(), "ana@example.com", key="k")
    (coupon,) = woo.store.coupons.values()
    assert (coupon["discount_type"], coupon["amount"], coupon["minimum_amount"]) == ("fixed_cart", "5.00", "20.00")
    assert (coupon["usage_limit"], coupon["individual_use"]) == (1, True)
    assert coupon["email_restrictions"] == ["ana@example.com"]
    assert coupon["date_expires"] == "2026-11-20T10:00:00+00:00"


async def test_a_coupon_in_another_currency_or_with_a_code_of_the_shops_own_is_refused(woo: WooBench) -> None:
    with pytest.raises(Rejected, match="EUR"):
        await woo.platform.publish_code(woo.connection, promotion(currency="USD"), None, key="k")
    woo.store.add_coupon({"code": "comeback-7q2m"})
    with pytest.raises(Rejected, match="of its own"):
        await woo.platform.publish_code(woo.connection, promotion(), None, key="k")


async def test_what_the_store_sends_is_verified_and_read(woo: WooBench) -> None:
    placed = await woo.place()
    await woo.platform.register_hooks(woo.connection, woo.hooks_url, "s3cret & <more>")
    hook = next(each for each in woo.store.webhooks.values() if each["topic"] == "order.updated")
    headers, body = woo.store.signed(hook, int(placed.order_id))
    delivery = woo.storefront.verify(headers, body, ["s3cret & <more>"], AT)
    outcome = woo.storefront.parse(delivery.topic, body)
    assert isinstance(outcome, OrderChanged)
    assert outcome.order.id == placed.order_id
    with pytest.raises(SignatureInvalid):
        woo.storefront.verify(headers, body, ["another"], AT)


@pytest.mark.parametrize(("topic", "is_new"), [("order.deleted", True), ("order.updated", False)])
async def test_a_second_deletion_in_the_same_words_is_no_repetition(woo: WooBench, topic: str, is_new: bool) -> None:
    """Deleted, put back, deleted again: the body holds the order's id and nothing else."""
    placed = await woo.place()
    await woo.platform.register_hooks(woo.connection, woo.hooks_url, "secret")
    hook = next(each for each in woo.store.webhooks.values() if each["topic"] == topic)
    headers, body = woo.store.signed(hook, int(placed.order_id))
    first = woo.storefront.verify({**headers, "x-wc-webhook-delivery-id": "a"}, body, ["secret"], AT)
    again = woo.storefront.verify({**headers, "x-wc-webhook-delivery-id": "b"}, body, ["secret"], AT)
    assert (first.key != again.key) is is_new


async def test_a_webhook_that_woocommerce_switched_off_is_made_anew_with_no_failures(woo: WooBench) -> None:
    await woo.platform.register_hooks(woo.connection, woo.hooks_url, "secret")
    await woo.place()
    for _ in range(8):  # nobody listens at the address
        woo.store.changes = [("order.created", 1001), *woo.store.changes]
        woo.store.orders.setdefault(1001, next(iter(woo.store.orders.values())))
        await woo.store.deliver()
    off = [hook.topic for hook in await woo.platform.hooks(woo.connection, woo.hooks_url) if not hook.is_live]
    assert off == ["order.created"]
    await woo.platform.register_hooks(woo.connection, woo.hooks_url, "secret")
    assert {hook["failures"] for hook in woo.store.webhooks.values() if hook["topic"] == "order.created"} == {0}
    assert woo.hooks_at(woo.hooks_url) == 4
