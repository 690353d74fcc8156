"""Goods go back over HTTP: what is shown first, what is agreed, what is sent and said, and who should not get in."""

from __future__ import annotations

import asyncio

import pytest

from plugin.cases.goods import Judgement
from plugin.db import rows
from plugin.journeys import staff
from plugin.journeys.close_short import close_short
from plugin.journeys.inspect_goods import inspect
from plugin.journeys.on_desk import Less
from plugin.journeys.receive import Came, receive
from plugin.parcels.states import Disposition, Grade, Verdict
from plugin.policies.conditions import When
from plugin.policies.document import Fee, Row, Then
from plugin.policies.reasons import Action, Outcome, Payer, Reason, Resolution, Trigger
from tests.journeys.conftest import OpenWorld
from tests.journeys.faulty import photo
from tests.journeys.sending_back import confirm_return, delivered, post, preview_return, return_policy, send_back
from tests.journeys.steps import alerts, count, given_back, quiet, templates
from tests.world import World

SCARF = [{"line_id": "scarf", "quantity": 1}]


@pytest.fixture
async def open_door(open_world: OpenWorld) -> World:
    """A shop where everything that has arrived may be sent back."""
    return await open_world(policy=return_policy())


async def test_a_return_is_approved_with_its_number_its_parcel_and_its_mail(open_door: World) -> None:
    order = await delivered(open_door)
    shopper = await open_door.shopper(order)
    preview = await preview_return(shopper, lines=SCARF)
    terms = preview["terms"]
    assert (preview["outcome"], terms["label"], terms["pays_on"], terms["send_within"]) == (
        "approve", "shopper", "inspected", 30,
    )  # fmt: skip
    assert (preview["money"], preview["money_by"]) == ([], None)  # no day is promised before the goods are here
    case = await send_back(shopper, lines=SCARF, reason="It does not fit")
    assert (case["kind"], case["state"], case["waiting_on"]) == ("return", "awaiting_goods", "shopper")
    parcel = case["parcel"]
    assert parcel["return_number"] == case["number"]
    assert case["number"].startswith("R-")
    assert (parcel["state"], parcel["payer"]) == ("label", "shopper")
    assert case["can_withdraw"]
    mail = await open_door.mail("return_approved", order)
    assert case["number"] in mail.text
    assert all(step in " ".join(mail.text.split()) for step in parcel["how_to_send"])
    assert await given_back(open_door, order) == 0


async def test_the_order_page_says_of_each_line_how_it_may_go_back(open_world: OpenWorld) -> None:
    fee, both = Fee(amounts={"USD": 500}), (Resolution.REFUND, Resolution.STORE_CREDIT)
    policy = return_policy(fee=fee, resolutions=both, bonus_percent=10, label=Payer.SHOP, photos=True)
    world = await open_world(policy=policy)
    shopper = await world.shopper(await delivered(world))
    (coat, _) = (await shopper.get("/v1/order"))["lines"]
    back = next(action for action in coat["actions"] if action["action"] == "return")
    assert (back["outcome"], back["quantity"]) == ("approve", 1)
    assert back["terms"]["fee"]["amount"] == 500
    assert back["terms"]["label"] == "shop"
    assert back["terms"]["photos"]
    assert [choice["resolution"] for choice in back["terms"]["choices"]] == ["refund", "store_credit"]
    assert back["terms"]["choices"][1]["bonus"]["amount"] > 0
    assert next(action for action in coat["actions"] if action["action"] == "cancel")["outcome"] == "refuse"


async def test_what_may_be_kept_is_paid_at_once(open_world: OpenWorld) -> None:
    world = await open_world(policy=return_policy(keep_item=True))
    order = await delivered(world)
    shopper = await world.shopper(order)
    preview = await preview_return(shopper, lines=SCARF)
    assert preview["terms"]["keep_item"]
    assert "nothing needs to be sent back" in preview["sentence"]
    assert preview["money"]
    case = await send_back(shopper, lines=SCARF)
    assert case["parcel"] is None
    done = await shopper.until_state(case["id"], "done")
    assert "refunded" in done["sentence"]
    assert await given_back(world, order) == done["amounts"]["total"]["amount"] > 0
    await world.mail("refunded", order)
    mail = await world.mail("return_approved", order)
    assert "nothing needs to be sent back" in " ".join(mail.text.split())


async def test_a_return_paid_on_approval_is_paid_while_the_parcel_is_still_to_come(open_world: OpenWorld) -> None:
    world = await open_world(policy=return_policy(pays_on=Trigger.APPROVAL, fee=Fee(amounts={"USD": 300})))
    order = await delivered(world)
    shopper = await world.shopper(order)
    preview = await preview_return(shopper, lines=SCARF)
    assert preview["money_by"]
    case = await send_back(shopper, lines=SCARF)
    await quiet(world)
    assert await given_back(world, order) == preview["amounts"]["total"]["amount"]
    now = await shopper.case(case["id"])
    assert (now["state"], now["can_withdraw"]) == ("awaiting_goods", False)
    assert (await post(shopper, f"/v1/cases/{case['id']}/withdraw")).status_code == 409


