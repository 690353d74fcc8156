"""What was set aside is read once more, because a person says that what kept it from being read is mended."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from plugin.audit import service as audit
from plugin.db import Transaction, transaction
from plugin.inbox.events import READ_EVENT, get_event, reopen_event
from plugin.outbox import service as outbox
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop

AT_ONCE = 500


@dataclass(frozen=True)
class Replayed:
    """How many are read again, and how many are still set aside."""

    replayed: int
    left: int


Answered = Callable[[Transaction, Replayed], Awaitable[None]]
"""Called last inside the transaction, to store an answer with what made it true."""


async def replay_one(ports: Ports, shop: Shop, event_id: str, by: str, *, answered: Answered) -> None:
    """Read a webhook again that was set aside, or found to mean nothing; raises ``NotFound``."""
    await get_event(shop.id, event_id)
    async with transaction(ports.doorbell) as tx:
        await answered(tx, await _replay(tx, ports, shop, [event_id], by))


async def replay_all(ports: Ports, shop: Shop, by: str, *, answered: Answered) -> None:
    """Read the oldest of what was set aside again, as many as fit into one transaction."""
    async with transaction(ports.doorbell) as tx:
        found = await tx.rows(
            "SELECT id FROM inbox_events WHERE shop_id = $1 AND state = 'set_aside' ORDER BY received_at, id LIMIT $2",
            shop.id, AT_ONCE,
        )  # fmt: skip
        await answered(tx, await _replay(tx, ports, shop, [row["id"] for row in found], by))


async def _replay(tx: Transaction, ports: Ports, shop: Shop, event_ids: list[str], by: str) -> Replayed:
    reopened = [event_id for event_id in event_ids if await reopen_event(tx, shop.id, event_id)]
    for event_id in reopened:
        await outbox.add(tx, shop_id=shop.id, kind=READ_EVENT, ref=event_id)
    if reopened:
        await audit.record(
            tx, shop_id=shop.id, order_id=None, kind="webhooks_replayed", actor=by, at=ports.clock.now(),
            data={"events": len(reopened), "first": reopened[0], "last": reopened[-1]},
        )  # fmt: skip
    (left,) = await tx.rows(
        "SELECT count(*) AS n FROM inbox_events WHERE shop_id = $1 AND state = 'set_aside'", shop.id
    )
    return Replayed(len(reopened), left["n"])
