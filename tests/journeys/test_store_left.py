"""A store that disconnects us: its credentials are forgotten, its staff told, its shoppers erased if it asks."""

from __future__ import annotations

from datetime import timedelta

from plugin.db import rows
from plugin.orders.models import Order
from plugin.shops.models import Shop, StoreLink
from tests.hunting import places_of
from tests.journeys.asking import ask, let_it_ask
from tests.nudges import event_states, one
from tests.world import World


async def _connected(world: World, ago: timedelta = timedelta(days=30)) -> None:
    let_it_ask(world)
    at = world.ports.clock.now() - ago
    await StoreLink.create(shop_id=world.shop.id, state="connected", connected_at=at, hooks={})


async def test_a_store_that_left_is_forgotten_once_and_its_staff_are_told(world: World) -> None:
    await _connected(world)
    await ask(world, "shop.left")
    await ask(world, "shop.left")
    kept = await one("SELECT sealed_store_secret, sealed_store_key, sealed_webhook_secrets <> '' AS hears FROM shops")
    assert kept == {"sealed_store_secret": None, "sealed_store_key": None, "hears": True}
    assert (await StoreLink.get(shop_id=world.shop.id)).state == "left"
    (alert,) = world.mails("staff@lumen.example")
    assert alert.subject == "The store has disconnected"
    assert "comeback connect" in alert.text


async def test_a_store_that_is_connected_again_stays_so(world: World) -> None:
    await _connected(world, ago=timedelta(days=-1))
    await ask(world, "shop.left")
    await ask(world, "shop.left", erase=True)
    assert (await StoreLink.get(shop_id=world.shop.id)).state == "connected"
    assert await event_states(world) == ["ignored", "set_aside"]
    aside = await one("SELECT reason FROM inbox_events WHERE state = 'set_aside'")
    assert "connected again" in aside["reason"]


async def test_the_word_of_another_store_of_the_same_app_empties_nothing(world: World) -> None:
    await _connected(world)
    placed = await world.place("fashion")
    await Shop.filter(id=world.shop.id).update(store_address="https://lumen.example")
    await ask(world, "shop.left", erase=True, store="other.example")
    await ask(world, "person.asked", erase=True, email=placed.customer.email, store="other.example")
    aside = await rows("SELECT reason FROM inbox_events WHERE state = 'set_aside'")
    assert ["other.example" in event["reason"] for event in aside] == [True, True]
    assert (await StoreLink.get(shop_id=world.shop.id)).state == "connected"
    assert await Order.filter(erased_at__isnull=True).count() == 1
    await ask(world, "person.asked", erase=True, email=placed.customer.email, store="Lumen.example")
    assert await Order.filter(erased_at__isnull=True).count() == 0


async def test_all_shoppers_of_a_store_that_asks_for_it_are_erased_and_the_books_stay(world: World) -> None:
    await _connected(world)
    placed = [await world.place(sample) for sample in ("fashion", "fashion", "fashion")]
    people = {order.customer.email or "" for order in placed}
    await ask(world, "nothing.of.ours", email=next(iter(people)))
    await ask(world, "shop.left")
    await ask(world, "shop.left", erase=True)
    assert await places_of(world.ports.vault, people) == {}
    assert await Order.filter(erased_at__isnull=True).count() == 0
    totals = await rows("SELECT total FROM orders ORDER BY id")
    assert [row["total"] for row in totals] == [order.total for order in placed]
    assert await rows("SELECT 1 FROM work WHERE kind = 'erase_shop' AND state <> 'done'") == []
