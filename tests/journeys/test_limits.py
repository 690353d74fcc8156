"""What is approved without a person has limits, and a shop can be stopped at once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from msgspec import to_builtins

from plugin.db import rows
from plugin.journeys import staff
from plugin.journeys.settle import settle_leg
from plugin.outbox.service import Claim, Later
from plugin.ports.payments import PaymentAccount, PaymentFact, PaymentGateway
from plugin.shops.models import Shop
from plugin.shops.service import get_shop, set_paused
from plugin.shops.settings import BadSettings, Limits, parse_settings
from plugin.storefronts.demo.samples import build_sample
from tests.claims import claim_one
from tests.journeys.conftest import OpenWorld
from tests.journeys.steps import alerts, charged, given_back, legs_of, quiet
from tests.world import World, shop_settings

TOTAL = build_sample("fashion", id="x", at=datetime.now(UTC), payment_intent="pi_x").total
MONEY = ["per_customer_month", "per_hour", "per_day"]


async def limited(open_world: OpenWorld, **limits: Any) -> World:
    return await open_world(settings=shop_settings(limits=Limits(**limits)))


@pytest.mark.parametrize("name", MONEY)
async def test_what_the_limit_leaves_is_approved_and_what_is_above_it_waits_for_a_person(
    open_world: OpenWorld, name: str
) -> None:
    world = await limited(open_world, **{name: {"USD": 2 * TOTAL - 1}})
    first, second = await world.place("fashion"), await world.place("fashion")
    shopper = await world.shopper(first)
    await shopper.until_state((await shopper.cancel())["id"], "done")

    other = await world.shopper(second)
    assert (await other.preview())["outcome"] == "review"
    case = await other.cancel()
    assert (case["state"], case["waiting_on"]) == ("in_review", "staff")
    await quiet(world)
    assert (await given_back(world, second), await alerts(case["id"])) == (0, ["review"])
    found = await rows("SELECT person_reason, decision FROM cases WHERE id = $1", case["id"])
    assert found[0]["person_reason"] == "over_limit"
    await staff.approve(world.ports, world.shop, case["id"], "ana")
    await other.until_state(case["id"], "done")


async def test_an_order_does_not_get_around_its_limit_in_parts(open_world: OpenWorld) -> None:
    world = await limited(open_world, per_order={"USD": TOTAL // 2})
    shopper = await world.shopper(await world.place("fashion"))
    states = [
        (await shopper.cancel(lines=[{"line_id": line["id"], "quantity": 1}]))["state"]
        for line in (await shopper.get("/v1/order"))["lines"]
    ]
    await quiet(world)
    approved = await rows("SELECT coalesce(sum(owed), 0)::bigint AS owed FROM cases WHERE state = 'done'")
    assert "in_review" in states
    assert approved[0]["owed"] <= TOTAL // 2


async def test_of_many_at_once_no_more_are_approved_than_the_limit_holds(open_world: OpenWorld) -> None:
    """Each preview was shown while there was room; who comes too late is shown that a person decides now."""
    world = await limited(open_world, per_hour={"USD": 2 * TOTAL})
    shoppers = [await world.shopper(await world.place("fashion")) for _ in range(5)]
    digests = [(await shopper.preview())["digest"] for shopper in shoppers]
    answers: list[httpx.Response] = await asyncio.gather(
        *(shopper.confirm(digest) for shopper, digest in zip(shoppers, digests, strict=True))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 201, 409, 409, 409]
    changed = [answer.json() for answer in answers if answer.status_code == 409]
    assert {problem["code"] for problem in changed} == {"decision_changed"}
    await quiet(world)
    counted = await rows("SELECT n FROM counters WHERE starts_with(key, 'money:hour:')")
    assert [row["n"] for row in counted] == [2 * TOTAL]


async def test_the_breaker_pauses_the_shop_and_tells_its_people_once(open_world: OpenWorld) -> None:
    world = await limited(open_world, approvals_per_hour=2)
    shoppers = [await world.shopper(await world.place("fashion")) for _ in range(4)]
    states = [(await shopper.cancel())["state"] for shopper in shoppers]
    assert states.count("in_review") == 2 == states[2:].count("in_review")
    await quiet(world)
    told = [mail for mail in world.mails("staff@lumen.example") if "paused" in mail.subject]
    assert len(told) == 1
    assert f"comeback shop resume {world.shop.id}" in told[0].text


async def test_of_many_at_once_the_breaker_lets_no_more_through_than_it_holds(open_world: OpenWorld) -> None:
    world = await limited(open_world, approvals_per_hour=2)
    shoppers = [await world.shopper(await world.place("fashion")) for _ in range(6)]
    digests = [(await shopper.preview())["digest"] for shopper in shoppers]
    answers: list[httpx.Response] = await asyncio.gather(
        *(shopper.confirm(digest) for shopper, digest in zip(shoppers, digests, strict=True))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 201, 409, 409, 409, 409]
    assert await rows("SELECT 1 FROM cases WHERE state = 'in_review'") == []


async def test_who_goes_on_in_the_same_hour_still_has_a_breaker(open_world: OpenWorld) -> None:
    world = await limited(open_world, approvals_per_hour=2)
    states = []
    for n in range(5):
        if n == 2:
            await set_paused(world.shop, paused=False)
        shopper = await world.shopper(await world.place("fashion"))
        states.append((await shopper.cancel())["state"])
    assert [state == "in_review" for state in states] == [False] * 4 + [True]
    await quiet(world)
    assert len([mail for mail in world.mails("staff@lumen.example") if "paused" in mail.subject]) == 2


async def test_money_that_is_stopped_stays_so_when_the_shop_is_paused_as_well(world: World) -> None:
    stopped = "SELECT paused, money_stopped FROM shops"
    await set_paused(world.shop, paused=True, money_stopped=True)
    await set_paused(await get_shop(world.shop.id), paused=True)
    assert await rows(stopped) == [{"paused": True, "money_stopped": True}]
    await set_paused(world.shop, paused=False)
    assert await rows(stopped) == [{"paused": False, "money_stopped": False}]


async def test_refunds_that_keep_failing_trip_the_breaker(open_world: OpenWorld) -> None:
    world = await limited(open_world, failed_refunds_per_hour=2)
    for _ in range(2):
        order = await world.place("fashion", card="pm_card_refundFail")
        shopper = await world.shopper(order)
        case = await shopper.cancel()
        await shopper.until_state(case["id"], "done")
        (refund,) = (await charged(world, order)).refunds
        await world.stripe.settle_refund(refund.id)
        await shopper.until_state(case["id"], "with_person")
    third = await world.shopper(await world.place("fashion"))
    assert (await third.cancel())["state"] == "in_review"
    await quiet(world)
    assert [mail.subject for mail in world.mails("staff@lumen.example") if "paused" in mail.subject]


async def test_a_stopped_shop_sends_no_money_until_it_goes_on(world: World) -> None:
    order = await world.place("fashion")
    shopper = await world.shopper(order)
    await set_paused(world.shop, paused=False, money_stopped=True)
    case = await shopper.cancel()
    await shopper.until_state(case["id"], "executing")
    await quiet(world)
    assert [leg["state"] for leg in await legs_of(case["id"])] == ["reserved"]
    assert await given_back(world, order) == 0

    await set_paused(world.shop, paused=False)
    await rows("UPDATE work SET not_before = now() WHERE state = 'ready' AND kind = 'settle_leg'")
    await shopper.until_state(case["id"], "done")
    assert await given_back(world, order) == order.total


class StoppedMeanwhile:
    """Stripe, but while it is asked what a payment holds, somebody stops the shop."""

    def __init__(self, stripe: PaymentGateway, shop: Shop) -> None:
        self._stripe, self._shop = stripe, shop

    async def read(self, account: PaymentAccount, reference: str) -> PaymentFact:
        await set_paused(self._shop, paused=True, money_stopped=True)
        return await self._stripe.read(account, reference)


async def test_a_shop_that_is_stopped_while_a_payment_is_read_sends_nothing_any_more(world: World) -> None:
    order = await world.place("fashion")
    shopper = await world.shopper(order)
    await set_paused(world.shop, paused=False, money_stopped=True)
    case = await shopper.cancel()
    await shopper.until_state(case["id"], "executing")
    await quiet(world)
    await rows("UPDATE payments SET read_at = read_at - interval '1 hour'")

    async def ours() -> Claim | None:
        (due,) = await rows("UPDATE work SET not_before = now() WHERE kind = 'settle_leg' RETURNING id")
        return await claim_one(due["id"])

    claim = await world.until(ours)
    await set_paused(world.shop, paused=False)
    stopping: Any = StoppedMeanwhile(world.ports.payments, world.shop)
    with pytest.raises(Later):
        await settle_leg(replace(world.ports, payments=stopping), claim)
    await rows("UPDATE work SET state = 'ready', lease_until = NULL, not_before = 'infinity' WHERE id = $1", claim.id)
    assert [leg["state"] for leg in await legs_of(case["id"])] == ["reserved"]
    assert await given_back(world, order) == 0


@pytest.mark.parametrize(
    ("limits", "param"),
    [
        ({"per_hour": {"USD": -1}}, "limits.per_hour"),
        ({"per_order": {"dollars": 1}}, "limits.per_order"),
        ({"approvals_per_hour": 0}, "limits.approvals_per_hour"),
        ({"failed_refunds_per_hour": -3}, "limits.failed_refunds_per_hour"),
    ],
)
def test_a_limit_that_is_none_is_told_by_its_name(limits: dict[str, Any], param: str) -> None:
    with pytest.raises(BadSettings) as told:
        parse_settings({**to_builtins(shop_settings()), "limits": limits})
    assert told.value.param == param
