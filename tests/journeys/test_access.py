"""Who gets in: a token opens its own shop, its own order and nothing else (I15); a look-up tells a stranger nothing."""

from __future__ import annotations

import asyncio
import re
from uuid import uuid4

import httpx
import pytest

from plugin.access.rate import TooMany
from plugin.db import rows
from plugin.journeys.look_up import PER_ORDER
from plugin.journeys.look_up import look_up as begin_look_up
from plugin.storefronts.standard.wire import OrderBody
from tests.journeys.conftest import OpenWorld
from tests.journeys.steps import quiet
from tests.world import World


async def test_a_session_sees_no_case_of_another_order(world: World) -> None:
    mine, theirs = await world.place("fashion"), await world.place("spanish")
    me, they = await world.shopper(mine), await world.shopper(theirs)
    case = await they.cancel()
    for path in (f"/v1/cases/{case['id']}", f"/v1/cases/{case['id']}/events", "/v1/cases/case_unknown"):
        answer = await world.http.get(path, headers=dict(me.headers))
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), path
    assert (await me.get("/v1/order"))["cases"] == []
    await they.until_state(case["id"], "done")


async def test_one_tabs_key_is_no_key_to_another_order(world: World) -> None:
    """The same Idempotency-Key on two orders is two calls: neither gets the other's answer."""
    first, second = await world.shopper(await world.place("fashion")), await world.shopper(await world.place("spanish"))
    key = uuid4().hex
    one = await first.confirm((await first.preview())["digest"], key=key)
    two = await second.confirm((await second.preview())["digest"], key=key)
    assert (one.status_code, two.status_code) == (201, 201)
    assert one.json()["order_id"] != two.json()["order_id"]
    await first.until_state(one.json()["id"], "done")
    await second.until_state(two.json()["id"], "done")


async def test_a_session_ends(world: World) -> None:
    shopper = await world.shopper(await world.place("fashion"))
    await rows("UPDATE shopper_sessions SET expires_at = now() - interval '1 second'")
    for answer in (
        await world.http.get("/v1/order", headers=dict(shopper.headers)),
        await world.http.get("/v1/order", headers={"Authorization": "Bearer cs_made_up"}),
        await world.http.get("/v1/order"),
        await shopper.confirm("0" * 64),
    ):
        assert (answer.status_code, answer.json()["code"]) == (401, "session_expired")
        assert answer.headers["www-authenticate"]


async def test_a_shopper_can_end_the_session(world: World) -> None:
    shopper = await world.shopper(await world.place("fashion"))
    ended = await world.http.post("/v1/sessions/end", headers=dict(shopper.headers))
    assert ended.status_code == 204
    assert (await world.http.get("/v1/order", headers=dict(shopper.headers))).status_code == 401


async def test_a_link_opens_a_hundred_times_and_each_session_is_its_own(world: World) -> None:
    order = await world.place("fashion")
    made = await world.http.post("/v1/links", json={"order_id": order.id}, headers=world.server_key)
    link = {"link": made.json()["url"].rsplit("/", 1)[1]}
    opened = await asyncio.gather(*(world.http.post("/v1/sessions/exchange", json=link) for _ in range(100)))
    assert {answer.status_code for answer in opened} == {201}
    assert len({answer.json()["token"] for answer in opened}) == 100

    await rows("UPDATE order_links SET expires_at = now() - interval '1 second'")
    late = await world.http.post("/v1/sessions/exchange", json=link)
    assert (late.status_code, late.json()["code"]) == (410, "link_expired")


async def test_a_shops_key_opens_no_order_of_another_shop(open_world: OpenWorld) -> None:
    ours, theirs = await open_world(), await open_world()
    order = await theirs.place("fashion")
    for path in ("/v1/links", "/v1/sessions"):
        answer = await ours.http.post(path, json={"order_id": order.id}, headers=ours.server_key)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
        wrong = await theirs.http.post(path, json={"order_id": order.id}, headers=theirs.page_key)
        assert wrong.status_code == 401
    assert (await theirs.shopper(order)).order_id


async def look_up(world: World, number: str, email: str) -> httpx.Response:
    return await world.http.post("/v1/lookups", json={"order_number": number, "email": email}, headers=world.page_key)


async def open_with(world: World, lookup_id: str, code: str) -> httpx.Response:
    return await world.http.post(f"/v1/lookups/{lookup_id}/open", json={"code": code}, headers=world.page_key)


