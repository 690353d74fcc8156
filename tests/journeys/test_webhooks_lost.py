"""Six hours without a webhook, of the store's or of Stripe's: one round of asking, and nothing is missing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from handlers.housekeeping import keep_house
from plugin.db import rows
from plugin.orders.models import Order, Payment
from plugin.orders.service import read_order
from plugin.ports.orders import LineCount, OrderState, StoreFulfilment, StoreOrder
from plugin.shops.links import StripeCredentials
from plugin.shops.models import StoreLink
from tests.factories import a_store_order
from tests.fixtures_stripe import Till
from tests.linkable_platform import LinkablePlatform
from tests.linked_shop import a_linked_shop, do_all_work, poll, ports_with

ORDERS, CHANGES, REFUNDS = 40, 60, 8


async def _paid(till: Till, at: datetime) -> StoreOrder:
    order = a_store_order(placed_at=at, updated_at=at)
    intent = await till.control.pay(order.total, "usd")
    return msgspec.structs.replace(order, payments=(msgspec.structs.replace(order.payments[0], reference=intent),))


def _change(order: StoreOrder, n: int, at: datetime) -> StoreOrder:
    """What a store does in a day: parcels leave, orders are cancelled, addresses are corrected."""
    newer = msgspec.structs.replace(order, sequence=order.sequence + 1, updated_at=at)
    if n % 3 == 0:
        parcel = StoreFulfilment(id=f"f{n}", lines=(LineCount("l1", 1),), shipped_at=at)
        return msgspec.structs.replace(newer, fulfilments=(parcel,))
    if n % 3 == 1:
        return msgspec.structs.replace(newer, state=OrderState.CANCELLED, cancelled=(LineCount("l1", 2),))
    return msgspec.structs.replace(newer, tags=(*order.tags, f"note {n}"))


async def test_after_six_hours_without_webhooks_one_round_finds_everything_and_counts_it(
    database: str, till: Till
) -> None:
    now = datetime.now(UTC)
    platform = LinkablePlatform()
    ports = ports_with(platform, payments=till.gateway)
    ports.clock.set(now - timedelta(hours=6))
    account = StripeCredentials(api_key=till.account.api_key, api_base=till.account.base, webhook_secret="whsec_x")
    shop = await a_linked_shop(ports, stripe=account)
    platform.put(*[await _paid(till, ports.clock.at - timedelta(hours=1)) for _ in range(ORDERS)])
    await poll(ports, shop)
    await poll(ports, shop, "poll_stripe")
    assert await Payment.filter(shop_id=shop.id, read_at__isnull=False).count() == ORDERS

    ids = list(platform.orders)
    for n in range(CHANGES - 10):
        order = platform.orders[ids[n % ORDERS]]
        platform.put(_change(order, n, ports.clock.at + timedelta(minutes=7 * n + 1)))
    platform.put(*[await _paid(till, ports.clock.at + timedelta(hours=3)) for _ in range(10)])
    for order_id in ids[:REFUNDS]:
        await till.control.refund(platform.orders[order_id].payments[0].reference or "", amount=700)
    disputed = platform.orders[ids[REFUNDS]].payments[0].reference or ""
    await till.control.open_dispute(disputed, amount=900)
    ports.clock.set(now + timedelta(minutes=10))
    platform.live.clear()

    await keep_house(ports)
    await do_all_work(ports)

    stored = {row.external_id: read_order(row.document) for row in await Order.filter(shop_id=shop.id)}
    assert stored == platform.orders
    link = await StoreLink.get(shop_id=shop.id)
    assert link.missed == ORDERS + 10  # the last version of each: what nobody can see any more is not counted
    assert link.mended_hooks == len(platform.live)
    known = {row["external_id"]: row["external_refunded"] for row in await rows(
        "SELECT o.external_id, p.external_refunded FROM payments p JOIN orders o ON o.id = p.order_id"
    )}  # fmt: skip
    assert known == {order_id: 700 if order_id in ids[:REFUNDS] else 0 for order_id in platform.orders}
    assert (await Payment.get(reference=disputed)).disputed == 900


async def test_what_was_seen_is_not_read_again(database: str, till: Till) -> None:
    platform = LinkablePlatform()
    ports = ports_with(platform, payments=till.gateway)
    ports.clock.set(datetime.now(UTC) + timedelta(minutes=6))
    account = StripeCredentials(api_key=till.account.api_key, api_base=till.account.base, webhook_secret="whsec_x")
    shop = await a_linked_shop(ports, stripe=account)
    platform.put(await _paid(till, ports.clock.at))
    await poll(ports, shop)
    (order,) = platform.orders.values()
    await till.control.refund(order.payments[0].reference or "", amount=700)
    assert await poll(ports, shop, "poll_stripe") == ["poll_stripe"]
    await rows("UPDATE payments SET read_at = now() - interval '1 minute'")
    assert await poll(ports, shop, "poll_stripe") == ["poll_stripe", "read_payment"]
    assert (await Payment.get()).external_refunded == 700
    assert await poll(ports, shop, "poll_stripe") == ["poll_stripe"]
