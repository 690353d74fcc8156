"""What a person of the shop does with a declaration, over HTTP: sees it, says which order it means and whether it has
effect, once, under their name. Nothing says no by itself: not for exempt goods, not to a business."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from msgspec.structs import replace

from plugin.access.roles import Role
from plugin.db import rows
from plugin.ports.orders import LineKind
from plugin.storefronts.demo.samples import build_sample
from tests.journeys.desk import AtDesk, at_desk
from tests.journeys.sending_back import delivered
from tests.journeys.steps import count, quiet
from tests.journeys.withdrawing import cases_of, in_session, mail_to, row, sent, statement, withdraw
from tests.nudges import refunds
from tests.world import World

LUCIAS = build_sample("spanish", id="1", at=datetime(2026, 11, 23, tzinfo=UTC), payment_intent="pi_none")


async def _order_id(external_id: str) -> str:
    (found,) = await rows("SELECT id FROM orders WHERE external_id = $1", external_id)
    return str(found["id"])


async def test_the_desk_lists_and_shows_what_waits_finds_its_order_and_lets_it_take_effect_once(eu: World) -> None:
    order = await eu.place("spanish")
    first = await withdraw(eu, statement(order_number="#typo", name="Ana Ruiz", items="1 x Vestido de lino"))
    second = await withdraw(eu, statement(order_number="#none"))
    ada, viewer = await at_desk(eu, Role.AGENT), await at_desk(eu, Role.VIEWER, "vera@lumen.example")

    page = await ada.get("/withdrawals", state="with_person", limit=1)
    rest = await ada.get("/withdrawals", state="with_person", limit=1, after=page["next"])
    assert [each["id"] for each in (*page["withdrawals"], *rest["withdrawals"])] == [second["id"], first["id"]]
    assert (page["withdrawals"][0]["why"], rest["next"]) == ("no_such_order", None)
    assert (await ada.get("/withdrawals", state="in_effect"))["withdrawals"] == []
    whole = await viewer.get(f"/withdrawals/{first['id']}")
    assert (whole["name"], whole["contact"], whole["items"]) == ("Ana Ruiz", "lucia@example.com", "1 x Vestido de lino")
    for step, body in (("assign", {"order_id": "x"}), ("take-effect", {}), ("ineffective", {"reason": "no_contract"})):
        assert (await viewer.post(f"/withdrawals/{first['id']}/{step}", **body)).status_code == 403

    at, key = f"/withdrawals/{first['id']}", uuid4().hex
    early = await ada.post(f"{at}/take-effect")
    assert (early.status_code, early.json()["code"]) == (409, "withdrawal_without_order")
    assert (await ada.post(f"{at}/assign", order_id="ord_of_nobody")).status_code == 404
    assert (await ada.post("/withdrawals/wd_of_nobody/close")).status_code == 404
    assigned = await ada.post(f"{at}/assign", order_id=await _order_id(order.id))
    assert (assigned.status_code, assigned.json()["order_id"]) == (200, await _order_id(order.id))
    taken, again = [await ada.post(f"{at}/take-effect", key=key) for _ in range(2)]
    assert (taken.status_code, taken.json()["state"], again.json()) == (200, "in_effect", taken.json())
    assert (
        await ada.post(f"{at}/take-effect", key=key, lines=[{"line_id": "vestido", "quantity": 1}])
    ).status_code == 422
    assert (await ada.post(f"{at}/ineffective", reason="no_contract")).json()["code"] == "withdrawal_not_with_a_person"
    await quiet(eu)

    assert (await row(first["id"]))["state"] == "done"
    assert await refunds(eu) == [(8990, "succeeded")]
    assert await count("audit_events", f"kind = 'withdrawal_in_effect' AND canonical LIKE '%{ada.actor}%'") == 1


async def test_only_a_person_with_a_reason_of_the_closed_list_calls_it_ineffective_and_takes_it_back(eu: World) -> None:
    made = await withdraw(eu, statement(order_number="#none"))
    ada, at = await at_desk(eu, Role.AGENT), f"/withdrawals/{made['id']}"
    for body in ({}, {"reason": "because"}, {"reason": "out_of_time", "more": 1}):
        assert (await ada.post(f"{at}/ineffective", **body)).status_code == 400
    keyless = await eu.http.post(
        f"/v1/admin{at}/ineffective", json={"reason": "no_contract"}, headers=dict(ada.colleague.headers)
    )
    assert (keyless.status_code, (await row(made["id"]))["state"]) == (400, "with_person")

    key = uuid4().hex
    called, again = [await ada.post(f"{at}/ineffective", key=key, reason="no_contract") for _ in range(2)]
    assert (called.json()["state"], called.json()["ineffective_reason"], again.json()) == (
        "ineffective", "no_contract", called.json(),
    )  # fmt: skip
    assert called.json()["ineffective_by"] == ada.actor
    told = await mail_to(eu, "withdrawal_ineffective", "lucia@example.com")
    assert "could not find a contract" in told.text
    assert (await ada.post(f"{at}/reopen")).json()["state"] == "with_person"
    assert (await ada.post(f"{at}/close")).json()["state"] == "done"
    assert (await ada.post(f"{at}/close")).status_code == 409
    assert len([mail for mail in eu.mails("lucia@example.com") if "About your withdrawal" in mail.subject]) == 1


async def _acknowledged_and_open(eu: World, ada: AtDesk, withdrawal_id: str, to: str, why: str) -> None:
    """It stands: acknowledged without a word of refusal, with a person, and nothing has moved."""
    received = await mail_to(eu, "withdrawal_acknowledged", to)
    assert "exempt" not in received.text and "business" not in received.text
    seen = (await ada.get(f"/withdrawals/{withdrawal_id}"))["withdrawal"]
    assert (seen["state"], seen["why"], seen["cases"]) == ("with_person", why, [])
    assert await refunds(eu) == []
    assert await count("mails", "template = 'staff_alert'") == 1


async def test_exempt_goods_are_acknowledged_and_a_person_says_for_which_items_it_has_effect(eu: World) -> None:
    order = await eu.place("spanish", lines=tuple(replace(x, personalised=x.id == "vestido") for x in LUCIAS.lines))
    shopper, ada = await eu.shopper(order), await at_desk(eu, Role.AGENT)
    made = await in_session(shopper)
    await _acknowledged_and_open(eu, ada, made["id"], str(order.customer.email), "exempt_goods")

    shoes = [{"line_id": "alpargatas", "quantity": 2}]
    unsaid = await ada.post(f"/withdrawals/{made['id']}/take-effect", lines=shoes)
    assert (unsaid.status_code, unsaid.json()["code"]) == (422, "withdrawal_reason_missing")
    taken = await ada.post(f"/withdrawals/{made['id']}/take-effect", lines=shoes, rest="exempt_goods")
    assert taken.status_code == 200, taken.text
    assert (taken.json()["ineffective_reason"], taken.json()["ineffective_by"]) == ("exempt_goods", ada.actor)
    await quiet(eu)
    (case,) = await cases_of(made["id"])
    assert (case["basis"], case["state"], case["takes_shipping"]) == ("statutory", "done", False)
    (cost,) = await rows("SELECT sum(worth)::bigint AS n FROM case_units WHERE case_id = $1", case["id"])
    assert await refunds(eu) == [(cost["n"], "succeeded")]
    told = await mail_to(eu, "withdrawal_in_effect", str(order.customer.email))
    assert "Para los demás artículos de tu declaración no tiene efecto." in told.text
    rest = await in_session(shopper, lines=[{"line_id": "vestido", "quantity": 1}])
    said = await ada.post(f"/withdrawals/{rest['id']}/ineffective", reason="exempt_goods")
    assert said.json()["state"] == "ineffective"


@pytest.mark.parametrize(("kind", "why"), [(LineKind.DIGITAL, "perhaps_begun"), (LineKind.GIFT_CARD, "exempt_goods")])
async def test_what_no_parcel_brings_back_is_looked_at_by_a_person_and_then_paid_back_without_one(
    eu: World, kind: LineKind, why: str
) -> None:
    """The download is given out, and so is the gift card that was bought; the shoes beside them are sent back."""
    lines = tuple(replace(x, kind=kind) if x.id == "vestido" else x for x in LUCIAS.lines)
    order = await delivered(eu, "spanish", lines=lines)
    shopper, ada = await eu.shopper(order), await at_desk(eu, Role.AGENT)
    made = await in_session(shopper)
    await _acknowledged_and_open(eu, ada, made["id"], str(order.customer.email), why)
    assert (await ada.post(f"/withdrawals/{made['id']}/take-effect")).status_code == 200
    await quiet(eu)

    paid, awaited = sorted(await cases_of(made["id"]), key=lambda case: case["owed"], reverse=True)
    assert [(case["state"], case["owed"]) for case in (paid, awaited)] == [("done", 8990), ("awaiting_goods", 6900)]
    assert await refunds(eu) == [(8990, "succeeded")]
    (parcel,) = await rows("SELECT id, case_id FROM parcels")
    assert parcel["case_id"] == awaited["id"]
    told = (await mail_to(eu, "withdrawal_in_effect", str(order.customer.email))).text
    kept, sent_back = told.index("no hay que devolver nada"), told.index("Envía de vuelta estos")
    assert kept < told.index("Vestido de lino") < sent_back < told.index("Alpargatas")
    assert "suscripción" not in told
    await sent(eu, parcel["id"])
    assert sum(amount for amount, _ in await refunds(eu)) == order.total
    assert (await row(made["id"]))["state"] == "in_effect"  # the shoes have yet to be looked at


async def test_a_business_is_never_told_no_by_itself_and_the_shop_may_grant_it(eu: World) -> None:
    order = await eu.place("spanish", customer=replace(LUCIAS.customer, is_business=True))
    shopper, ada = await eu.shopper(order), await at_desk(eu, Role.AGENT)
    assert (await shopper.get("/v1/order"))["withdrawal"] is None
    made = await in_session(shopper)
    await _acknowledged_and_open(eu, ada, made["id"], str(order.customer.email), "business_buyer")

    at = f"/withdrawals/{made['id']}"
    assert (await ada.post(f"{at}/ineffective", reason="business_buyer")).status_code == 200
    told = await mail_to(eu, "withdrawal_ineffective", str(order.customer.email))
    assert "empresa" in told.text
    assert (await ada.post(f"{at}/reopen")).status_code == 200
    assert (await ada.post(f"{at}/take-effect")).status_code == 200
    await quiet(eu)
    assert await refunds(eu) == [(order.total, "succeeded")]
