"""The queue of cases over HTTP: what a person sees, what each step does, once, and for whom."""

from __future__ import annotations

import asyncio
import json
from uuid import uuid4

from plugin.access.roles import Role
from plugin.audit.models import AuditEvent
from plugin.audit.service import verify_order
from plugin.db import rows
from plugin.policies.conditions import When
from plugin.policies.document import Otherwise, Policy, Row, Then
from plugin.policies.ready import default_policy
from plugin.policies.reasons import Action, Mode, Outcome, Reason
from plugin.storefronts.demo.store import Behaviour
from tests.journeys.conftest import OpenWorld
from tests.journeys.desk import at_desk
from tests.journeys.sending_back import delivered, return_policy, send_back
from tests.journeys.steps import count, given_back
from tests.world import World

LOOKS_AT_EVERYTHING = default_policy({"USD": 1})
REFUSES = Policy(
    format=1, name="No", rows=(), otherwise=Otherwise(cancel=Then(outcome=Outcome.REFUSE, reason=Reason.NOT_OFFERED))
)


def on_trial(mode: Mode) -> Policy:
    """A shop whose one row would approve, and is trusted as far as this."""
    row = Row(id="all", action=Action.CANCEL, when=When(), then=Then(outcome=Outcome.APPROVE, mode=mode))
    return Policy(format=1, name="On trial", rows=(row,), otherwise=REFUSES.otherwise)


async def actors(order_id: str, kind: str) -> list[str]:
    events = await AuditEvent.filter(order_id=order_id, kind=kind).order_by("n")
    return [json.loads(event.canonical)["actor"] for event in events]


async def test_the_queue_goes_page_by_page_and_shows_what_is_asked_for(open_world: OpenWorld) -> None:
    world = await open_world(policy=LOOKS_AT_EVERYTHING)
    asked = [(await (await world.shopper(await world.place())).cancel())["id"] for _ in range(3)]
    ada = await at_desk(world)
    first = await ada.get("/cases", limit=2, waiting_on="staff")
    second = await ada.get("/cases", limit=2, waiting_on="staff", after=first["next"])
    assert [case["id"] for case in (*first["cases"], *second["cases"])] == asked
    assert second["next"] is None
    assert {case["why"] for case in first["cases"]} == {"high_value"}
    assert (await ada.get("/cases", why="store_silent"))["cases"] == []
    assert (await ada.get("/cases", state="executing"))["cases"] == []
    assert (await ada.get("/cases", overdue=True))["cases"] == []
    assert (await ada.post(f"/cases/{asked[0]}/refuse")).status_code == 200
    assert [case["id"] for case in (await ada.get("/cases"))["cases"]] == asked[1:]
    assert [case["id"] for case in (await ada.get("/cases", open=False))["cases"]] == asked[:1]
    for wrong in ({"after": "x"}, {"after": "MjAyNg"}, {"state": "lost"}, {"limit": 0}):
        assert (await ada.ask("GET", "/cases", params=wrong)).status_code == 400


async def test_a_case_is_shown_whole_with_the_sentence_that_the_shopper_reads(open_world: OpenWorld) -> None:
    world = await open_world(policy=LOOKS_AT_EVERYTHING)
    shopper = await world.shopper(await world.place())
    case = await shopper.cancel(whole=True, reason="Ordered twice")
    ada = await at_desk(world, Role.AGENT)
    assert (await ada.post(f"/cases/{case['id']}/notes", text="Called her.")).status_code == 201
    whole = await ada.get(f"/cases/{case['id']}")
    seen = await shopper.case(case["id"])
    assert whole["shopper_reads"]["explanation"] == seen["explanation"]
    assert whole["shopper_reads"]["sentence"] == seen["sentence"]
    assert whole["reason"] == "Ordered twice"
    assert whole["facts"]["id"] == shopper.order_id
    assert whole["decision"]["lines"][0]["verdicts"]
    assert [(note["text"], note["written_by"]) for note in whole["notes"]] == [("Called her.", ada.actor)]
    kinds = [event["kind"] for event in whole["timeline"]]
    assert kinds[0] == "case_requested" and kinds[-1] == "case_noted"
    assert "Called her" not in json.dumps(whole["timeline"])
    await ada.post(f"/cases/{case['id']}/refuse")


