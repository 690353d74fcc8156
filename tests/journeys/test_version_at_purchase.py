"""An order is judged by the better of the policy at its purchase and the current one; its case says which it was."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from plugin.cases.store import get_case
from plugin.db import transaction
from plugin.policies.document import Fee, Policy, Then
from plugin.policies.models import PolicyVersion
from plugin.policies.ready import default_policy
from plugin.policies.reasons import Outcome, Reason
from plugin.policies.service import publish
from tests.journeys.conftest import OpenWorld
from tests.world import World


def answering(then: Then) -> Policy:
    """The policy that shops begin with, but with another answer to what no row is about."""
    policy = default_policy()
    return replace(policy, otherwise=replace(policy.otherwise, cancel=then))


STRICT = answering(Then(outcome=Outcome.REFUSE, reason=Reason.NOT_OFFERED))
WITH_FEE = answering(Then(outcome=Outcome.APPROVE, fee=Fee(percent=10)))


async def now_live(world: World, policy: Policy) -> None:
    async with transaction(world.ports.doorbell) as tx:
        await publish(tx, shop_id=world.shop.id, policy=policy, by="ana", at=world.ports.clock.now())


async def deciding_version(world: World, case_id: str) -> int | None:
    case = await get_case(world.shop.id, case_id)
    return (await PolicyVersion.get(id=case.policy_id)).number


async def test_what_was_promised_at_purchase_is_kept_when_the_policy_becomes_stricter(world: World) -> None:
    before = await world.shopper(await world.place("fashion"))
    await now_live(world, STRICT)
    after = await world.shopper(await world.place("fashion"))

    shown = await before.get("/v1/order")
    assert shown["whole"]["outcome"] == "approve"
    may = [action for line in shown["lines"] for action in line["actions"] if action["action"] == "cancel"]
    assert {action["outcome"] for action in may} == {"approve"}
    done = await before.cancel()
    await before.until_state(done["id"], "done")
    assert await deciding_version(world, done["id"]) == 1

    refused = await after.cancel()
    assert refused["state"] == "refused"
    assert await deciding_version(world, refused["id"]) == 2


async def test_a_policy_that_became_kinder_is_everybodys(open_world: OpenWorld) -> None:
    world = await open_world(policy=WITH_FEE)
    shopper = await world.shopper(await world.place("fashion"))
    with_fee = await shopper.preview()
    await now_live(world, default_policy())
    without = await shopper.preview()
    assert without["digest"] != with_fee["digest"]
    done = await shopper.cancel()
    await shopper.until_state(done["id"], "done")
    assert await deciding_version(world, done["id"]) == 2


async def test_an_order_from_before_the_first_policy_was_promised_nothing_and_has_the_current_one(world: World) -> None:
    placed_at = datetime.now(UTC) - timedelta(days=3)
    shopper = await world.shopper(await world.place("fashion", placed_at=placed_at))
    assert (await shopper.preview())["outcome"] == "approve"
    await now_live(world, STRICT)
    assert (await shopper.preview())["outcome"] == "refuse"


async def test_a_tie_goes_to_the_version_at_purchase(world: World) -> None:
    shopper = await world.shopper(await world.place("fashion"))
    await now_live(world, replace(default_policy(), name="The same in other words"))
    done = await shopper.cancel()
    await shopper.until_state(done["id"], "done")
    assert await deciding_version(world, done["id"]) == 1
