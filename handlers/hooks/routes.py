"""The store's and Stripe's webhooks: verify over the raw bytes, one durable write, answer. Reading them is work."""

from __future__ import annotations

import hashlib

from litestar import Request, Response, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath

from handlers.logs import name_shop
from handlers.security import ANYTHING
from plugin.core.points import point
from plugin.inbox.events import receive
from plugin.ports.runtime import Ports
from plugin.ports.storefronts import Delivery, SignatureInvalid, Unparseable
from plugin.shops.service import Senders, find_senders, stripe_webhook_secrets, webhook_secrets

STRIPE = "stripe"


@post(
    "/hooks/{shop_id:str}/{source:str}",
    opt={"accepts": (ANYTHING,)},
    status_code=202,
    tags=["webhooks"],
    summary="Receive a webhook",
    description=(
        "The address to give to your storefront (`standard`, `woocommerce`, `shopify`) and to Stripe (`stripe`). "
        "Answered after one durable write; a repetition is answered alike and changes nothing. A signature that does "
        "not verify is always the same 401."
    ),
)
async def receive_webhook(
    request: Request[object, object, State],
    ports: NamedDependency[Ports],
    shop_id: FromPath[str],
    source: FromPath[str],
) -> Response[None]:
    """202 once stored; 200 for a platform's ping, which is not stored; 401 for all else."""
    body = await request.body()
    shop = await find_senders(shop_id)
    if shop is None or source not in (shop.storefront, STRIPE):
        raise SignatureInvalid
    name_shop(request.scope, shop.id)
    delivery = _verified(ports, shop, source, dict(request.headers), body)
    if delivery.is_ping:
        return Response(None, status_code=200)
    await receive(
        ports.doorbell,
        shop_id=shop.id,
        source=source,
        key=delivery.key,
        topic=delivery.topic,
        body=body,
        at=ports.clock.now(),
    )
    point("before webhook_answered")
    return Response(None, status_code=202)


def _verified(ports: Ports, shop: Senders, source: str, headers: dict[str, str], body: bytes) -> Delivery:
    now = ports.clock.now()
    if source != STRIPE:
        return ports.storefronts[source].verify(headers, body, webhook_secrets(ports.vault, shop), now)
    try:
        event = ports.payments.verify(headers, body, stripe_webhook_secrets(ports.vault, shop), now)
    except Unparseable:
        # Signed, and no event: kept under its content, and set aside with its reason when it is read.
        return Delivery(key=hashlib.sha256(body).hexdigest(), topic="unreadable")
    return Delivery(key=event.id, topic=event.type)


hook_routes = [receive_webhook]
