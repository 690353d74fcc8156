"""The policy as everybody may read it: over HTTP, in three languages, to be kept, found and trusted."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from hashlib import sha256
from html import unescape
from typing import Any

import httpx
import pytest

from plugin.core.words import LANGUAGES
from plugin.db import transaction
from plugin.policies.conditions import When
from plugin.policies.document import Otherwise, Policy, Row, Then
from plugin.policies.reasons import Action, Outcome, Reason
from plugin.policies.service import publish
from tests.journeys.conftest import OpenWorld
from tests.journeys.test_pages import a_browser, enter
from tests.world import World

HOSTILE = "</script><script>alert(1)</script> {item} & “'"


def a_policy(tag: str) -> Policy:
    """Items with this tag cannot be cancelled."""
    row = Row(
        id="tagged", action=Action.CANCEL, when=When(tags=(tag,)),
        then=Then(outcome=Outcome.REFUSE, reason=Reason.FINAL_SALE),
    )  # fmt: skip
    return Policy(format=1, name="Test", rows=(row,), otherwise=Otherwise(cancel=Then(outcome=Outcome.APPROVE)))


async def read(world: World, **headers: str) -> httpx.Response:
    return await world.http.get(f"/shops/{world.shop.id}/policy", headers={"Accept": "text/html"} | headers)


def faq_of(html: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', html, re.S)
    assert found
    document: dict[str, Any] = json.loads(found.group(1))
    return document


def sentences_of(html: str) -> str:
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", html.partition("<main")[2].partition("</main>")[0]).split()))


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_page_says_what_the_api_says(world: World, language: str) -> None:
    page = await read(world, **{"Accept-Language": language})
    view = (await world.http.get(f"/v1/policy?locale={language}", headers=world.page_key)).json()
    assert (page.status_code, page.headers["content-language"], view["language"]) == (200, language, language)
    assert f'<html lang="{language}">' in page.text
    faq = faq_of(page.text)
    assert (faq["@type"], faq["inLanguage"]) == ("FAQPage", language)
    assert len(view["sections"]) == 4
    for section, question in zip(view["sections"], faq["mainEntity"], strict=True):
        said = [f"{rule['condition']} {rule['answer']}".strip() for rule in section["rules"]]
        assert question["name"] == section["question"]
        assert question["acceptedAnswer"]["text"] == " ".join(said)
        for sentence in said:
            assert " ".join(sentence.split()) in sentences_of(page.text)


async def test_a_kept_page_is_asked_for_again_and_stays(world: World) -> None:
    first = await read(world)
    assert first.headers["cache-control"] == "public, max-age=60"
    assert {"Accept-Language", "Cookie"} <= set(first.headers["vary"].split(", "))
    again = await read(world, **{"If-None-Match": f'"other", W/{first.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    # The kept page must fit the policy that comes with "not modified": its style is named by its hash.
    assert again.headers["content-security-policy"] == first.headers["content-security-policy"]
    style = re.search(r"<style>(.*?)</style>", first.text)
    assert style
    digest = b64encode(sha256(style.group(1).encode()).digest()).decode()
    assert f"'sha256-{digest}'" in first.headers["content-security-policy"]
    assert "unsafe" not in first.headers["content-security-policy"]
    spanish = await read(world, **{"Accept-Language": "es"})
    assert spanish.headers["etag"] != first.headers["etag"]


async def test_a_chosen_language_is_remembered_and_not_shared(world: World) -> None:
    chosen = await world.http.get(f"/shops/{world.shop.id}/policy?lang=ru")
    assert chosen.headers["content-language"] == "ru"
    assert chosen.headers["cache-control"].startswith("private")
    assert "comeback-lang=ru" in chosen.headers["set-cookie"]
    assert "set-cookie" not in (await read(world)).headers


async def test_a_newly_published_policy_is_read_at_once(world: World) -> None:
    before = await read(world)
    assert "gift card" in before.text
    async with transaction(world.ports.doorbell) as tx:
        policy, at = a_policy("clearance"), world.ports.clock.now()
        await publish(tx, shop_id=world.shop.id, policy=policy, by="tests", at=at)
    after = await read(world, **{"If-None-Match": before.headers["etag"]})
    assert after.status_code == 200
    assert "If the item is marked “clearance”:" in after.text
    assert "gift card" not in after.text


async def test_hostile_words_stay_words(open_world: OpenWorld) -> None:
    world = await open_world(policy=a_policy(HOSTILE))
    page = await read(world)
    assert "<script>alert" not in page.text
    assert len(re.findall("</script>", page.text)) == 2
    question = faq_of(page.text)["mainEntity"][0]
    assert HOSTILE in question["acceptedAnswer"]["text"]


async def test_the_page_loads_nothing_foreign_and_may_be_found(world: World) -> None:
    page = await read(world)
    assert '<meta name="robots" content="index, follow">' in page.text
    loaded = re.findall(
        r'<(?:link rel="(?:stylesheet|icon)"[^>]*href|script[^>]* src|img[^>]* src)="([^"]+)"', page.text
    )
    assert all(address.startswith(("/static/", "data:")) for address in loaded)
    assert [code for code in LANGUAGES if f'hreflang="{code}" href="{world.ports.public_url}/shops/' in page.text] == [
        *LANGUAGES
    ]


async def test_the_order_page_leads_there(world: World) -> None:
    order = await world.place("fashion")
    async with a_browser(world) as browser:
        await enter(world, browser, order)
        assert f'href="/shops/{world.shop.id}/policy"' in (await browser.get("/order")).text


async def test_no_shop_and_no_policy_are_told(world: World) -> None:
    assert (await world.http.get("/shops/shop_nobody/policy")).status_code == 404
    assert (await world.http.get("/v1/policy")).status_code == 401
