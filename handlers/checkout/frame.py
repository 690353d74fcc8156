"""What the checkout APIs of codes and of store credit share: who asks, how often, and how a call happens once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

from litestar import Response
from litestar.di import Provide
from msgspec import Struct

from handlers.addresses import caller_group
from handlers.dependencies import AnyRequest, provide_page_shop, provide_server_shop
from handlers.idempotent import Remember, answer_once
from plugin.access.rate import count
from plugin.db import Transaction, transaction
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop

QUOTES_PER_MINUTE = 60  # by one client: enough for every change of a cart, useless against 80 bits

KEY = {401: "The key is not known."}
UNKNOWN = {404: "No code of this shop reads so."}
CALL = KEY | UNKNOWN | {400: "No Idempotency-Key, or a body that is not exact.", 422: "The key was used before."}
FROM_PAGE = {"shop": Provide(provide_page_shop)}
FROM_SERVER = {"shop": Provide(provide_server_shop)}


async def count_quote(request: AnyRequest, ports: Ports, shop: Shop) -> None:
    """Count one quote of this client at this shop, of either kind; raises ``TooMany``."""
    asker = f"quote:{shop.id}:{caller_group(request)}"
    await count(asker, limit=QUOTES_PER_MINUTE, at=ports.clock.now(), per=timedelta(minutes=1))


async def once(
    ports: Ports, shop: Shop, scope: str, key: str | None, body: bytes,
    use_case: Callable[[Transaction], Awaitable[Struct]],
) -> Response[bytes]:  # fmt: skip
    """Run ``use_case`` once for this key, in one transaction with the answer that it gives."""

    async def remembered(remember: Remember) -> None:
        async with transaction(ports.doorbell) as tx:
            await remember(tx, await use_case(tx))

    return await answer_once(shop_id=shop.id, scope=scope, key=key, request=body, status=200, use_case=remembered)
