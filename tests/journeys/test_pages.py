"""The pages over plain HTTP: cookies, forms, links, and everybody who should not get in."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest

from handlers.pages.visit import ended_cookie, session_cookies
from plugin.access.service import LINK_LASTS, OpenedSession, Visitor, make_link
from plugin.db import rows, transaction
from plugin.storefronts.standard.wire import OrderBody
from tests.world import World

BROWSER = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}


@asynccontextmanager
async def a_browser(world: World, **headers: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        base_url=world.url, headers=BROWSER | headers, follow_redirects=True, timeout=20
    ) as browser:
        yield browser


async def link_to(world: World, order: OrderBody) -> str:
    """The path of a fresh signed link."""
    made = await world.http.post("/v1/links", json={"order_id": order.id}, headers=world.server_key)
    url: str = made.json()["url"]
    return "/o/" + url.rsplit("/", 1)[1]


async def enter(world: World, browser: httpx.AsyncClient, order: OrderBody) -> str:
    """Go through the door; the mark that its forms carry."""
    seen = await browser.post(await link_to(world, order))
    assert (seen.status_code, seen.url.path) == (200, "/order"), seen.text
    return dict(fields_of(seen.text, "/order/leave"))["mark"]


def fields_of(html: str, action: str) -> list[tuple[str, str]]:
    """The hidden fields of the form with this action."""
    form = re.search(rf'<form[^>]* action="{action}".*?</form>', html, re.S)
    assert form, html
    return re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form.group())


async def to_confirm(browser: httpx.AsyncClient, mark: str) -> dict[str, str]:
    """The hidden fields of a preview of cancelling everything."""
    preview = await browser.post("/order/cancel/preview", data={"mark": mark, "whole": "yes"})
    assert preview.status_code == 200, preview.text
    return dict(fields_of(preview.text, "/order/cancel"))


async def cases() -> int:
    return int((await rows("SELECT count(*) AS n FROM cases"))[0]["n"])


async def test_the_whole_path_in_plain_forms(world: World) -> None:
    order = await world.place("fashion")
    async with a_browser(world) as browser:
        link = await link_to(world, order)
        assert "Your order at Lumen" in (await browser.get(link)).text
        mark = await enter(world, browser, order)
        preview = await browser.post("/order/cancel/preview", data={"mark": mark, "whole": "yes"})
        assert "$266.66" in preview.text
        assert await cases() == 0
        done = await browser.post("/order/cancel", data=dict(fields_of(preview.text, "/order/cancel")))
        assert done.url.path.startswith("/order/cases/")
        assert 'http-equiv="refresh"' in done.text


async def test_looking_at_a_link_changes_nothing_and_the_click_still_works(world: World) -> None:
    order = await world.place("fashion")
    link = await link_to(world, order)
    async with a_browser(world) as browser:
        answers = [await browser.get(link) for _ in range(100)]
        assert {answer.status_code for answer in answers} == {200}
        assert not browser.cookies
        assert (await rows("SELECT count(*) AS n FROM shopper_sessions"))[0]["n"] == 0
        assert (await browser.post(link)).url.path == "/order"


async def test_a_page_names_its_token_to_nobody(world: World) -> None:
    order = await world.place("fashion")
    link = await link_to(world, order)
    async with a_browser(world) as browser:
        answer = await browser.get(link)
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert not re.findall(r'(?:src|action)="(?:https?:)?//', answer.text)


async def test_a_link_to_a_person_leads_to_the_person(world: World) -> None:
    order = await world.place("fashion")
    async with a_browser(world) as browser:
        link = f"{await link_to(world, order)}/person"
        assert (await browser.get(link)).status_code == 200
        assert (await browser.post(link)).url.path == "/order/person"


async def test_a_link_past_its_end_shows_the_shops_lookup_form(world: World) -> None:
    order = await world.place("fashion")
    stored = (await rows("SELECT id FROM orders WHERE external_id = $1", order.id))[0]["id"]
    async with transaction(world.ports.doorbell) as tx:
        long_ago = world.ports.clock.now() - LINK_LASTS - timedelta(days=1)
        token = await make_link(tx, shop_id=world.shop.id, order_id=stored, at=long_ago)
    async with a_browser(world) as browser:
        for answer in (await browser.get(f"/o/{token}"), await browser.post(f"/o/{token}")):
            assert answer.status_code == 410
            assert f'action="/shops/{world.shop.id}/orders"' in answer.text
            assert "Lumen" in answer.text
        stranger = await browser.get("/o/ol_nobody_knows")
        assert stranger.status_code == 410
        assert "<form" not in stranger.text


@pytest.mark.parametrize("secure", [True, False])
def test_the_sessions_cookie_is_for_our_pages_only(secure: bool) -> None:
    visitor = Visitor("sess_1", "shop_1", "order_1", expires_at=None)  # type: ignore[arg-type]
    session, _shop = session_cookies(OpenedSession("cs_secret", visitor), 1800, secure=secure)
    header = session.to_header(header="")
    assert session.key == ("__Host-comeback" if secure else "comeback")
    for flag in ("HttpOnly", "Path=/", "SameSite=lax", "Max-Age=1800", *(["Secure"] if secure else [])):
        assert flag in header
    assert "Domain" not in header
    assert "Max-Age=0" in ended_cookie(secure=secure).to_header(header="")


@pytest.mark.parametrize("path", ["/order/cancel/preview", "/order/cancel", "/order/person", "/order/leave"])
async def test_a_form_without_its_sessions_mark_is_refused(world: World, path: str) -> None:
    order, other = await world.place("fashion"), await world.place("fashion")
    async with a_browser(world) as browser, a_browser(world) as elsewhere:
        await enter(world, browser, order)
        foreign = await enter(world, elsewhere, other)
        for mark in ("", "0" * 64, foreign, "é"):
            refused = await browser.post(path, data={"mark": mark, "whole": "yes", "message": "Hi", "digest": "0" * 64})
            assert refused.status_code == 403
        assert (await browser.get("/order")).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1:8000"},
        {"Sec-Fetch-Site": "", "Origin": "https://evil.example"},
    ],
)
async def test_what_another_site_posts_is_refused(world: World, headers: dict[str, str]) -> None:
    order = await world.place("fashion")
    link = await link_to(world, order)
    async with a_browser(world) as browser:
        mark = await enter(world, browser, order)
        confirm = await to_confirm(browser, mark)
        assert (await browser.post("/order/cancel", data=confirm, headers=headers)).status_code == 403
        assert (await browser.post(link, headers=headers)).status_code == 403
        lookup = {"number": order.number, "email": "grace@example.com"}
        refused = await browser.post(f"/shops/{world.shop.id}/orders", data=lookup, headers=headers)
        assert refused.status_code == 403
    assert await cases() == 0


async def test_a_strangers_request_is_not_found(world: World) -> None:
    mine, theirs = await world.place("fashion"), await world.place("fashion")
    case = await (await world.shopper(theirs)).cancel()
    async with a_browser(world) as browser:
        await enter(world, browser, mine)
        for path in (f"/order/cases/{case['id']}", f"/order/cases/{case['id']}/events", "/order/cases/case_nobody"):
            answer = await browser.get(path)
            assert answer.status_code == 404
            assert theirs.number not in answer.text


async def test_two_clicks_and_a_reload_are_one_request(world: World) -> None:
    order = await world.place("fashion")
    async with a_browser(world) as browser:
        confirm = await to_confirm(browser, await enter(world, browser, order))
        answers = await asyncio.gather(*(browser.post("/order/cancel", data=confirm) for _ in range(5)))
        answers.append(await browser.post("/order/cancel", data=confirm))
        answers.append(await browser.post("/order/cancel", data=confirm | {"reason": "Changed my mind"}))
        answers.append(await browser.post("/order/cancel", data=confirm | {"key": uuid4().hex}))
        assert len({answer.url.path for answer in answers}) == 1
        assert answers[0].url.path.startswith("/order/cases/")
    assert await cases() == 1


async def test_another_decision_than_the_one_shown_is_shown_first(world: World) -> None:
    order = await world.place("fashion")
    async with a_browser(world) as browser:
        mark = await enter(world, browser, order)
        agreed = await to_confirm(browser, mark)
        shopper = await world.shopper(order)
        part = await shopper.cancel(lines=[{"line_id": "scarf", "quantity": 1}])
        await shopper.until_state(part["id"], "done")
        changed = await browser.post("/order/cancel", data=agreed)
        assert changed.status_code == 409
        assert "changed a moment ago" in changed.text
        again = dict(fields_of(changed.text, "/order/cancel"))
        assert again["digest"] != agreed["digest"]
        assert (await browser.post("/order/cancel", data=again)).url.path.startswith("/order/cases/")
    assert await cases() == 2


async def test_some_units_of_some_lines(world: World) -> None:
    order = await world.place("fashion")
    async with a_browser(world) as browser:
        mark = await enter(world, browser, order)
        chosen = {"mark": mark, "line": ["coat", "scarf"], "quantity": ["0", "1"]}
        preview = await browser.post("/order/cancel/preview", data=chosen)
        fields = fields_of(preview.text, "/order/cancel")
        assert ("line", "scarf") in fields
        assert ("line", "coat") not in fields
        nothing = await browser.post("/order/cancel/preview", data={"mark": mark})
        assert "Please choose the items" in nothing.text
        for broken in ({"quantity": "1"}, {"line": "scarf", "quantity": "-1"}, {"line": "", "quantity": "1"}):
            assert (await browser.post("/order/cancel/preview", data={"mark": mark, **broken})).status_code == 400


async def test_a_guest_comes_in_by_the_mailed_code(world: World) -> None:
    order = await world.place("fashion")
    async with a_browser(world) as browser:
        form = f"/shops/{world.shop.id}/orders"
        asked = await browser.post(form, data={"number": order.number, "email": "grace@example.com"})
        unknown = await browser.post(form, data={"number": "9999", "email": "nobody@example.com"})
        assert re.sub(r"look_\w+|nonce=\S+", "", asked.text) == re.sub(r"look_\w+|nonce=\S+", "", unknown.text)
        mail = await world.mail("manage_link", order)
        code = re.search(r"\b[0-9A-Z]{8}\b", mail.text)
        assert code
        wrong = await browser.post(asked.url.path, data={"code": "00000000"})
        assert wrong.status_code == 403
        assert "This code does not fit" in wrong.text
        assert (await browser.post(asked.url.path, data={"code": code.group()})).url.path == "/order"
        assert (await browser.post(form, data={"number": "", "email": "no"})).status_code == 422


async def test_leaving_ends_the_session_for_good(world: World) -> None:
    order = await world.place("fashion")
    async with a_browser(world) as browser:
        mark = await enter(world, browser, order)
        token = browser.cookies["comeback"]
        assert (await browser.post("/order/leave", data={"mark": mark})).status_code == 200
        assert "comeback" not in browser.cookies
        ended = await browser.get("/order", headers={"Cookie": f"comeback={token}; comeback-shop={world.shop.id}"})
        assert ended.status_code == 401
        assert f'action="/shops/{world.shop.id}/orders"' in ended.text


async def test_a_message_reaches_a_person(world: World) -> None:
    order = await world.place("fashion")
    async with a_browser(world) as browser:
        mark = await enter(world, browser, order)
        assert (await browser.post("/order/person", data={"mark": mark, "message": " \n"})).status_code == 422
        sent = await browser.post("/order/person", data={"mark": mark, "message": "Could it be size M?"})
        assert sent.url.path == "/order/person/sent"
        assert "you will have an answer by" in sent.text
        mail = await world.mail("staff_alert", order)
        assert "Could it be size M?" in mail.text


async def test_an_unknown_address_is_a_friendly_page_with_a_request_id(world: World) -> None:
    async with a_browser(world, **{"Accept-Language": "es"}) as browser:
        answer = await browser.get("/nowhere")
    assert answer.status_code == 404
    assert 'lang="es"' in answer.text
    assert answer.headers["x-request-id"] in answer.text


async def test_a_chosen_language_stays(world: World) -> None:
    order = await world.place("fashion")
    async with a_browser(world) as browser:
        mark = await enter(world, browser, order)
        assert "Estamos" not in (await browser.get("/order")).text
        assert 'lang="es"' in (await browser.get("/order?lang=es")).text
        preview = await browser.post("/order/cancel/preview", data={"mark": mark, "whole": "yes"})
        assert "Esto es lo que pasará" in preview.text
        assert 'lang="es"' in (await browser.get("/order/cases/case_nobody")).text


async def test_a_page_is_light(world: World) -> None:
    order = await world.place("fashion")
    async with a_browser(world) as browser:
        await enter(world, browser, order)
        page = await browser.get("/order")
        assets = re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text)
        assert len(assets) == 2
        weight = len(page.content) + sum([len((await browser.get(asset)).content) for asset in assets])
    assert weight < 30_000
