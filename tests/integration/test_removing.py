"""A shop that is removed leaves nothing behind, neither here nor at its store; and stays while money is under way."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from plugin.core.ids import new_id
from plugin.db import rows
from plugin.files.service import delete_unwanted, keep_photo
from plugin.journeys.remove_shop import TABLES, MoneyUnderWay, check_no_money_under_way, erase_shop, take_out_of_store
from plugin.orders.models import Payment
from plugin.ports.files import FileGone
from plugin.ports.payments import RejectCode, Rejected
from plugin.shops.models import Shop
from plugin.storage.folder import FolderStore
from tests.factories import a_case, a_code, a_shop, an_order
from tests.fakes import NOON, FakePorts
from tests.fixtures_command import Comeback
from tests.linkable_platform import LinkablePlatform
from tests.linked_shop import a_linked_shop, poll, ports_with
from tests.nudges import one
from tests.photos import a_photo


async def a_lived_in_shop(ports: FakePorts) -> Shop:
    """A linked shop with webhooks, an order, a case, a leg that has paid and a code of the store's own."""
    shop = await a_linked_shop(ports)
    await poll(ports, shop)
    _, code = await a_code(ports, shop)
    code.authority, code.promotion_id = "store", "coupon_7"
    await code.save()
    await a_leg(shop, code.order_id, code.case_id, "succeeded")
    return shop


async def a_leg(shop: Shop, order_id: str, case_id: str, state: str) -> None:
    payment = await Payment.get(order_id=order_id)
    await rows(
        "INSERT INTO refund_legs (id, shop_id, order_id, case_id, payment_id, kind, amount, currency, state, key, "
        "attempt, submitted_at, promised_for, created_at) "
        "VALUES ($1, $2, $3, $4, $5, 'refund', 100, 'USD', $6, $1, 1, $7, $8, $7)",
        new_id("leg"), shop.id, order_id, case_id, payment.id, state, NOON, NOON.date(),
    )  # fmt: skip


async def left_of(shop: Shop) -> dict[str, int]:
    """How many rows of the shop each table holds, as the catalogue knows the tables."""
    tables = await rows(
        "SELECT table_name AS name FROM information_schema.columns "
        "WHERE table_schema = 'public' AND column_name = 'shop_id' ORDER BY 1"
    )
    assert {table["name"] for table in tables} == set(TABLES)
    counts = {
        table["name"]: (await one(f'SELECT count(*) AS n FROM "{table["name"]}" WHERE shop_id = $1', shop.id))["n"]
        for table in tables
    }
    return {name: n for name, n in counts.items() if n}


async def test_nothing_of_it_stays_and_everything_of_another_shop(database: str) -> None:
    platform = LinkablePlatform()
    ports = ports_with(platform)
    shop, other = await a_lived_in_shop(ports), await a_shop(ports)
    await a_case(other, await an_order(ports, other))
    before = await left_of(other)

    taken = await take_out_of_store(ports, shop)
    assert (taken.hooks, taken.codes, taken.by_hand) == (3, 1, ())
    assert (platform.live, platform.withdrawn) == ({}, ["coupon_7"])
    assert (await Shop.get(id=shop.id)).paused
    await erase_shop(ports, shop)

    assert await left_of(shop) == {}
    assert not await Shop.exists(id=shop.id)
    assert (before, await Shop.all().count()) == (await left_of(other), 1)


async def test_files_that_could_not_be_deleted_with_their_shop_are_deleted_later(database: str, tmp_path: Path) -> None:
    files = StuckFiles(tmp_path)
    ports = replace(ports_with(LinkablePlatform()), files=files)
    shop = await a_lived_in_shop(ports)
    order = await an_order(ports, shop)
    content = a_photo()
    photo = await keep_photo(ports, shop_id=shop.id, order_id=order.id, content=content, declared="image/jpeg", by="x")
    torn = await keep_photo(ports, shop_id=shop.id, order_id=order.id, content=content, declared="image/jpeg", by="x")
    await rows("DELETE FROM stored_files WHERE id = $1", torn.id)  # as if its upload had broken off
    with pytest.raises(OSError, match="stuck"):
        await erase_shop(ports, shop)
    assert not await Shop.exists(id=shop.id)
    files.is_stuck = False
    for _ in range(2):
        await delete_unwanted(ports)
    for file_id in (photo.id, torn.id):
        with pytest.raises(FileGone):
            await files.get(f"{shop.id}/{file_id}")
    assert await rows("SELECT 1 FROM unwanted_files") == []


class StuckFiles(FolderStore):
    """A folder that deletes nothing at first."""

    is_stuck = True

    async def delete(self, key: str) -> None:
        if self.is_stuck:
            raise OSError("stuck")
        await super().delete(key)


@pytest.mark.parametrize(
    ("case", "leg"),
    [
        ("executing", None),
        ("awaiting_store", None),
        ("done", "pending"),
        ("done", "with_person"),
        ("with_person", "failed"),
    ],
)
async def test_a_shop_whose_money_is_under_way_stays_and_the_cases_are_named(
    database: str, case: str, leg: str | None
) -> None:
    ports = ports_with(LinkablePlatform())
    shop = await a_lived_in_shop(ports)
    order = await an_order(ports, shop)
    open_case = await a_case(shop, order, state=case)
    if leg:
        await a_leg(shop, order.id, open_case.id, leg)
    before = await left_of(shop)
    for attempt in (check_no_money_under_way(shop), erase_shop(ports, shop)):
        with pytest.raises(MoneyUnderWay, match=f"in {open_case.number}\\."):
            await attempt
    assert await left_of(shop) == before


async def test_a_store_that_does_not_let_us_in_any_more_is_told_how_to_be_rid_of_us_by_hand(database: str) -> None:
    platform = LinkablePlatform(fails_with=None)
    ports = ports_with(platform)
    shop = await a_lived_in_shop(ports)
    platform.fails_with = Rejected(RejectCode.BAD_CREDENTIALS, "The key was revoked.")
    taken = await take_out_of_store(ports, shop)
    assert (taken.hooks, taken.codes) == (0, 1)
    (said,) = taken.by_hand
    assert said.startswith("The store did not do it (The key was revoked.). Take our webhooks out of the store by hand")
    assert f"https://comeback.example/hooks/{shop.id}/woocommerce" in said


async def test_the_command_asks_for_the_name_and_takes_yes_for_it(comeback: Comeback) -> None:
    shop = (await comeback("shop", "create", "Lumen", "--json")).json["shop"]
    asked = await comeback("shop", "remove", shop)
    assert (asked.status, "--yes" in asked.err, await Shop.exists(id=shop)) == (2, True, True)
    removed = await comeback("shop", "remove", shop, "--yes")
    assert (removed.status, await Shop.exists(id=shop)) == (0, False)
    assert "Take our webhooks out of the store by hand" in removed.out
    assert "✓ Lumen is removed: 3 rows are deleted." in removed.out