async def test_ours_is_shown_where_a_row_suggests_and_hidden_where_it_is_in_shadow(open_world: OpenWorld) -> None:
    for mode, proposed in ((Mode.SUGGEST, "approve"), (Mode.SHADOW, None)):
        world = await open_world(policy=on_trial(mode))
        case = await (await world.shopper(await world.place())).cancel()
        ada = await at_desk(world)
        whole = await ada.get(f"/cases/{case['id']}")
        assert whole["proposed"] == proposed
        assert bool(whole["decision"]["lines"][0]["verdicts"]) is (mode is Mode.SUGGEST)
        await ada.post(f"/cases/{case['id']}/refuse")
        assert (await ada.get(f"/cases/{case['id']}"))["proposed"] == "approve"


async def test_an_agent_approves_and_only_an_approver_pays_less(open_world: OpenWorld) -> None:
    world = await open_world(policy=LOOKS_AT_EVERYTHING)
    order = await world.place()
    shopper = await world.shopper(order)
    case = await shopper.cancel()
    agent, boss = await at_desk(world, Role.AGENT), await at_desk(world, Role.APPROVER, "boss@lumen.example")
    less = {"amount": 700, "reason": "One was worn"}
    refused = await agent.post(f"/cases/{case['id']}/approve", less=less)
    assert (refused.status_code, refused.json()["permission"]) == (403, "move_money")
    more = await boss.post(f"/cases/{case['id']}/approve", less={"amount": order.total, "reason": "x"})
    assert (more.status_code, more.json()["code"]) == (422, "not_less")
    done = await boss.post(f"/cases/{case['id']}/approve", less=less)
    assert (done.status_code, done.json()["state"], done.json()["owed"]) == (200, "awaiting_store", 700)
    await shopper.until_state(case["id"], "done")
    assert await given_back(world, order) == 700
    assert await actors(shopper.order_id, "case_approved") == [boss.actor]
    assert (await boss.get(f"/cases/{case['id']}"))["withheld_reason"] == "One was worn"


async def test_two_admins_decide_one_case_at_once_and_one_of_them_is_told(open_world: OpenWorld) -> None:
    world = await open_world(policy=LOOKS_AT_EVERYTHING)
    shopper = await world.shopper(await world.place())
    case = await shopper.cancel()
    ada, bob = await at_desk(world), await at_desk(world, Role.AGENT, "bob@lumen.example")
    answers = await asyncio.gather(
        ada.post(f"/cases/{case['id']}/approve"), bob.post(f"/cases/{case['id']}/refuse"),
        bob.post(f"/cases/{case['id']}/approve"),
    )  # fmt: skip
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    late = [answer.json() for answer in answers if answer.status_code == 409]
    assert {each["code"] for each in late} == {"not_with_a_person"}
    assert all(case["number"] in each["detail"] for each in late)
    await shopper.until_state(case["id"], "done", "refused")
    decided = [*await actors(shopper.order_id, "case_approved"), *await actors(shopper.order_id, "case_refused")]
    assert len(decided) == 1


async def test_one_key_is_one_step_and_gets_one_answer(open_world: OpenWorld) -> None:
    world = await open_world(policy=LOOKS_AT_EVERYTHING)
    shopper = await world.shopper(await world.place())
    case = await shopper.cancel()
    ada, key = await at_desk(world), uuid4().hex
    answers = await asyncio.gather(*(ada.post(f"/cases/{case['id']}/approve", key=key) for _ in range(4)))
    again = await ada.post(f"/cases/{case['id']}/approve", key=key)
    assert again.status_code == 200
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert {answer.text for answer in answers if answer.status_code == 200} == {again.text}
    other = await ada.post(f"/cases/{case['id']}/approve", key=key, less={"amount": 1, "reason": "x"})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    missing = await world.http.post(f"/v1/admin/cases/{case['id']}/close", json={}, headers=ada.colleague.headers)
    assert (missing.status_code, missing.json()["code"]) == (400, "idempotency_key_missing")
    await shopper.until_state(case["id"], "done")
    assert len(await actors(shopper.order_id, "case_approved")) == 1


