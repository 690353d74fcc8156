"""What becomes of an order at the store: cancelled by staff, deleted, put back, edited, sent in parcels, delivered."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from msgspec import structs

from plugin.policies.facts import LineFacts
from plugin.policies.reasons import Outcome
from plugin.ports.orders import LineCount, OrderState, StoreFulfilment, StoreOrder
from plugin.shops.models import Shop
from plugin.shops.settings import BadSettings, ShopSettings, parse_settings
from tests.connected import WALLET, Connected
from tests.fakes import NOON
from tests.properties.promises import broken_promises
from tests.properties.scripted_store import Mood


@pytest.fixture
async def shop(database: str) -> Connected:
    return await Connected.begin()


async def waiting(shop: Connected) -> tuple[StoreOrder, str]:
    """An order that is paid at the store, with a case that waits for the store's answer."""
    order, order_id = await shop.placed(payments=(WALLET,))
    shop.world.store.mood = Mood.DOWN
    await shop.cancel(order_id)
    await shop.work("ask_store")
    return order, order_id


async def test_cancelled_by_staff_is_the_stores_answer(shop: Connected) -> None:
    order, _ = await waiting(shop)
    await shop.tell(shop.world.store.change(order.id, state=OrderState.CANCELLED))
    await shop.world.drain()
    assert (await shop.case()).state == "done"
    assert sum(fact.amount for fact in shop.platform.refunds.values()) == order.total
    assert await broken_promises(shop.world) == []


async def test_deleted_with_an_open_case_pays_what_was_asked_for_once(shop: Connected) -> None:
    order, _ = await waiting(shop)
    shop.platform.deleted.add(order.id)
    await shop.tell(order)
    await shop.world.drain()
    assert (await shop.case()).state == "done"
    assert len(shop.platform.refunds) == 1


async def test_put_back_with_an_open_case_is_asked_about_and_paid_once(shop: Connected) -> None:
    """Deleted and put back before our webhook was read: what counts is that it stands."""
    order, order_id = await waiting(shop)
    shop.platform.deleted.add(order.id)
    await shop.world.hear(order, "deleted")
    shop.platform.deleted.clear()
    await shop.tell(shop.world.store.change(order.id))
    assert (await shop.case()).state == "awaiting_store"
    await shop.world.drain()
    assert (await shop.case()).state == "done"
    assert len(shop.platform.refunds) == 1
    assert await shop.external(order_id) == [0]


async def test_put_back_after_the_refund_offers_nothing_a_second_time_and_a_parcel_calls_a_person(
    shop: Connected,
) -> None:
    order, order_id = await waiting(shop)
    shop.platform.deleted.add(order.id)
    await shop.tell(order)
    await shop.world.drain()
    shop.platform.deleted.clear()
    await shop.tell(shop.world.store.change(order.id, state=OrderState.OPEN))
    _, preview = await shop.world.preview(order_id, [])
    assert preview.decision.outcome is Outcome.REFUSE

    await shop.tell(shop.world.store.ship(order.id, "l1", 2))
    assert (await shop.case()).person_reason == "shipped_after_cancel"
    assert len(shop.platform.refunds) == 1


async def test_a_reviewed_case_of_an_order_that_was_put_back_still_waits_for_its_person(shop: Connected) -> None:
    order, order_id = await shop.placed(payments=(WALLET,), total=30_485, unexplained=25_000)
    case = await shop.cancel(order_id)
    shop.platform.deleted.add(order.id)
    await shop.tell(order)
    assert (await shop.case()).state == "in_review"
    shop.platform.deleted.clear()
    await shop.tell(shop.world.store.change(order.id))
    await shop.world.person("approve", case.id)
    await shop.world.drain()
    assert (await shop.case()).state == "done"


async def test_an_edit_is_a_revision_and_an_old_case_pays_its_old_worth(shop: Connected) -> None:
    order, _ = await waiting(shop)
    (line,) = order.lines
    dearer = structs.replace(line, unit_price=9000, total=18_000)
    await shop.tell(shop.world.store.change(order.id, lines=(dearer,), total=18_495))
    shop.world.store.mood = Mood.AGREES
    await shop.world.drain()
    assert sum(fact.amount for fact in shop.platform.refunds.values()) == order.total


def parcel(number: int, units: int, **changes: object) -> StoreFulfilment:
    sent = StoreFulfilment(id=f"f{number}", lines=(LineCount("l1", units),), shipped_at=NOON + timedelta(hours=number))
    return structs.replace(sent, **changes)


async def line_of(shop: Connected, order_id: str) -> LineFacts:
    _, preview = await shop.world.preview(order_id, [])
    (line,) = preview.facts.lines
    return line


async def test_several_parcels_leave_less_to_cancel_and_the_last_one_counts(shop: Connected) -> None:
    order, order_id = await shop.placed(payments=(WALLET,))
    await shop.tell(shop.world.store.change(order.id, fulfilments=(parcel(1, 1),)))
    _, preview = await shop.world.preview(order_id, [])
    assert [len(line.units) for line in preview.decision.lines] == [1]
    assert preview.decision.amounts.shipping.amount == 0

    parcels = (parcel(1, 1, delivered_at=NOON + timedelta(days=2)), parcel(2, 1))
    await shop.tell(shop.world.store.change(order.id, fulfilments=parcels))
    line = await line_of(shop, order_id)
    assert (line.left, line.shipped_at, line.delivered_at) == (0, NOON + timedelta(hours=2), None)


async def test_a_store_that_tells_of_deliveries_is_believed(shop: Connected) -> None:
    order, order_id = await shop.placed(payments=(WALLET,))
    arrived = NOON + timedelta(days=1)
    await shop.tell(shop.world.store.change(order.id, fulfilments=(parcel(1, 2, delivered_at=arrived),)))
    line = await line_of(shop, order_id)
    assert (line.delivered_at, line.delivery_is_estimated) == (arrived, False)


@pytest.mark.parametrize("days", [5, 12])
async def test_a_store_that_tells_of_none_has_delivered_after_the_usual_transit_by_our_estimate(
    shop: Connected, days: int
) -> None:
    if days != 5:
        settings = msgspec.to_builtins(ShopSettings(transit_days=days))
        await Shop.filter(id=shop.world.shop.id).update(settings=settings)
        shop.world.shop = await Shop.get(id=shop.world.shop.id)
    order, order_id = await shop.placed(payments=(WALLET,))
    await shop.tell(shop.world.store.change(order.id, fulfilments=(parcel(1, 1), parcel(2, 1))))
    line = await line_of(shop, order_id)
    assert line.delivered_at == NOON + timedelta(hours=2, days=days)
    assert line.delivery_is_estimated


@pytest.mark.parametrize("days", [-1, 61])
def test_a_transit_that_no_parcel_takes_is_no_setting(days: int) -> None:
    with pytest.raises(BadSettings, match="transit_days"):
        parse_settings({"transit_days": days})
