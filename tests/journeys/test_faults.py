"""Something is wrong, over HTTP: each kind of fault, what is needed for it, what is given, and what is not."""

from __future__ import annotations

import pytest

from plugin.access.roles import Role
from plugin.db import rows
from plugin.journeys import staff
from plugin.journeys.on_desk import Less
from plugin.policies.document import Fee
from plugin.policies.reasons import Outcome, Reason, Resolution
from tests.journeys.conftest import OpenWorld
from tests.journeys.faulty import SCARF, confirm_fault, fault_policy, photo, preview_fault, report
from tests.journeys.sending_back import delivered, preview_return
from tests.journeys.steps import alerts, given_back, quiet, templates
from tests.staffed import a_colleague
from tests.world import Shopper

MONEY = (Resolution.REFUND, Resolution.STORE_CREDIT)


async def scarf(shopper: Shopper) -> int:
    """What one of the two scarves cost."""
    lines = (await shopper.get("/v1/order"))["lines"]
    line = next(line for line in lines if line["id"] == "scarf")
    return int(line["total"]["amount"] // line["quantity"])


@pytest.mark.parametrize("kind", ["damaged", "wrong_item", "not_as_described"])
async def test_what_came_wrong_goes_back_at_the_shops_cost_and_without_a_fee(open_world: OpenWorld, kind: str) -> None:
    world = await open_world(policy=fault_policy(photos=True))
    order = await delivered(world)
    shopper = await world.shopper(order)
    seen = await preview_fault(shopper, kind)
    assert (seen["outcome"], seen["terms"]["label"], seen["terms"]["fee"]["amount"]) == ("approve", "shop", 0)
    assert seen["terms"]["photos"]
    case = await report(shopper, kind, photos=[await photo(shopper)], description="The handle is off")
    assert (case["kind"], case["state"], case["fault"]) == ("fault", "awaiting_goods", kind)
    assert case["number"].startswith("F-")
    assert case["parcel"]["payer"] == "shop"
    mail = await world.mail("fault_approved", order)
    assert case["number"] in mail.text
    assert mail.text.index("sorry") < mail.text.index(case["number"])
    assert ("the item that came" in " ".join(mail.text.split())) is (kind == "wrong_item")
    (row,) = await rows("SELECT basis, resolution, reason FROM cases")
    assert (row["basis"], row["resolution"], row["reason"]) == ("fault", "refund", "The handle is off")


@pytest.mark.parametrize("kind", ["missing", "not_arrived"])
async def test_nothing_goes_back_of_what_is_not_there_and_the_money_does_at_once(
    open_world: OpenWorld, kind: str
) -> None:
    world = await open_world(policy=fault_policy())
    order = await delivered(world)
    shopper = await world.shopper(order)
    case = await report(shopper, kind)
    assert case["parcel"] is None
    done = await shopper.until_state(case["id"], "done")
    assert await given_back(world, order) == await scarf(shopper) == done["amounts"]["total"]["amount"]
    await quiet(world)
    assert await templates(case["id"]) == ["fault_approved", "refunded"]


async def test_what_has_not_arrived_is_waited_for_until_it_should_have(open_world: OpenWorld) -> None:
    world = await open_world(policy=fault_policy())
    order = await world.place()
    order = world.store.ship(order.id)
    await world.send(order)
    await world.until(lambda: world.is_read(order))
    shopper = await world.shopper(order)
    seen = await preview_fault(shopper, "not_arrived")
    assert (seen["outcome"], seen["reason"]) == ("refuse", "not_due_yet")
    assert "should be there by" in seen["sentence"]
    assert (await preview_fault(shopper, "missing"))["outcome"] == "approve"


async def test_without_a_photo_where_one_is_asked_for_nothing_is_decided(open_world: OpenWorld) -> None:
    world = await open_world(policy=fault_policy(photos=True, keep_item=True))
    shopper, other = await world.shopper(await delivered(world)), await world.shopper(await delivered(world))
    digest = (await preview_fault(shopper))["digest"]
    refused = await confirm_fault(shopper, digest)
    assert (refused.status_code, refused.json()["code"]) == (422, "photos_needed")
    theirs = await photo(other)
    stolen = await confirm_fault(shopper, digest, photos=[theirs])
    assert (stolen.status_code, stolen.json()["code"]) == (422, "unknown_photo")
    eleven = await confirm_fault(shopper, digest, photos=[f"file_{n}" for n in range(11)])
    assert (eleven.status_code, eleven.json()["code"]) == (422, "too_many_photos")
    assert await rows("SELECT 1 FROM cases") == []
    mine = [await photo(shopper), await photo(shopper)]
    case = await report(shopper, photos=mine)
    agent = await a_colleague(world.ports, world.shop.id, Role.AGENT, "agent@staff.example")
    path = f"/v1/admin/cases/{case['id']}/files"
    listed = (await world.http.get(path, headers=agent.headers)).json()["files"]
    assert [(each["id"], each["purpose"]) for each in listed] == [(each, "evidence") for each in mine]
    assert (await preview_fault(shopper, "not_arrived", lines=[{"line_id": "coat", "quantity": 1}]))["terms"][
        "photos"
    ] is False


async def test_what_is_kept_may_be_compensated_for_in_part_and_is_settled_then(open_world: OpenWorld) -> None:
    policy = fault_policy(keep_item=True, compensation_percent=30, resolutions=MONEY, fee=Fee(amounts={"USD": 100}))
    world = await open_world(policy=policy)
    order = await delivered(world)
    shopper = await world.shopper(order)
    both = [{"line_id": "scarf", "quantity": 2}]
    price = 2 * await scarf(shopper)
    seen = await preview_fault(shopper, lines=both)
    assert seen["amounts"]["total"]["amount"] == price * 30 // 100
    assert "compensation" in seen["sentence"]
    assert seen["terms"]["keep_item"]
    case = await report(shopper, lines=both)
    done = await shopper.until_state(case["id"], "done")
    assert await given_back(world, order) == price * 30 // 100 == done["amounts"]["total"]["amount"]
    again = await preview_fault(shopper)
    assert (again["outcome"], again["reason"]) == ("refuse", "already_returned")
    assert (await preview_return(shopper, lines=SCARF))["reason"] == "already_returned"


async def test_above_the_limit_a_person_sees_the_photos_and_may_pay_less(open_world: OpenWorld) -> None:
    world = await open_world(
        policy=fault_policy(outcome=Outcome.REVIEW, reason=Reason.HIGH_VALUE, keep_item=True, photos=True)
    )
    order = await delivered(world)
    shopper = await world.shopper(order)
    evidence = await photo(shopper)
    case = await report(shopper, photos=[evidence])
    assert case["state"] == "in_review"
    await world.mail("under_review", order)
    assert await alerts(case["id"]) == ["review"]
    price = await scarf(shopper)
    await staff.approve(world.ports, world.shop, case["id"], "staff:Ana", Less(price // 2, "It can still be worn"))
    await shopper.until_state(case["id"], "done")
    assert await given_back(world, order) == price // 2
    await world.mail("fault_approved", order)


async def test_what_is_wished_for_must_be_offered(open_world: OpenWorld) -> None:
    world = await open_world(policy=fault_policy(resolutions=(Resolution.REFUND,), keep_item=True))
    shopper = await world.shopper(await delivered(world))
    seen = await preview_fault(shopper, resolution="reshipment")
    assert (seen["outcome"], seen["reason"]) == ("refuse", "resolution_not_offered")
    case = await confirm_fault(shopper, seen["digest"], resolution="reshipment")
    assert (case.status_code, case.json()["state"]) == (201, "refused")
    assert await rows("SELECT 1 FROM case_units") == []


async def test_the_same_goods_are_sent_again_by_the_store(open_world: OpenWorld) -> None:
    world = await open_world(policy=fault_policy(resolutions=(Resolution.RESHIPMENT, Resolution.REFUND)))
    order = await delivered(world)
    shopper = await world.shopper(order)
    case = await report(shopper, "missing")
    done = await shopper.until_state(case["id"], "done")
    assert done["resolution"] == "reshipment"
    assert await rows("SELECT state, request->>'reason' AS why FROM outbound_orders") == [
        {"state": "ordered", "why": "reshipment"}
    ]
    assert await given_back(world, order) == 0


async def test_which_variant_it_was_is_for_a_person_to_say(open_world: OpenWorld) -> None:
    world = await open_world(policy=fault_policy(resolutions=(Resolution.RESHIPMENT,)))
    shopper = await world.shopper(await delivered(world, "spanish"))
    case = await report(shopper, "missing", lines=[{"line_id": "alpargatas", "quantity": 1}])
    assert case["state"] == "with_person"
    await quiet(world)
    assert await alerts(case["id"]) == ["review"]
    assert await rows("SELECT state FROM outbound_orders") == [{"state": "with_person"}]
