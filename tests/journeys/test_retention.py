"""Nothing of a person is kept for longer than the shop's periods say, and nothing that is needed goes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from plugin.db import rows
from plugin.files.service import keep_photo
from plugin.journeys.erase_person import who_is
from plugin.journeys.export_person import export_person
from plugin.journeys.retention import CLASSES, forget_what_is_old
from plugin.shops.settings import BadSettings, Retention, ShopSettings, parse_settings
from tests.fakes import FakeClock
from tests.journeys.steps import quiet
from tests.nudges import hurry, one
from tests.photos import a_photo
from tests.world import Shopper, World


async def _lived(world: World) -> tuple[Shopper, str]:
    """A closed case with everything that has a period, and an open one of another order beside it."""
    order = await world.place("fashion")
    shopper = await world.shopper(order)
    case = await shopper.cancel(whole=True, reason="Too large")
    await shopper.until_state(case["id"], "done")
    await world.mail("cancelled", order)
    await world.http.post("/v1/order/person", json={"message": "Thank you!"}, headers=dict(shopper.headers))
    await world.http.post(
        f"/v1/cases/{case['id']}/effort", json={"score": 6, "words": "All fine"}, headers=dict(shopper.headers)
    )
    photo = await keep_photo(
        world.ports, shop_id=world.shop.id, order_id=shopper.order_id, content=a_photo(), declared="image/jpeg",
        by="shopper",
    )  # fmt: skip
    await rows("UPDATE stored_files SET case_id = $2 WHERE id = $1", photo.id, case["id"])
    await hurry(world, "read_event")
    await quiet(world)
    return shopper, str(case["id"])


KEPT = {
    "bodies": "SELECT count(*) AS n FROM inbox_events WHERE body <> '{}'",
    "texts": "SELECT count(*) AS n FROM mails WHERE recipient <> ''",
    "messages": "SELECT count(*) AS n FROM contacts",
    "photos": "SELECT count(*) AS n FROM stored_files",
    "words": "SELECT count(*) AS n FROM effort_questions WHERE words IS NOT NULL",
}


async def _kept() -> dict[str, bool]:
    return {name: (await one(sql))["n"] > 0 for name, sql in KEPT.items()}


async def _days_later(world: World, days: int) -> None:
    """Go through the shop as it will be done then."""
    later = FakeClock(datetime.now(UTC) + timedelta(days=days))
    await forget_what_is_old(replace(world.ports, clock=later))


async def test_each_class_goes_on_its_day_and_books_and_audit_stay(world: World) -> None:
    shopper, case_id = await _lived(world)
    books = "SELECT (SELECT count(*) FROM audit_events) AS a, (SELECT count(*) FROM refund_legs) AS b"
    before = await one(books)
    await forget_what_is_old(world.ports)
    assert set((await _kept()).values()) == {True}
    gone = []
    for days in (89, 91, 181, 366, 731):
        await _days_later(world, days)
        gone.append({name for name, is_kept in (await _kept()).items() if not is_kept})
    assert gone == [
        set(), {"bodies"}, {"bodies", "photos"}, {"bodies", "photos", "texts", "words"}, set(KEPT),
    ]  # fmt: skip
    assert await one(books) == before
    assert (await shopper.case(case_id))["state"] == "done"
    kept = await export_person(world.ports, world.shop, who_is(world.ports, world.shop, email="grace@example.com"))
    assert [mail.text for mail in kept.orders[0].mails] == [None] * len(kept.orders[0].mails)


async def test_a_shop_may_have_whole_persons_erased_and_never_while_a_case_is_open(world: World) -> None:
    await _lived(world)
    open_order = await world.place("fashion", card="pm_card_pendingRefund")
    other = await world.shopper(open_order)
    case = await other.cancel()
    await other.until_state(case["id"], "executing")
    settings = msgspec.structs.replace(ShopSettings(), retention=Retention(persons=30))
    await rows("UPDATE shops SET settings = $1", msgspec.json.encode(settings).decode())
    await quiet(world)
    await _days_later(world, 31)
    erased = await rows("SELECT number, erased_at IS NOT NULL AS gone FROM orders ORDER BY number")
    assert [(row["number"], row["gone"]) for row in erased] == [("1001", True), ("1002", False)]


async def test_a_shop_is_gone_through_once_a_day(world: World) -> None:
    await forget_what_is_old(world.ports)
    first = await one("SELECT tidied_at FROM shops")
    await forget_what_is_old(world.ports)
    assert await one("SELECT tidied_at FROM shops") == first


def test_every_period_has_its_class_and_none_is_nonsense() -> None:
    assert {*CLASSES, "persons"} == set(Retention.__struct_fields__)
    for name in Retention.__struct_fields__:
        with pytest.raises(BadSettings, match=f"retention.{name}"):
            parse_settings({"retention": {name: 0}})
        assert parse_settings({"retention": {name: None}}).retention == msgspec.structs.replace(
            Retention(), **{name: None}
        )
