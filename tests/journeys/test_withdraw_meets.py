"""A withdrawal that meets another one, a carrier, a strange number or another language."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from plugin.access.roles import Role
from plugin.db import rows
from plugin.shops.service import carrier_secrets
from plugin.shops.settings import OwnLabels
from tests.doors import knock, standard_headers
from tests.journeys.conftest import OpenWorld
from tests.journeys.desk import at_desk
from tests.journeys.sending_back import delivered, post
from tests.journeys.steps import alerts, quiet, templates
from tests.journeys.withdrawing import SPANISH, cases_of, in_session, link_in, mail_to, row, statement, withdraw
from tests.nudges import cancellations, hurry, let_its_date_come, nothing_is_due, one, refunds
from tests.world import Shopper, World, shop_settings

NUMBER = "ES0042"
HERE = {"Accept": "text/html", "Accept-Language": "en", "Sec-Fetch-Site": "same-origin"}


async def test_two_declarations_that_cross_pay_once_and_the_second_belongs_to_the_first_or_waits_for_a_person(
    eu: World,
) -> None:
    order = await eu.place("spanish")
    shopper = await eu.shopper(order)
    made = [await withdraw(eu, statement(order)) for _ in range(2)]
    third, *answers = await asyncio.gather(
        in_session(shopper), *[post(shopper, f"/v1/order/withdrawals/{each['id']}/verify") for each in made]
    )
    assert [answer.status_code for answer in answers] == [200, 200]
    await quiet(eu)

    assert await refunds(eu) == [(order.total, "succeeded")]
    assert len(cancellations(eu)) == 1
    assert len(await rows("SELECT 1 FROM cases")) == 1
    ends = [await row(each["id"]) for each in (*made, third)]
    assert all(
        each["state"] == "done" or (each["state"], each["person_reason"]) == ("with_person", "nothing_left")
        for each in ends
    )
    assert any(each["state"] == "done" for each in ends)


async def _withdrawn(eu: World) -> tuple[Shopper, dict[str, Any], dict[str, Any]]:
    """A whole order that has arrived, withdrawn from; its case and its parcel."""
    shopper = await eu.shopper(await delivered(eu, "spanish"))
    made = await in_session(shopper)
    (case,) = await cases_of(made["id"])
    parcel = await one("SELECT * FROM parcels WHERE case_id = $1", case["id"])
    assert (case["state"], await refunds(eu)) == ("awaiting_goods", [])
    return shopper, made, {"case": case, "parcel": parcel}


async def test_the_carriers_first_scan_of_the_number_told_pays_within_the_laws_days(eu: World) -> None:
    shopper, made, has = await _withdrawn(eu)
    told = await post(shopper, f"/v1/cases/{has['case']['id']}/tracking", {"carrier": "Correos", "number": NUMBER})
    await quiet(eu)
    assert (told.status_code, await refunds(eu)) == (200, [])  # an announcement is no scan
    ada = await at_desk(eu, Role.AGENT)
    seen = await ada.post(f"/parcels/{has['parcel']['id']}/seen", seen="in_transit")
    assert seen.status_code == 200, seen.text
    await quiet(eu)

    await _is_paid_by_law(eu, made, has)


async def test_a_number_that_nobody_has_seen_is_looked_up_by_a_person_before_the_laws_day(eu: World) -> None:
    shopper, made, has = await _withdrawn(eu)
    due: datetime = (await row(made["id"]))["due_at"]
    assert due == (await row(made["id"]))["confirmed_at"] + timedelta(days=11)
    await _its_date_comes(eu, made["id"])
    assert (await row(made["id"]))["state"] == "in_effect"  # nothing was sent: the shopper still has its time
    await post(shopper, f"/v1/cases/{has['case']['id']}/tracking", {"carrier": "Correos", "number": NUMBER})
    await _its_date_comes(eu, made["id"])
    waits = await row(made["id"])
    assert (waits["state"], waits["person_reason"]) == ("with_person", "sending_told")

    ada = await at_desk(eu, Role.AGENT)
    assert (await ada.post(f"/parcels/{has['parcel']['id']}/seen", seen="in_transit")).status_code == 200
    await quiet(eu)
    assert await refunds(eu) == [(has["case"]["owed"], "succeeded")]


async def _its_date_comes(eu: World, withdrawal_id: str) -> None:
    await rows("UPDATE withdrawals SET due_at = now() - interval '1 second' WHERE id = $1", withdrawal_id)
    await hurry(eu, "withdrawal_due")
    await nothing_is_due(eu)


async def _scanned(eu: World, id: str) -> None:
    """The carrier reports its first scan of the number, signed, and once more."""
    (secret,) = carrier_secrets((eu.new_shop.webhook_secret,))
    report = {"id": id, "kind": "in_transit", "happened_at": datetime.now(UTC).isoformat(), "tracking_number": NUMBER}
    body = json.dumps(report).encode()
    for _ in range(2):
        assert (await knock(eu, "carrier", body, standard_headers(secret, body, id=id))).status_code == 202
    await quiet(eu)


async def test_the_carriers_own_signed_scan_pays_once_within_the_laws_days_and_nobody_is_asked(eu: World) -> None:
    shopper, made, has = await _withdrawn(eu)
    await post(shopper, f"/v1/cases/{has['case']['id']}/tracking", {"carrier": "Correos", "number": NUMBER})
    await _scanned(eu, "scan-1")
    await _is_paid_by_law(eu, made, has)
    assert (await one("SELECT state FROM parcels WHERE id = $1", has["parcel"]["id"]))["state"] == "in_transit"
    assert (await row(made["id"]))["person_reason"] is None


async def _is_paid_by_law(eu: World, made: dict[str, Any], has: dict[str, Any]) -> None:
    """Once, and promised for the fourteenth day after the declaration at the latest."""
    assert await refunds(eu) == [(has["case"]["owed"], "succeeded")]
    (leg,) = await rows("SELECT promised_for FROM refund_legs WHERE case_id = $1", has["case"]["id"])
    confirmed: datetime = (await row(made["id"]))["confirmed_at"]
    assert leg["promised_for"] <= (confirmed + timedelta(days=14)).date()


async def test_goods_never_sent_come_to_a_person_and_a_later_proof_of_sending_still_pays(eu: World) -> None:
    shopper, made, has = await _withdrawn(eu)
    case_id = has["case"]["id"]
    await rows("UPDATE parcels SET send_by = now() - interval '90 days' WHERE id = $1", has["parcel"]["id"])
    await let_its_date_come(eu, case_id)
    await nothing_is_due(eu)
    waits = await one("SELECT * FROM cases WHERE id = $1", case_id)
    assert (waits["state"], waits["person_reason"]) == ("with_person", "not_sent")
    assert (await alerts(case_id), await refunds(eu)) == (["review"], [])
    assert "return_expired" not in await templates(case_id)  # the withdrawal stands: nobody says that it is over
    assert "número de seguimiento" in (await shopper.case(case_id))["sentence"]
    await _its_date_comes(eu, made["id"])
    assert (await row(made["id"]))["state"] == "in_effect"  # its case has a person already, and no money is late

    told = await post(shopper, f"/v1/cases/{case_id}/tracking", {"carrier": "Correos", "number": NUMBER})
    assert told.status_code == 200, told.text
    await _its_date_comes(eu, made["id"])
    assert (await row(made["id"]))["person_reason"] == "sending_told"
    await _scanned(eu, "scan-2")
    await _is_paid_by_law(eu, made, has)
    goes_on = await one("SELECT state, person_reason FROM cases WHERE id = $1", case_id)
    assert goes_on == {"state": "awaiting_goods", "person_reason": None}


async def test_the_pages_say_the_same_of_a_number_that_is_none(eu: World) -> None:
    order = await eu.place("spanish")
    said = []
    for number in (order.number, "#no-such"):
        form = {"name": "A", "number": number, "contact": "ana@example.com", "part": "whole"}
        review = await eu.http.post(f"/shops/{eu.shop.id}/withdraw", data=form, headers=HERE)
        found = re.search(r'action="(/shops/[^"]+/withdraw/[^"]+)"', review.text)
        assert found
        said.append([_without_names(page, number) for page in (review, await eu.http.post(found[1], headers=HERE))])
        await nothing_is_due(eu)
    assert said[0] == said[1]


def _without_names(page: httpx.Response, number: str) -> tuple[int, str]:
    text = re.sub(r"wd_\w+|W-\w+|nonce=\"[^\"]*\"|nonce-[\w+/=-]+|\d+", "-", page.text.replace(number, "-"))
    return page.status_code, text


async def test_each_mail_is_in_the_language_of_whom_it_goes_to(eu: World) -> None:
    order = await eu.place("russian")
    await withdraw(eu, statement(order, contact="ana@example.com", locale="es"))
    theirs = await mail_to(eu, "withdrawal_acknowledged", "ana@example.com")
    assert "Hemos recibido tu desistimiento" in theirs.subject
    asked = await mail_to(eu, "withdrawal_asked", str(order.customer.email))
    assert re.search("[а-яё]{5}", asked.subject)
    assert (await eu.http.post(link_in(asked.text))).status_code == 200
    await nothing_is_due(eu)


async def test_a_shop_shows_its_own_labels_for_its_country_on_every_page_and_in_the_api(open_world: OpenWorld) -> None:
    own = OwnLabels(language="nl", withdraw="Hier de overeenkomst herroepen", confirm="Herroeping bevestigen")
    belgian = await open_world(settings=shop_settings(**SPANISH | {"country": "BE"}, withdrawal_labels={"BE": own}))
    page = await belgian.http.get(f"/shops/{belgian.shop.id}/withdraw", headers=HERE)
    assert f'<span lang="nl">{own.withdraw}</span>' in page.text
    assert page.text.count(own.withdraw) >= 2  # the foot of every page has it, too
    declared = await belgian.http.post(f"/v1/shops/{belgian.shop.id}/withdrawals", json=statement())
    assert declared.json()["labels"] == {"language": "nl", "withdraw": own.withdraw, "confirm": own.confirm}
