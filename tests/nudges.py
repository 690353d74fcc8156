"""What a test does instead of sleeping: it moves a date in the database and rings the bell."""

from __future__ import annotations

from typing import Any

from plugin.db import rows
from plugin.ports.orders import LineCount
from plugin.storefronts.standard.wire import OrderBody
from tests.world import World


async def hurry(world: World, *kinds: str, ref: str | None = None) -> None:
    """Let waiting work of these kinds (all, without any), or only that about ``ref``, be due now."""
    await rows(
        "UPDATE work SET not_before = now() WHERE state = 'ready' AND (kind = ANY($1) OR $2) "
        "AND ref = COALESCE($3, ref)",
        list(kinds), not kinds, ref,
    )  # fmt: skip
    await world.ports.doorbell.ring([])


async def let_its_date_come(world: World, case_id: str) -> None:
    """The date on which somebody looks at the case is now."""
    await rows("UPDATE cases SET due_at = now() - interval '1 second' WHERE id = $1", case_id)
    await rows("UPDATE work SET not_before = now() WHERE kind = 'case_due' AND ref = $1 AND state = 'ready'", case_id)
    await world.ports.doorbell.ring([])


async def nothing_is_due(world: World) -> None:
    """Wait until all work that may be done now is done; what waits for its date stays."""

    async def is_quiet() -> bool:
        due = await rows(
            "SELECT 1 FROM work WHERE state = 'claimed' OR (state = 'ready' AND not_before <= now() + interval '5 ms')"
        )
        return not due

    await world.until(is_quiet)


async def event_states(world: World) -> list[str]:
    """The states of all stored webhooks, in the order in which they came."""
    return [row["state"] for row in await rows("SELECT state FROM inbox_events ORDER BY received_at, id")]


async def one(sql: str, *values: Any) -> dict[str, Any]:
    """The only row of a query."""
    (row,) = await rows(sql, *values)
    return row


async def case_row(case_id: str) -> dict[str, Any]:
    return await one("SELECT * FROM cases WHERE id = $1", case_id)


async def refunds(world: World) -> list[tuple[int, str]]:
    """Amount and status of every refund at the sandbox, newest first."""
    return [
        (each.amount, each.status) for payment in (await world.stripe.ledger()).payments for each in payment.refunds
    ]


async def mails_about(order: OrderBody) -> list[str]:
    """The templates of all mails about the order, in the order in which they were queued."""
    found = await rows(
        "SELECT m.template FROM mails m JOIN orders o ON o.id = m.order_id WHERE o.external_id = $1 "
        "ORDER BY m.created_at, m.id",
        order.id,
    )
    return [row["template"] for row in found]


def cancellations(world: World) -> list[str]:
    """The cancellations that the store took, each ask once."""
    return [ask.request_id for ask in world.store.asks if ask.ask == "order.cancel_requested" and not ask.is_repeat]


def units(**quantities: int) -> tuple[LineCount, ...]:
    return tuple(LineCount(line, quantity) for line, quantity in quantities.items())