async def test_what_the_policy_refused_is_granted_by_a_person_with_a_reason(open_world: OpenWorld) -> None:
    world = await open_world(policy=REFUSES)
    order = await world.place()
    shopper = await world.shopper(order)
    refused = await shopper.cancel()
    assert refused["state"] == "refused"
    agent, ada = await at_desk(world, Role.AGENT), await at_desk(world, Role.APPROVER, "boss@lumen.example")
    assert (await agent.post(f"/cases/{refused['id']}/override", reason="Kind words")).status_code == 403
    answers = await asyncio.gather(
        *(ada.post(f"/cases/{refused['id']}/override", reason="A customer of ten years") for _ in range(3))
    )
    (made,) = [answer.json() for answer in answers if answer.status_code == 201]
    assert {answer.status_code for answer in answers} == {201, 409}
    assert (made["basis"], made["state"], made["owed"]) == ("goodwill", "awaiting_store", order.total)
    await shopper.until_state(made["id"], "done")
    assert await given_back(world, order) == order.total
    whole = await ada.get(f"/cases/{made['id']}")
    assert [note["text"] for note in whole["notes"]] == ["A customer of ten years"]
    assert whole["decision"]["verdicts"] == [
        {"rule": "person", "matched": True, "outcome": "approve", "reason": "allowed"}
    ]
    assert "ten years" not in json.dumps([event.canonical for event in await AuditEvent.all()])
    assert (await ada.get(f"/cases/{refused['id']}"))["case"]["state"] == "refused"
    again = await ada.post(f"/cases/{refused['id']}/override", reason="Once more")
    assert (again.status_code, again.json()["code"]) == (409, "cannot_be_done")
    assert (await ada.post(f"/cases/{made['id']}/override", reason="x")).json()["code"] == "not_refused"
    assert await verify_order(shopper.order_id) == []


async def test_a_stopped_order_is_let_flow_by_who_may_move_money(open_world: OpenWorld) -> None:
    world = await open_world(policy=LOOKS_AT_EVERYTHING)
    shopper = await world.shopper(await world.place())
    case = await shopper.cancel()
    await rows("UPDATE orders SET frozen_reason = 'overdrawn' WHERE id = $1", shopper.order_id)
    agent, boss = await at_desk(world, Role.AGENT), await at_desk(world, Role.APPROVER, "boss@lumen.example")
    refused = await agent.post(f"/cases/{case['id']}/approve")
    assert (refused.status_code, refused.json()["code"]) == (403, "order_is_frozen")
    assert (await agent.post(f"/cases/{case['id']}/unfreeze")).status_code == 403
    assert (await boss.post(f"/cases/{case['id']}/unfreeze")).status_code == 200
    assert await actors(shopper.order_id, "order_unfrozen") == [boss.actor]
    assert (await agent.post(f"/cases/{case['id']}/approve")).status_code == 200
    await shopper.until_state(case["id"], "done")


async def test_a_store_that_was_too_late_is_asked_again_or_confirmed_by_hand(world: World) -> None:
    world.store.behaviour = Behaviour.TOO_LATE
    ada = await at_desk(world)
    for step in ("ask-again", "store-cancelled"):
        world.store.behaviour = Behaviour.TOO_LATE
        order = await world.place()
        shopper = await world.shopper(order)
        case = await shopper.cancel()
        await shopper.until_state(case["id"], "with_person")
        world.store.behaviour = Behaviour.AGREE
        answer = await ada.post(f"/cases/{case['id']}/{step}", less={"amount": 900, "reason": "Without the gift"})
        assert answer.status_code == 200, answer.text
        await shopper.until_state(case["id"], "done")
        assert await given_back(world, order) == 900
        for again in ("approve", "ask-again", "store-cancelled", "close", "refuse"):
            refused = await ada.post(f"/cases/{case['id']}/{again}")
            assert (refused.status_code, refused.json()["code"]) == (409, "not_with_a_person"), again


