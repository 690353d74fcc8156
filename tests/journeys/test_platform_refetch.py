"""On a platform an order's webhook is a doorbell: what the store says when it is asked is what counts."""

from __future__ import annotations

import pytest
from msgspec import structs

from plugin.db import rows
from plugin.orders.service import find_by_external_id
from plugin.ports.orders import OrderState, StoreOrder
from plugin.ports.payments import OutcomeUnknown
from tests.connected import Connected
from tests.factories import a_store_order


@pytest.fixture
async def shop(database: str) -> Connected:
    return await Connected.begin()


async def stored(shop: Connected, order: StoreOrder) -> StoreOrder:
    found = await find_by_external_id(shop.world.shop.id, order.id)
    assert found is not None
    return found.now


async def test_the_store_is_asked_and_its_answer_is_stored_instead_of_the_body(shop: Connected) -> None:
    body = shop.world.store.put(a_store_order())
    shop.world.store.change(body.id, tags=("paid",))
    await shop.tell(body)
    assert (await stored(shop, body)).tags == ("paid",)
    assert shop.platform.calls == ["fetch_order"]


async def test_a_burst_of_webhooks_asks_once(shop: Connected) -> None:
    versions = [shop.world.store.put(a_store_order())]
    versions += [shop.world.store.change(versions[0].id, tags=(str(n),)) for n in range(9)]
    for version in versions:
        await shop.tell(version)
    assert (await stored(shop, versions[0])).tags == ("8",)
    assert shop.platform.calls == ["fetch_order", "fetch_order"]  # the newest body is no older than what is stored


async def test_a_change_within_one_tick_of_the_stores_clock_is_not_lost(shop: Connected) -> None:
    order, _ = await shop.placed()
    shop.world.store.put(structs.replace(order, tags=("in the same second",)))
    await shop.tell(structs.replace(order, sequence=0))  # a webhook's short form may rank below what was looked up
    assert (await stored(shop, order)).tags == ("in the same second",)


async def test_an_answer_that_another_one_has_overtaken_is_asked_for_again(shop: Connected) -> None:
    order, _ = await shop.placed()
    changed = shop.world.store.change(order.id, tags=("first",))

    async def meanwhile() -> None:
        await rows("UPDATE orders SET sequence = 2 WHERE external_id = $1 RETURNING id", order.id)

    await shop.world.hear(changed, "late")
    (row,) = [row for row in await shop.world.open_work() if row["kind"] == "read_event"]
    shop.platform.while_fetching = meanwhile
    await shop.world.do(row["id"])
    assert (await stored(shop, order)).tags == ()
    await shop.work("read_event")
    assert (await stored(shop, order)).tags == ("first",)


async def test_a_store_that_gives_no_answer_is_asked_again_later(shop: Connected) -> None:
    order = shop.world.store.put(a_store_order())
    shop.platform.refuses["fetch_order"] = OutcomeUnknown("time-out", retry_after=7)
    await shop.tell(order)
    assert await find_by_external_id(shop.world.shop.id, order.id) is None
    (waits,) = await rows("SELECT last_error, not_before > now() + interval '5 s' AS is_later FROM work WHERE kind = "
                          "'read_event'")  # fmt: skip
    assert (waits["last_error"], waits["is_later"]) == ("time-out", True)
    del shop.platform.refuses["fetch_order"]
    await shop.work("read_event")
    assert await stored(shop, order) == order


async def test_with_a_key_that_opens_nothing_the_body_is_taken_at_its_word_and_staff_are_told(shop: Connected) -> None:
    order = shop.world.store.put(a_store_order())
    shop.platform.bad_key("fetch_order")
    await shop.tell(order)
    assert await stored(shop, order) == order
    assert "opens nothing" in ((await shop.link()).problem or "")


async def test_a_shop_that_has_left_is_not_asked(shop: Connected) -> None:
    link = await shop.link()
    link.state = "left"
    await link.save()
    order = shop.world.store.put(a_store_order())
    await shop.tell(order)
    assert shop.platform.calls == []
    assert await stored(shop, order) == order


async def test_a_deleted_order_keeps_its_last_version_and_can_be_put_back(shop: Connected) -> None:
    order, _ = await shop.placed()
    shop.platform.deleted.add(order.id)
    await shop.tell(order)
    gone = await stored(shop, order)
    assert (gone.state, gone.lines, gone.sequence) == (OrderState.DELETED, order.lines, order.sequence + 1)
    await shop.tell(order)
    assert (await stored(shop, order)).sequence == gone.sequence

    shop.platform.deleted.clear()
    shop.world.store.change(order.id)
    await shop.tell(shop.world.store.orders[order.id])
    assert (await stored(shop, order)).state is OrderState.OPEN
    assert {state for state, _ in await shop.events()} == {"handled"}


async def test_a_body_that_only_names_an_order_is_enough(shop: Connected) -> None:
    order, _ = await shop.placed()
    shop.platform.deleted.add(order.id)
    shop.world.store.only_names.add(order.id)
    await shop.tell(order)
    assert (await stored(shop, order)).state is OrderState.DELETED


async def test_an_order_that_was_never_here_and_is_gone_is_ignored(shop: Connected) -> None:
    order = a_store_order()
    shop.world.store.only_names.add(order.id)
    await shop.tell(order)
    ((state, reason),) = await shop.events()
    assert state == "ignored"
    assert "no such order" in (reason or "")


async def test_a_body_that_only_names_an_order_is_a_persons_work_where_the_store_cannot_be_asked(
    shop: Connected,
) -> None:
    order = shop.world.store.put(a_store_order())
    shop.world.store.only_names.add(order.id)
    shop.platform.bad_key("fetch_order")
    await shop.tell(order)
    assert await shop.events() == [("set_aside", "only its id")]
