"""The API of exchanges as a shopper's page calls it: quotes and their refusals, and confirming one exactly once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import uuid4

import httpx

from plugin.db import rows
from tests.exchanging import Exchanging, exchange_policy, exchanging
from tests.journeys.conftest import OpenWorld
from tests.journeys.steps import count, quiet
from tests.world import Shopper

KEPT = exchange_policy(keep_item=True)
LARGE = {"product_id": "vestido", "variant_id": "vestido-3"}
BAG = {"product_id": "bolso"}


async def inside(open_world: OpenWorld) -> tuple[Exchanging, Shopper]:
    world = await open_world(policy=KEPT)
    shopper = await exchanging(world)
    return shopper, await world.shopper(shopper.order)


async def ask_quote(guest: Shopper, wanted: dict[str, Any], line: str = "vestido") -> httpx.Response:
    asked = {"lines": [{"line_id": line, "quantity": 1}], "wanted": [wanted]}
    return await guest.world.http.post("/v1/order/exchanges/quote", json=asked, headers=dict(guest.headers))


async def confirm(guest: Shopper, quote: dict[str, Any], *, key: str | None = None, **other: str) -> httpx.Response:
    return await guest.world.http.post(
        "/v1/order/exchanges",
        json={"quote": quote["id"], "digest": quote["digest"], **other},
        headers={**guest.headers, "Idempotency-Key": key or uuid4().hex},
    )


async def test_a_quote_is_confirmed_once_however_often_it_is_sent(open_world: OpenWorld) -> None:
    shopper, guest = await inside(open_world)
    quoted = (await ask_quote(guest, LARGE)).json()
    assert (quoted["quote"]["difference"]["amount"], quoted["preview"]["outcome"]) == (0, "approve")
    key = uuid4().hex
    first, again = [await confirm(guest, quoted["quote"], key=key) for _ in range(2)]
    assert (first.status_code, again.status_code, first.json()["id"]) == (201, 201, again.json()["id"])
    other_key = await confirm(guest, quoted["quote"])
    assert (other_key.status_code, other_key.json()["code"]) == (409, "quote_ended")
    await guest.until_state(first.json()["id"], "done")
    await quiet(shopper.world)
    assert (await count("cases"), len(shopper.asked)) == (1, 1)


async def test_another_digest_than_the_quotes_confirms_nothing(open_world: OpenWorld) -> None:
    _, guest = await inside(open_world)
    quote = (await ask_quote(guest, LARGE)).json()["quote"]
    changed = await confirm(guest, quote, digest="0" * 64)
    assert (changed.status_code, changed.json()["code"]) == (409, "quote_changed")
    assert not await count("cases")


async def test_the_quote_of_another_order_is_as_one_that_never_was(open_world: OpenWorld) -> None:
    shopper, guest = await inside(open_world)
    stranger = await shopper.world.shopper((await exchanging(shopper.world)).order)
    quote = (await ask_quote(guest, LARGE)).json()["quote"]
    answers = [await confirm(stranger, quote), await confirm(stranger, {**quote, "id": "quo_never_was"})]
    told = [{k: v for k, v in answer.json().items() if k != "request_id"} for answer in answers]
    assert answers[0].status_code == 409
    assert told[0] == told[1]
    assert not await count("cases")


async def test_sold_out_the_answer_names_what_there_is_instead(open_world: OpenWorld) -> None:
    shopper, guest = await inside(open_world)
    (large,) = [
        each for each in shopper.world.served.goods.shelf.of_product("vestido") if each.variant_id == "vestido-3"
    ]
    large.stock = 0
    refused = await ask_quote(guest, LARGE)
    assert (refused.status_code, refused.json()["code"]) == (409, "out_of_stock")
    instead = [each["variant_id"] for each in refused.json()["instead"]]
    assert instead
    assert "vestido-3" not in instead


async def test_what_is_only_sold_in_another_currency_is_not_quoted(open_world: OpenWorld) -> None:
    shopper, guest = await inside(open_world)
    (bag,) = shopper.world.served.goods.shelf.of_product("bolso")
    bag.prices = {"USD": replace(bag.prices["EUR"], amount=13900)}
    refused = await ask_quote(guest, BAG)
    assert (refused.status_code, refused.json()["code"]) == (409, "not_sold")
    assert not await count("quotes")


async def test_a_dearer_one_is_not_quoted_where_the_shop_can_collect_nothing(open_world: OpenWorld) -> None:
    shopper, guest = await inside(open_world)
    await rows("UPDATE shops SET sealed_stripe_api_key = NULL WHERE id = $1", shopper.world.shop.id)
    refused = await ask_quote(guest, BAG)
    assert (refused.status_code, refused.json()["code"]) == (409, "cannot_collect")
    assert (await ask_quote(guest, LARGE)).status_code == 200