async def test_a_case_that_is_in_order_is_closed(world: World) -> None:
    world.store.behaviour = Behaviour.TOO_LATE
    shopper = await world.shopper(await world.place())
    case = await shopper.cancel()
    await shopper.until_state(case["id"], "with_person")
    agent = await at_desk(world, Role.AGENT)
    assert (await agent.post(f"/cases/{case['id']}/close")).json()["state"] == "done"
    assert await actors(shopper.order_id, "case_done") == [agent.actor]


async def test_who_may_do_what_to_a_case(open_world: OpenWorld) -> None:
    world = await open_world(policy=LOOKS_AT_EVERYTHING)
    shopper = await world.shopper(await world.place())
    case = await shopper.cancel()
    steps = {
        "approve": Role.AGENT, "refuse": Role.AGENT, "ask-again": Role.AGENT, "close": Role.AGENT, "notes": Role.AGENT,
        "override": Role.APPROVER, "store-cancelled": Role.APPROVER, "pay": Role.APPROVER,
        "unfreeze": Role.APPROVER,
    }  # fmt: skip
    for role in Role:
        person = await at_desk(world, role, f"{role}@lumen.example")
        assert (await person.ask("GET", f"/cases/{case['id']}")).status_code == 200
        for step, least in steps.items():
            if role.rank < least.rank:
                answer = await person.post(f"/cases/{case['id']}/{step}")
                assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed"), (role, step)
    assert (await shopper.case(case["id"]))["state"] == "in_review"
    stale = await at_desk(world, Role.OWNER, "stale@lumen.example")
    await rows("UPDATE staff_sessions SET proved_at = proved_at - interval '11 minutes'")
    for step in ("override", "store-cancelled", "pay", "unfreeze"):
        answer = await stale.post(f"/cases/{case['id']}/{step}", **({"reason": "x"} if step == "override" else {}))
        assert (answer.status_code, answer.json()["code"]) == (403, "reauthenticate"), step
    less = await stale.post(f"/cases/{case['id']}/approve", less={"amount": 1, "reason": "x"})
    assert less.json()["code"] == "reauthenticate"
    assert (await stale.post(f"/cases/{case['id']}/refuse")).status_code == 200


async def test_another_shops_case_is_not_there(open_world: OpenWorld) -> None:
    ours, theirs = await open_world(policy=LOOKS_AT_EVERYTHING), await open_world(policy=LOOKS_AT_EVERYTHING)
    case = await (await theirs.shopper(await theirs.place())).cancel()
    ada = await at_desk(ours)
    assert (await ada.get("/cases"))["cases"] == []
    assert (await ada.ask("GET", f"/cases/{case['id']}")).status_code == 404
    for step, body in (
        ("approve", {}), ("refuse", {}), ("override", {"reason": "x"}), ("ask-again", {}), ("store-cancelled", {}),
        ("pay", {}), ("close", {}), ("unfreeze", {}), ("notes", {"text": "x"}),
    ):  # fmt: skip
        assert (await ada.post(f"/cases/{case['id']}/{step}", **body)).status_code == 404, step
    assert await count("case_notes") == 0
    await (await at_desk(theirs)).post(f"/cases/{case['id']}/refuse")


async def test_a_return_that_the_policy_refused_is_granted_and_gets_its_way_back(open_world: OpenWorld) -> None:
    world = await open_world(policy=return_policy(outcome=Outcome.REFUSE, reason=Reason.WINDOW_OVER))
    shopper = await world.shopper(await delivered(world))
    refused = await send_back(shopper, lines=[{"line_id": "scarf", "quantity": 1}])
    assert refused["state"] == "refused"
    ada = await at_desk(world, Role.APPROVER, "boss@lumen.example")
    made = (await ada.post(f"/cases/{refused['id']}/override", reason="A customer of ten years")).json()
    assert (made["basis"], made["state"], made["kind"]) == ("goodwill", "awaiting_goods", "return")
    assert (await shopper.case(made["id"]))["parcel"]["return_number"] == made["number"]
    await world.mail("return_approved", world.store.orders["1001"])
