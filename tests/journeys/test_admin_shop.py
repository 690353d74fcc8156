"""Webhooks set aside, codes, settings and snippets over HTTP."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from uuid import uuid4

from plugin.access.roles import Role
from plugin.audit.models import AuditEvent
from plugin.audit.service import verify_shop
from plugin.db import rows
from plugin.shops.settings import CodeOffer
from tests.journeys.conftest import OpenWorld
from tests.journeys.desk import AtDesk, at_desk
from tests.journeys.steps import quiet
from tests.world import World, shop_settings


async def set_aside(world: World) -> str:
    """A webhook of the shop that could not be read; its body names somebody."""
    shopper = await world.shopper(await world.place())
    (found,) = await rows(
        "UPDATE inbox_events SET state = 'set_aside', reason = 'lines: missing' WHERE id = "
        "(SELECT id FROM inbox_events WHERE shop_id = $1 AND source = 'standard' ORDER BY received_at DESC LIMIT 1) "
        "RETURNING id",
        world.shop.id,
    )
    assert shopper.order_id
    event_id: str = found["id"]
    return event_id


async def told(kind: str) -> list[dict[str, Any]]:
    return [json.loads(event.canonical) for event in await AuditEvent.filter(kind=kind).order_by("n")]


async def test_a_webhook_is_shown_without_its_body_and_read_once_more(world: World) -> None:
    event_id = await set_aside(world)
    admin, owner = await at_desk(world, Role.ADMIN), await at_desk(world, Role.OWNER, "owner@lumen.example")
    listed = await admin.get("/webhooks")
    assert [(each["id"], each["reason"]) for each in listed["webhooks"]] == [(event_id, "lines: missing")]
    assert (await admin.get(f"/webhooks/{event_id}"))["body"] is None
    assert "customer" in (await owner.get(f"/webhooks/{event_id}"))["body"]
    assert (await admin.post(f"/webhooks/{event_id}/replay")).json()["permission"] == "manage_shop"
    key = uuid4().hex
    first, again = [await owner.post(f"/webhooks/{event_id}/replay", key=key) for _ in range(2)]
    assert (first.json(), again.text) == ({"replayed": 1, "left": 0}, first.text)
    await quiet(world)
    assert (await admin.get("/webhooks"))["webhooks"] == []
    assert [event["actor"] for event in await told("webhooks_replayed")] == [owner.actor]


async def test_everything_that_was_set_aside_is_read_once_more_in_one_shop(open_world: OpenWorld) -> None:
    ours, theirs = await open_world(), await open_world()
    foreign = await set_aside(theirs)
    for _ in range(2):
        await set_aside(ours)
    owner = await at_desk(ours)
    page = await owner.get("/webhooks", limit=1)
    assert len((await owner.get("/webhooks", limit=1, after=page["next"]))["webhooks"]) == 1
    assert (await owner.ask("GET", f"/webhooks/{foreign}")).status_code == 404
    assert (await owner.post(f"/webhooks/{foreign}/replay")).status_code == 404
    assert (await owner.post("/webhooks/replay")).json() == {"replayed": 2, "left": 0}
    assert len((await (await at_desk(theirs)).get("/webhooks"))["webhooks"]) == 1


async def test_a_code_is_listed_masked_and_taken_back_once(open_world: OpenWorld) -> None:
    offer = CodeOffer(worth={"USD": 800}, budgets={"USD": 5000}, kind="amount", amounts={"USD": 800})
    world = await open_world(settings=shop_settings(codes=offer))
    shopper = await world.shopper(await world.place())
    done = await shopper.until_state((await shopper.cancel())["id"], "done")
    admin, agent = await at_desk(world, Role.ADMIN), await at_desk(world, Role.AGENT, "agent@lumen.example")
    (code,) = (await agent.get("/codes"))["codes"]
    whole = done["code"]["code"]
    assert code["masked"] == f"…{whole[-4:]}" and whole not in json.dumps(code)
    report = await agent.get("/codes/report")
    assert report["budgets"] == [{"currency": "USD", "most": 5000, "used": 800}]
    assert (await agent.post(f"/codes/{code['id']}/revoke")).json()["permission"] == "manage_codes"
    answers = await asyncio.gather(*(admin.post(f"/codes/{code['id']}/revoke") for _ in range(2)))
    assert {answer.json()["state"] for answer in answers} == {"revoked"}
    assert [event["actor"] for event in await told("code_revoked")] == [admin.actor]
    assert (await agent.get("/codes/report"))["budgets"][0]["used"] == 0
    assert (await admin.post("/codes/code_none/revoke")).status_code == 404


async def test_of_two_who_change_the_settings_one_is_told(world: World) -> None:
    ada, bob = await at_desk(world), await at_desk(world, Role.OWNER, "bob@lumen.example")
    seen = await ada.get("/settings")
    ask = {"json": seen["settings"] | {"transit_days": 9}, "headers": {"If-Match": seen["hash"]}}
    other = {"json": seen["settings"] | {"transit_days": 3}, "headers": {"If-Match": seen["hash"]}}
    answers = await asyncio.gather(ada.ask("PUT", "/settings", **ask), bob.ask("PUT", "/settings", **other))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    (late,) = [answer.json() for answer in answers if answer.status_code == 409]
    now = await ada.get("/settings")
    assert (late["code"], late["hash"]) == ("settings_changed", now["hash"])
    (changed,) = await told("settings_changed")
    assert (changed["data"]["changed"], changed["actor"][:6]) == (["transit_days"], "staff:")
    missing = await ada.ask("PUT", "/settings", json=now["settings"])
    assert (missing.status_code, missing.json()["code"]) == (428, "if_match_missing")
    bad = await ada.ask(
        "PUT", "/settings", json=now["settings"] | {"transit_days": 99}, headers={"If-Match": now["hash"]}
    )
    assert (bad.status_code, bad.json()["param"]) == (422, "transit_days")
    assert "sk_test" not in json.dumps(now) and "whsec_" not in json.dumps(now)
    admin = await at_desk(world, Role.ADMIN, "admin@lumen.example")
    refused = await admin.ask("PUT", "/settings", json=now["settings"], headers={"If-Match": now["hash"]})
    assert refused.json()["permission"] == "manage_shop"
    assert await verify_shop(world.shop.id) == []


async def put(person: AtDesk, path: str, body: dict[str, Any]) -> Any:
    seen = (await person.get("/settings"))["hash"]
    return await person.ask("PUT", path, json=body, headers={"If-Match": seen})


async def test_snippets_are_read_as_strictly_as_from_a_file_and_shown_in_a_mail(world: World) -> None:
    admin = await at_desk(world, Role.ADMIN)
    text = {"personal_line": {"en": "We water the ferns for you, {first_name}."}}
    shown = await admin.post("/messages/preview", snippets=text)
    assert "We water the ferns for you" in shown.json()["text"]
    for wrong in ({"personal_line": {"en": "{password}"}}, {"subject": {"en": "x"}}, {"greeting": {"en": " "}}):
        answer = await put(admin, "/messages/snippets", {"snippets": wrong})
        assert (answer.status_code, answer.json()["code"]) == (422, "bad_settings"), wrong
        assert (await admin.post("/messages/preview", snippets=wrong)).status_code == 422
    assert (await put(admin, "/messages/snippets", {"snippets": text})).status_code == 200
    assert "We water the ferns" in (await admin.post("/messages/preview")).json()["html"]
    assert "We water the ferns" not in (await admin.post("/messages/preview", language="ru")).json()["text"]


async def test_the_offer_of_a_code_is_set_and_nothing_else(world: World) -> None:
    admin = await at_desk(world, Role.ADMIN)
    before = (await admin.get("/settings"))["settings"]
    done = await put(admin, "/codes/offer", {"kind": "percent", "percent": 10, "budgets": {"USD": 90_000}})
    after = done.json()["settings"]
    assert (after["codes"]["percent"], after["codes"]["budgets"]) == (10, {"USD": 90_000})
    assert {**after, "codes": None} == {**before, "codes": None}
    assert (await put(admin, "/codes/offer", {"kind": "percent", "percent": 200})).json()["param"] == "codes.percent"
    boss = await at_desk(world, Role.APPROVER, "boss@lumen.example")
    assert (await put(boss, "/codes/offer", {})).json()["permission"] == "manage_codes"
