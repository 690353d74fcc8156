"""The durable inbox: one statement stores a webhook and the work of reading it, then it may be answered."""

from __future__ import annotations

import hashlib
from datetime import datetime
from enum import StrEnum

from plugin.core.errors import NotFound
from plugin.core.ids import new_id
from plugin.db import Transaction, read, rows
from plugin.inbox.models import InboxEvent
from plugin.ports.runtime import Doorbell, Ring


class EventState(StrEnum):
    RECEIVED = "received"
    HANDLED = "handled"
    IGNORED = "ignored"
    SET_ASIDE = "set_aside"


READ_EVENT = "read_event"

_RECEIVE = """
    WITH event AS (
        INSERT INTO inbox_events (id, shop_id, source, event_key, topic, body, state, received_at)
        VALUES ($1, $2, $3, $4, $5, $6, 'received', $7)
        ON CONFLICT (shop_id, source, event_key) DO NOTHING
        RETURNING id
    )
    INSERT INTO work (id, shop_id, kind, ref, state, not_before, attempts, fence, created_at)
    SELECT $8, $2, $9, id, 'ready', now(), 0, 0, now() FROM event
    RETURNING id
"""


async def receive(
    doorbell: Doorbell, *, shop_id: str, source: str, key: str, topic: str, body: bytes, at: datetime
) -> bool:
    """Store a verified webhook once and see to it that it is read; False for a repetition."""
    work_id = new_id("work")
    written = await rows(
        _RECEIVE, new_id("evt"), shop_id, source, _as_column(key), _as_column(topic, 120), body, at, work_id, READ_EVENT
    )
    if written:
        await doorbell.ring([Ring(work_id)])
    return bool(written)


def _as_column(name: str, longest: int = 200) -> str:
    """A sender's name for something, as a column can hold it: what is too long or holds a NUL goes by its hash, so
    that two names never become one."""
    if len(name) <= longest and "\0" not in name:
        return name
    return f"sha256:{hashlib.sha256(name.encode()).hexdigest()}"


async def get_event(shop_id: str, event_id: str) -> InboxEvent:
    """The stored event; raises ``NotFound``, also for another shop's."""
    found = await read(InboxEvent, "WHERE id = $1 AND shop_id = $2", event_id, shop_id)
    if not found:
        raise NotFound(detail="There is no such webhook.", param="event_id")
    return found[0]


async def close_event(
    tx: Transaction, event_id: str, state: EventState, at: datetime, reason: str | None = None
) -> bool:
    """Settle a received event; False when it was settled before."""
    return bool(
        await tx.execute(
            "UPDATE inbox_events SET state = $2, handled_at = $3, reason = $4 WHERE id = $1 AND state = 'received'",
            event_id,
            str(state),
            at,
            reason[:1000] if reason else None,
        )
    )


async def reopen_event(tx: Transaction, shop_id: str, event_id: str) -> bool:
    """Make an event that was set aside unread again, after a fix; False when there is nothing to reopen."""
    return bool(
        await tx.execute(
            "UPDATE inbox_events SET state = 'received', handled_at = NULL, reason = NULL "
            "WHERE id = $1 AND shop_id = $2 AND state IN ('set_aside', 'ignored')",
            event_id,
            shop_id,
        )
    )


async def set_aside_events(shop_id: str, limit: int = 100) -> list[InboxEvent]:
    """What could not be read, newest first, with its reason."""
    return await InboxEvent.filter(shop_id=shop_id, state=EventState.SET_ASIDE).order_by("-received_at").limit(limit)


async def unread() -> int:
    """How many events wait to be read, for the metrics."""
    return await InboxEvent.filter(state=EventState.RECEIVED).count()
