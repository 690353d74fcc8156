"""Money that was given before its goods are here, and what becomes of the goods when a person has the money: stories
that the model found (``tests/model/goods``)."""

from __future__ import annotations

import pytest

from plugin.cases.store import lock_case
from plugin.db import transaction
from plugin.journeys.close_short import close_short
from plugin.journeys.desk_refusals import GoodsAreAccepted
from plugin.journeys.giving import hand_over
from plugin.journeys.money_moved import follow_up, hand_to_person, money_failed
from plugin.journeys.staff import close, refuse
from plugin.messages.parts import AlertKind
from plugin.parcels.states import Seen, Verdict
from plugin.policies.reasons import Trigger
from plugin.refunds.service import move_leg
from plugin.refunds.states import LegState
from plugin.refunds.store import legs_of_case
from tests.fakes import fake_ports
from tests.sent_back import ANA, Returned, a_return

pytestmark = pytest.mark.usefixtures("database")


async def a_person_has_the_money(back: Returned) -> None:
    async with transaction(back.ports.doorbell) as tx:
        case = await lock_case(tx, back.case_id)
        (leg,) = await legs_of_case(case.id)
        await hand_to_person(tx, back.ports, back.shop, case, leg, "manual_refund", AlertKind.MANUAL_REFUND)


async def the_person_pays(back: Returned) -> None:
    async with transaction(back.ports.doorbell) as tx:
        case = await lock_case(tx, back.case_id)
        (leg,) = await legs_of_case(case.id)
        await move_leg(tx, leg, LegState.SUCCEEDED, at=back.ports.clock.now(), submitted_at=back.ports.clock.now())
        await follow_up(tx, back.ports, back.shop, case)


async def test_a_parcel_that_is_lost_while_a_person_has_the_money_is_somebodys_after_it() -> None:
    back = await a_return(fake_ports(), pays_on=Trigger.APPROVAL)
    await a_person_has_the_money(back)
    await back.tell(Seen.LOST)
    await the_person_pays(back)
    assert (await back.state(), await back.units()) == ("awaiting_goods", {"awaited": 2})
    await back.due()
    case = await back.case()
    assert (case.state, case.person_reason) == ("with_person", "parcel_lost")


async def test_a_parcel_that_comes_while_a_person_has_the_money_is_looked_at_after_it() -> None:
    back = await a_return(fake_ports(), pays_on=Trigger.APPROVAL)
    await a_person_has_the_money(back)
    await back.tell(Seen.DELIVERED)
    await the_person_pays(back)
    assert await back.state() == "inspecting"
    await back.due()
    assert (await back.state(), "return_lost" in await back.told()) == ("inspecting", False)


async def test_a_refund_that_failed_keeps_its_person_when_the_goods_are_settled() -> None:
    back = await a_return(fake_ports(), pays_on=Trigger.APPROVAL)
    await back.tell(Seen.LOST)
    async with transaction(back.ports.doorbell) as tx:
        case = await lock_case(tx, back.case_id)
        (leg,) = await legs_of_case(case.id)
        for state in (LegState.SUBMITTING, LegState.FAILED):
            await move_leg(tx, leg, state, at=back.ports.clock.now(), submitted_at=back.ports.clock.now())
        await money_failed(tx, back.ports, back.shop, case, "refund_failed")
    await close_short(back.ports, back.shop, back.case_id, ANA, pays=True)
    case = await back.case()
    assert (case.state, case.person_reason) == ("with_person", "refund_failed")


async def test_what_was_accepted_is_neither_refused_nor_closed_unpaid() -> None:
    back = await a_return(fake_ports())
    await back.came(1)
    await back.judged(Verdict.ACCEPTED)
    async with transaction(back.ports.doorbell) as tx:
        case = await lock_case(tx, back.case_id)
        await hand_over(tx, back.ports, back.shop, case, "parcel_lost", AlertKind.REVIEW)
    for step in (refuse, close):
        with pytest.raises(GoodsAreAccepted):
            await step(back.ports, back.shop, back.case_id, ANA)
    await close_short(back.ports, back.shop, back.case_id, ANA, pays=False)
    assert (await back.state(), await back.owed()) == ("executing", 2495)
