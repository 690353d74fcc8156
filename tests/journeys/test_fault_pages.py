"""The pages of a fault, and of an order that was sent in part, as a browser without any script uses them."""

from __future__ import annotations

import re

from plugin.db import rows
from plugin.ports.orders import LineCount
from tests.journeys.conftest import OpenWorld
from tests.journeys.faulty import fault_policy
from tests.journeys.sending_back import delivered, return_policy
from tests.journeys.test_pages import a_browser, enter, fields_of
from tests.photos import SVG, a_photo
from tests.world import World


def grouped(fields: list[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in fields:
        found.setdefault(name, []).append(value)
    return found


async def test_a_damaged_item_from_the_order_page_to_its_answer(open_world: OpenWorld) -> None:
    world = await open_world(policy=fault_policy(photos=True, keep_item=True))
    order = await delivered(world)
    async with a_browser(world) as browser:
        await enter(world, browser, order)
        assert 'href="/order/faults"' in (await browser.get("/order")).text
        choose = await browser.get("/order/faults")
        mark = dict(fields_of(choose.text, "/order/faults/preview"))["mark"]
        said = {"mark": mark, "kind": "damaged", "line": ["coat", "scarf"], "quantity": ["0", "1"]}
        none = await browser.post("/order/faults/preview", data=said)
        assert "Please add a photo" in none.text
        assert 'action="/order/faults"' not in none.text
        again = grouped(fields_of(none.text, "/order/faults/preview"))
        evil = await browser.post(
            "/order/faults/preview", data=again, files=[("photo", ("x.svg", SVG, "image/svg+xml"))]
        )
        assert evil.status_code == 422
        assert "JPEG" in evil.text
        photos = [("photo", (f"{n}.jpg", a_photo(), "image/jpeg")) for n in range(2)]
        shown = await browser.post("/order/faults/preview", data=again, files=photos)
        assert "2 photos are with it" in shown.text
        assert "sorry" in shown.text
        confirm = grouped(fields_of(shown.text, "/order/faults"))
        assert len(confirm["photo_id"]) == 2
        done = await browser.post("/order/faults", data=confirm)
        assert done.url.path.startswith("/order/cases/")
        twice = await browser.post("/order/faults", data=confirm)
        assert twice.url.path == done.url.path
    assert await rows("SELECT count(*) AS n FROM stored_files WHERE case_id IS NOT NULL") == [{"n": 2}]


async def test_more_than_ten_photos_and_a_strangers_one_are_refused(open_world: OpenWorld) -> None:
    world = await open_world(policy=fault_policy(keep_item=True))
    async with a_browser(world) as browser:
        mark = await enter(world, browser, await delivered(world))
        said = {"mark": mark, "kind": "damaged", "line": "scarf", "quantity": "1"}
        photos = [("photo", (f"{n}.jpg", a_photo(), "image/jpeg")) for n in range(11)]
        many = await browser.post("/order/faults/preview", data=said, files=photos)
        assert many.status_code == 422
        assert await rows("SELECT 1 FROM stored_files") == []
        unknown = await browser.post("/order/faults/preview", data={**said, "photo_id": "file_of_a_stranger"})
        assert unknown.status_code == 422


async def test_an_order_that_was_sent_in_part_is_given_back_in_one_go(open_world: OpenWorld) -> None:
    world = await open_world(policy=return_policy())
    order = await world.place()
    order = world.store.ship(order.id, (LineCount("scarf", 1),))
    await world.send(order)
    await world.until(lambda: world.is_read(order))
    async with a_browser(world) as browser:
        await enter(world, browser, order)
        page = (await browser.get("/order")).text
        shown = await browser.post(
            "/order/give-back/preview", data=grouped(fields_of(page, "/order/give-back/preview"))
        )
        assert shown.status_code == 200, shown.text
        assert "What has not left is cancelled" in shown.text
        confirm = grouped(fields_of(shown.text, "/order/give-back"))
        for _ in range(2):
            done = await browser.post("/order/give-back", data=confirm)
            assert done.url.path == "/order"
        assert len(set(re.findall(r"/order/cases/(case_\w+)", done.text))) == 2
    assert [row["kind"] for row in await rows("SELECT kind FROM cases ORDER BY kind")] == ["cancel", "return"]


async def test_the_order_page_offers_neither_before_anything_has_left(world: World) -> None:
    async with a_browser(world) as browser:
        await enter(world, browser, await world.place())
        page = (await browser.get("/order")).text
        assert "/order/faults" not in page
        assert "/order/give-back" not in page
