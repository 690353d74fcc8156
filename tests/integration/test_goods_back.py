"""What comes back, from its first scan to what is owed for it: counted, judged, and paid once."""

from __future__ import annotations

from itertools import permutations

import pytest

from plugin.cases.goods import Judgement
from plugin.core.transitions import IllegalTransition
from plugin.journeys.close_short import StillToInspect, close_short
from plugin.journeys.debits import settle_debit, waive_debit
from plugin.journeys.goods_back import NothingAwaited
from plugin.journeys.inspect_goods import BadVerdict, NotHere, inspect
from plugin.journeys.receive import Came, NotOfThisOrder, receive, scan
from plugin.parcels.states import Disposition, Grade, Seen, Verdict
from plugin.parcels.store import findings_of_case, parcels_of_case
from plugin.policies.reasons import Trigger
from tests.fakes import fake_ports
from tests.sent_back import ANA, a_return, judgement

pytestmark = pytest.mark.usefixtures("database")
ACCEPTED, REJECTED = Verdict.ACCEPTED, Verdict.REJECTED


async def test_what_is_accepted_is_what_is_owed() -> None:
    back = await a_return(fake_ports())
    await back.came(2)
    assert (await back.state(), await back.owed()) == ("inspecting", 0)
    await back.judged(ACCEPTED)
    assert await back.owed() == 0, "one of the two has not been judged yet"
    await back.judged(REJECTED)
    assert (await back.state(), await back.owed()) == ("executing", 2495)
    assert await back.units() == {"accepted": 1, "rejected": 1}
    assert (await back.parcel()).state == "inspected"
    assert "return_settled" in await back.told()


async def test_a_fee_shrinks_with_what_is_accepted() -> None:
    back = await a_return(fake_ports(), fee=600)
    await back.came(2)
    await inspect(back.ports, back.shop, back.case_id, [judgement(ACCEPTED), judgement(REJECTED)], ANA)
    assert await back.owed() == 2495 - 300


async def test_where_everything_is_rejected_nothing_is_owed_and_it_may_be_asked_again() -> None:
    back = await a_return(fake_ports())
    await back.came(2)
    await back.judged(REJECTED, 2)
    case = await back.case()
    assert (case.state, case.owed, await back.owed(), await back.debits()) == ("done", 0, 0, [])
    assert await back.can_ask_for() == 2


async def test_what_does_not_come_stays_awaited_in_a_parcel_of_its_own() -> None:
    back = await a_return(fake_ports())
    await back.came(1)
    await back.judged(ACCEPTED)
    assert (await back.state(), await back.owed()) == ("awaiting_goods", 0)
    assert [each.state for each in await parcels_of_case(back.case_id)] == ["inspected", "label"]
    await back.came(1)
    await back.judged(ACCEPTED)
    assert (await back.state(), await back.owed()) == ("executing", 4990)


async def test_a_person_closes_short_and_what_came_is_paid() -> None:
    back = await a_return(fake_ports())
    await back.came(1)
    with pytest.raises(StillToInspect):
        await close_short(back.ports, back.shop, back.case_id, ANA, pays=False)
    await back.judged(ACCEPTED)
    await close_short(back.ports, back.shop, back.case_id, ANA, pays=False)
    assert (await back.state(), await back.owed()) == ("executing", 2495)
    assert not [each for each in await parcels_of_case(back.case_id) if each.is_open]


async def test_a_person_gives_for_a_lost_parcel() -> None:
    back = await a_return(fake_ports())
    await back.tell(Seen.LOST)
    case = await back.case()
    assert (case.state, case.person_reason) == ("with_person", "parcel_lost")
    assert "return_lost" in await back.told()
    await close_short(back.ports, back.shop, back.case_id, ANA, pays=True)
    assert (await back.state(), await back.owed()) == ("executing", 4990)


async def test_more_than_asked_and_something_else_are_findings_beside_it() -> None:
    back = await a_return(fake_ports(), quantity=1)
    came = [Came(2, "l1"), Came(1, note="a mug")]
    await receive(back.ports, back.shop, back.case_id, came, ANA)
    found = [(each.kind, each.quantity, each.note) for each in await findings_of_case(back.case_id)]
    assert found == [("over", 1, None), ("wrong_item", 1, "a mug")]
    assert await back.units() == {"here": 1}
    await back.judged(ACCEPTED)
    assert await back.owed() == 2495


async def test_something_else_instead_goes_to_a_person() -> None:
    back = await a_return(fake_ports())
    await back.came(1, line=None)
    case = await back.case()
    assert (case.state, case.person_reason) == ("with_person", "wrong_item")
    with pytest.raises(NotOfThisOrder):
        await back.came(1, line="l9")


async def test_units_are_scanned_one_by_one() -> None:
    back = await a_return(fake_ports())
    number = (await back.case()).number
    for _ in range(2):
        await scan(back.ports, back.shop, number, "l1", ANA)
    assert (await back.state(), await back.units()) == ("inspecting", {"here": 2})


async def test_nobody_judges_what_has_not_come() -> None:
    back = await a_return(fake_ports())
    await back.came(1)
    with pytest.raises(NotHere):
        await back.judged(ACCEPTED, 2)
    assert await back.units() == {"awaited": 1, "here": 1}, "nothing of it was kept"
    kept = Judgement("l1", 1, REJECTED, Grade.USED, Disposition.RESTOCK)
    with pytest.raises(BadVerdict):
        await inspect(back.ports, back.shop, back.case_id, [kept], ANA)


