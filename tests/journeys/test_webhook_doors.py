"""Who may come in at ``/hooks``: only what the shop's own store or Stripe has signed, and nobody learns why not."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest

from plugin.db import rows
from plugin.shops.service import carrier_secrets, get_shop, rotate_webhook_secret
from tests.doors import (
    another_shop,
    knock,
    shopify_headers,
    signed_for,
    standard_headers,
    stripe_headers,
    woocommerce_headers,
)
from tests.nudges import event_states, nothing_is_due
from tests.world import World

BODY = b'{"type": "order.updated", "timestamp": "2026-11-23T09:00:00Z", "data": {}}'


def _words(response: httpx.Response) -> tuple[int, dict[str, Any], str | None]:
    """The answer without its request id."""
    body: dict[str, Any] = response.json()
    body.pop("request_id")
    body.pop("instance", None)
    return response.status_code, body, response.headers.get("content-type")


async def test_every_wrong_webhook_gets_the_same_401_and_leaves_nothing(world: World) -> None:
    woo, shopify = await another_shop(world, "woocommerce"), await another_shop(world, "shopify")
    secret, stripe_secret = world.new_shop.webhook_secret, world.new_shop.stripe_webhook_secret
    assert stripe_secret is not None
    good, stripe_good = standard_headers(secret, BODY), stripe_headers(stripe_secret, BODY)
    too_old, too_new = time.time() - 301, time.time() + 310
    wrong = [
        await knock(world, "standard", BODY, {}),
        await knock(world, "standard", BODY + b" ", good),
        await knock(world, "standard", BODY, {**good, "webhook-id": "another"}),
        await knock(world, "standard", BODY, {**good, "webhook-signature": "v1,"}),
        await knock(world, "standard", BODY, {**good, "webhook-signature": "v1a," + good["webhook-signature"][3:]}),
        await knock(world, "standard", BODY, standard_headers(secret, BODY, at=too_old)),
        await knock(world, "standard", BODY, standard_headers(secret, BODY, at=too_new)),
        await knock(world, "standard", BODY, standard_headers(woo.new_shop.webhook_secret, BODY)),
        await knock(world, "standard", BODY, good, shop=woo.shop.id),
        await knock(world, "standard", BODY, good, shop="shop_nobody"),
        await knock(world, "standard", BODY, good, shop="%F0%9F%A7%A3"),
        await knock(world, "standard", BODY, good, shop="x" * 60),
        await knock(world, "woocommerce", BODY, good),
        await knock(world, "woocommerce", BODY, woocommerce_headers(secret, BODY)),
        await knock(world, "shopify", BODY, shopify_headers(secret, BODY)),
        await knock(world, "carrier", BODY, good),
        await knock(woo, "woocommerce", BODY, woocommerce_headers(shopify.new_shop.webhook_secret, BODY)),
        await knock(woo, "woocommerce", b"webhook_id=7", {"x-wc-webhook-topic": "order.updated"}),
        await knock(woo, "standard", BODY, standard_headers(woo.new_shop.webhook_secret, BODY)),
        await knock(shopify, "shopify", BODY, shopify_headers(secret, BODY)),
        await knock(shopify, "shopify", b"webhook_id=7", {}),
        await knock(world, "stripe", BODY, {}),
        await knock(world, "stripe", BODY, good),
        await knock(world, "stripe", BODY + b" ", stripe_good),
        await knock(world, "stripe", BODY, stripe_headers(stripe_secret, BODY, at=too_old)),
        await knock(world, "stripe", BODY, stripe_headers(stripe_secret, BODY, at=too_new)),
        await knock(woo, "stripe", BODY, stripe_good),
    ]
    assert [n for n, response in enumerate(wrong) if response.status_code != 401] == []
    assert all(_words(response) == _words(wrong[0]) for response in wrong)
    assert await rows("SELECT 1 FROM inbox_events") == []
    assert await rows("SELECT 1 FROM work WHERE kind = 'read_event'") == []


async def test_two_secrets_are_live_while_one_is_rotated(world: World) -> None:
    first = world.new_shop.webhook_secret
    second = await rotate_webhook_secret(world.ports.vault, await get_shop(world.shop.id))
    for secret in (first, second):
        assert (await knock(world, "standard", BODY, standard_headers(secret, BODY))).status_code == 202
    both = standard_headers(first, BODY, id="msg_both")
    both["webhook-signature"] += " v1,AAAA " + standard_headers(second, BODY, id="msg_both")["webhook-signature"]
    assert (await knock(world, "standard", BODY, both)).status_code == 202

    third = await rotate_webhook_secret(world.ports.vault, await get_shop(world.shop.id))

    assert (await knock(world, "standard", BODY, standard_headers(first, BODY))).status_code == 401
    for secret in (second, third):
        assert (await knock(world, "standard", BODY, standard_headers(secret, BODY))).status_code == 202


async def test_a_body_of_more_than_a_megabyte_is_refused(world: World) -> None:
    large = b'{"type": "order.updated", "note": "' + b"x" * 1_050_000 + b'"}'
    answer = await knock(world, "standard", large, standard_headers(world.new_shop.webhook_secret, large))
    assert answer.status_code == 413
    assert answer.json()["code"] == "body_too_large"
    assert await rows("SELECT 1 FROM inbox_events") == []


async def test_the_ping_of_a_new_woocommerce_webhook_gets_200_and_is_not_stored(world: World) -> None:
    woo = await another_shop(world, "woocommerce")
    answer = await woo.http.post(
        f"/hooks/{woo.shop.id}/woocommerce",
        content=b"webhook_id=42",
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    assert answer.status_code == 200
    assert await rows("SELECT 1 FROM inbox_events") == []


NONSENSE = (
    b"",
    b"null",
    b"[]",
    b'{"type": "order.updated", "data": ' + b"[" * 50_000,
    b'{"id": "evt_\\u0000", "type": "charge.refunded\\u0000", "data": {"object": {"id": "x"}}}',
    b'{"id": "", "type": "", "data": {"object": {}}}',
    b'{"id": "' + b"e" * 400 + b'", "type": "' + b"t" * 400 + b'", "data": {"object": {"object": "charge"}}}',
)


@pytest.mark.parametrize("storefront", ["standard", "woocommerce", "shopify"])
async def test_genuine_nonsense_is_kept_and_set_aside_with_its_reason(world: World, storefront: str) -> None:
    shop = await another_shop(world, storefront)
    topic = "order.updated" if storefront == "woocommerce" else "orders/updated"
    for source in (storefront, "stripe"):
        for body in NONSENSE:
            answer = await knock(shop, source, body, signed_for(shop, source, body, topic))
            assert answer.status_code == 202, (source, body[:60])
    await nothing_is_due(world)
    assert len(await event_states(world)) == 2 * len(NONSENSE)
    assert set(await event_states(world)) <= {"set_aside", "ignored"}
    assert await rows("SELECT 1 FROM inbox_events WHERE reason IS NULL OR reason LIKE 'Unexpected%'") == []


async def test_a_carrier_signs_with_a_secret_of_its_own_which_opens_no_other_door(world: World) -> None:
    (secret,) = carrier_secrets((world.new_shop.webhook_secret,))
    signed = standard_headers(secret, BODY)
    assert (await knock(world, "carrier", BODY, signed)).status_code == 202
    assert (await knock(world, "standard", BODY, signed)).status_code == 401
