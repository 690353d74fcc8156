"""New goods that wait for old ones which are lost or not accepted: a person has them ordered all the same, or not.

That the books of each one balance (I16) is looked at when its world ends.
"""

from __future__ import annotations

import pytest

from plugin.cases.models import Case
from plugin.db import rows
from plugin.parcels.states import Verdict
from plugin.policies.reasons import Trigger
from tests.exchanging import Exchanging, exchange_policy, exchanging, payment_page
from tests.journeys.conftest import OpenWorld
from tests.journeys.desk import AtDesk, at_desk
from tests.journeys.steps import given_back, quiet
from tests.journeys.test_exchange_ends import debits_of, outbound_of, paid_back
from tests.journeys.test_exchanges import BAG, LARGE
from tests.journeys.test_exchanges_called_off import LOOKED_AT, looked_at, paid_on_top
from tests.world import World


async def lost(shopper: Exchanging, case: Case) -> AtDesk:
    desk = await at_desk(shopper.world)
    (parcel,) = await rows("SELECT id FROM parcels WHERE case_id = $1", case.id)
    told = await desk.post(f"/parcels/{parcel['id']}/seen", seen="lost")
    assert told.status_code == 200, told.text
    assert (await shopper.until(case, "with_person"))["person_reason"] == "parcel_lost"
    return desk


async def test_not_accepted_the_new_goods_may_be_ordered_all_the_same(open_world: OpenWorld) -> None:
    """Nobody is charged: what the goods would have paid for is written down."""
    world = await open_world(policy=LOOKED_AT)
    shopper, case = await paid_on_top(world)
    await looked_at(world, case, Verdict.REJECTED)
    desk = await at_desk(world)
    assert (await desk.post(f"/cases/{case.id}/order-again")).status_code == 200
    await shopper.until(case, "done")
    (asked,) = shopper.asked
    assert (asked.credited, asked.collected) == (8990, 3510)
    assert await debits_of(case) == [("not_paid_for", 8990, "open")]
    assert (await given_back(world, shopper.order), await paid_back(world)) == (0, 0)


async def test_where_nothing_was_accepted_nor_paid_there_is_nothing_to_give(open_world: OpenWorld) -> None:
    world = await open_world(policy=LOOKED_AT)
    shopper = await exchanging(world)
    case = await shopper.exchange({"vestido": 1}, LARGE)
    await shopper.until(case, "awaiting_goods")
    await looked_at(world, case, Verdict.REJECTED)
    desk = await at_desk(world)
    answer = await desk.post(f"/cases/{case.id}/give-up-new-goods")
    assert (answer.status_code, answer.json()["code"]) == (409, "nothing_to_give")
    assert (await outbound_of(case))["state"] == "waiting"
    assert (await desk.post(f"/cases/{case.id}/refuse")).json()["state"] == "refused"


async def test_of_two_pairs_one_is_accepted_and_it_is_neither_refused_nor_closed(open_world: OpenWorld) -> None:
    world = await open_world(policy=LOOKED_AT)
    shopper = await exchanging(world)
    case = await shopper.exchange({"alpargatas": 2}, BAG)
    await world.stripe.press(await payment_page(shopper, case.id), card="pm_card_visa")
    await shopper.until(case, "awaiting_goods")
    for verdict in (Verdict.ACCEPTED, Verdict.REJECTED):
        await looked_at(world, case, verdict, line="alpargatas")
    await shopper.until(case, "with_person")
    desk = await at_desk(world)
    assert (await desk.post(f"/cases/{case.id}/close")).json()["code"] == "new_goods_are_open"
    assert (await desk.post(f"/cases/{case.id}/order-again")).status_code == 200
    await shopper.until(case, "done")
    assert await debits_of(case) == [("not_paid_for", 3450, "open")]


BY_HAND = {"order_id": "1057", "number": "#1057"}


@pytest.mark.parametrize(
    ("step", "body", "asked", "back", "debits"),
    [
        ("order-again", {}, 1, 0, [("not_paid_for", 8990, "open")]),
        ("ordered-by-hand", BY_HAND, 0, 0, [("not_paid_for", 8990, "open")]),
        ("give-up-new-goods", {}, 0, 3510, []),
    ],
)
async def test_lost_before_the_new_goods_left_a_person_says_what_becomes_of_them(
    open_world: OpenWorld, step: str, body: dict[str, str], asked: int, back: int, debits: list[tuple[str, int, str]]
) -> None:
    world = await open_world(policy=LOOKED_AT)
    shopper, case = await paid_on_top(world)
    desk = await lost(shopper, case)
    assert (await desk.post(f"/cases/{case.id}/{step}", **body)).status_code == 200
    await shopper.until(case, "done")
    assert (len(shopper.asked), await paid_back(world), await given_back(world, shopper.order)) == (asked, back, 0)
    assert await debits_of(case) == debits


@pytest.mark.parametrize(("pays", "debits"), [(True, []), (False, [("not_sent", 8990, "open")])])
@pytest.mark.parametrize("trigger", [Trigger.APPROVAL, Trigger.IN_TRANSIT])
async def test_lost_after_the_new_goods_left_they_are_given_for_or_owed_for(
    open_world: OpenWorld, trigger: Trigger, pays: bool, debits: list[tuple[str, int, str]]
) -> None:
    world = await open_world(policy=exchange_policy(pays_on=trigger))
    shopper, case = await paid_on_top(world)
    await is_sent(world, case)
    await quiet(world)
    assert len(shopper.asked) == 1
    desk = await lost(shopper, case)
    answer = await desk.post(f"/cases/{case.id}/{'give-anyway' if pays else 'close-short'}")
    assert answer.status_code == 200, answer.text
    await shopper.until(case, "done")
    assert (await debits_of(case), len(shopper.asked), await paid_back(world)) == (debits, 1, 0)


async def test_not_accepted_after_the_new_goods_left_it_is_an_open_debit(open_world: OpenWorld) -> None:
    world = await open_world(policy=exchange_policy(pays_on=Trigger.RECEIVED))
    shopper, case = await paid_on_top(world)
    await looked_at(world, case, Verdict.REJECTED)
    await shopper.until(case, "done")
    assert (await debits_of(case), len(shopper.asked)) == ([("rejected", 8990, "open")], 1)
    assert (await given_back(world, shopper.order), await paid_back(world)) == (0, 0)


async def is_sent(world: World, case: Case) -> None:
    desk = await at_desk(world, email="carrier@lumen.example")
    (parcel,) = await rows("SELECT id FROM parcels WHERE case_id = $1", case.id)
    assert (await desk.post(f"/parcels/{parcel['id']}/seen", seen="in_transit")).status_code == 200


@pytest.mark.parametrize(("pays", "ends"), [(True, "done"), (False, "with_person")])
async def test_lost_before_they_left_it_is_closed_short(open_world: OpenWorld, pays: bool, ends: str) -> None:
    """Given for all the same, the new goods go out as agreed; given up, they are a person's to decide on."""
    world = await open_world(policy=LOOKED_AT)
    shopper, case = await paid_on_top(world)
    desk = await lost(shopper, case)
    answer = await desk.post(f"/cases/{case.id}/{'give-anyway' if pays else 'close-short'}")
    assert answer.status_code == 200, answer.text
    await shopper.until(case, ends)
    await quiet(world)
    assert (len(shopper.asked), await debits_of(case)) == (int(pays), [])
