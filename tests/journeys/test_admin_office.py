"""The office over HTTP: erasing a person, the audit's sealed days, seeking codes, and settings read to the letter."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

from msgspec.structs import replace

from handlers.admin.exports import _cell
from plugin.access.roles import Role
from plugin.access.staff import PROOF_LASTS
from plugin.audit.models import AuditEvent
from plugin.audit.service import write_root
from plugin.db import rows, transaction
from tests.journeys.conftest import OpenWorld
from tests.journeys.desk import AtDesk, at_desk
from tests.journeys.test_admin_cases import LOOKS_AT_EVERYTHING
from tests.world import World


async def a_case(world: World) -> tuple[str, str, str]:
    """A finished cancellation of somebody of its own: the ids of the case and (the store's) of the order, and the
    address."""
    order = await world.place()
    email = f"{uuid4().hex}@mail.example"
    order = world.store.edit(order.id, customer=replace(order.customer, email=email))
    await world.send(order)
    await world.until(lambda: world.is_read(order))
    shopper = await world.shopper(order)
    case = await shopper.cancel()
    await shopper.until_state(case["id"], "done")
    await world.mail("cancelled", order)
    return case["id"], order.id, email


async def noted(world: World, kind: str) -> list[dict[str, Any]]:
    events = await AuditEvent.filter(shop_id=world.shop.id, kind=kind).order_by("n")
    return [json.loads(event.canonical) for event in events]


async def erased(ada: AtDesk, *, key: str | None = None, **whom: Any) -> tuple[int, dict[str, Any]]:
    answer = await ada.post("/persons/erase", key=key, **whom)
    return answer.status_code, answer.json()


async def test_a_person_is_erased_once_and_gone_afterwards(world: World) -> None:
    _, order_id, email = await a_case(world)
    ada = await at_desk(world, Role.ADMIN)
    done = await erased(ada, key="one", email=email)
    assert done == (200, {"orders": 1, "waiting": []})
    assert await erased(ada, key="one", email=email) == done
    assert (await erased(ada, key="one", orders=[order_id]))[1]["code"] == "idempotency_key_reused"
    assert (await ada.post("/exports/person", email=email)).json()["orders"] == []
    assert [said["actor"] for said in await noted(world, "erasure_asked")] == [ada.actor]


async def test_an_erasure_waits_for_an_open_case_and_says_so(open_world: OpenWorld) -> None:
    world = await open_world(policy=LOOKS_AT_EVERYTHING)
    order = await world.place()
    shopper = await world.shopper(order)
    case = await shopper.cancel()
    ada = await at_desk(world)
    status, said = await erased(ada, orders=[order.number])
    assert (status, said["orders"]) == (200, 0)
    assert said["waiting"] == [{"order_id": shopper.order_id, "why": "a case is open"}]
    assert (await ada.post(f"/cases/{case['id']}/refuse")).status_code == 200


async def test_erasing_needs_the_role_a_fresh_proof_and_somebody_of_this_shop(open_world: OpenWorld) -> None:
    ours, theirs = await open_world(), await open_world()
    _, order_id, email = await a_case(theirs)
    ada, approver = await at_desk(ours), await at_desk(ours, Role.APPROVER, "bo@lumen.example")
    assert await erased(ada, email=email, orders=[order_id]) == (200, {"orders": 0, "waiting": []})
    assert (await (await at_desk(theirs)).post("/exports/person", email=email)).json()["orders"]
    assert (await erased(ada))[1]["code"] == "nobody_named"
    assert (await erased(approver, email=email))[1]["permission"] == "export"
    await rows(
        "UPDATE staff_sessions SET proved_at = proved_at - $2::interval WHERE member_id = $1",
        ada.colleague.id, PROOF_LASTS * 2,
    )  # fmt: skip
    assert (await erased(ada, email=email))[1]["code"] == "reauthenticate"


async def test_a_sealed_day_is_listed_proved_and_found_out_when_it_was_changed(world: World) -> None:
    await a_case(world)
    ada, agent = await at_desk(world), await at_desk(world, Role.AGENT, "bo@lumen.example")
    day = world.ports.clock.now().date()
    path = f"/audit/days/{day}/verify"
    assert (await ada.ask("GET", path)).status_code == 404
    async with transaction(world.ports.doorbell) as tx:
        await write_root(tx, world.shop.id, day)
    (sealed,) = (await ada.get("/audit/days"))["days"]
    assert (sealed["day"], len(sealed["root"])) == (str(day), 64)
    assert await ada.get(path) == {"day": str(day), "is_whole": True}
    (event,) = await rows("SELECT id, hash FROM audit_events WHERE shop_id = $1 ORDER BY id LIMIT 1", world.shop.id)
    await rows("UPDATE audit_events SET hash = $2 WHERE id = $1", event["id"], "0" * 64)
    assert not (await ada.get(path))["is_whole"]
    await rows("UPDATE audit_events SET hash = $2 WHERE id = $1", event["id"], event["hash"])
    await rows("DELETE FROM audit_roots WHERE shop_id = $1", world.shop.id)
    for refused in (await agent.ask("GET", "/audit/days"), await agent.ask("GET", path)):
        assert (refused.status_code, refused.json()["permission"]) == (403, "read_audit")


async def test_sealed_days_go_page_by_page_and_are_the_shops_own(open_world: OpenWorld) -> None:
    ours, theirs = await open_world(), await open_world()
    for n in (1, 2, 3):
        await rows(
            "INSERT INTO audit_roots (id, shop_id, day, events, root) VALUES ($1, $2, $3::text::date, 1, 'r')",
            f"root_{ours.shop.id[-20:]}{n}", ours.shop.id, f"2026-01-0{n}",
        )  # fmt: skip
    ada, bob = await at_desk(ours), await at_desk(theirs)
    first = await ada.get("/audit/days", limit=2)
    second = await ada.get("/audit/days", limit=2, after=first["next"])
    days = [sealed["day"] for sealed in (*first["days"], *second["days"])]
    assert (days, second["next"]) == (["2026-01-03", "2026-01-02", "2026-01-01"], None)
    assert (await bob.get("/audit/days"))["days"] == []
    assert (await bob.ask("GET", "/audit/days/2026-01-01/verify")).status_code == 404
    await rows("DELETE FROM audit_roots WHERE shop_id = $1", ours.shop.id)


async def test_codes_are_sought_by_case_customer_and_state(world: World) -> None:
    cases = [(await a_case(world))[0] for _ in range(2)]
    ada = await at_desk(world, Role.VIEWER)
    for case_id in cases:
        (row,) = (await ada.get("/codes", case_id=case_id))["codes"]
        assert row["case_id"] == case_id
        assert (await ada.get("/codes", customer=row["customer"]))["codes"] == [row]
    assert len((await ada.get("/codes", state="minted"))["codes"]) == 2
    assert (await ada.get("/codes", state="redeemed"))["codes"] == []
    for wrong in ({"customer": "ana"}, {"state": "lost"}, {"case_id": "'"}):
        assert (await ada.ask("GET", "/codes", params=wrong)).status_code == 400


async def test_a_code_that_is_used_or_over_is_not_taken_back(world: World) -> None:
    case_id, _, _ = await a_case(world)
    ada = await at_desk(world, Role.ADMIN)
    (row,) = (await ada.get("/codes", case_id=case_id))["codes"]
    for state, order_id, refusal in (("redeemed", "o-1", "code_used"), ("expired", None, "code_expired")):
        await rows(
            "UPDATE codes SET state = $2, redeemed_order = $3::text, "
            "redeemed_at = CASE WHEN $3::text IS NOT NULL THEN now() END WHERE id = $1",
            row["id"], state, order_id,
        )  # fmt: skip
        late = await ada.post(f"/codes/{row['id']}/revoke")
        assert (late.status_code, late.json()["code"]) == (409, refusal)


async def test_a_setting_that_there_is_not_is_told_and_a_change_is_audited_with_its_values(world: World) -> None:
    ada = await at_desk(world)
    seen = await ada.get("/settings")
    settings, tag = seen["settings"], {"If-Match": seen["hash"]}
    for change, param in (
        ({"transit_dayz": 3}, "transit_dayz"),
        ({"codes": {**settings["codes"], "percents": 3}}, "codes.percents"),
        ({"codes": {**settings["codes"], "budgets": {"USD": 10**13}}}, "codes.budgets.USD"),
    ):  # fmt: skip
        refused = await ada.ask("PUT", "/settings", json={**settings, **change}, headers=tag)
        assert (refused.status_code, refused.json().get("param")) == (422, param), refused.text
    offer = await ada.ask("PUT", "/codes/offer", json={**settings["codes"], "percents": 3}, headers=tag)
    assert (offer.status_code, offer.json()["param"]) == (422, "percents")
    changed = {**settings, "transit_days": 9, "person": {**settings["person"], "reply_to": "hello@lumen.example"}}
    assert (await ada.ask("PUT", "/settings", json=changed, headers=tag)).status_code == 200
    (said,) = await noted(world, "settings_changed")
    assert said["data"]["values"] == ["person.reply_to", "transit_days: 5 -> 9"]
    assert "hello@" not in str(said)


def test_no_cell_of_an_export_is_computed() -> None:
    for begins in ("=", "+", "-", "@", "\t", "\r", "\n", "  =", "＝", "＋", "－", "＠"):
        assert _cell(f"{begins}1+1") == f"'{begins}1+1"
    assert [_cell(each) for each in (-5, None, "A-1")] == [-5, None, "A-1"]
