"""What the store's books and staff are told, and what is kept from being packed while a person decides."""

from __future__ import annotations

from datetime import timedelta

import pytest

from plugin.cases.models import Case
from plugin.db import rows
from plugin.journeys import staff
from plugin.ports.payments import OutcomeUnknown, RejectCode, Rejected
from tests.connected import WALLET, Connected
from tests.properties.promises import broken_promises
from tests.properties.scripted_store import Mood


@pytest.fixture
async def shop(database: str) -> Connected:
    return await Connected.begin()


async def due_in(kind: str) -> list[float]:
    found = await rows(
        "SELECT EXTRACT(epoch FROM not_before - now())::float8 AS s FROM work WHERE kind = $1 AND state = 'ready'", kind
    )
    return [row["s"] for row in found]


async def test_a_refund_at_stripe_is_recorded_at_the_store_two_minutes_later(shop: Connected) -> None:
    _, order_id = await shop.placed()
    await shop.cancel(order_id, ("l1", 1))
    await shop.work("ask_store", "settle_leg")
    (seconds,) = await due_in("record_refund")
    assert 110 < seconds <= 120

    await shop.world.drain()
    leg, (record,) = await shop.leg(), shop.platform.records.values()
    assert (record.leg_id, record.amount, record.gateway_refund_id) == (leg.id, 2495, leg.provider_id)
    assert await shop.audited("books_recorded") == 1
    assert await broken_promises(shop.world) == []


async def test_what_the_store_paid_itself_needs_no_record(shop: Connected) -> None:
    _, order_id = await shop.placed(payments=(WALLET,))
    await shop.cancel(order_id)
    await shop.world.drain()
    assert shop.platform.records == {}


async def test_a_record_whose_answer_was_lost_is_tried_again(shop: Connected) -> None:
    _, order_id = await shop.placed()
    shop.platform.answer_lost.add("record_refund")
    await shop.cancel(order_id)
    await shop.world.drain()
    assert shop.platform.calls.count("record_refund") == 2
    assert await shop.audited("books_had_record") == 1


async def test_books_that_take_no_record_are_a_problem_of_the_link_and_nobodys_money(shop: Connected) -> None:
    _, order_id = await shop.placed()
    shop.platform.refuses["record_refund"] = Rejected(RejectCode.OTHER, "The order is locked.")
    await shop.cancel(order_id)
    await shop.world.drain()
    assert (await shop.case()).state == "done"
    assert await shop.audited("books_not_recorded") == 1
    assert "The order is locked." in ((await shop.link()).problem or "")
    assert await rows("SELECT 1 FROM mails WHERE template = 'staff_alert'") == []


@pytest.mark.parametrize("call", ["record_refund", "note"])
async def test_a_key_without_permission_is_waited_for(shop: Connected, call: str) -> None:
    _, order_id = await shop.placed()
    shop.platform.bad_key(call)
    await shop.cancel(order_id)
    await shop.work("ask_store", "settle_leg", "record_refund", "note_case")
    assert "opens nothing" in ((await shop.link()).problem or "")
    shop.platform.refuses.clear()
    await shop.world.drain()
    assert len(shop.platform.records) == 1
    assert sum(map(len, shop.platform.notes.values())) == 1


async def test_a_note_at_the_order_says_what_was_cancelled_and_refunded_where(shop: Connected) -> None:
    order, order_id = await shop.placed()
    shop.platform.answer_lost.add("note")
    case = await shop.cancel(order_id, ("l1", 1))
    await shop.world.drain()
    assert shop.platform.notes[order.id] == [
        f"Comeback case {case.number}: the shopper cancelled 1 × Linen shirt; 24.95 USD was refunded at Stripe."
    ]
    await shop.world.person("close", case.id)
    assert await shop.audited("case_noted") == 1


