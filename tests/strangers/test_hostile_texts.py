"""A name, a title or a message that is HTML, a formula or a trick: on every page and in every mail it stays a text."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from msgspec.structs import replace

from plugin.payments.sandbox.server import RunningSandbox
from plugin.shops.models import Shop
from tests.journeys.test_pages import a_browser, enter, fields_of, link_to
from tests.world import World, a_world

BREAKOUT = "\"'`></title></script></style></p><canary canary=1 onload=canary()><script>canary()</script>{{7*7}}"
HOSTILE = (
    BREAKOUT,
    "\u202eGPJ.EXE\u2066\U0001f468\u200d\U0001f469\u0301\u0301 =cmd|'/C calc'!A0",
    "javascript:canary()//" + BREAKOUT,
)
LEADS = {"", "http", "https", "mailto", "data"}


class Read(HTMLParser):
    """What a browser would make of it."""

    def __init__(self, html: str, where: str) -> None:
        super().__init__(convert_charrefs=True)
        self.where, self.tags, self.text = where, 0, ""
        self.nonces: set[str | None] = set()
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags += 1
        given = dict(attrs)
        assert tag != "canary", self.where
        assert not [name for name in given if name.startswith("on") or name == "canary"], self.where
        for name in ("href", "src", "action", "formaction"):
            assert urlsplit(given.get(name) or "").scheme in LEADS, (self.where, given)
        if tag == "script" and given.get("type") != "application/ld+json":
            self.nonces.add(given.get("nonce"))

    def handle_data(self, data: str) -> None:
        self.text += data


def check_page(html: str, nonce: str, where: str) -> Read:
    page = Read(html, where)
    assert page.tags > 10, where
    assert page.nonces <= {nonce, None}, where
    assert not re.search(r"<script(?![^>]*(nonce=|src=\"/static/|ld\+json))", html), where
    assert "\u202e" not in page.text or not where.startswith("mail"), where
    return page


@pytest.fixture
async def world(database: str, sandbox: RunningSandbox, tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(tmp_path, sandbox.url) as started:
        yield started


@pytest.mark.parametrize("hostile", HOSTILE)
async def test_a_hostile_text_breaks_out_of_no_page_and_no_mail(world: World, hostile: str) -> None:
    await Shop.filter(id=world.shop.id).update(name=hostile[:60])
    order = await world.place("fashion")
    lines = tuple(
        replace(line, title=hostile[:200], variant=hostile[:200], sku=hostile[:80], image_url=f"https://x.example/{n}")
        for n, line in enumerate(order.lines)
    )
    customer = replace(order.customer, name=hostile[:120], email="o'neil+x@mail.example")
    order = world.store.edit(order.id, lines=lines, customer=customer, number=hostile[:40] + order.number)
    await world.send(order)
    await world.until(lambda: world.is_read(order))
    seen = []
    async with a_browser(world) as browser:

        async def visit(method: str, path: str, **form: str) -> str:
            answer = await browser.request(method, path, data=form or None)
            assert answer.status_code < 500, (path, answer.text)
            policy = answer.headers["content-security-policy"]
            nonce = policy.partition("'nonce-")[2].partition("'")[0]
            seen.append(check_page(answer.text, nonce, f"{method} {path}"))
            return answer.text

        await visit("GET", await link_to(world, order))
        await visit("GET", f"/shops/{world.shop.id}/orders")
        await visit("POST", f"/shops/{world.shop.id}/orders", number=hostile, email=hostile)
        await visit("POST", f"/shops/{world.shop.id}/orders", number=hostile[:40], email="a@b.example")
        await visit("GET", f"/o/{'x' * 40}")
        await visit("GET", "/no/such/page?q=<canary>")
        mark = await enter(world, browser, order)
        await visit("GET", "/order")
        await visit("GET", "/order/person")
        await visit("POST", "/order/person", mark=mark, message=hostile)
        preview = await visit("POST", "/order/cancel/preview", mark=mark, whole="yes", reason=hostile)
        await visit("POST", "/order/cancel", **dict(fields_of(preview, "/order/cancel")))
        await visit("GET", "/order")
        await visit("POST", "/order/leave", mark=mark)
    assert len(seen) == 13
    await world.until(lambda: _is_told(world))
    for mail in world.mails():
        check_page(mail.html, "", f"mail {mail.subject}")
        assert not {"\n", "\r", "\u202e"} & set(mail.subject)


async def _is_told(world: World) -> bool:
    return len(world.mails()) >= 2
