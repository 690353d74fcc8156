"""Refunds that need a person, and the switch that stops all money, over HTTP."""

from __future__ import annotations

import asyncio
import json
from uuid import uuid4

from plugin.access.roles import Role
from plugin.audit.models import AuditEvent
from plugin.audit.service import verify_shop
from plugin.db import rows
from plugin.shops.settings import Limits
from tests.journeys.conftest import OpenWorld
from tests.journeys.desk import at_desk
from tests.journeys.steps import charged, given_back, legs_of, quiet
from tests.world import World, shop_settings


async def a_failed_refund(world: World) -> tuple[str, str]:
    """The ids of a case and of its refund, which the bank took back."""
    order = await world.place("fashion", card="pm_card_refundFail")
    shopper = await world.shopper(order)
    case = await shopper.cancel()
    await shopper.until_state(case["id"], "done")
    (refund,) = (await charged(world, order)).refunds
    await world.stripe.settle_refund(refund.id)
    await shopper.until_state(case["id"], "with_person")
    (failed,) = await legs_of(case["id"])
    return case["id"], failed["id"]


async def test_a_failed_refund_is_listed_and_tried_once_more_whoever_presses_the_button(world: World) -> None:
    case_id, failed = await a_failed_refund(world)
    ada, key = await at_desk(world), uuid4().hex
    listed = await ada.get("/refunds")
    assert [(each["id"], each["state"], each["case_id"]) for each in listed["refunds"]] == [(failed, "failed", case_id)]
    assert (await ada.get(f"/refunds/{failed}"))["failure"]
    bob = await at_desk(world, Role.APPROVER, "bob@lumen.example")
    answers = await asyncio.gather(
        ada.post(f"/refunds/{failed}/retry", key=key), bob.post(f"/refunds/{failed}/retry"),
    )  # fmt: skip
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    (again,) = [answer.json() for answer in answers if answer.status_code == 201]
    assert (again["replaces"], again["attempt"]) == (failed, 2)
    await quiet(world)
    assert [leg["state"] for leg in await legs_of(case_id)] == ["failed", "succeeded"]
    assert (await ada.get("/refunds"))["refunds"] == []


async def test_a_refund_paid_by_hand_is_marked_by_who_may_move_money(world: World) -> None:
    order = await world.place("two_payments")
    shopper = await world.shopper(order)
    case = await shopper.cancel()
    await shopper.until_state(case["id"], "with_person")
    agent, boss = await at_desk(world, Role.AGENT), await at_desk(world, Role.APPROVER, "boss@lumen.example")
    (leg,) = (await agent.get("/refunds"))["refunds"]
    assert leg["state"] == "with_person"
    for step in ("paid", "retry"):
        assert (await agent.post(f"/refunds/{leg['id']}/{step}")).json()["code"] == "not_allowed"
    assert (await boss.post(f"/refunds/{leg['id']}/retry")).status_code == 409
    key = uuid4().hex
    first, again = [await boss.post(f"/refunds/{leg['id']}/paid", key=key) for _ in range(2)]
    assert (first.status_code, first.json()["state"], again.text) == (200, "succeeded", first.text)
    assert (await boss.post(f"/refunds/{leg['id']}/paid")).status_code == 409
    await shopper.until_state(case["id"], "done")
    await rows("UPDATE staff_sessions SET proved_at = proved_at - interval '11 minutes'")
    assert (await boss.post(f"/refunds/{leg['id']}/paid")).json()["code"] == "reauthenticate"


async def test_another_shops_refund_is_not_there(open_world: OpenWorld) -> None:
    ours, theirs = await open_world(), await open_world()
    _, failed = await a_failed_refund(theirs)
    ada = await at_desk(ours)
    assert (await ada.get("/refunds"))["refunds"] == []
    assert (await ada.ask("GET", f"/refunds/{failed}")).status_code == 404
    for step in ("paid", "retry"):
        assert (await ada.post(f"/refunds/{failed}/{step}")).status_code == 404
    await (await at_desk(theirs)).post(f"/refunds/{failed}/retry")


async def test_one_call_stops_all_money_and_a_fresh_sign_in_lets_it_go_on(world: World) -> None:
    boss, agent = await at_desk(world, Role.APPROVER), await at_desk(world, Role.AGENT, "agent@lumen.example")
    for step in ("pause", "stop", "resume"):
        assert (await agent.post(f"/switch/{step}")).json()["code"] == "not_allowed"
    order = await world.place()
    stopped = await world.http.post("/v1/admin/switch/stop", headers=boss.colleague.headers)
    assert (stopped.status_code, stopped.json()["state"]) == (200, "stopped")
    assert (await boss.post("/switch/pause")).json()["state"] == "stopped"
    shopper = await world.shopper(order)
    case = await shopper.cancel()
    assert case["state"] == "in_review"
    assert (await agent.post(f"/cases/{case['id']}/approve")).status_code == 200
    await quiet(world)
    assert await given_back(world, order) == 0
    await rows("UPDATE staff_sessions SET proved_at = proved_at - interval '11 minutes'")
    assert (await boss.post("/switch/resume")).json()["code"] == "reauthenticate"
    fresh = await at_desk(world, Role.APPROVER, "fresh@lumen.example")
    assert (await fresh.post("/switch/resume")).json()["state"] == "on"
    await rows("UPDATE work SET not_before = now() WHERE kind = 'settle_leg'")
    await shopper.until_state(case["id"], "done")
    assert await given_back(world, order) == order.total
    said = [json.loads(event.canonical) for event in await AuditEvent.filter(order_id__isnull=True).order_by("n")]
    told = [(event["kind"], event["actor"]) for event in said if event["kind"].startswith("shop_")]
    assert told == [("shop_stopped", boss.actor), ("shop_resumed", fresh.actor)]
    assert await verify_shop(world.shop.id) == []


async def test_the_switch_shows_what_is_used_of_each_limit(open_world: OpenWorld) -> None:
    limits = Limits(per_order={"USD": 90_000}, per_day={"USD": 100_000}, approvals_per_hour=2)
    world = await open_world(settings=shop_settings(limits=limits))
    order = await world.place()
    shopper = await world.shopper(order)
    await shopper.until_state((await shopper.cancel())["id"], "done")
    viewer = await at_desk(world, Role.VIEWER)
    shown = {(each["name"], each["currency"]): each for each in (await viewer.get("/switch"))["limits"]}
    assert shown["per_order", "USD"]["used"] is None
    assert (shown["per_day", "USD"]["used"], shown["per_day", "USD"]["most"]) == (order.total, 100_000)
    assert (shown["approvals_per_hour", None]["used"], shown["approvals_per_hour", None]["is_reached"]) == (1, False)
    assert shown["failed_refunds_per_hour", None]["used"] == 0
