"""Confirming an ask of any kind under the caller's key: once, exactly what was previewed, or the new preview (409)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec
from litestar import Response

from handlers.dependencies import Guest
from handlers.idempotent import Remember, answer_once
from handlers.shopper.cases import case_view
from handlers.shopper.present import presenter
from plugin.access import rate
from plugin.cases.models import Case
from plugin.db import Transaction
from plugin.journeys.confirming import Answered
from plugin.journeys.judging import DecisionChanged, Preview
from plugin.journeys.seen_exchange import see_exchange
from plugin.journeys.view_order import SeenCase
from plugin.parcels.store import parcels_of_case
from plugin.ports.runtime import Ports
from plugin.refunds.store import legs_of_case

CONFIRMS_AN_HOUR = 120
CONFIRM_PROBLEMS = {
    400: "The Idempotency-Key is missing.",
    401: "The session has ended.",
    409: "The decision has changed (`preview`), the items are asked for already, or the call still runs.",
    422: "The Idempotency-Key was used with another body.",
    429: "Too many confirmations; see Retry-After.",
}
CONFIRM_SAYS = (
    "Carries out exactly what the preview with this digest said. If the answer is another one by now, nothing is done "
    "and the new preview comes back with 409. Send a fresh `Idempotency-Key` for each intent and the same one for each "
    "retry."
)

Confirm = Callable[[Answered], Awaitable[object]]
"""Runs the journey; it calls what it is given last in its transaction, to store the answer."""


async def confirm_once(
    ports: Ports, guest: Guest, scope: str, key: str | None, body: bytes, locale: str | None, confirm: Confirm
) -> Response[bytes]:
    """Confirm, for the API and the pages alike; ``scope`` names the kind. Raises ``TooMany`` after many an hour."""

    async def use_case(remember: Remember) -> None:
        async def answered(tx: Transaction, case: Case, agreed: Preview) -> None:
            speak = presenter(guest.shop, agreed.order, ports.clock.now(), locale)
            payments = {payment.id: payment for payment in agreed.payments}
            legs, parcels = await legs_of_case(case.id), await parcels_of_case(case.id)
            exchange = await see_exchange(case)
            await remember(tx, case_view(speak, SeenCase(case, legs, payments, None, parcels, exchange), ports))

        try:
            await confirm(answered)
        except DecisionChanged as changed:
            now = changed.now
            speak = presenter(guest.shop, now.order, ports.clock.now(), locale)
            raise DecisionChanged(now, preview=msgspec.to_builtins(speak.preview(now))) from changed

    return await once_counted(ports, guest, scope, key, body, use_case)


async def once_counted(
    ports: Ports, guest: Guest, scope: str, key: str | None, body: bytes,
    use_case: Callable[[Remember], Awaitable[None]],
) -> Response[bytes]:  # fmt: skip
    """Run a confirmation of this order once for this key; raises ``TooMany`` after many an hour."""
    order_id = guest.visitor.order_id

    async def counted(remember: Remember) -> None:
        # Counted in here, so that the retry of a call that has its answer gets that answer and no 429 (I11).
        await rate.count(f"confirm:{order_id}", limit=CONFIRMS_AN_HOUR, at=ports.clock.now())
        await use_case(remember)

    return await answer_once(
        shop_id=guest.shop.id, scope=f"{scope}:{order_id}", key=key, request=body, status=201, use_case=counted
    )
