"""The audit read and verified, exports, and back-tests, over HTTP."""

from __future__ import annotations

import csv
import io
import json
from typing import Any
from uuid import uuid4

import msgspec

from plugin.access.roles import Role
from plugin.db import rows
from plugin.policies.ready import default_policy
from tests.journeys.conftest import OpenWorld
from tests.journeys.desk import AtDesk, at_desk
from tests.world import Shopper, World

PERIOD = {"since": "2020-01-01T00:00:00Z", "until": "2099-01-01T00:00:00Z"}


async def cancelled(world: World) -> tuple[Shopper, str]:
    shopper = await world.shopper(await world.place())
    case = await shopper.cancel()
    await shopper.until_state(case["id"], "done")
    return shopper, case["id"]


async def test_the_audit_is_read_by_order_by_time_and_by_the_shop_and_verified(open_world: OpenWorld) -> None:
    world, other = await open_world(), await open_world()
    shopper, _ = await cancelled(world)
    foreign, _ = await cancelled(other)
    boss, agent = await at_desk(world, Role.APPROVER), await at_desk(world, Role.AGENT, "agent@lumen.example")
    assert (await agent.ask("GET", "/audit")).json()["permission"] == "read_audit"
    await boss.post("/switch/pause")
    (last,) = (await boss.get("/audit", shop_chain=True, limit=1))["events"]
    assert (last["kind"], last["actor"], last["order_id"]) == ("shop_paused", boss.actor, None)
    seen: list[dict[str, Any]] = []
    page = await boss.get("/audit", order_id=shopper.order_id, limit=3)
    while page["next"]:
        seen += page["events"]
        page = await boss.get("/audit", order_id=shopper.order_id, limit=3, after=page["next"])
    numbers = [event["n"] for event in (*seen, *page["events"])]
    assert numbers and sorted(numbers) == list(range(1, len(numbers) + 1))
    assert (await boss.get("/audit", order_id=foreign.order_id))["events"] == []
    assert (await boss.get("/audit", until="2020-01-01T00:00:00"))["events"] == []
    assert (await boss.get("/audit/verify"))["is_whole"]
    assert (await boss.get("/audit/verify", order_id=shopper.order_id))["is_whole"]
    assert (await boss.ask("GET", "/audit/verify", params={"order_id": foreign.order_id})).status_code == 404
    await rows("UPDATE audit_events SET canonical = replace(canonical, 'done', 'gone') WHERE kind = 'case_done'")
    broken = await boss.get("/audit/verify", order_id=shopper.order_id)
    assert not broken["is_whole"] and broken["breaks"][0]["what"]
    await rows("UPDATE audit_events SET canonical = replace(canonical, 'gone', 'done') WHERE kind = 'case_done'")


async def test_cases_and_refunds_are_exported_as_lines_without_formulas_and_audited(open_world: OpenWorld) -> None:
    world, other = await open_world(), await open_world()
    _, case_id = await cancelled(world)
    await cancelled(other)
    await rows("UPDATE refund_legs SET bank_reference = '=HYPERLINK(1)' WHERE case_id = $1", case_id)
    admin, boss = await at_desk(world, Role.ADMIN), await at_desk(world, Role.APPROVER, "boss@lumen.example")
    assert (await boss.post("/exports/cases", **PERIOD)).json()["permission"] == "export"
    answer = await admin.post("/exports/cases", **PERIOD)
    assert answer.headers["content-type"].startswith("text/csv")
    assert "attachment" in answer.headers["content-disposition"]
    (line,) = csv.DictReader(io.StringIO(answer.text))
    assert (line["id"], line["state"], line["outcome"]) == (case_id, "done", "approve")
    (leg,) = csv.DictReader(io.StringIO((await admin.post("/exports/refunds", **PERIOD)).text))
    assert (leg["case_id"], leg["bank_reference"]) == (case_id, "'=HYPERLINK(1)")
    lines = (await admin.post("/exports/refunds", **PERIOD, format="jsonl")).text.splitlines()
    assert [json.loads(each)["case_id"] for each in lines] == [case_id]
    early = {"since": "2020-01-01T00:00:00Z", "until": "2020-02-01T00:00:00Z"}
    assert len((await admin.post("/exports/cases", **early)).text.splitlines()) == 1
    events = (await admin.get("/audit", shop_chain=True))["events"]
    assert [event["data"]["what"] for event in events if event["kind"] == "exported"][-1] == "cases"
    await rows("UPDATE staff_sessions SET proved_at = proved_at - interval '11 minutes'")
    assert (await admin.post("/exports/cases", **PERIOD)).json()["code"] == "reauthenticate"


async def test_a_person_is_exported_with_the_notes_about_them_and_only_from_this_shop(open_world: OpenWorld) -> None:
    world, other = await open_world(), await open_world()
    shopper, case_id = await cancelled(world)
    (order,) = await rows("SELECT email FROM orders WHERE id = $1", shopper.order_id)
    admin, elsewhere = await at_desk(world, Role.ADMIN), await at_desk(other, Role.ADMIN)
    await admin.post(f"/cases/{case_id}/notes", text="Prefers to be called.")
    kept = (await admin.post("/exports/person", email=order["email"])).json()
    assert kept["orders"][0]["cases"][0]["notes"][0]["text"] == "Prefers to be called."
    assert (await elsewhere.post("/exports/person", email=order["email"])).json()["orders"] == []
    nobody = await admin.post("/exports/person")
    assert (nobody.status_code, nobody.json()["code"]) == (422, "nobody_named")
    assert order["email"] not in json.dumps((await admin.get("/audit", shop_chain=True))["events"])


async def finished(person: AtDesk, job: str) -> dict[str, Any]:
    async def over() -> dict[str, Any] | None:
        now = await person.get(f"/policies/backtests/{job}")
        return now if now["state"] == "done" else None

    found: dict[str, Any] = await person.world.until(over)
    return found


async def test_a_draft_is_tried_on_the_past_and_another_shop_does_not_see_it(open_world: OpenWorld) -> None:
    world, other = await open_world(), await open_world()
    await cancelled(world)
    admin, viewer = await at_desk(world, Role.ADMIN), await at_desk(world, Role.VIEWER, "v@lumen.example")
    strict, key = msgspec.to_builtins(default_policy({"USD": 1})), uuid4().hex
    first, again = [await admin.post("/policies/backtests", key=key, policy=strict, days=30) for _ in range(2)]
    assert (first.status_code, again.text) == (202, first.text)
    done = await finished(viewer, first.json()["id"])
    assert done["result"]["asks"]["moves"]["approve>review"]["count"] == 1
    assert (await admin.post(f"/policies/backtests/{done['id']}/cancel")).json()["state"] == "done"
    bad = await admin.post("/policies/backtests", policy={"rows": 1})
    assert (bad.status_code, bad.json()["code"]) == (422, "bad_policy")
    assert (await viewer.post("/policies/backtests", policy=strict)).json()["permission"] == "write_policies"
    foreign = await at_desk(other)
    assert (await foreign.ask("GET", f"/policies/backtests/{done['id']}")).status_code == 404
    assert (await foreign.post(f"/policies/backtests/{done['id']}/cancel")).status_code == 404
