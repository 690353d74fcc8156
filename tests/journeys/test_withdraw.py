"""Withdrawing from a contract: two steps without a login, acknowledged at once, carried out by the law's decision."""

from __future__ import annotations

import re
from datetime import datetime

import pytest

from plugin.db import rows
from plugin.journeys import staff
from plugin.journeys.desk_refusals import WithdrawalStands
from plugin.journeys.erase_person import erase_person_of, who_is
from plugin.journeys.export_person import export_person
from plugin.shops.service import set_paused
from plugin.storefronts.demo.store import Behaviour
from tests.journeys.conftest import OpenWorld
from tests.journeys.withdrawing import (
    SPANISH,
    MailIsDown,
    cases_of,
    declare,
    grace_in_latvia,
    in_session,
    link_in,
    mail_to,
    row,
    sent,
    statement,
    withdraw,
)
from tests.nudges import cancellations, hurry, nothing_is_due, one, refunds, units
from tests.world import World, shop_settings

ENGLISH = {"Accept": "text/html", "Accept-Language": "en", "Sec-Fetch-Site": "same-origin"}
SHOUTS = '{"sign_off": {"en": "10 % off with CODE", "ru": "10 % off with CODE"}, "personal_line": {"ru": "Stay! CODE"}}'
OFFER = re.compile(
    r"\bCODE\b|discount|coupon|voucher|gift|credit|exchange|instead|reason why|tell us why|% off|"
    r"подарок|промокод|скидк|обмен",
    re.IGNORECASE,
)


async def test_an_order_that_has_not_left_is_cancelled_and_paid_back_whole_with_delivery(eu: World) -> None:
    order = await eu.place("spanish")
    made = await withdraw(eu, statement(order))
    assert made["state"] == "confirmed"
    assert (await row(made["id"]))["state"] == "confirmed"
    assert await refunds(eu) == []

    received = await mail_to(eu, "withdrawal_acknowledged", str(order.customer.email))
    assert made["number"] in received.text and "UTC" in received.text
    page = await eu.http.get(link_in(received.text))
    assert page.status_code == 200
    assert (await row(made["id"]))["verified_at"] is None
    assert (await eu.http.post(link_in(received.text))).status_code == 200
    await nothing_is_due(eu)

    assert (await row(made["id"]))["state"] == "done"
    (case,) = await cases_of(made["id"])
    assert (case["kind"], case["basis"], case["state"], case["owed"]) == ("cancel", "statutory", "done", order.total)
    assert await refunds(eu) == [(order.total, "succeeded")]
    assert len(cancellations(eu)) == 1
    assert await rows("SELECT 1 FROM codes") == []


async def test_what_has_left_is_sent_back_and_paid_with_delivery_once_its_number_is_told(eu: World) -> None:
    order = await eu.place("russian")
    shipped = eu.store.ship(order.id)
    await eu.send(shipped)
    await eu.until(lambda: eu.is_read(shipped))
    shopper = await eu.shopper(order)
    made = await in_session(shopper)

    (case,) = await cases_of(made["id"])
    assert (case["kind"], case["basis"], case["state"]) == ("return", "statutory", "awaiting_goods")
    assert case["owed"] == order.total
    parcel = await one("SELECT * FROM parcels WHERE case_id = $1", case["id"])
    assert parcel["payer"] == "shopper"
    assert (await row(made["id"]))["state"] == "in_effect"
    assert await refunds(eu) == []

    await sent(eu, parcel["id"])

    assert await refunds(eu) == [(order.total, "succeeded")]


