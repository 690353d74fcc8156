"""Who gets which mail, and whether it may carry the code; the shopper's own page always may."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import httpx
import pytest
from msgspec.structs import replace

from plugin.db import rows
from plugin.payments.sandbox.faults import FaultKind
from plugin.payments.sandbox.server import RunningSandbox
from plugin.shops.settings import CodeOffer
from plugin.storefronts.demo.store import Behaviour
from tests.nudges import hurry, mails_about, nothing_is_due, one
from tests.world import World, a_world, shop_settings


@pytest.mark.parametrize(
    ("rule", "consents", "carries"),
    [
        ("consent", True, True),
        ("consent", False, False),
        ("soft_opt_in", False, True),
        ("never", True, False),
    ],
)
async def test_the_mail_carries_the_code_only_as_the_shop_and_the_shopper_allow(
    database: str, sandbox: RunningSandbox, tmp_path: Path,
    rule: Literal["consent", "soft_opt_in", "never"], consents: bool, carries: bool,
) -> None:  # fmt: skip
    settings = shop_settings(codes=CodeOffer(worth={"USD": 800}, mail=rule))
    async with a_world(tmp_path, sandbox.url, settings=settings) as world:
        order = await world.place()
        order = world.store.edit(order.id, customer=replace(order.customer, marketing_consent=consents))
        await world.send(order)
        await world.until(lambda: world.is_read(order))
        shopper = await world.shopper(order)
        case = await shopper.cancel()
        done = await shopper.until_state(case["id"], "done")

        code = done["code"]["code"]
        mail = await world.mail("cancelled", order)
        assert (code in mail.text) is carries
        assert (code in mail.html) is carries


async def test_nobody_is_written_to_without_an_address(world: World) -> None:
    order = await world.place()
    order = world.store.edit(order.id, customer=replace(order.customer, email=None))
    await world.send(order)
    await world.until(lambda: world.is_read(order))
    shopper = await world.shopper(order)
    case = await shopper.cancel()
    done = await shopper.until_state(case["id"], "done")
    await hurry(world, "tell")
    await nothing_is_due(world)
    assert done["code"]["code"]
    assert await mails_about(order) == []
    assert await rows("SELECT 1 FROM work WHERE kind = 'tell' AND state <> 'done'") == []


async def test_a_code_of_stripes_stands_at_stripe_before_the_mail_shows_it(
    database: str, sandbox: RunningSandbox, tmp_path: Path
) -> None:
    offer = CodeOffer(kind="percent", percent=10, worth={"USD": 2000})
    settings = shop_settings(codes=offer, code_authority="stripe")
    async with a_world(tmp_path, sandbox.url, settings=settings) as world:
        await world.stripe.break_next(FaultKind.ANSWER_429, "POST /v1/promotion_codes")
        order = await world.place()
        shopper = await world.shopper(order)
        case = await shopper.cancel()
        await shopper.until_state(case["id"], "done")
        await world.until(lambda: rows("SELECT 1 FROM work WHERE kind = 'publish_code' AND attempts > 0"))
        assert await mails_about(order) == []

        await hurry(world, "publish_code")
        await world.until(lambda: rows("SELECT 1 FROM codes WHERE promotion_id IS NOT NULL"))
        await hurry(world, "tell")
        mail = await world.mail("cancelled", order)

        code = (await shopper.case(case["id"]))["code"]["code"]
        assert code in mail.text
        promotion = (await one("SELECT promotion_id FROM codes"))["promotion_id"]
        async with httpx.AsyncClient(base_url=sandbox.url, trust_env=False) as http:
            answer = await http.get(
                f"/v1/promotion_codes/{promotion}", headers={"Authorization": f"Bearer {world.stripe.api_key}"}
            )
        assert (answer.json()["active"], answer.json()["code"]) == (True, code)


async def test_staff_hear_of_each_kind_of_trouble_once_a_day_and_case(world: World) -> None:
    world.store.behaviour = Behaviour.UNSUPPORTED
    first, second = await world.place(), await world.place()
    for order in (first, second):
        shopper = await world.shopper(order)
        await shopper.until_state((await shopper.cancel())["id"], "with_person")
        alert = await world.mail("staff_alert", order)
        assert "staff@lumen.example" in alert.recipient
    case = await one("SELECT id, shop_id FROM cases ORDER BY asked_at LIMIT 1")
    await rows(
        "INSERT INTO work (id, shop_id, kind, ref, state, not_before, attempts, fence, created_at) "
        "SELECT 'work_again' || n, $2, 'tell', $1 || ':staff_alert:review', 'ready', now(), 0, 0, now() "
        "FROM generate_series(1, 3) AS n",
        case["id"],
        case["shop_id"],
    )
    await hurry(world, "tell")
    await nothing_is_due(world)
    assert (await mails_about(first)).count("staff_alert") == 1
    assert (await mails_about(second)).count("staff_alert") == 1