async def test_a_case_that_is_done_a_second_time_is_noted_once(shop: Connected) -> None:
    order, order_id = await shop.placed(payments=(WALLET,))
    case = await shop.cancel(order_id)
    await shop.world.drain()
    await rows("UPDATE cases SET state = 'with_person', waiting_on = 'staff', due_at = now(), closed_at = NULL "
               "WHERE id = $1 RETURNING id", case.id)  # fmt: skip
    await staff.close(shop.world.ports, shop.world.shop, case.id, "ann")
    await shop.world.drain()
    assert len(shop.platform.notes[order.id]) == 1


async def reviewed(shop: Connected) -> Case:
    _, order_id = await shop.placed(total=30_485, unexplained=25_000)
    case = await shop.cancel(order_id)
    assert case.state == "in_review"
    return case


async def test_while_a_person_decides_the_order_is_held(shop: Connected) -> None:
    case = await reviewed(shop)
    await shop.work("hold_order")
    assert {key for _, key in shop.platform.holds} == {case.id}
    assert await shop.audited("order_held") == 1


async def test_a_refusal_lets_go(shop: Connected) -> None:
    case = await reviewed(shop)
    await shop.work("hold_order")
    await staff.refuse(shop.world.ports, shop.world.shop, case.id, "ann")
    await shop.world.drain()
    assert shop.platform.holds == set()
    assert await shop.audited("hold_released") == 1


async def test_an_approval_holds_until_the_store_has_answered(shop: Connected) -> None:
    case = await reviewed(shop)
    await shop.work("hold_order")
    shop.world.store.mood = Mood.DOWN
    await staff.approve(shop.world.ports, shop.world.shop, case.id, "ann")
    await shop.work("ask_store", "release_hold")
    assert shop.platform.holds
    await shop.world.drain()
    assert shop.platform.holds == set()


async def test_a_case_that_was_answered_before_it_was_held_holds_nothing(shop: Connected) -> None:
    case = await reviewed(shop)
    await staff.refuse(shop.world.ports, shop.world.shop, case.id, "ann")
    await shop.work("release_hold", "hold_order")
    await shop.world.drain()
    assert shop.platform.holds == set()
    assert "hold" not in shop.platform.calls


async def test_a_hold_whose_answer_was_lost_is_let_go_after_the_case_was_answered(shop: Connected) -> None:
    case = await reviewed(shop)
    shop.platform.answer_lost.add("hold")
    await shop.work("hold_order")
    assert shop.platform.holds
    await staff.refuse(shop.world.ports, shop.world.shop, case.id, "ann")
    await shop.work("release_hold")
    assert shop.platform.holds, "the hold is still under way, and lets go when it ends"
    await shop.world.drain()
    assert shop.platform.holds == set()


async def test_a_hold_under_way_while_the_case_is_answered_lets_go_itself(shop: Connected) -> None:
    case = await reviewed(shop)

    async def refused_and_released() -> None:
        await staff.refuse(shop.world.ports, shop.world.shop, case.id, "ann")
        await shop.work("release_hold")

    shop.platform.while_holding = refused_and_released
    await shop.work("hold_order")
    assert shop.platform.holds
    await shop.world.drain()
    assert shop.platform.holds == set()


async def test_an_approval_at_once_holds_nothing(shop: Connected) -> None:
    _, order_id = await shop.placed()
    await shop.cancel(order_id)
    await shop.world.drain()
    assert not {"hold", "release_hold"} & set(shop.platform.calls)


@pytest.mark.parametrize("no", [OutcomeUnknown("time-out"), Rejected(RejectCode.OTHER, "no such order")], ids=type)
async def test_a_hold_that_cannot_be_had_keeps_no_person_waiting(shop: Connected, no: Exception) -> None:
    case = await reviewed(shop)
    shop.platform.refuses["hold"] = no
    await shop.work("hold_order")
    await staff.approve(shop.world.ports, shop.world.shop, case.id, "ann")
    shop.platform.refuses.clear()
    await shop.world.wait(timedelta(minutes=1))
    await shop.world.drain()
    assert (await shop.case()).state == "done"
    assert shop.platform.holds == set()
