"""Reading events of a shop page by page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from plugin.audit.models import AuditEvent, AuditRoot
from plugin.db import read


@dataclass(frozen=True)
class Span:
    """Which events; None is any. ``own_chain`` are those of the shop itself, ``until`` is not within."""

    order_id: str | None = None
    own_chain: bool = False
    since: datetime | None = None
    until: datetime | None = None


async def events_of(
    shop_id: str, span: Span, limit: int, after: tuple[datetime, str] | None = None
) -> Sequence[AuditEvent]:
    """Events of a shop, newest first; ``after`` is when the last of the page before happened, and its id."""
    at, event_id = after or (None, None)
    return await read(
        AuditEvent,
        "WHERE shop_id = $1 AND ($2::text IS NULL OR order_id = $2) AND (NOT $3::boolean OR order_id IS NULL) "
        "AND ($4::timestamptz IS NULL OR at >= $4) AND ($5::timestamptz IS NULL OR at < $5) "
        "AND ($6::timestamptz IS NULL OR (at, id) < ($6, $7::text)) ORDER BY at DESC, id DESC LIMIT $8",
        shop_id, span.order_id, span.own_chain, span.since, span.until, at, event_id, limit,
    )  # fmt: skip


async def sealed_days(shop_id: str, limit: int, before: date | None = None) -> Sequence[AuditRoot]:
    """The days of a shop that are sealed, the last one first."""
    return await read(
        AuditRoot, "WHERE shop_id = $1 AND ($2::date IS NULL OR day < $2) ORDER BY day DESC LIMIT $3",
        shop_id, before, limit,
    )  # fmt: skip
