"""A row in shadow or suggesting leaves the answer to a person; who agrees with it often enough makes it automatic."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from plugin.cases.service import decision_of
from plugin.cases.store import get_case
from plugin.cases.trust import Agreement, Answer, Disagreement, agreement, seen_by_staff
from plugin.db import rows, transaction
from plugin.journeys import staff
from plugin.journeys.on_desk import Less
from plugin.policies.document import Fee, Policy
from plugin.policies.modes import with_mode
from plugin.policies.ready import default_policy
from plugin.policies.reasons import Mode, Outcome
from plugin.policies.service import promote, publish
from plugin.ports.orders import LineKind
from plugin.storefronts.demo.samples import build_sample
from tests.journeys.conftest import OpenWorld
from tests.journeys.steps import given_back, quiet
from tests.world import World

LONG_AGO = datetime.now(UTC) - timedelta(days=90)
UNSHIPPED = "otherwise.cancel"


def on_trial(mode: Mode) -> Policy:
    """The policy that shops begin with, its usual yes left to a person."""
    return with_mode(default_policy(), UNSHIPPED, mode)


async def an_ask(world: World) -> Any:
    order = await world.place("fashion")
    return (await (await world.shopper(order)).cancel())["id"]


async def of_row(world: World, name: str = UNSHIPPED) -> Agreement:
    (found,) = [each for each in await agreement(world.shop.id, LONG_AGO) if each.row == name]
    return found


async def trust(world: World, mode: Mode) -> None:
    async with transaction(world.ports.doorbell) as tx:
        await promote(tx, shop_id=world.shop.id, row=UNSHIPPED, mode=mode, by="ana", at=world.ports.clock.now())


async def alert(world: World, case_id: str) -> str:
    await quiet(world)
    number = (await get_case(world.shop.id, case_id)).number
    (mail,) = [mail for mail in world.mails() if f"comeback case show {world.shop.id} {number}" in mail.text]
    return " ".join(mail.text.split())


async def test_what_a_row_in_shadow_would_say_is_kept_and_shown_only_after_the_person_has_answered(
    open_world: OpenWorld,
) -> None:
    world = await open_world(policy=on_trial(Mode.SHADOW))
    order = await world.place("fashion")
    shopper = await world.shopper(order)
    assert (await shopper.preview())["outcome"] == "review"
    asked = await shopper.cancel()
    assert (asked["state"], asked["waiting_on"]) == ("in_review", "staff")
    case = await get_case(world.shop.id, asked["id"])
    assert decision_of(case).proposed is Outcome.APPROVE
    seen = seen_by_staff(case)
    assert seen.proposed is None
    assert all(line.proposed is None and line.verdicts == () for line in seen.lines)
    assert "The policy wants a person to decide this cancellation." in await alert(world, case.id)
    assert (await of_row(world)).undecided == 1

    await staff.approve(world.ports, world.shop, case.id, "ana")
    await shopper.until_state(case.id, "done")
    assert await given_back(world, order) == order.total
    case = await get_case(world.shop.id, case.id)
    assert case.answer == Answer.APPROVED
    assert seen_by_staff(case) == decision_of(case)
    counted = await of_row(world)
    assert (counted.mode, counted.agreed, counted.disagreed, counted.undecided) == (Mode.SHADOW, 1, 0, 0)


async def test_a_row_that_suggests_says_so_to_the_person_at_once(open_world: OpenWorld) -> None:
    world = await open_world(policy=on_trial(Mode.SUGGEST))
    case_id = await an_ask(world)
    case = await get_case(world.shop.id, case_id)
    assert seen_by_staff(case).proposed is Outcome.APPROVE
    assert "We would approve this cancellation, and the policy wants a person to decide it." in await alert(
        world, case_id
    )
    await staff.refuse(world.ports, world.shop, case_id, "ana")
    counted = await of_row(world)
    assert (counted.agreed, counted.disagreed) == (0, 1)
    assert counted.disagreements == (Disagreement(case.asked_at, case.number, Outcome.APPROVE, Answer.REFUSED),)


async def test_whoever_pays_less_does_not_agree(open_world: OpenWorld) -> None:
    world = await open_world(policy=on_trial(Mode.SHADOW))
    case_id = await an_ask(world)
    await staff.approve(world.ports, world.shop, case_id, "ana", Less(100, "worn"))
    counted = await of_row(world)
    assert (counted.agreed, counted.disagreed, counted.disagreements[0].theirs) == (0, 1, Answer.LESS)
    await quiet(world)


async def test_a_row_is_promoted_and_answers_by_itself_from_then_on(open_world: OpenWorld) -> None:
    world = await open_world(policy=on_trial(Mode.SHADOW))
    await staff.approve(world.ports, world.shop, await an_ask(world), "ana")
    await trust(world, Mode.SUGGEST)
    await staff.approve(world.ports, world.shop, await an_ask(world), "ana")
    assert (await of_row(world)).agreed == 2  # the same row, however far it was trusted

    await trust(world, Mode.AUTOMATIC)
    order = await world.place("fashion")
    shopper = await world.shopper(order)
    done = await shopper.cancel()
    assert (await shopper.until_state(done["id"], "done"))["state"] == "done"
    counted = await of_row(world)
    assert (counted.mode, counted.agreed, counted.undecided) == (Mode.AUTOMATIC, 2, 0)
    (version,) = await rows("SELECT number FROM policy_versions WHERE shop_id = $1 AND state = 'live'", world.shop.id)
    assert version["number"] == 3


async def test_a_row_that_says_something_else_begins_anew(open_world: OpenWorld) -> None:
    world = await open_world(policy=on_trial(Mode.SHADOW))
    await staff.approve(world.ports, world.shop, await an_ask(world), "ana")
    policy = on_trial(Mode.SHADOW)
    dearer = replace(policy.otherwise.cancel, fee=Fee(amounts={"EUR": 500}))
    changed = replace(policy, otherwise=replace(policy.otherwise, cancel=dearer))
    async with transaction(world.ports.doorbell) as tx:
        await publish(tx, shop_id=world.shop.id, policy=changed, by="ana", at=world.ports.clock.now())
    assert (await of_row(world)).agreed == 0


async def test_a_refusal_on_trial_is_a_persons_to_make(open_world: OpenWorld) -> None:
    world = await open_world(policy=with_mode(default_policy(), "gift-cards", Mode.SHADOW))
    first, *rest = build_sample("fashion", id="x", at=datetime.now(UTC), payment_intent="pi_x").lines
    order = await world.place("fashion", lines=(replace(first, kind=LineKind.GIFT_CARD), *rest))
    case = await (await world.shopper(order)).cancel()
    assert case["state"] == "in_review"
    await staff.refuse(world.ports, world.shop, case["id"], "ana")
    counted = await of_row(world, "gift-cards")
    assert (counted.agreed, counted.disagreed) == (1, 0)
    others = await agreement(world.shop.id, LONG_AGO)
    assert [each.row for each in others] == ["gift-cards"]  # a refusal for one item says nothing of the others
