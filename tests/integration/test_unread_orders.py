"""An order that a poll cannot read is a webhook that was set aside: told of until it is read, replayed, or erased."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import msgspec
import pytest

from plugin.db import rows, transaction
from plugin.inbox.events import READ_EVENT, forget_bodies, reopen_event, set_aside_events
from plugin.inbox.polled import UnreadOrder, unread_orders
from plugin.orders.models import Order
from plugin.outbox import service as outbox
from plugin.ports.orders import StoreOrder
from plugin.shops.links import CONNECTED, LEFT
from plugin.shops.models import Shop, StoreLink
from tests.factories import a_store_order
from tests.fakes import NOON, FakePorts
from tests.integration.test_connecting import Told, connected, ports_of
from tests.linkable_platform import LinkablePlatform
from tests.linked_shop import a_linked_shop, do_all_work, poll, ports_with

REASON = "line_items[0].total: 'many' is no amount."


@dataclass
class Scene:
    """A shop whose import met one order that it could not read."""

    ports: FakePorts
    platform: LinkablePlatform
    shop: Shop
    bad: StoreOrder

    async def poll(self) -> None:
        self.ports.clock.advance(timedelta(minutes=1))
        await poll(self.ports, self.shop)

    async def replay(self) -> None:
        for event in await set_aside_events(self.shop.id):
            async with transaction(self.ports.doorbell) as tx:
                assert await reopen_event(tx, self.shop.id, event.id)
                await outbox.add(tx, shop_id=self.shop.id, kind=READ_EVENT, ref=event.id)
        await do_all_work(self.ports)

    async def unread(self) -> list[UnreadOrder]:
        return await unread_orders(self.shop.id)

    async def kept(self) -> list[tuple[str, str | None]]:
        found = await rows("SELECT state, reason FROM inbox_events ORDER BY received_at, id")
        return [(row["state"], row["reason"]) for row in found]

    def breaks(self, reason: str = REASON) -> None:
        self.platform.broken[self.bad.id] = reason

    def is_mended(self) -> None:
        self.platform.broken.clear()


@pytest.fixture
async def scene(database: str) -> Scene:
    platform, bad = LinkablePlatform(), a_store_order(updated_at=NOON)
    platform.put(bad, a_store_order())
    ports = ports_with(platform)
    made = Scene(ports, platform, await a_linked_shop(ports), bad)
    made.breaks()
    await made.poll()
    return made


async def test_it_is_told_of_once_and_the_next_good_round_does_not_forget_it(scene: Scene) -> None:
    await scene.poll()
    assert (await StoreLink.get()).problem is None
    assert await scene.unread() == [UnreadOrder(scene.bad.id, REASON)]
    assert await scene.kept() == [("set_aside", REASON)]
    (event,) = await set_aside_events(scene.shop.id)
    assert (event.source, event.topic, event.subject) == ("woocommerce", "order.polled", scene.bad.id)
    assert event.event_key.startswith(f"polled:{scene.bad.id}:")
    assert bytes(event.body) == msgspec.json.encode({"id": scene.bad.id})


async def test_another_reason_is_told_of_beside_it_and_the_order_counts_once(scene: Scene) -> None:
    scene.breaks("total: 'few' is no amount.")
    await scene.poll()
    assert len(await scene.kept()) == 2
    assert await scene.unread() == [UnreadOrder(scene.bad.id, "total: 'few' is no amount.")]
    scene.is_mended()
    await scene.poll()
    assert await scene.kept() == [("handled", None)] * 2


async def test_a_replay_asks_the_store_for_it_anew(scene: Scene) -> None:
    scene.is_mended()
    await scene.replay()
    assert await Order.exists(external_id=scene.bad.id)
    assert await scene.kept() == [("handled", None)]


async def test_a_replay_in_vain_sets_it_aside_again_with_what_the_store_says_now(scene: Scene) -> None:
    scene.breaks("currency: 'XXQ'")
    await scene.replay()
    reason = f"Order {scene.bad.id} could not be read at the store: currency: 'XXQ'"
    assert await scene.unread() == [UnreadOrder(scene.bad.id, reason)]
    await StoreLink.all().update(state=LEFT)
    await scene.replay()
    ((state, reason_now),) = await scene.kept()
    assert (state, "the store is not connected" in str(reason_now)) == ("set_aside", True)
    await StoreLink.all().update(state=CONNECTED)
    scene.is_mended()
    await scene.replay()
    assert await scene.unread() == []


async def test_one_that_the_store_has_no_more_is_settled_by_a_replay(scene: Scene) -> None:
    scene.is_mended()
    del scene.platform.orders[scene.bad.id]
    await scene.replay()
    ((state, reason),) = await scene.kept()
    assert (state, "no such order" in str(reason)) == ("ignored", True)


async def test_one_that_was_read_meanwhile_and_fails_again_is_told_of_again(scene: Scene) -> None:
    scene.is_mended()
    await scene.poll()
    assert await scene.unread() == []
    scene.breaks()
    await scene.poll()
    assert await scene.kept() == [("set_aside", REASON)]


async def test_an_erasure_empties_it_and_neither_a_round_nor_a_replay_brings_it_back(scene: Scene) -> None:
    async with transaction(scene.ports.doorbell) as tx:
        await forget_bodies(tx, scene.shop.id, [scene.bad.id], None)
    await scene.poll()
    (event,) = await rows("SELECT id, state, body FROM inbox_events")
    assert (event["state"], bytes(event["body"])) == ("ignored", b"{}")
    scene.is_mended()
    async with transaction(scene.ports.doorbell) as tx:
        await reopen_event(tx, scene.shop.id, event["id"])
        await outbox.add(tx, shop_id=scene.shop.id, kind=READ_EVENT, ref=event["id"])
    await do_all_work(scene.ports)
    assert not await Order.exists(external_id=scene.bad.id)


async def test_connect_ends_with_what_is_still_unreadable_also_from_earlier_runs(database: str) -> None:
    platform, bad = LinkablePlatform(), a_store_order()
    platform.put(bad)
    platform.broken[bad.id] = REASON
    ports = ports_of(platform)
    first = await connected(ports)
    sentence = f"Orders that could not be read: 1. Once they can be: comeback inbox replay {first.shop}"
    assert (first.unreadable, first.to_mend) == ((UnreadOrder(bad.id, REASON),), (sentence,))
    ports.clock.advance(timedelta(days=1))  # it is not listed any more
    told = Told()
    again = await connected(ports, told)
    assert (again.orders_read, again.to_mend) == (0, (sentence,))
    assert told.badly == [f"Order {bad.id} could not be read: {REASON}"]
