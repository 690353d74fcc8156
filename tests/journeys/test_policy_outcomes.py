"""What the policy answers over the API; every channel says it in the same sentence, in the order's language."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from plugin.cases.service import decision_of
from plugin.cases.store import get_case
from plugin.core.words import Words
from plugin.journeys import staff
from plugin.journeys.desk_refusals import NotWithAPerson
from plugin.policies.explain import explain
from plugin.policies.ready import default_policy
from plugin.ports.orders import LineKind
from plugin.storefronts.demo.samples import build_sample
from plugin.storefronts.standard.wire import LineBody
from tests.journeys.conftest import OpenWorld
from tests.journeys.steps import alerts, charged, count, given_back, quiet, templates
from tests.world import World


def plain(text: str) -> str:
    """A mail's text without its line breaks and the marks that isolate directions of writing."""
    return " ".join(text.replace("\u2068", "").replace("\u2069", "").split())


def lines_of(sample: str, **changes: Any) -> tuple[LineBody, ...]:
    """The sample's lines with the first one changed."""
    first, *rest = build_sample(sample, id="x", at=datetime.now(UTC), payment_intent="pi_x").lines
    return (replace(first, **changes), *rest)


async def a_careful_world(open_world: OpenWorld) -> World:
    """A shop whose person looks at everything above 10."""
    return await open_world(policy=default_policy({"USD": 1000, "EUR": 1000}))


async def test_a_high_value_is_looked_at_and_approved_by_a_person(open_world: OpenWorld) -> None:
    world = await a_careful_world(open_world)
    order = await world.place("fashion")
    shopper = await world.shopper(order)
    case = await shopper.cancel()
    assert (case["state"], case["waiting_on"]) == ("in_review", "staff")
    mail = await world.mail("under_review", order)
    assert case["explanation"] in plain(mail.text)
    await quiet(world)
    assert await alerts(case["id"]) == ["review"]
    assert world.store.asks == []

    await staff.approve(world.ports, world.shop, case["id"], "ana")
    await shopper.until_state(case["id"], "done")
    assert await given_back(world, order) == order.total
    await world.mail("cancelled", order)


async def test_a_person_says_no_and_the_units_are_free_again(open_world: OpenWorld) -> None:
    world = await a_careful_world(open_world)
    order = await world.place("fashion")
    shopper = await world.shopper(order)
    case = await shopper.cancel()
    await staff.refuse(world.ports, world.shop, case["id"], "ana")

    refused = await shopper.case(case["id"])
    assert (refused["state"], refused["is_final"]) == ("refused", True)
    await world.mail("refused", order)
    assert await count("case_units", "state <> 'released'") == 0
    assert (await charged(world, order)).refunded == 0
    assert (await shopper.preview())["outcome"] == "review"
    with pytest.raises(NotWithAPerson):
        await staff.approve(world.ports, world.shop, case["id"], "ana")


@pytest.mark.parametrize(
    ("changes", "placed_ago", "reason"),
    [
        ({"kind": LineKind.GIFT_CARD}, timedelta(0), "gift_card"),
        ({"personalised": True}, timedelta(hours=1, minutes=1), "made_to_order"),
    ],
    ids=["gift card", "personalised"],
)
async def test_a_refusal_says_the_same_everywhere(
    world: World, changes: dict[str, Any], placed_ago: timedelta, reason: str
) -> None:
    placed_at = datetime.now(UTC) - placed_ago
    order = await world.place("fashion", lines=lines_of("fashion", **changes), placed_at=placed_at)
    shopper = await world.shopper(order)
    preview = await shopper.preview()
    case = await shopper.cancel()

    assert (preview["outcome"], preview["reason"]) == ("refuse", reason)
    assert (case["state"], case["money"]) == ("refused", [])
    words = Words("en-US", ZoneInfo("America/Los_Angeles"))
    sentence = explain(decision_of(await get_case(world.shop.id, case["id"])), words).sentence
    mail = await world.mail("refused", order)
    assert preview["sentence"] == case["explanation"] == sentence
    assert plain(sentence) in plain(mail.text)
    assert (await shopper.get("/v1/order"))["whole"]["sentence"] == sentence
    assert await count("refund_legs") == 0


async def test_what_is_personalised_can_be_stopped_for_an_hour(world: World) -> None:
    order = await world.place("fashion", lines=lines_of("fashion", personalised=True))
    shopper = await world.shopper(order)
    preview = await shopper.preview()
    assert preview["outcome"] == "approve"
    assert preview["until"] is not None


@pytest.mark.parametrize(("sample", "language"), [("spanish", "es"), ("russian", "ru")])
async def test_everything_is_said_in_the_orders_language(world: World, sample: str, language: str) -> None:
    order = await world.place(sample)
    shopper = await world.shopper(order)
    preview = await shopper.preview()
    case = await shopper.cancel()
    done = await shopper.until_state(case["id"], "done")
    mail = await world.mail("cancelled", order)

    english = await shopper.get(f"/v1/cases/{case['id']}?locale=en")
    assert english["sentence"] != done["sentence"]
    assert english["explanation"] != done["explanation"]
    assert done["explanation"] == preview["sentence"]
    assert mail.language.startswith(language)
    assert "€" in done["amounts"]["total"]["text"]
    for text in (preview["sentence"], done["sentence"], mail.subject, mail.text):
        assert not {"the", "your", "order", "cancelled"} & set(text.lower().split()), text


@pytest.mark.parametrize(("sample", "language"), [("spanish", "es"), ("russian", "ru")])
async def test_a_review_and_its_end_are_told_in_the_orders_language(
    open_world: OpenWorld, sample: str, language: str
) -> None:
    world = await a_careful_world(open_world)
    order = await world.place(sample)
    shopper = await world.shopper(order)
    case = await shopper.cancel()
    assert (await world.mail("under_review", order)).language.startswith(language)
    await staff.refuse(world.ports, world.shop, case["id"], "ana")
    refused = await world.mail("refused", order)
    assert refused.language.startswith(language)
    await quiet(world)
    assert sorted(await templates(case["id"])) == ["refused", "staff_alert", "under_review"]