@pytest.mark.parametrize(
    ("trigger", "seen"),
    [(Trigger.APPROVAL, None), (Trigger.IN_TRANSIT, Seen.IN_TRANSIT), (Trigger.RECEIVED, Seen.DELIVERED)],
)
async def test_an_early_refund_that_falls_short_is_a_debit_and_never_a_charge(
    trigger: Trigger, seen: Seen | None
) -> None:
    back = await a_return(fake_ports(), pays_on=trigger)
    if seen is not None:
        assert await back.owed() == 0
        await back.tell(seen)
    assert await back.owed() == 4990
    await back.came(2)
    await inspect(back.ports, back.shop, back.case_id, [judgement(ACCEPTED), judgement(REJECTED)], ANA)
    (debit,) = await back.debits()
    assert (debit.amount, debit.reason, debit.state) == (2495, "rejected", "open")
    assert await back.owed() == 4990
    assert "staff_alert:paid_too_much" in await back.told()
    assert await back.state() == "executing"


async def test_what_was_paid_for_is_not_asked_again_until_its_debit_is_settled() -> None:
    back = await a_return(fake_ports(), pays_on=Trigger.APPROVAL)
    await back.came(2)
    await back.judged(REJECTED, 2)
    (debit,) = await back.debits()
    assert (debit.amount, await back.can_ask_for()) == (4990, 0)
    await settle_debit(back.ports, back.shop, debit.id, ANA)
    assert ((await back.debits())[0].closed_by, await back.can_ask_for()) == (ANA, 2)
    with pytest.raises(IllegalTransition):
        await waive_debit(back.ports, back.shop, debit.id, ANA)


async def test_counting_pays_on_arrival_once_all_of_it_is_here() -> None:
    back = await a_return(fake_ports(), pays_on=Trigger.RECEIVED)
    await back.came(1)
    assert await back.owed() == 0
    await back.came(1)
    assert await back.owed() == 4990


NEWS = {"e1": Seen.IN_TRANSIT, "e2": Seen.DELIVERED, "e3": Seen.LOST, "e4": Seen.IN_TRANSIT}


@pytest.mark.parametrize("told", [("e1", "e2", "e4"), ("e1", "e3"), ("e1", "e2", "e3")])
async def test_news_end_alike_in_any_order_and_however_often(told: tuple[str, ...]) -> None:
    ends = set()
    for order in permutations(told):
        back = await a_return(fake_ports(), pays_on=Trigger.IN_TRANSIT)
        for event in (*order, *order):
            await back.tell(NEWS[event], event)
        case, parcel = await back.case(), await back.parcel()
        ends.add((case.state, case.owed, case.person_reason, parcel.state, await back.owed(), parcel.sent_at))
    assert len(ends) == 1
    assert ends.pop()[4] == 4990


async def test_a_case_that_is_done_awaits_nothing() -> None:
    back = await a_return(fake_ports())
    await back.came(2)
    await back.judged(REJECTED, 2)
    with pytest.raises(NothingAwaited):
        await back.came(1)


async def test_the_shopper_hears_of_each_step_once() -> None:
    back = await a_return(fake_ports())
    assert await back.mails() == ["return_approved"]
    await back.came(1)
    await back.came(1)
    assert await back.mails() == ["return_approved", "return_received"]
    await back.judged(ACCEPTED)
    await back.judged(REJECTED)
    assert await back.mails() == ["return_approved", "return_received", "return_settled"]


async def test_what_was_rejected_and_what_never_came_are_debits_of_their_own() -> None:
    back = await a_return(fake_ports(), pays_on=Trigger.APPROVAL)
    await back.came(1)
    await back.judged(REJECTED)
    await close_short(back.ports, back.shop, back.case_id, ANA, pays=False)
    assert {debit.reason: debit.amount for debit in await back.debits()} == {"rejected": 2495, "not_sent": 2495}
    for debit in await back.debits():
        await settle_debit(back.ports, back.shop, debit.id, ANA)
    assert await back.can_ask_for() == 2


async def test_what_is_given_for_though_it_never_came_stays_paid_for_when_a_debit_is_settled() -> None:
    back = await a_return(fake_ports(), pays_on=Trigger.APPROVAL)
    await back.came(1)
    await back.judged(REJECTED)
    await close_short(back.ports, back.shop, back.case_id, ANA, pays=True)
    (debit,) = await back.debits()
    assert (debit.amount, debit.reason) == (2495, "rejected")
    await settle_debit(back.ports, back.shop, debit.id, ANA)
    assert await back.can_ask_for() == 1, "the forgiven one was paid for"


async def test_what_was_rejected_before_the_money_left_is_no_debit_and_the_shoppers_again() -> None:
    back = await a_return(fake_ports(), pays_on=Trigger.RECEIVED)
    await back.came(1)
    await back.judged(REJECTED)
    await back.came(1)
    await back.judged(ACCEPTED)
    assert (await back.owed(), await back.debits(), await back.can_ask_for()) == (2495, [], 1)
