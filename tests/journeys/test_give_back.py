"""One ask about an order of which a part has left: two halves under one digest, both or neither."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx

from plugin.db import rows
from plugin.policies.document import Otherwise, Policy, Then
from plugin.policies.ready import default_policy
from plugin.policies.reasons import Outcome
from plugin.ports.orders import LineCount
from plugin.shops.settings import Limits
from plugin.storefronts.standard.wire import OrderBody
from tests.journeys.conftest import OpenWorld
from tests.journeys.sending_back import return_policy
from tests.journeys.steps import count, quiet
from tests.world import Shopper, World, shop_settings

WHOLE: Any = {"whole": True}


async def partly_sent(world: World) -> OrderBody:
    """One of two scarves has left; the other and the coat have not."""
    order = await world.place()
    order = world.store.ship(order.id, (LineCount("scarf", 1),))
    await world.send(order)
    await world.until(lambda: world.is_read(order))
    return order


async def ask(shopper: Shopper, step: str = "", *, key: str | None = None, **body: Any) -> httpx.Response:
    return await shopper.world.http.post(
        f"/v1/order/give-back{step}", json=body,
        headers={**shopper.headers, "Idempotency-Key": key or uuid4().hex},
    )  # fmt: skip


async def test_what_is_here_is_cancelled_and_what_has_left_is_sent_back(open_world: OpenWorld) -> None:
    world = await open_world(policy=return_policy())
    order = await partly_sent(world)
    shopper = await world.shopper(order)
    seen = (await ask(shopper, "/preview", **WHOLE)).json()
    assert seen["is_possible"]
    assert [(line["line_id"], line["quantity"]) for line in seen["cancelled"]["lines"]] == [("coat", 1), ("scarf", 1)]
    assert [(line["line_id"], line["quantity"]) for line in seen["sent_back"]["lines"]] == [("scarf", 1)]
    key = uuid4().hex
    made, again = [await ask(shopper, key=key, **WHOLE, digest=seen["digest"]) for _ in range(2)]
    assert (made.status_code, again.json()) == (201, made.json())
    both = made.json()
    assert [both[half]["kind"] for half in ("cancelled", "sent_back")] == ["cancel", "return"]
    assert both["sent_back"]["state"] == "awaiting_goods"
    await shopper.until_state(both["cancelled"]["id"], "done")
    await quiet(world)
    owned = await rows("SELECT line_id, kind, count(*) AS n FROM case_units GROUP BY 1, 2 ORDER BY 1, 2")
    assert [(row["line_id"], row["kind"], row["n"]) for row in owned] == [
        ("coat", "cancel", 1), ("scarf", "cancel", 1), ("scarf", "return", 1),
    ]  # fmt: skip


async def test_of_a_line_what_has_not_left_comes_first(open_world: OpenWorld) -> None:
    world = await open_world(policy=return_policy())
    shopper = await world.shopper(await partly_sent(world))
    for quantity, status in ((1, 422), (2, 200)):
        answer = await ask(shopper, "/preview", lines=[{"line_id": "scarf", "quantity": quantity}])
        assert answer.status_code == status
    assert answer.json()["cancelled"]["lines"][0]["quantity"] == 1
    too_many = (await ask(shopper, "/preview", lines=[{"line_id": "scarf", "quantity": 3}])).json()
    assert (too_many["is_possible"], too_many["sent_back"]["reason"]) == (False, "more_than_left")


async def test_an_order_that_is_all_here_has_no_two_halves(world: World) -> None:
    shopper = await world.shopper(await world.place())
    answer = await ask(shopper, "/preview", **WHOLE)
    assert (answer.status_code, answer.json()["code"]) == (422, "not_in_two_halves")


async def test_where_one_half_is_refused_nothing_is_done(open_world: OpenWorld) -> None:
    world = await open_world(policy=default_policy())  # which offers no returns
    shopper = await world.shopper(await partly_sent(world))
    seen = (await ask(shopper, "/preview", **WHOLE)).json()
    assert (seen["is_possible"], seen["cancelled"]["outcome"], seen["sent_back"]["outcome"]) == (
        False, "approve", "refuse",
    )  # fmt: skip
    refused = await ask(shopper, **WHOLE, digest=seen["digest"])
    assert (refused.status_code, refused.json()["code"]) == (409, "half_refused")
    assert await count("cases") == 0


async def test_a_parcel_that_leaves_in_between_changes_both_halves(open_world: OpenWorld) -> None:
    world = await open_world(policy=return_policy())
    order = await partly_sent(world)
    shopper = await world.shopper(order)
    seen = (await ask(shopper, "/preview", **WHOLE)).json()
    order = world.store.ship(order.id, (LineCount("scarf", 1),))
    await world.send(order)
    await world.until(lambda: world.is_read(order))
    changed = await ask(shopper, **WHOLE, digest=seen["digest"])
    assert (changed.status_code, changed.json()["code"]) == (409, "decision_changed")
    now = changed.json()["preview"]
    assert now["sent_back"]["lines"][0]["quantity"] == 2
    assert await count("cases") == 0
    made = await ask(shopper, **WHOLE, digest=now["digest"])
    assert made.status_code == 201


async def test_both_halves_together_stay_within_the_shops_limits(open_world: OpenWorld) -> None:
    one = Then(outcome=Outcome.APPROVE)
    policy = Policy(format=1, name="All", rows=(), otherwise=Otherwise(cancel=one, returning=one))
    plain = await open_world(policy=policy)
    seen = (await ask(await plain.shopper(await partly_sent(plain)), "/preview", **WHOLE)).json()
    halves = [seen[half]["amounts"]["total"]["amount"] for half in ("cancelled", "sent_back")]
    world = await open_world(policy=policy, settings=shop_settings(limits=Limits(per_order={"USD": sum(halves) - 1})))
    shopper = await world.shopper(await partly_sent(world))
    over = (await ask(shopper, "/preview", **WHOLE)).json()
    assert [over[half]["outcome"] for half in ("cancelled", "sent_back")] == ["review", "review"]
    made = await ask(shopper, **WHOLE, digest=over["digest"])
    assert [made.json()[half]["state"] for half in ("cancelled", "sent_back")] == ["in_review", "in_review"]
