"""Signing a webhook as each sender does, and sending it to a shop's door."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import time
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import httpx

from plugin.db import transaction
from plugin.policies.ready import default_policy
from plugin.policies.service import publish
from plugin.shops.service import create_shop
from plugin.shops.settings import ShopSettings
from plugin.storefronts.demo.store import DemoStore
from plugin.storefronts.standard.signature import sign
from tests.world import World, shop_settings


async def another_shop(world: World, storefront: str = "standard", settings: ShopSettings | None = None) -> World:
    """A second shop in the same installation, with a demo store and a Stripe webhook of its own."""
    at = world.ports.clock.now()
    stripe_secret = f"whsec_{uuid4().hex}"
    new_shop = await create_shop(
        world.ports.vault, name="Umbra", storefront=storefront, at=at, settings=settings or shop_settings(),
        store_address=world.served.calls_url, stripe_api_key=world.stripe.api_key, stripe_api_base=_base(world),
        stripe_webhook_secret=stripe_secret,
    )  # fmt: skip
    async with transaction(world.ports.doorbell) as tx:
        await publish(tx, shop_id=new_shop.shop.id, policy=default_policy(), by="tests", at=at)
    store = DemoStore(
        webhook_secret=new_shop.webhook_secret, call_secret=new_shop.store_secret or "",
        hooks_url=f"{world.url}/hooks/{new_shop.shop.id}/{storefront}",
    )  # fmt: skip
    return replace(world, new_shop=new_shop, store=store, numbers=[1000])


def _base(world: World) -> str:
    assert world.shop.stripe_api_base is not None
    return world.shop.stripe_api_base


def standard_headers(secret: str, body: bytes, *, id: str | None = None, at: float | None = None) -> dict[str, str]:
    return sign(secret, id or f"msg_{uuid4().hex}", int(at if at is not None else time.time()), body)


def _base64_hmac(secret: str, body: bytes) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def woocommerce_headers(secret: str, body: bytes, topic: str = "order.updated") -> dict[str, str]:
    return {"x-wc-webhook-topic": topic, "x-wc-webhook-signature": _base64_hmac(secret, body)}


def shopify_headers(secret: str, body: bytes, topic: str = "orders/updated") -> dict[str, str]:
    return {
        "x-shopify-topic": topic,
        "x-shopify-webhook-id": uuid4().hex,
        "x-shopify-hmac-sha256": _base64_hmac(secret, body),
    }


def stripe_headers(secret: str, body: bytes, *, at: float | None = None) -> dict[str, str]:
    stamp = int(at if at is not None else time.time())
    signature = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return {"stripe-signature": f"t={stamp},v1={signature}"}


def signed_for(world: World, source: str, body: bytes, topic: str) -> dict[str, str]:
    """The headers with which this body is genuine at this door of the shop."""
    if source == "stripe":
        assert world.new_shop.stripe_webhook_secret is not None
        return stripe_headers(world.new_shop.stripe_webhook_secret, body)
    secret = world.new_shop.webhook_secret
    if source == "woocommerce":
        return woocommerce_headers(secret, body, topic)
    return shopify_headers(secret, body, topic) if source == "shopify" else standard_headers(secret, body)


async def knock(
    world: World, source: str, body: bytes, headers: dict[str, str], *, shop: str | None = None
) -> httpx.Response:
    return await world.http.post(
        f"/hooks/{shop or world.shop.id}/{source}",
        content=body,
        headers={"content-type": "application/json", **headers},
    )


def shared(folder: str) -> Path:
    """A folder beside the repository that holds other people's bodies; it need not be there."""
    return Path(os.environ.get("COMEBACK_SHARED", Path(__file__).resolve().parents[2] / "shared")) / folder
