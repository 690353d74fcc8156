"""Cases that are rare and must end well all the same."""

from __future__ import annotations

from msgspec.structs import replace

from plugin.db import rows
from plugin.journeys import staff
from plugin.storefronts.demo.store import Behaviour
from plugin.storefronts.standard.wire import ShippingBody
from tests.journeys.steps import given_back, legs_of, quiet, templates
from tests.journeys.test_policy_outcomes import lines_of
from tests.nudges import hurry
from tests.world import World


async def test_an_order_that_cost_nothing_is_cancelled_and_nothing_is_paid_back(world: World) -> None:
    free = tuple(replace(line, unit_price=0, tax=0) for line in lines_of("fashion"))
    order = await world.place("fashion", lines=free, discounts=(), shipping=ShippingBody(), total=0, payments=())
    shopper = await world.shopper(order)
    case = await shopper.cancel()
    done = await shopper.until_state(case["id"], "done")
    assert (done["money"], done["money_by"]) == ([], None)
    assert "nothing to pay back" in " ".join((await world.mail("cancelled", order)).text.split())


async def test_a_paused_shop_decides_by_a_person(world: World) -> None:
    order = await world.place("fashion")
    shopper = await world.shopper(order)
    await rows("UPDATE shops SET paused = true")
    seen = await shopper.get("/v1/order")
    may = [action for line in seen["lines"] for action in line["actions"] if action["action"] == "cancel"]
    assert {action["outcome"] for action in may} == {"review"}
    case = await shopper.cancel()
    assert case["state"] == "in_review"
    await quiet(world)
    await staff.approve(world.ports, world.shop, case["id"], "ana")
    await shopper.until_state(case["id"], "done")
    assert await given_back(world, order) == order.total


async def test_a_timer_that_rings_too_early_is_not_lost(world: World) -> None:
    """The database's clock may be ahead of ours; the invariants find the timer in its place afterwards (I9)."""
    world.store.behaviour = Behaviour.PENDING
    shopper = await world.shopper(await world.place("fashion"))
    case = await shopper.cancel()
    await quiet(world)
    await hurry(world, "case_due", ref=case["id"])
    await quiet(world)
    assert (await shopper.case(case["id"]))["state"] == "awaiting_store"


async def test_one_of_two_parts_that_fails_late_concerns_its_own_case_only(world: World) -> None:
    order = await world.place("fashion", card="pm_card_refundFail")
    shopper = await world.shopper(order)
    first = await shopper.cancel(lines=[{"line_id": "scarf", "quantity": 1}])
    await shopper.until_state(first["id"], "done")
    rest = await shopper.cancel()
    await shopper.until_state(rest["id"], "done")

    (leg,) = await legs_of(first["id"])
    await world.stripe.settle_refund(leg["provider_id"])
    await shopper.until_state(first["id"], "with_person")
    await quiet(world)
    assert (await shopper.case(rest["id"]))["state"] == "done"
    assert "refund_problem" not in await templates(rest["id"])
    await staff.retry(world.ports, world.shop, leg["id"], "ana")
    await shopper.until_state(first["id"], "done")
    assert await given_back(world, order) == order.total
