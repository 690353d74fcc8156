"""Goods that do not come, or that nobody looks at: reminders by day, more time, and an end to every wait (I9)."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from plugin.cases.store import UnitsTaken, lock_case
from plugin.db import rows, transaction
from plugin.journeys.close_short import close_short
from plugin.journeys.goods_back import NothingAwaited
from plugin.journeys.goods_dates import gives_up_at
from plugin.journeys.money_moved import money_failed
from plugin.journeys.more_time import extend
from plugin.journeys.send_back import confirm_return, preview_return
from plugin.parcels.states import Seen, Verdict
from plugin.policies.reasons import Trigger
from plugin.refunds.service import move_leg
from plugin.refunds.states import LegState
from plugin.refunds.store import legs_of_case
from plugin.shops.settings import ShopSettings
from tests.fakes import fake_ports
from tests.sent_back import ANA, THE_SHIRT, Returned, a_return, nobody_waits

pytestmark = pytest.mark.usefixtures("database")
NEW_YORK = ZoneInfo("America/New_York")


async def run_out(back: Returned) -> None:
    while await back.state() == "awaiting_goods":
        await back.due()


async def test_reminders_come_twice_and_never_at_night() -> None:
    back = await a_return(fake_ports(), settings=ShopSettings(time_zone="America/New_York"))
    send_by = (await back.parcel()).send_by
    heard: list[str] = []
    while len(heard) < 2:
        await back.due()
        heard = await back.told("return_reminder")
        here = back.ports.clock.now().astimezone(NEW_YORK)
        assert 8 <= here.hour < 21
    assert (await back.parcel()).was_told == [7, 2]
    left = send_by - back.ports.clock.now()
    assert timedelta(days=1) < left <= timedelta(days=2)


async def test_what_is_not_sent_runs_out_and_may_be_asked_again() -> None:
    back = await a_return(fake_ports())
    assert await back.can_ask_for() == 0
    await run_out(back)
    parcel = await back.parcel()
    assert (await back.state(), parcel.state, await back.owed()) == ("expired", "cancelled", 0)
    assert back.ports.clock.now() >= gives_up_at(back.shop, parcel) > parcel.send_by
    assert "return_expired.0" in await back.told()


async def test_a_person_gives_more_time_and_the_reminders_begin_anew() -> None:
    back = await a_return(fake_ports())
    await run_out(back)
    await extend(back.ports, back.shop, back.case_id, 10, ANA)
    parcel = await back.parcel()
    assert (await back.state(), parcel.state, parcel.extensions, parcel.was_told) == ("awaiting_goods", "label", 1, [])
    await run_out(back)
    assert len(await back.told("return_reminder")) == 4
    assert await back.told("return_expired") == ["return_expired.0", "return_expired.1"]


async def test_nobody_takes_back_units_that_another_return_has_by_now() -> None:
    back = await a_return(fake_ports(), send_within=2)
    await run_out(back)
    order_id = (await back.case()).order_id
    seen = await preview_return(back.ports, back.shop, order_id, THE_SHIRT)
    await confirm_return(
        back.ports, back.shop, order_id, THE_SHIRT, agreed=seen.digest, asked_by="shopper", locale="en",
        answered=nobody_waits,
    )  # fmt: skip
    with pytest.raises(UnitsTaken):
        await extend(back.ports, back.shop, back.case_id, 5, ANA)


async def test_a_parcel_that_comes_after_the_end_goes_to_a_person_who_may_take_it() -> None:
    back = await a_return(fake_ports())
    await run_out(back)
    await back.tell(Seen.DELIVERED)
    assert (await back.case()).person_reason == "came_late"
    await extend(back.ports, back.shop, back.case_id, 1, ANA)
    assert await back.state() == "inspecting"
    await back.came(2)
    await back.judged(Verdict.ACCEPTED, 2)
    assert await back.owed() == 4990


async def test_what_came_before_the_end_is_paid_when_the_rest_does_not_come() -> None:
    back = await a_return(fake_ports())
    await back.came(1)
    await back.judged(Verdict.ACCEPTED)
    await run_out(back)
    assert (await back.state(), await back.owed()) == ("executing", 2495)
    assert await back.can_ask_for() == 1


async def test_what_was_paid_for_and_is_not_sent_goes_to_a_person() -> None:
    back = await a_return(fake_ports(), pays_on=Trigger.APPROVAL)
    await run_out(back)
    case = await back.case()
    assert (case.state, case.person_reason, await back.can_ask_for()) == ("with_person", "not_sent", 0)


async def test_a_parcel_of_which_nobody_hears_any_more_is_looked_for() -> None:
    back = await a_return(fake_ports())
    await back.tell(Seen.IN_TRANSIT)
    await run_out(back)
    case = await back.case()
    assert (case.state, case.person_reason) == ("with_person", "parcel_silent")
    assert "return_lost" in await back.told()
    await back.tell(Seen.DELIVERED, "e2")
    assert await back.state() == "inspecting"


async def test_staff_hear_of_goods_that_nobody_looks_at() -> None:
    back = await a_return(fake_ports())
    await back.came(2)
    await back.due()
    assert await back.state() == "inspecting"
    assert "staff_alert:to_inspect" in await back.told()
    case = await back.case()
    assert case.due_at is not None and case.due_at > back.ports.clock.now()


async def test_every_wait_has_a_timer() -> None:
    back = await a_return(fake_ports())
    for step in (back.due, lambda: back.tell(Seen.IN_TRANSIT), lambda: back.came(2)):
        await step()
        found = await rows("SELECT 1 FROM work WHERE kind = 'case_due' AND state = 'ready' AND ref = $1", back.case_id)
        assert found and isinstance((await back.case()).due_at, datetime)


async def test_news_of_a_return_that_ran_out_spends_no_trigger_of_its_money() -> None:
    """It was scanned after its end, and came: a person takes it, and what is accepted is owed as ever."""
    for pays_on in (Trigger.IN_TRANSIT, Trigger.RECEIVED, Trigger.INSPECTED):
        back = await a_return(fake_ports(), pays_on=pays_on)
        await run_out(back)
        await back.tell(Seen.IN_TRANSIT, "e1")
        await back.tell(Seen.DELIVERED, "e2")
        case = await back.case()
        assert (case.state, case.person_reason, case.resolved_at) == ("with_person", "came_late", None), pays_on
        await extend(back.ports, back.shop, back.case_id, 5, ANA)
        await back.came(2)
        await back.judged(Verdict.ACCEPTED, 2)
        assert (await back.owed(), await back.debits()) == (4990, []), pays_on


async def test_more_time_for_the_goods_takes_no_failed_refund_from_its_person() -> None:
    back = await a_return(fake_ports(), pays_on=Trigger.APPROVAL)
    await _refund_fails(back)
    await extend(back.ports, back.shop, back.case_id, 7, ANA)
    case = await back.case()
    assert (case.state, case.person_reason) == ("with_person", "refund_failed")
    await back.came(2)
    await back.judged(Verdict.ACCEPTED, 2)
    with pytest.raises(NothingAwaited):
        await extend(back.ports, back.shop, back.case_id, 7, ANA)
    with pytest.raises(NothingAwaited):
        await close_short(back.ports, back.shop, back.case_id, ANA, pays=False)


async def _refund_fails(back: Returned) -> None:
    async with transaction(back.ports.doorbell) as tx:
        case = await lock_case(tx, back.case_id)
        (leg,) = await legs_of_case(case.id)
        for state in (LegState.SUBMITTING, LegState.FAILED):
            await move_leg(tx, leg, state, at=back.ports.clock.now(), submitted_at=back.ports.clock.now())
        await money_failed(tx, back.ports, back.shop, case, "refund_failed")