async def test_one_declaration_of_a_mixed_order_becomes_a_cancellation_and_a_return(eu: World) -> None:
    order = await eu.place("fashion", customer=grace_in_latvia())
    shipped = eu.store.ship(order.id, units(scarf=1))
    await eu.send(shipped)
    await eu.until(lambda: eu.is_read(shipped))
    made = await in_session(await eu.shopper(order))

    cancelled, sent_back = await cases_of(made["id"])
    assert (cancelled["kind"], cancelled["state"], cancelled["takes_shipping"]) == ("cancel", "done", False)
    assert (sent_back["kind"], sent_back["state"], sent_back["takes_shipping"]) == ("return", "awaiting_goods", True)
    assert cancelled["owed"] + sent_back["owed"] == order.total
    (parcel,) = await rows("SELECT id FROM parcels WHERE case_id = $1", sent_back["id"])

    await sent(eu, parcel["id"])

    assert sum(amount for amount, _ in await refunds(eu)) == order.total
    told = await mail_to(eu, "withdrawal_in_effect", str(order.customer.email))
    assert sent_back["number"] in told.text


async def test_a_part_is_withdrawn_in_the_consumers_own_words(eu: World) -> None:
    order = await eu.place("russian")
    made = await withdraw(eu, statement(order, items="1 x Шерстяной шарф"))
    received = await mail_to(eu, "withdrawal_acknowledged", str(order.customer.email))
    await eu.http.post(link_in(received.text))
    await nothing_is_due(eu)

    (case,) = await cases_of(made["id"])
    assert (case["owed"], case["takes_shipping"]) == (2900, False)
    assert await refunds(eu) == [(2900, "succeeded")]


async def test_a_paused_shop_delays_no_withdrawal_and_nobody_refuses_its_cases(eu: World) -> None:
    await set_paused(eu.shop, paused=True)
    eu.store.behaviour = Behaviour.FAIL
    order = await eu.place("spanish")
    shopper = await eu.shopper(order)
    asked = await shopper.cancel()
    assert asked["state"] == "in_review"
    made = await in_session(shopper)
    (case,) = await cases_of(made["id"])
    assert (case["state"], case["basis"]) == ("awaiting_store", "statutory")
    assert (await shopper.case(asked["id"]))["state"] == "withdrawn"
    await rows("UPDATE cases SET state = 'with_person', waiting_on = 'staff' WHERE id = $1", case["id"])
    with pytest.raises(WithdrawalStands):
        await staff.refuse(eu.ports, eu.shop, case["id"], "staff:tests")


async def test_a_store_that_is_too_late_makes_it_a_return_on_the_same_terms(eu: World) -> None:
    eu.store.behaviour = Behaviour.TOO_LATE
    order = await eu.place("russian")
    made = await in_session(await eu.shopper(order))
    converted, sent_back = await cases_of(made["id"])
    assert (converted["kind"], converted["state"]) == ("cancel", "converted_to_return")
    assert (sent_back["kind"], sent_back["state"], sent_back["owed"]) == ("return", "awaiting_goods", order.total)
    assert await refunds(eu) == []
    await eu.send(eu.store.ship(order.id))
    await nothing_is_due(eu)


async def test_a_hundred_withdrawals_while_no_mail_can_be_sent_are_acknowledged_with_their_own_times(eu: World) -> None:
    transport = eu.ports.mail
    object.__setattr__(eu.ports, "mail", MailIsDown())
    times = {}
    for n in range(100):
        await rows("DELETE FROM rate_counts")
        contact = f"c{n}@example.com"
        declared = (await declare(eu, statement(contact=contact))).json()
        confirmed = await eu.http.post(f"/v1/shops/{eu.shop.id}/withdrawals/{declared['id']}/confirm")
        times[contact] = datetime.fromisoformat(confirmed.json()["confirmed_at"])
    object.__setattr__(eu.ports, "mail", transport)

    async def all_are_sent() -> bool:
        await hurry(eu, "send_mail")
        waiting = "SELECT 1 FROM mails WHERE template = 'withdrawal_acknowledged' AND state <> 'sent' LIMIT 1"
        return not await rows(waiting)

    await eu.until(all_are_sent)
    received = {mail.recipient: mail.text for mail in eu.mails() if mail.recipient in times}
    assert len(received) == 100
    for contact, at in times.items():
        assert f"{at:%Y-%m-%d %H:%M:%S} UTC" in received[contact]


