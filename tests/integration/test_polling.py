"""The store is asked what has changed: what a webhook lost is found, once, and the webhooks are put right."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from handlers.housekeeping import keep_house
from plugin.db import rows, transaction
from plugin.inbox.polled import UnreadOrder, unread_orders
from plugin.journeys.order_changed import order_changed
from plugin.journeys.poll import OVERLAP
from plugin.orders.models import Order
from plugin.orders.service import read_order
from plugin.ports.orders import StoreOrder
from plugin.ports.payments import OutcomeUnknown, RejectCode, Rejected
from plugin.shops.links import Credentials, StripeCredentials, link_numbers, reconnect_platform
from plugin.shops.models import Shop, StoreLink
from tests.factories import a_store_order
from tests.fakes import NOON, FakePorts
from tests.linkable_platform import TOPICS, LinkablePlatform
from tests.linked_shop import a_linked_shop, do_all_work, poll, ports_with
from tests.nudges import one


def changed(order: StoreOrder, at: datetime, **changes: Any) -> StoreOrder:
    return msgspec.structs.replace(order, sequence=order.sequence + 1, updated_at=at, **changes)


async def imported(ports: FakePorts, platform: LinkablePlatform) -> Shop:
    """A linked shop whose import is over."""
    shop = await a_linked_shop(ports)
    await poll(ports, shop)
    assert (await StoreLink.get(shop_id=shop.id)).imported_at == ports.clock.at
    return shop


async def stored(shop: Shop) -> dict[str, StoreOrder]:
    return {row.external_id: read_order(row.document) for row in await Order.filter(shop_id=shop.id)}


async def test_the_first_round_imports_ninety_days_page_by_page_and_counts_nothing_as_missed(database: str) -> None:
    platform = LinkablePlatform(page_size=10)
    platform.put(*(a_store_order(updated_at=NOON - timedelta(days=days)) for days in range(0, 100, 3)))
    ports = ports_with(platform)
    shop = await a_linked_shop(ports)
    done = await poll(ports, shop)

    link = await StoreLink.get(shop_id=shop.id)
    assert set(platform.asked_since) == {NOON - timedelta(days=90)}
    assert await Order.filter(shop_id=shop.id).count() == 31
    assert done.count("poll_store") == 4
    assert (link.missed, link.polled_to) == (0, NOON)
    assert not (link.poll_cursor or link.poll_began_at)
    assert await rows("SELECT 1 FROM mails") == await rows("SELECT 1 FROM codes") == []


async def test_a_round_that_was_broken_off_goes_on_where_it_was(database: str) -> None:
    platform = LinkablePlatform(page_size=10)
    platform.put(*(a_store_order() for _ in range(35)))
    platform.fails_with, platform.fails_after = OutcomeUnknown("timed out"), 2
    ports = ports_with(platform)
    shop = await a_linked_shop(ports)
    await poll(ports, shop)
    link = await StoreLink.get(shop_id=shop.id)
    assert (await Order.filter(shop_id=shop.id).count(), link.poll_cursor, link.imported_at) == (20, "20", None)
    assert link.problem == "The store did not answer: timed out"

    ports.clock.advance(timedelta(minutes=1))
    await do_all_work(ports, pauses=True)
    link = await StoreLink.get(shop_id=shop.id)
    assert (await Order.filter(shop_id=shop.id).count(), link.polled_to) == (35, NOON)
    assert len(platform.asked_since) == 4


async def test_only_versions_that_no_webhook_brought_in_time_count_as_missed(database: str) -> None:
    platform = LinkablePlatform()
    told, lost, fresh = (a_store_order() for _ in range(3))
    platform.put(told, lost, fresh)
    ports = ports_with(platform)
    shop = await imported(ports, platform)

    ports.clock.advance(timedelta(minutes=10))
    told, lost = (changed(order, NOON + timedelta(minutes=5), tags=("gift",)) for order in (told, lost))
    fresh = changed(fresh, ports.clock.at - timedelta(minutes=1), tags=("gift",))
    platform.put(told, lost, fresh)
    async with transaction(ports.doorbell) as tx:
        await order_changed(tx, ports, shop, told)
    await poll(ports, shop)

    assert (await StoreLink.get(shop_id=shop.id)).missed == 1
    assert await stored(shop) == platform.orders
    await poll(ports, shop)
    assert (await link_numbers()).missed == 1


async def test_a_round_overlaps_the_one_before(database: str) -> None:
    platform = LinkablePlatform()
    ports = ports_with(platform)
    shop = await imported(ports, platform)
    ports.clock.advance(timedelta(minutes=10))
    await poll(ports, shop)
    assert platform.asked_since[-1] == NOON - OVERLAP
    assert (await StoreLink.get(shop_id=shop.id)).polled_to == NOON + timedelta(minutes=10)


async def test_an_order_that_cannot_be_read_is_told_of_and_blocks_nothing(database: str) -> None:
    platform = LinkablePlatform()
    good, bad, worse = a_store_order(), a_store_order(), a_store_order(number="x" * 90)
    platform.put(good, bad, worse)
    platform.broken[bad.id] = "line_items[0].total: 'many' is no amount."
    ports = ports_with(platform)
    shop = await imported(ports, platform)
    assert set(await stored(shop)) == {good.id}
    assert await unread_orders(shop.id) == sorted(
        [
            UnreadOrder(bad.id, platform.broken[bad.id]),
            UnreadOrder(worse.id, "Unexpected failure while reading: OperationalError"),
        ]
    )
    del platform.orders[bad.id], platform.orders[worse.id]
    await poll(ports, shop)
    assert len(await unread_orders(shop.id)) == 2


async def test_webhooks_that_are_off_or_point_elsewhere_are_put_right_and_counted(database: str) -> None:
    platform = LinkablePlatform()
    ports = ports_with(platform)
    shop = await imported(ports, platform)
    url = f"https://comeback.example/hooks/{shop.id}/woocommerce"
    assert platform.live == dict.fromkeys(TOPICS, url)
    del platform.live["order.updated"]
    platform.live["order.deleted"] = "https://elsewhere.example"
    await poll(ports, shop)
    link = await StoreLink.get(shop_id=shop.id)
    assert platform.live == dict.fromkeys(TOPICS, url)
    assert (link.hooks, link.mended_hooks) == (dict.fromkeys(TOPICS), 2)


async def test_no_webhook_is_registered_at_an_address_that_the_store_cannot_reach(database: str) -> None:
    platform = LinkablePlatform()
    ports = FakePorts(**{**vars(ports_with(platform)), "public_url": "http://127.0.0.1:8000"})
    shop = await imported(ports, platform)
    link = await StoreLink.get(shop_id=shop.id)
    assert platform.live == {}
    assert "cannot reach http://127.0.0.1:8000" in str(link.hooks["order.created"])
    await reconnect_platform(
        ports.vault, shop, Credentials(address="http://localhost:81", secret="cs_1"), StripeCredentials(), at=NOON
    )
    await poll(ports, shop)
    assert set(platform.live) == set(TOPICS)


@pytest.mark.parametrize(
    ("code", "says"),
    [(RejectCode.BAD_CREDENTIALS, "comeback connect woocommerce --shop"), (RejectCode.OTHER, "refused to tell")],
)
async def test_a_refusal_is_told_in_words_and_forgotten_when_the_store_answers(
    database: str, code: RejectCode, says: str
) -> None:
    platform = LinkablePlatform()
    ports = ports_with(platform)
    shop = await imported(ports, platform)
    platform.fails_with = Rejected(code, "Sorry, you cannot list resources.")
    await poll(ports, shop)
    problem = (await StoreLink.get(shop_id=shop.id)).problem
    assert says in str(problem)
    await do_all_work(ports, pauses=True)
    assert (await StoreLink.get(shop_id=shop.id)).problem is None


async def test_housekeeping_has_each_connected_shop_asked_every_ten_minutes_and_no_other(database: str) -> None:
    platform = LinkablePlatform()
    ports = ports_with(platform)
    shop = await imported(ports, platform)
    ports.clock.advance(timedelta(minutes=9))
    await keep_house(ports)
    assert await rows("SELECT 1 FROM work WHERE state <> 'done'") == []
    ports.clock.advance(timedelta(minutes=1))
    await keep_house(ports)
    await keep_house(ports)
    assert await one("SELECT kind, ref FROM work WHERE state <> 'done'") == {"kind": "poll_store", "ref": shop.id}
    await do_all_work(ports)
    await rows("UPDATE store_links SET state = 'left'")
    ports.clock.advance(timedelta(hours=1))
    await keep_house(ports)
    assert await rows("SELECT 1 FROM work WHERE state <> 'done'") == []
