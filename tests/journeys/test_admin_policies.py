"""Policies over HTTP: written, checked, compared, published by one of two who try at once, and rolled back."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import msgspec

from plugin.access.roles import Role
from plugin.audit.service import verify_shop
from plugin.db import rows
from plugin.policies.conditions import When
from plugin.policies.document import Otherwise, Policy, Row, Then
from plugin.policies.ready import default_policy
from plugin.policies.reasons import Action, Mode, Outcome, Reason
from plugin.shops.settings import Publishing
from tests.journeys.conftest import OpenWorld
from tests.journeys.desk import AtDesk, at_desk
from tests.world import World, shop_settings

REFUSES = Otherwise(cancel=Then(outcome=Outcome.REFUSE, reason=Reason.NOT_OFFERED))


def document(name: str = "Ours", above: int = 70_000) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(msgspec.structs.replace(default_policy({"USD": above}), name=name))
    return found


async def save(person: AtDesk, draft: dict[str, Any], seen: str | None = None) -> Any:
    return await person.ask("PUT", "/policies/draft", json=draft, headers={"If-Match": f'"{seen}"'} if seen else {})


async def test_a_draft_is_written_checked_compared_and_published(world: World) -> None:
    ada = await at_desk(world, Role.ADMIN)
    saved = (await save(ada, document())).json()
    assert (saved["state"], saved["written_by"], saved["number"]) == ("draft", ada.actor, None)
    late = await save(ada, document("Theirs"))
    assert (late.status_code, late.json()["code"], late.json()["hash"]) == (409, "draft_changed", saved["hash"])
    draft = (await save(ada, document("Better"), saved["hash"])).json()
    checked = await ada.ask("POST", "/policies/check", json=draft["document"])
    assert (checked.json()["is_sound"], checked.json()["hash"]) == (True, draft["hash"])
    changes = (await ada.ask("POST", "/policies/diff", json=draft["document"])).json()
    assert (changes["against"], changes["is_complete"]) == (1, True)
    assert changes["changes"] and all(each["sentence"] and each["example"] for each in changes["changes"])
    published = await ada.post("/policies/draft/publish", draft=draft["hash"], expected_live=1)
    assert (published.status_code, published.json()["number"], published.json()["state"]) == (200, 2, "live")
    assert (await ada.get("/policies/live"))["document"]["name"] == "Better"
    assert (await ada.ask("GET", "/policies/draft")).json()["code"] == "no_draft"
    first = await ada.get("/policies", limit=1)
    second = await ada.get("/policies", limit=1, after=first["next"])
    assert [each["number"] for each in (*first["versions"], *second["versions"])] == [2, 1]
    assert (await ada.get("/policies/versions/1"))["state"] == "archived"
    assert (await ada.ask("GET", "/policies/versions/9")).json()["code"] == "no_such_version"
    assert await verify_shop(world.shop.id) == []


async def test_two_who_publish_at_once_and_one_who_repeats(world: World) -> None:
    ada, bob = await at_desk(world), await at_desk(world, Role.ADMIN, "bob@lumen.example")
    draft, key = (await save(ada, document())).json()["hash"], uuid4().hex
    ask = {"draft": draft, "expected_live": 1}
    answers = await asyncio.gather(
        ada.post("/policies/draft/publish", key=key, **ask), bob.post("/policies/draft/publish", **ask)
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    (late,) = [answer.json() for answer in answers if answer.status_code == 409]
    assert (late["code"], late["number"]) == ("policy_changed", 2)
    if answers[0].status_code == 200:
        again = await ada.post("/policies/draft/publish", key=key, **ask)
        assert (again.status_code, again.text) == (200, answers[0].text)
    assert len((await ada.get("/policies"))["versions"]) == 2


async def test_it_is_scheduled_taken_back_thrown_away_and_rolled_back(world: World) -> None:
    ada = await at_desk(world)
    draft = (await save(ada, document())).json()["hash"]
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    over = await ada.post("/policies/draft/schedule", draft=draft, live_from="2020-01-01T00:00:00Z")
    assert (over.status_code, over.json()["code"]) == (422, "not_in_the_future")
    assert (await ada.post("/policies/draft/schedule", draft=draft, live_from=tomorrow)).json()["state"] == "scheduled"
    assert (await ada.get("/policies/scheduled"))["hash"] == draft
    assert (await ada.post("/policies/scheduled/unschedule")).json()["state"] == "draft"
    assert (await ada.ask("DELETE", "/policies/draft", headers={"If-Match": "0" * 64})).status_code == 409
    assert (await ada.ask("DELETE", "/policies/draft", headers={"If-Match": draft})).status_code == 204
    second = (await save(ada, document("Second"))).json()["hash"]
    assert (await ada.post("/policies/draft/publish", draft=second, expected_live=1)).status_code == 200
    assert (await ada.post("/policies/versions/1/publish", expected_live=1)).json()["code"] == "policy_changed"
    back = (await ada.post("/policies/versions/1/publish", expected_live=2)).json()
    assert (back["number"], back["hash"]) == (3, (await ada.get("/policies/versions/1"))["hash"])


async def test_a_second_person_publishes_what_one_wrote(open_world: OpenWorld) -> None:
    world = await open_world(settings=shop_settings(publishing=Publishing(second_person="always")))
    ada, bob = await at_desk(world), await at_desk(world, Role.ADMIN, "bob@lumen.example")
    ask = {"draft": (await save(ada, document())).json()["hash"], "expected_live": 1}
    alone = await ada.post("/policies/draft/publish", **ask)
    assert (alone.status_code, alone.json()["code"]) == (403, "second_person_needed")
    done = (await bob.post("/policies/draft/publish", **ask)).json()
    assert (done["written_by"], done["published_by"]) == (ada.actor, bob.actor)


async def test_agreement_is_counted_and_a_row_promoted(open_world: OpenWorld) -> None:
    row = Row(id="all", action=Action.CANCEL, when=When(), then=Then(outcome=Outcome.APPROVE, mode=Mode.SUGGEST))
    world = await open_world(policy=Policy(format=1, name="On trial", rows=(row,), otherwise=REFUSES))
    ada = await at_desk(world)
    for step in ("approve", "refuse"):
        case = await (await world.shopper(await world.place())).cancel()
        assert (await ada.post(f"/cases/{case['id']}/{step}")).status_code == 200
    (counted,) = [each for each in (await ada.get("/policies/agreement"))["rows"] if each["row"] == "all"]
    assert (counted["agreed"], counted["disagreed"], counted["mode"]) == (1, 1, "suggest")
    assert (counted["disagreements"][0]["ours"], counted["disagreements"][0]["theirs"]) == ("approve", "refused")
    ask: dict[str, Any] = {"row": "all", "mode": "automatic", "expected_live": 1}
    assert (await ada.post("/policies/promote", **(ask | {"row": "none"}))).json()["code"] == "no_such_row"
    assert (await ada.post("/policies/promote", **(ask | {"as_draft": True}))).json()["state"] == "draft"
    assert (await ada.post("/policies/promote", **ask)).json()["number"] == 2
    assert (await ada.get("/policies/live"))["document"]["rows"][0]["then"].get("mode", "automatic") == "automatic"


async def test_bad_documents_and_bad_roles_are_told_apart(world: World) -> None:
    ada, boss = await at_desk(world), await at_desk(world, Role.APPROVER, "boss@lumen.example")
    bad = document() | {"rows": [{"id": "x"}]}
    for method, path in (("PUT", "/policies/draft"), ("POST", "/policies/check"), ("POST", "/policies/diff")):
        answer = await ada.ask(method, path, json=bad)
        assert (answer.status_code, answer.json()["code"], answer.json()["row"]) == (422, "bad_policy", "x")
        assert (await ada.ask(method, path, json=[])).status_code == 400
    assert (await save(boss, document())).json()["permission"] == "write_policies"
    draft = (await save(ada, document())).json()["hash"]
    refused = await boss.post("/policies/draft/publish", draft=draft, expected_live=1)
    assert refused.json()["permission"] == "publish_policies"
    assert (await boss.ask("POST", "/policies/check", json=document())).status_code == 200
    await rows("UPDATE staff_sessions SET proved_at = proved_at - interval '11 minutes'")
    stale = await ada.post("/policies/draft/publish", draft=draft, expected_live=1)
    assert stale.json()["code"] == "reauthenticate"
    assert (await ada.get("/policies/schema"))["$defs"]
