"""The pages over plain HTTP: cookies, forms, links, and everybody who should not get in."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from plugin.storefronts.standard.wire import OrderBody
from tests.world import World

BROWSER = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}


@asynccontextmanager
async def a_browser(world: World) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=world.url, headers=BROWSER, follow_redirects=True, timeout=20) as browser:
        yield browser


async def link_to(world: World, order: OrderBody) -> str:
    """The path of a fresh signed link."""
    made = await world.http.post("/v1/links", json={"order_id": order.id}, headers=world.server_key)
    return "/o/" + made.json()["url"].rsplit("/", 1)[1]


def fields_of(html: str, action: str) -> list[tuple[str, str]]:
    """The hidden fields of the form with this action."""
    form = re.search(rf'<form[^>]* action="{action}".*?</form>', html, re.S)
    assert form, html
    return re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form.group())


async def test_the_whole_path_without_javascript(world: World) -> None:
    order = await world.place("fashion")
    async with a_browser(world) as browser:
        link = await link_to(world, order)
        assert "Your order at Lumen" in (await browser.get(link)).text
        seen = await browser.post(link)
        assert seen.status_code == 200, seen.text
        assert seen.url.path == "/order"
        mark = dict(fields_of(seen.text, "/order/cancel/preview"))["mark"]
        preview = await browser.post("/order/cancel/preview", data={"mark": mark, "whole": "yes"})
        assert preview.status_code == 200, preview.text
        assert "$266.66" in preview.text
        done = await browser.post("/order/cancel", data=dict(fields_of(preview.text, "/order/cancel")))
        assert done.status_code == 200, done.text
        assert done.url.path.startswith("/order/cases/")
