"""A person of the shop at the command line: what waits for them, and what follows when they say yes or no."""

from __future__ import annotations

from plugin.audit.models import AuditEvent
from plugin.policies.ready import default_policy
from tests.fixtures_command import Comeback
from tests.journeys.conftest import OpenWorld

A_SECRET = {"COMEBACK_SECRET_KEY": "a test secret that is long enough to be one"}
LOOKS_AT_EVERYTHING = default_policy({"USD": 1})


async def test_a_person_sees_what_waits_and_approves_it(open_world: OpenWorld, comeback: Comeback) -> None:
    world = await open_world(policy=LOOKS_AT_EVERYTHING)
    order = await world.place()
    shopper = await world.shopper(order)
    case = await shopper.cancel()
    listed = (await comeback("case", "list", world.shop.id, "--json", **A_SECRET)).json
    assert [(each["case"], each["state"]) for each in listed] == [(case["id"], "in_review")]
    shown = (await comeback("case", "show", world.shop.id, case["id"], **A_SECRET)).json
    assert shown["audit"][0]["kind"] == "order_received"
    approved = await comeback("case", "approve", world.shop.id, case["id"], "--by", "Ana", **A_SECRET)
    assert approved.out == "✓ Approved. The store is being asked.\n"
    await shopper.until_state(case["id"], "done")
    assert (await world.stripe.payment(order.payments[0].stripe_payment_intent or "")).refunded == order.total
    audited = [event.canonical for event in await AuditEvent.filter(order_id=shopper.order_id)]
    assert any('"actor":"staff:Ana"' in event for event in audited)


async def test_a_person_refuses_and_cannot_do_so_twice(open_world: OpenWorld, comeback: Comeback) -> None:
    world = await open_world(policy=LOOKS_AT_EVERYTHING)
    shopper = await world.shopper(await world.place())
    case = await shopper.cancel()
    first = await comeback("case", "refuse", world.shop.id, case["id"], "--by", "Ana", **A_SECRET)
    again = await comeback("case", "refuse", world.shop.id, case["id"], "--by", "Ana", **A_SECRET)
    assert first.status == 0
    assert (again.status, "is refused" in again.err) == (1, True)
    assert (await shopper.case(case["id"]))["state"] == "refused"


async def test_the_report_of_codes_shows_the_way_of_each(open_world: OpenWorld, comeback: Comeback) -> None:
    world = await open_world()
    shopper = await world.shopper(await world.place())
    case = await shopper.cancel()
    done = await shopper.until_state(case["id"], "done")
    report = (await comeback("codes", "report", world.shop.id, "--json", **A_SECRET)).json
    assert (report["minted"], report["redeemed"]) == (1, 0)
    assert [way["case_number"] for way in report["codes"]] == [done["number"]]
    table = await comeback("codes", "report", world.shop.id, **A_SECRET)
    assert done["number"] in table.out
