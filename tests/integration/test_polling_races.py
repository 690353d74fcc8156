"""While a page of changed orders is read, others store newer versions, erase their person, or remove the shop."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from plugin.db import rows
from plugin.journeys.erase_person import erase_person_of
from plugin.journeys.poll import CLOCKS_MAY_DIFFER
from plugin.journeys.remove_shop import erase_shop, take_out_of_store
from plugin.orders.models import Order
from plugin.orders.service import read_order
from plugin.ports.orders import OrderState, StoreCustomer, StoreOrder
from plugin.ports.platforms import Hook, OrderPage
from plugin.ports.storefronts import StoreConnection
from plugin.shops.models import StoreLink
from tests.factories import a_store_order
from tests.fakes import NOON
from tests.linkable_platform import LinkablePlatform
from tests.linked_shop import a_linked_shop, poll, ports_with

Meanwhile = Callable[[], Awaitable[None]]


@dataclass
class BusyPlatform(LinkablePlatform):
    """``meanwhile`` happens once: after a page was listed, or before webhooks are made."""

    after_listing: Meanwhile | None = None
    before_registering: Meanwhile | None = None

    async def orders_changed(self, store: StoreConnection, since: datetime, cursor: str | None = None) -> OrderPage:
        page = await super().orders_changed(store, since, cursor)
        meanwhile, self.after_listing = self.after_listing, None
        if meanwhile is not None:
            await meanwhile()
        return page

    async def register_hooks(self, store: StoreConnection, url: str, secret: str) -> tuple[Hook, ...]:
        meanwhile, self.before_registering = self.before_registering, None
        if meanwhile is not None:
            await meanwhile()
        return await super().register_hooks(store, url, secret)


async def stored(order: StoreOrder) -> StoreOrder:
    return read_order((await Order.get(external_id=order.id)).document)


def changed(order: StoreOrder, sequence: int, *tags: str) -> StoreOrder:
    return msgspec.structs.replace(order, sequence=sequence, tags=tags)


async def test_a_version_that_was_stored_since_the_page_was_listed_is_not_undone_by_it(database: str) -> None:
    platform = BusyPlatform()
    ports = ports_with(platform)
    shop = await a_linked_shop(ports)
    # Within one second of the store's clock the later version may have the lower number.
    first = a_store_order(sequence=7000, updated_at=NOON, tags=("listed",))
    platform.put(first)
    newer = changed(first, 3000)

    async def another_poll() -> None:
        platform.put(newer)
        await poll(ports, shop)

    platform.after_listing = another_poll
    await poll(ports, shop)
    assert (await stored(first)).tags == ()


async def test_a_change_within_the_second_of_the_stored_version_is_seen(database: str) -> None:
    platform = LinkablePlatform()
    order = a_store_order(sequence=7000, updated_at=NOON)
    platform.put(order)
    ports = ports_with(platform)
    shop = await a_linked_shop(ports)
    await poll(ports, shop)
    for pause, sequence in ((timedelta(0), 7000), (CLOCKS_MAY_DIFFER * 2, 6000)):
        ports.clock.advance(pause)
        later = changed(order, sequence, f"at {sequence}")
        platform.put(later)
        await poll(ports, shop)
        assert (await stored(order)).tags == later.tags
    before = await rows("SELECT count(*) AS n FROM audit_events")
    await poll(ports, shop)
    assert await rows("SELECT count(*) AS n FROM audit_events") == before


async def test_a_person_who_is_erased_while_the_page_is_read_stays_erased(database: str) -> None:
    platform = BusyPlatform()
    order = a_store_order(
        sequence=7000,
        updated_at=NOON,
        state=OrderState.CANCELLED,
        customer=StoreCustomer(email="canary@example.com", id="c-canary", locale="es"),
    )
    platform.put(order)
    ports = ports_with(platform)
    shop = await a_linked_shop(ports)
    await poll(ports, shop)
    row = await Order.get(external_id=order.id)
    platform.put(changed(order, 8000, "canary's gift"))

    async def erased() -> None:
        assert await erase_person_of(ports, shop, row.id, "store") is None

    platform.after_listing = erased
    await poll(ports, shop)
    await poll(ports, shop)
    found = await rows("SELECT document::text || placement::text || COALESCE(email, '') AS kept FROM orders")
    assert "canary" not in found[0]["kept"]
    assert (await stored(order)).sequence == 8000


async def test_a_shop_that_is_removed_while_a_poll_runs_leaves_no_webhook_and_no_row(database: str) -> None:
    platform = BusyPlatform()
    platform.put(*(a_store_order() for _ in range(3)))
    ports = ports_with(platform)
    shop = await a_linked_shop(ports)

    async def removed() -> None:
        await take_out_of_store(ports, shop)
        await erase_shop(ports, shop)

    platform.before_registering = removed
    await poll(ports, shop)
    assert platform.live == {}
    assert await rows("SELECT 1 FROM orders") == await rows("SELECT 1 FROM work") == await rows("SELECT 1 FROM shops")


async def test_a_shop_that_leaves_while_its_page_is_read_is_not_given_webhooks_again(database: str) -> None:
    platform = BusyPlatform()
    platform.put(a_store_order(updated_at=NOON))
    ports = ports_with(platform)
    shop = await a_linked_shop(ports)

    async def left() -> None:
        await take_out_of_store(ports, shop)

    platform.after_listing = left
    await poll(ports, shop)
    assert platform.live == {}
    assert (await StoreLink.get(shop_id=shop.id)).hooks == {}