async def test_the_shop_may_switch_the_function_off_and_elsewhere_it_is_off_by_itself(
    open_world: OpenWorld, world: World
) -> None:
    off = await open_world(settings=shop_settings(**SPANISH, withdrawals="off"))
    for shop in (off, world):
        answer = await declare(shop, statement())
        assert (answer.status_code, answer.json()["code"]) == (404, "withdrawals_off")
    order = await world.place("fashion")
    assert (await (await world.shopper(order)).get("/v1/order"))["withdrawal"] is None


async def test_the_entry_is_there_for_as_long_as_the_law_gives_the_right(eu: World) -> None:
    here = (await (await eu.shopper(await eu.place("spanish"))).get("/v1/order"))["withdrawal"]
    assert (here["until"], here["labels"]["language"]) == (None, "es")
    american = await eu.place("fashion")
    assert (await (await eu.shopper(american)).get("/v1/order"))["withdrawal"] is None


async def test_nothing_is_offered_anywhere_in_it_and_nobody_is_asked_why(eu: World) -> None:
    await rows(
        "UPDATE shops SET settings = jsonb_set(settings, '{brand,snippets}', $1) WHERE id = $2", SHOUTS, eu.shop.id
    )
    order = await eu.place("russian")
    shipped = eu.store.ship(order.id, units(sharf=1))
    await eu.send(shipped)
    await eu.until(lambda: eu.is_read(shipped))
    form = {"name": "A", "number": order.number, "contact": str(order.customer.email), "part": "whole"}
    pages = [await eu.http.get(f"/shops/{eu.shop.id}/withdraw", headers=ENGLISH)]
    pages.append(await eu.http.post(f"/shops/{eu.shop.id}/withdraw", data=form, headers=ENGLISH))
    found = re.search(r'action="(/shops/[^"]+/withdraw/[^"]+)"', pages[-1].text)
    assert found
    pages.append(await eu.http.post(found.group(1), headers=ENGLISH))
    await nothing_is_due(eu)
    received = await mail_to(eu, "withdrawal_acknowledged", str(order.customer.email))
    pages.append(await eu.http.get(link_in(received.text), headers=ENGLISH))
    pages.append(await eu.http.post(link_in(received.text), headers=ENGLISH))
    await nothing_is_due(eu)
    await mail_to(eu, "cancelled", str(order.customer.email))
    said = [page.text for page in pages] + [mail.text for mail in eu.mails(str(order.customer.email))]
    assert all(page.status_code == 200 for page in pages) and len(said) >= 8
    for text in said:
        assert not OFFER.search(text), OFFER.search(text)
    assert await rows("SELECT 1 FROM codes") == []


async def test_the_person_is_given_their_declaration_and_taken_out_of_it(eu: World) -> None:
    order = await eu.place("spanish")
    shopper = await eu.shopper(order)
    made = await in_session(shopper, name="Lucía Withdraws")
    assert (await row(made["id"]))["state"] == "done"
    who = who_is(eu.ports, eu.shop, email=str(order.customer.email))
    (kept,) = (await export_person(eu.ports, eu.shop, who)).orders
    assert [(each.number, each.name) for each in kept.withdrawals] == [(made["number"], "Lucía Withdraws")]
    assert "/withdrawals/wl_" not in "".join(mail.text or "" for mail in kept.mails)
    await eu.until(_nothing_is_sent)
    assert await erase_person_of(eu.ports, eu.shop, shopper.order_id, "staff:tests") is None
    gone = await row(made["id"])
    assert (gone["name"], gone["contact"], gone["items"], gone["state"]) == ("", "", None, "done")


async def _nothing_is_sent() -> bool:
    return not await rows(
        "SELECT 1 FROM mails WHERE state <> 'sent' UNION ALL SELECT 1 FROM work WHERE kind = 'tell' AND state <> 'done'"
    )
