"""Orders that a poll or an import met and could not read: webhooks that nobody sent, set aside until they are seen to.

What a poll says of its last round is gone with the next one, and an order is only listed again when it changes. Kept
here, it is told of, replayed (the store is asked for it anew) and forgotten like any webhook that could not be read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import msgspec

from plugin.core.ids import new_id
from plugin.db import Transaction, rows
from plugin.inbox.events import ERASED
from plugin.ports.storefronts import Unparseable

POLLED = "order.polled"


@dataclass(frozen=True, order=True)
class UnreadOrder:
    """An order by the store's own id, and why it could not be read, in words for the shop's staff."""

    order_id: str
    reason: str


class _Body(msgspec.Struct, frozen=True):
    id: str | None = None


async def keep_unread(tx: Transaction, shop_id: str, source: str, unread: Iterable[UnreadOrder], at: datetime) -> None:
    """Set each aside, once for each reason. One that was read meanwhile and fails again is told of anew; one that was
    erased is not."""
    for each in sorted(unread):
        await tx.execute(
            "INSERT INTO inbox_events "
            "(id, shop_id, source, event_key, topic, body, state, reason, received_at, handled_at, subject) "
            "VALUES ($1, $2, $3, $4, $5, $6, 'set_aside', $7, $8, $8, $9) "
            "ON CONFLICT (shop_id, source, event_key) DO UPDATE SET body = EXCLUDED.body, state = 'set_aside', "
            "reason = EXCLUDED.reason, received_at = EXCLUDED.received_at, handled_at = EXCLUDED.handled_at "
            "WHERE inbox_events.state = 'handled' OR (inbox_events.state = 'ignored' AND inbox_events.reason <> $10)",
            new_id("evt"), shop_id, source, _key(each), POLLED, msgspec.json.encode(_Body(each.order_id)),
            each.reason[:1000], at, each.order_id[:120], ERASED,
        )  # fmt: skip


async def read_at_last(tx: Transaction, shop_id: str, order_ids: Iterable[str], at: datetime) -> None:
    """These orders were read: what was set aside about them is settled."""
    await tx.execute(
        "UPDATE inbox_events SET state = 'handled', handled_at = $4, reason = NULL WHERE id IN (SELECT id "
        "FROM inbox_events WHERE shop_id = $1 AND subject = ANY($2) AND topic = $3 AND state = 'set_aside' "
        "ORDER BY id FOR UPDATE)",
        shop_id, list(order_ids), POLLED, at,
    )  # fmt: skip


async def unread_orders(shop_id: str) -> list[UnreadOrder]:
    """All that still stand, each with its newest reason."""
    found = await rows(
        "SELECT DISTINCT ON (subject) subject AS order_id, reason FROM inbox_events "
        "WHERE shop_id = $1 AND topic = $2 AND state = 'set_aside' ORDER BY subject, received_at DESC, id DESC",
        shop_id, POLLED,
    )  # fmt: skip
    return [UnreadOrder(**row) for row in found]


def name_order(body: bytes) -> Unparseable:
    """What reading such an event comes to: no order, and the id of the one that the store is to be asked for."""
    try:
        order_id = msgspec.json.decode(body, type=_Body).id
    except (msgspec.MsgspecError, UnicodeDecodeError):
        order_id = None
    return Unparseable("It names an order for the store to be asked for, and holds none itself.", order_id)


def _key(unread: UnreadOrder) -> str:
    return f"polled:{unread.order_id[:120]}:{hashlib.sha256(unread.reason.encode()).hexdigest()[:16]}"