async def mailed_code(world: World, order: OrderBody) -> str:
    found = re.search(
        r"\b[0-9A-HJKMNP-TV-Z]{4}[- ]?[0-9A-HJKMNP-TV-Z]{4}\b", (await world.mail("manage_link", order)).text
    )
    assert found
    return found.group()


async def test_a_look_up_answers_alike_and_mails_only_the_orders_own_address(world: World) -> None:
    order = await world.place("fashion")
    known = await look_up(world, f"#{order.number}", "GRACE@example.com")
    others = [
        await look_up(world, "#999999", "grace@example.com"),
        await look_up(world, order.number, "eve@evil.example"),
    ]

    for other in others:
        assert (other.status_code, known.status_code) == (202, 202)
        assert {**other.json(), "lookup_id": ""} == {**known.json(), "lookup_id": ""}
        assert len(other.content) == len(known.content)
    await world.mail("manage_link", order)
    await quiet(world)
    assert [mail.recipient for mail in world.mails()] == ["grace@example.com"]


async def test_a_mailed_code_opens_once(world: World) -> None:
    order = await world.place("fashion")
    lookup_id = (await look_up(world, order.number, "grace@example.com")).json()["lookup_id"]
    code = await mailed_code(world, order)
    stranger = (await look_up(world, "#999999", "grace@example.com")).json()["lookup_id"]
    assert (await open_with(world, stranger, code)).status_code == 403

    opened = await open_with(world, lookup_id, code.lower())
    assert opened.status_code == 201
    seen = await world.http.get("/v1/order", headers={"Authorization": f"Bearer {opened.json()['token']}"})
    assert seen.json()["number"] == order.number
    again = await open_with(world, lookup_id, code)
    assert (again.status_code, again.json()["code"]) == (403, "wrong_code")


async def test_a_code_can_be_tried_five_times(world: World) -> None:
    order = await world.place("fashion")
    lookup_id = (await look_up(world, order.number, "grace@example.com")).json()["lookup_id"]
    code = await mailed_code(world, order)
    assert {(await open_with(world, lookup_id, "00000000")).status_code for _ in range(5)} == {403}
    assert (await open_with(world, lookup_id, code)).status_code == 403


async def test_a_code_in_a_race_opens_one_session(world: World) -> None:
    order = await world.place("fashion")
    lookup_id = (await look_up(world, order.number, "grace@example.com")).json()["lookup_id"]
    code = await mailed_code(world, order)
    answers = await asyncio.gather(*(open_with(world, lookup_id, code) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [201, 403, 403, 403, 403]


async def test_look_ups_are_limited_for_an_address_and_say_when_to_come_back(world: World) -> None:
    answers = [await look_up(world, str(n), "grace@example.com") for n in range(6)]
    assert [answer.status_code for answer in answers] == [202] * 5 + [429]
    assert answers[-1].json()["code"] == "too_many_requests"
    assert 0 < int(answers[-1].headers["retry-after"]) <= 3601


async def test_a_stranger_does_not_use_up_the_guests_look_ups(world: World) -> None:
    order = await world.place("fashion")
    for n in range(PER_ORDER):
        await begin_look_up(
            world.ports, world.shop, number=order.number, email=f"{n}@evil.example", caller="198.51.100.7"
        )
    with pytest.raises(TooMany):
        await begin_look_up(world.ports, world.shop, number=order.number, email="x@x.example", caller="198.51.100.7")
    assert (await look_up(world, order.number, "grace@example.com")).status_code == 202


async def test_a_stream_tells_nothing_more_once_its_session_is_closed(world: World) -> None:
    world.store.behaviour = world.store.behaviour.PENDING
    order = await world.place("fashion")
    shopper = await world.shopper(order)
    case = await shopper.cancel()
    await quiet(world)  # the store has said that it will answer later
    path, told = f"/v1/cases/{case['id']}/events", ""
    async with world.http.stream("GET", path, headers=dict(shopper.headers)) as stream:
        chunks = stream.aiter_text()
        while "awaiting_store" not in told:
            told += await anext(chunks)
        await rows("DELETE FROM shopper_sessions")
        (changed,) = world.store.settle_pending()
        await world.send(changed)
        told += "".join([chunk async for chunk in chunks])

    assert told.count("event: case") == 1
