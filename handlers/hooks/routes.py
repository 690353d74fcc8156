"""The store's and Stripe's webhooks: verify over the raw bytes, one durable write, answer. Reading them is work."""

from __future__ import annotations

from litestar import Request, Response, post
from litestar.datastructures import State
from litestar.params import FromPath

from handlers.hooks.door import WebhookDoor
from handlers.logs import name_shop
from handlers.security import ANYTHING
from plugin.core.points import point


@post(
    "/hooks/{shop_id:str}/{source:str}",
    opt={"accepts": (ANYTHING,)},
    status_code=202,
    tags=["webhooks"],
    summary="Receive a webhook",
    description=(
        "The address to give to your storefront (`standard`, `woocommerce`, `shopify`), to Stripe (`stripe`), and to "
        "what speaks for your carriers (`carrier`, signed as `standard` is with a secret of its own). "
        "Answered after one durable write; a repetition is answered alike and changes nothing. A signature that does "
        "not verify is always the same 401."
    ),
)
async def receive_webhook(
    request: Request[object, object, State],
    shop_id: FromPath[str],
    source: FromPath[str],
) -> Response[None]:
    """202 once stored; 200 for a platform's ping, which is not stored; 401 for all else."""
    door: WebhookDoor = request.app.state.door  # not by injection, which would cost as much as checking the signature
    delivery = await door.let_in(shop_id, source, dict(request.headers), await request.body())
    name_shop(request.scope, shop_id)
    if delivery.is_ping:
        return Response(None, status_code=200)
    point("before webhook_answered")
    return Response(None, status_code=202)


hook_routes = [receive_webhook]