async def test_lines_named_twice_are_one_and_more_than_there_are_is_refused(open_door: World) -> None:
    shopper = await open_door.shopper(await delivered(open_door))
    twice = await preview_return(shopper, lines=SCARF + SCARF)
    assert [(line["line_id"], line["quantity"]) for line in twice["lines"]] == [("scarf", 2)]
    assert (await preview_return(shopper, lines=SCARF * 3))["reason"] == "more_than_left"


async def test_two_tabs_make_one_return(open_door: World) -> None:
    shopper = await open_door.shopper(await delivered(open_door))
    digest = (await preview_return(shopper, whole=True))["digest"]
    answers = await asyncio.gather(*(confirm_return(shopper, digest) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert await count("cases") == await count("parcels") == 1


async def test_a_return_that_has_changed_is_shown_again_before_anything_is_done(open_door: World) -> None:
    shopper = await open_door.shopper(await delivered(open_door))
    digest = (await preview_return(shopper, lines=SCARF * 2))["digest"]
    await send_back(shopper, lines=SCARF)
    changed = await confirm_return(shopper, digest, lines=SCARF * 2)
    assert (changed.status_code, changed.json()["code"]) == (409, "decision_changed")
    assert changed.json()["preview"]["reason"] == "more_than_left"
    assert await count("cases") == 1


async def test_what_has_not_left_cannot_be_sent_back_and_a_resolution_must_be_offered(open_door: World) -> None:
    fresh = await open_door.shopper(await open_door.place("fashion"))
    assert (await preview_return(fresh, lines=SCARF))["reason"] == "not_shipped"
    shopper = await open_door.shopper(await delivered(open_door))
    other = await preview_return(shopper, lines=SCARF, resolution="store_credit")
    assert (other["outcome"], other["reason"]) == ("refuse", "resolution_not_offered")


async def test_a_person_says_yes_or_no_to_a_return(open_world: OpenWorld) -> None:
    world = await open_world(policy=return_policy(outcome=Outcome.REVIEW, reason=Reason.HIGH_VALUE))
    order = await delivered(world)
    shopper = await world.shopper(order)
    asked = await send_back(shopper, lines=SCARF)
    assert asked["state"] == "in_review"
    mail = await world.mail("under_review", order)
    assert "asked to send back" in " ".join(mail.text.split())
    await quiet(world)
    assert await alerts(asked["id"]) == ["review"]
    await staff.approve(world.ports, world.shop, asked["id"], "ana")
    case = await shopper.case(asked["id"])
    assert (case["state"], case["parcel"]["state"]) == ("awaiting_goods", "label")
    assert "Yes, you can send it back." in (await world.mail("return_approved", order)).html

    other = await send_back(shopper, lines=[{"line_id": "coat", "quantity": 1}])
    await staff.refuse(world.ports, world.shop, other["id"], "ana")
    refused = await shopper.case(other["id"])
    assert refused["sentence"] == "This cannot be sent back. A person is glad to help."
    mail = await world.mail("refused", order)
    assert "could not accept a return" in " ".join(mail.text.split())
    assert (await preview_return(shopper, lines=[{"line_id": "coat", "quantity": 1}]))["outcome"] == "review"


async def test_a_person_grants_less_and_the_mail_says_so(open_world: OpenWorld) -> None:
    world = await open_world(policy=return_policy(outcome=Outcome.REVIEW, reason=Reason.HIGH_VALUE))
    order = await delivered(world)
    shopper = await world.shopper(order)
    case = await send_back(shopper, lines=SCARF)
    await staff.approve(world.ports, world.shop, case["id"], "ana", Less(1000, "worn"))
    mail = await world.mail("return_approved", order)
    assert "is not paid back" in " ".join(mail.text.split())


async def test_a_return_is_taken_back_before_it_was_sent(open_door: World) -> None:
    order = await delivered(open_door)
    shopper = await open_door.shopper(order)
    case = await send_back(shopper, whole=True)
    for _ in range(2):
        taken = await post(shopper, f"/v1/cases/{case['id']}/withdraw")
        assert (taken.status_code, taken.json()["state"]) == (200, "withdrawn")
    assert [row["state"] for row in await rows("SELECT state FROM parcels")] == ["cancelled"]
    assert await count("case_units", "state <> 'released'") == 0
    await quiet(open_door)
    assert (await templates(case["id"])).count("return_withdrawn") == 1
    assert (await preview_return(shopper, whole=True))["outcome"] == "approve"
    assert (await post(shopper, f"/v1/cases/{case['id']}/tracking", {"carrier": "DHL", "number": "JD0146"})).json()[
        "code"
    ] == "nothing_to_send"


async def test_the_shoppers_own_number_announces_the_parcel_and_moves_nothing(open_door: World) -> None:
    order = await delivered(open_door)
    shopper = await open_door.shopper(order)
    case = await send_back(shopper, whole=True)
    path = f"/v1/cases/{case['id']}/tracking"
    told = (await post(shopper, path, {"carrier": "DHL", "number": "JD0146000"})).json()["parcel"]
    assert (told["carrier"], told["tracking_number"], told["state"]) == ("DHL", "JD0146000", "label")
    assert (await post(shopper, path, {"carrier": "DHL", "number": "<script>"})).status_code == 400


async def test_nobody_elses_return_can_be_seen_taken_back_or_told_of(open_door: World) -> None:
    mine = await open_door.shopper(await delivered(open_door))
    theirs = await open_door.shopper(await delivered(open_door))
    case = await send_back(theirs, whole=True)
    assert (await post(mine, f"/v1/cases/{case['id']}/withdraw")).status_code == 404
    told = await post(mine, f"/v1/cases/{case['id']}/tracking", {"carrier": "DHL", "number": "JD0146000"})
    assert told.status_code == 404
    assert (await theirs.case(case["id"]))["state"] == "awaiting_goods"


async def test_photos_are_asked_for_before_and_become_the_cases(open_world: OpenWorld) -> None:
    world = await open_world(policy=return_policy(photos=True))
    shopper = await world.shopper(await delivered(world))
    preview = await preview_return(shopper, lines=SCARF)
    assert preview["terms"]["photos"]
    refused = await confirm_return(shopper, preview["digest"], lines=SCARF)
    assert (refused.status_code, refused.json()["code"]) == (422, "photos_needed")
    picture = await photo(shopper)
    unknown = await confirm_return(shopper, preview["digest"], lines=SCARF, photos=["file_nobody"])
    assert unknown.status_code == 422
    answer = await confirm_return(shopper, preview["digest"], lines=SCARF, photos=[picture])
    assert answer.status_code == 201
    assert await count("stored_files", "case_id IS NOT NULL") == 1


async def test_what_is_accepted_at_the_inspection_is_paid_and_told(open_door: World) -> None:
    order = await delivered(open_door)
    shopper = await open_door.shopper(order)
    case = await send_back(shopper, lines=SCARF + SCARF)
    ports, shop = open_door.ports, open_door.shop
    await receive(ports, shop, case["id"], [Came(2, "scarf")], "staff:ana")
    here = await shopper.case(case["id"])
    assert (here["state"], here["parcel"]["state"], here["can_withdraw"]) == ("inspecting", "received", False)
    one = Judgement("scarf", 1, Verdict.ACCEPTED, Grade.AS_NEW, Disposition.RESTOCK)
    other = Judgement("scarf", 1, Verdict.REJECTED, Grade.USED, Disposition.SEND_BACK, "worn")
    await inspect(ports, shop, case["id"], [one, other], "staff:ana")
    done = await shopper.until_state(case["id"], "done")
    assert "refunded" in done["sentence"]
    paid = await given_back(open_door, order)
    assert 0 < paid < case["amounts"]["total"]["amount"]
    receipt = {part["kind"]: part["money"]["amount"] for part in done["amounts"]["parts"]}
    assert (receipt["items"], receipt["not_accepted"]) == (case["amounts"]["total"]["amount"], paid - receipt["items"])
    assert done["amounts"]["total"]["amount"] == paid
    await open_door.mail("refunded", order)


KEPT_SCARF = Row(
    id="scarf", action=Action.RETURN, when=When(products=("scarf",)),
    then=Then(outcome=Outcome.APPROVE, keep_item=True),
)  # fmt: skip


async def test_what_may_be_kept_is_not_waited_for_and_paid_with_what_comes(open_world: OpenWorld) -> None:
    world = await open_world(policy=return_policy(KEPT_SCARF))
    order = await delivered(world)
    shopper = await world.shopper(order)
    case = await send_back(shopper, whole=True)
    coat = Judgement("coat", 1, Verdict.ACCEPTED, Grade.AS_NEW, Disposition.RESTOCK)
    await receive(world.ports, world.shop, case["id"], [Came(1, "coat")], "staff:ana")
    await inspect(world.ports, world.shop, case["id"], [coat], "staff:ana")
    await shopper.until_state(case["id"], "done")
    assert await given_back(world, order) == case["amounts"]["total"]["amount"]


async def test_what_may_be_kept_is_paid_when_the_rest_is_not_sent_in_time(open_world: OpenWorld) -> None:
    world = await open_world(policy=return_policy(KEPT_SCARF))
    order = await delivered(world)
    shopper = await world.shopper(order)
    preview = await preview_return(shopper, whole=True)
    assert [line["sent_back"] for line in preview["lines"]] == [True, False]
    case = await send_back(shopper, whole=True)
    assert "Silk scarf need not be sent back" in case["parcel"]["how_to_send"][1]
    await close_short(world.ports, world.shop, case["id"], "staff:ana", pays=False)
    await shopper.until_state(case["id"], "done")
    alone = await preview_return(shopper, lines=[{"line_id": "coat", "quantity": 1}])
    assert alone["outcome"] == "approve"
    paid = await given_back(world, order)
    assert 0 < paid == case["amounts"]["total"]["amount"] - alone["amounts"]["total"]["amount"]
