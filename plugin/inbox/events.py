"""The durable inbox after a webhook has arrived: its states, and what was set aside."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from plugin.core.errors import NotFound
from plugin.db import Transaction, read
from plugin.inbox.models import InboxEvent


class EventState(StrEnum):
    RECEIVED = "received"
    HANDLED = "handled"
    IGNORED = "ignored"
    SET_ASIDE = "set_aside"


READ_EVENT = "read_event"
ERASED = "erased"
_NO_BODY = b"{}"
# What is about a person: the events about these subjects ($2), and those that could not be read and name the address
# ($3). As text with every odd byte escaped: a body that nobody could read may not even be UTF-8.
_ABOUT = (
    "shop_id = $1 AND state <> 'received' AND (subject = ANY($2) OR (subject IS NULL "
    "AND state IN ('set_aside', 'ignored') "
    "AND position(lower(encode(convert_to($3, 'UTF8'), 'escape')) IN lower(encode(body, 'escape'))) > 0))"
)


async def get_event(shop_id: str, event_id: str) -> InboxEvent:
    """The stored event; raises ``NotFound``, also for another shop's."""
    found = await read(InboxEvent, "WHERE id = $1 AND shop_id = $2", event_id, shop_id)
    if not found:
        raise NotFound(detail="There is no such webhook.", param="event_id")
    return found[0]


async def close_event(
    tx: Transaction,
    event_id: str,
    state: EventState,
    at: datetime,
    reason: str | None = None,
    *,
    subject: str | None = None,
    forget_body: bool = False,
) -> bool:
    """Settle a received event; False when it was settled before.

    ``subject`` is what it is about: the store's id of an order, or a payment's reference. ``forget_body`` where it is
    about a person who was erased, or who asks for that.
    """
    return bool(
        await tx.execute(
            "UPDATE inbox_events SET state = $2, handled_at = $3, reason = $4, subject = COALESCE($5, subject), "
            "body = CASE WHEN $6 THEN $7 ELSE body END WHERE id = $1 AND state = 'received'",
            event_id,
            str(state),
            at,
            reason[:1000] if reason else None,
            subject[:120] if subject else None,
            forget_body,
            _NO_BODY,
        )
    )


async def forget_bodies(tx: Transaction, shop_id: str, subjects: Sequence[str], email: str | None) -> None:
    """Empty the bodies of the events about these subjects, and of those that could not be read and name this address.

    The rows stay: they are the defence against replays. What was set aside is off the list, for nothing is left of it.
    """
    await tx.execute(
        "UPDATE inbox_events SET body = $4, reason = $5, "  # noqa: S608 - put together here
        f"state = CASE WHEN state = 'set_aside' THEN 'ignored' ELSE state END WHERE {_ABOUT}",
        shop_id, list(subjects), email or None, _NO_BODY, ERASED,
    )  # fmt: skip


async def forget_old_bodies(tx: Transaction, shop_id: str, before: datetime, limit: int) -> int:
    """Empty some bodies that were received before and are done with; how many. The rows stay, as above."""
    return await tx.execute(
        "UPDATE inbox_events SET body = $4 WHERE id IN (SELECT id FROM inbox_events WHERE shop_id = $1 "
        "AND state IN ('handled', 'ignored') AND received_at < $2 AND body <> '{}' ORDER BY received_at LIMIT $3)",
        shop_id, before, limit, _NO_BODY,
    )  # fmt: skip


async def forget_all_unused(tx: Transaction, shop_id: str) -> None:
    """Empty every body of a shop that meant nothing to us or could not be read, whoever it names."""
    await tx.execute(
        "UPDATE inbox_events SET body = $2, reason = $3, state = 'ignored' "
        "WHERE shop_id = $1 AND state IN ('set_aside', 'ignored')",
        shop_id, _NO_BODY, ERASED,
    )  # fmt: skip


async def events_about(shop_id: str, subjects: Sequence[str], email: str | None) -> list[InboxEvent]:
    """All that ``forget_bodies`` would empty and has not emptied yet, the oldest first."""
    return await read(
        InboxEvent, f"WHERE {_ABOUT} AND body <> $4 ORDER BY received_at, id",
        shop_id, list(subjects), email or None, _NO_BODY,
    )  # fmt: skip


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


async def set_aside_page(shop_id: str, limit: int, after: tuple[datetime, str] | None = None) -> list[InboxEvent]:
    """What could not be read, newest first; ``after`` is when the last of the page before came, and its id."""
    at, event_id = after or (None, None)
    return await read(
        InboxEvent,
        "WHERE shop_id = $1 AND state = 'set_aside' "
        "AND ($2::timestamptz IS NULL OR (received_at, id) < ($2, $3::text)) "
        "ORDER BY received_at DESC, id DESC LIMIT $4",
        shop_id, at, event_id, limit,
    )  # fmt: skip


async def unread() -> int:
    """How many events wait to be read, for the metrics."""
    return await InboxEvent.filter(state=EventState.RECEIVED).count()
