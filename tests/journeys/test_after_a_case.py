"""After a case: where the money is, a promise that is missed, and how easy it was."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import partial

import httpx

from plugin.db import rows
from plugin.journeys.effort import find_closed_cases
from plugin.journeys.late_money import tell_of_late_money
from tests.journeys.steps import alerts, charged, quiet, templates
from tests.nudges import one
from tests.world import Shopper, World


async def _pending(world: World) -> tuple[Shopper, str]:
    order = await world.place("fashion", card="pm_card_pendingRefund")
    shopper = await world.shopper(order)
    case = await shopper.cancel()
    await shopper.until_state(case["id"], "executing")
    await world.mail("cancelled", order)
    return shopper, str(case["id"])


async def test_money_on_its_way_is_with_the_provider_and_then_with_the_bank_under_its_reference(world: World) -> None:
    shopper, case_id = await _pending(world)
    (on_its_way,) = (await shopper.get("/v1/order/money"))["refunds"]
    assert (on_its_way["holder"], on_its_way["is_late"], on_its_way["case_id"]) == ("provider", False, case_id)
    assert on_its_way["steps"] == ["The payment provider has it and passes it on to your bank."]

    (refund,) = (await charged(world, world.store.orders["1001"])).refunds
    await world.stripe.settle_refund(refund.id)
    await shopper.until_state(case_id, "done")
    (arrived,) = (await shopper.get("/v1/order/money"))["refunds"]
    assert arrived["holder"] == "bank"
    assert arrived["bank_reference"] in arrived["steps"][0]
    assert (arrived["by"], arrived["money"]) == (on_its_way["by"], on_its_way["money"])


async def test_an_order_without_refunds_says_so(world: World) -> None:
    shopper = await world.shopper(await world.place("fashion"))
    assert (await shopper.get("/v1/order/money"))["sentence"] == "No refund belongs to this order."


async def test_a_missed_promise_is_told_to_the_shopper_and_the_staff_once_and_the_money_page_says_it_too(
    world: World,
) -> None:
    shopper, case_id = await _pending(world)
    assert await tell_of_late_money(world.ports) == 0
    await rows("UPDATE refund_legs SET promised_for = promised_for - 40 WHERE case_id = $1", case_id)
    assert await tell_of_late_money(world.ports) == 1
    assert await tell_of_late_money(world.ports) == 0

    letter = await world.mail("promise_missed", world.store.orders["1001"])
    assert "We are sorry." in letter.text
    await quiet(world)
    assert (await templates(case_id)).count("promise_missed") == 1
    assert "promise_missed" in await alerts(case_id)
    (late,) = (await shopper.get("/v1/order/money"))["refunds"]
    assert late["is_late"]
    assert late["steps"][0].startswith("This is later than we promised, and we are sorry.")
    noted = await one("SELECT count(*) AS n FROM audit_events WHERE kind = 'promise_missed'")
    assert noted["n"] == 1


async def test_money_that_has_arrived_is_not_apologised_for(world: World) -> None:
    shopper, case_id = await _pending(world)
    await rows("UPDATE refund_legs SET promised_for = promised_for - 40 WHERE case_id = $1", case_id)
    (refund,) = (await charged(world, world.store.orders["1001"])).refunds
    await world.stripe.settle_refund(refund.id)
    await shopper.until_state(case_id, "done")
    assert await tell_of_late_money(world.ports) == 0


def _zone_where_it_is(hour: int) -> str:
    """A zone in which it is about this hour just now. ``Etc/GMT-5`` is five hours before Greenwich."""
    ahead = (hour - datetime.now(UTC).hour + 11) % 24 - 11
    return f"Etc/GMT{-ahead:+d}"


async def _done(world: World, hour: int = 12) -> tuple[Shopper, str]:
    """A case that was closed more than a day ago, of a shopper where it is this hour."""
    order = await world.place("fashion", time_zone=_zone_where_it_is(hour))
    shopper = await world.shopper(order)
    case = await shopper.cancel()
    await shopper.until_state(case["id"], "done")
    await world.mail("cancelled", order)
    return shopper, str(case["id"])


async def _a_day_passes(case_id: str) -> None:
    await rows("UPDATE cases SET closed_at = closed_at - interval '25 hours' WHERE id = $1", case_id)


async def _link(world: World) -> str:
    letter = await world.mail("effort_asked", world.store.orders["1001"])
    found = re.search(r"/effort/ef_[\w-]+", letter.text)
    assert found
    return found.group(0)


async def test_the_question_comes_a_day_later_once_and_a_low_score_goes_to_a_person_with_the_story(
    world: World,
) -> None:
    _, case_id = await _done(world)
    await find_closed_cases(world.ports)
    assert (await one("SELECT count(*) AS n FROM work WHERE kind = 'ask_effort'"))["n"] == 0
    await _a_day_passes(case_id)
    for _ in range(3):
        await find_closed_cases(world.ports)
    url = await _link(world)
    await find_closed_cases(world.ports)
    await quiet(world)
    assert (await templates(case_id)).count("effort_asked") == 1

    async with httpx.AsyncClient(base_url=world.url) as browser:
        for _ in range(3):  # a mail scanner opens links; nothing is answered by that
            assert "7, very easy" in (await browser.get(url)).text
        assert (await one("SELECT count(*) AS n FROM effort_questions WHERE score IS NOT NULL"))["n"] == 0
        said = await browser.post(url, data={"score": "2", "words": "I had to look for the link."})
        again = await browser.post(url, data={"score": "7"})
        assert "Thank you" in said.text and again.status_code in (200, 201)
        for bad in ("0", "8", "seven", ""):
            assert (await browser.post(url, data={"score": bad})).status_code == 400
        assert (await browser.post(url + "x", data={"score": "7"})).status_code == 404
    kept = await one("SELECT score, words FROM effort_questions")
    assert (kept["score"], kept["words"]) == (2, "I had to look for the link.")
    told = await one("SELECT data FROM happenings WHERE kind = 'effort_answered'")
    assert '"score": 2' in str(told["data"]).replace("'", '"') and "link" not in str(told["data"])
    alert = await world.until(partial(_hard_work, world))
    assert "C-" in alert.text


async def _hard_work(world: World) -> object:
    return next((mail for mail in world.mails() if "did not have it easy" in mail.subject), None)


async def test_nobody_is_asked_at_night(world: World) -> None:
    _, case_id = await _done(world, hour=2)
    await _a_day_passes(case_id)
    await find_closed_cases(world.ports)
    work = await one("SELECT not_before > now() + interval '4 hours' AS waits FROM work WHERE kind = 'ask_effort'")
    assert work["waits"]


async def test_the_page_and_the_api_take_the_answer_of_a_closed_case_only(world: World) -> None:
    open_shopper, open_case = await _pending(world)
    refused = await world.http.post(f"/v1/cases/{open_case}/effort", json={"score": 7}, headers=open_shopper.headers)
    assert (refused.status_code, refused.json()["code"]) == (409, "not_closed_yet")
    (refund,) = (await charged(world, world.store.orders["1001"])).refunds
    await world.stripe.settle_refund(refund.id)
    await open_shopper.until_state(open_case, "done")
    answered = await world.http.post(f"/v1/cases/{open_case}/effort", json={"score": 7}, headers=open_shopper.headers)
    assert answered.status_code == 204
    assert (await one("SELECT score FROM effort_questions"))["score"] == 7


async def test_a_withdrawal_is_never_asked_about(world: World) -> None:
    _, case_id = await _done(world)
    await rows("UPDATE cases SET basis = 'statutory' WHERE id = $1", case_id)
    await _a_day_passes(case_id)
    await find_closed_cases(world.ports)
    assert (await one("SELECT count(*) AS n FROM work WHERE kind = 'ask_effort'"))["n"] == 0
