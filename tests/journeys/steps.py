"""Steps that several journeys take: let things come to rest, look at the books."""

from __future__ import annotations

from typing import Any

from plugin.db import rows
from plugin.payments.sandbox.control_messages import PaymentEntry
from plugin.payments.stripe.amounts import from_stripe
from plugin.storefronts.standard.wire import OrderBody
from tests.world import World


async def quiet(world: World) -> None:
    """Until every webhook has arrived and no work is due or in anybody's hands."""

    async def nothing_is_due() -> bool:
        await world.stripe.drain()
        due = await rows(
            "SELECT 1 FROM work WHERE (state = 'claimed' OR (state = 'ready' AND not_before <= now())) LIMIT 1"
        )
        return not due

    await world.until(nothing_is_due)


async def legs_of(case_id: str) -> list[dict[str, Any]]:
    """The legs of a case as the table holds them, oldest first."""
    return await rows("SELECT * FROM refund_legs WHERE case_id = $1 ORDER BY id", case_id)


async def templates(case_id: str) -> list[str]:
    """The templates of the mails about a case, in the order in which they were written."""
    return [row["template"] for row in await rows("SELECT template FROM mails WHERE case_id = $1 ORDER BY id", case_id)]


async def alerts(case_id: str) -> list[str]:
    """The kinds of alert that the staff got about a case."""
    found = await rows("SELECT purpose FROM mails WHERE case_id = $1 AND template = 'staff_alert' ORDER BY id", case_id)
    return [row["purpose"].split(":")[2] for row in found]


async def charged(world: World, order: OrderBody) -> PaymentEntry:
    """The order's payment at Stripe."""
    (reference,) = [p.stripe_payment_intent for p in order.payments if p.stripe_payment_intent]
    return await world.stripe.payment(reference)


async def given_back(world: World, order: OrderBody) -> int:
    """What Stripe has given back on the order's payment, in the order's minor units."""
    return from_stripe((await charged(world, order)).refunded, order.currency)


async def count(table: str, where: str = "true") -> int:
    """How many rows of a table there are."""
    n: int = (await rows(f"SELECT count(*) AS n FROM {table} WHERE {where}"))[0]["n"]
    return n
