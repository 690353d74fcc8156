"""The chain (I14): ``h(n) = SHA-256(h(n-1) || canonical(event n))``, its head on the order's or the shop's row.

Bodies hold ids, amounts, states and reasons: no name, address or token ever enters the chain, so that erasing a
person does not break it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from plugin.audit.chain import Chains, Fact, link
from plugin.audit.models import AuditEvent
from plugin.core.ids import new_id
from plugin.db import Transaction, rows


async def record(
    tx: Transaction,
    *,
    shop_id: str,
    order_id: str | None,
    kind: str,
    actor: str,
    at: datetime,
    data: Mapping[str, Fact | list[str]],
) -> None:
    """Append an event to the order's chain, or with ``order_id=None`` to the shop's own.

    Locks the order's or the shop's row until the transaction ends, and is written there. An event of the shop comes
    after all orders are locked.
    """
    await tx.batch_of(Chains).append(shop_id=shop_id, order_id=order_id, kind=kind, actor=actor, at=at, data=data)


@dataclass(frozen=True)
class Break:
    """Where the chain of an order or a shop does not hold, and how."""

    owner_id: str
    n: int
    what: str


async def verify_order(order_id: str) -> list[Break]:
    """Recompute an order's chain from its first event to the head on its row."""
    head = await rows("SELECT shop_id, audit_n, audit_head FROM orders WHERE id = $1", order_id)
    if not head:
        return []
    return _breaks(
        ("order", order_id), head[0]["shop_id"], (head[0]["audit_n"], head[0]["audit_head"]),
        await AuditEvent.filter(order_id=order_id).order_by("n"),
    )  # fmt: skip


async def verify_shop(shop_id: str) -> list[Break]:
    """Recompute the chain of what was done to the shop itself."""
    (head,) = await rows("SELECT audit_n, audit_head FROM shops WHERE id = $1", shop_id)
    events = await AuditEvent.filter(shop_id=shop_id, order_id__isnull=True).order_by("n")
    return _breaks(("shop", shop_id), shop_id, (head["audit_n"], head["audit_head"]), events)


def _breaks(owner: tuple[str, str], shop_id: str, head: tuple[int, str], events: list[AuditEvent]) -> list[Break]:
    owner_id = owner[1]
    broken: list[Break] = []
    prev_hash, expected = "", 0
    for event in events:
        expected += 1
        if event.n != expected or not _is_labelled_truly(event, owner) or event.shop_id != shop_id:
            broken.append(Break(owner_id, event.n, "an event is missing, moved or relabelled"))
            expected = event.n
        if event.prev_hash != prev_hash or event.hash != link(prev_hash, event.canonical):
            broken.append(Break(owner_id, event.n, "its hash does not follow from the event before and its content"))
        prev_hash = event.hash
    if head != (expected, prev_hash):
        broken.append(Break(owner_id, head[0], f"the head on the {owner[0]}'s row is not the last event"))
    return broken


def _is_labelled_truly(event: AuditEvent, owner: tuple[str, str]) -> bool:
    """Whether the columns by which an event is found say what its hashed content says."""
    try:
        body = json.loads(event.canonical)
    except ValueError:
        return False
    noun, owner_id = owner
    columns = {noun: owner_id, "n": event.n, "kind": event.kind, "at": event.at.isoformat()}
    return isinstance(body, dict) and {name: body.get(name) for name in columns} == columns


async def write_root(tx: Transaction, shop_id: str, day: date) -> str | None:
    """Seal a finished day: one hash over all links that were written in it. None when it is sealed or empty."""
    links = await tx.rows(
        "SELECT hash FROM audit_events WHERE shop_id = $1 AND at >= $2 AND at < $3 ORDER BY order_id, n",
        shop_id, _midnight(day), _midnight(day + timedelta(days=1)),
    )  # fmt: skip
    if not links:
        return None
    root = hashlib.sha256("".join(row["hash"] for row in links).encode()).hexdigest()
    written = await tx.rows(
        "INSERT INTO audit_roots (id, shop_id, day, events, root) VALUES ($1, $2, $3, $4, $5) "
        "ON CONFLICT (shop_id, day) DO NOTHING RETURNING id",
        new_id("root"), shop_id, day, len(links), root,
    )  # fmt: skip
    return root if written else None


async def unsealed_days(first: date, last: date) -> list[tuple[str, date]]:
    """The days (shop, day) from ``first`` to ``last`` on which something happened and that have no root yet."""
    found = await rows(
        "SELECT s.id AS shop_id, d::date AS day "
        "FROM shops s CROSS JOIN generate_series($1::timestamptz, $2::timestamptz, interval '1 day') AS d "
        "WHERE EXISTS (SELECT 1 FROM audit_events e "
        "WHERE e.shop_id = s.id AND e.at >= d AND e.at < d + interval '1 day') "
        "AND NOT EXISTS (SELECT 1 FROM audit_roots r WHERE r.shop_id = s.id AND r.day = d::date) ORDER BY 1, 2",
        _midnight(first),
        _midnight(last),
    )
    return [(row["shop_id"], row["day"]) for row in found]


async def verify_root(shop_id: str, day: date) -> bool | None:
    """Whether a sealed day still has the root that was written; None when it is not sealed."""
    sealed = await rows("SELECT root FROM audit_roots WHERE shop_id = $1 AND day = $2", shop_id, day)
    if not sealed:
        return None
    links = await rows(
        "SELECT hash FROM audit_events WHERE shop_id = $1 AND at >= $2 AND at < $3 ORDER BY order_id, n",
        shop_id, _midnight(day), _midnight(day + timedelta(days=1)),
    )  # fmt: skip
    root: str = sealed[0]["root"]
    return root == hashlib.sha256("".join(row["hash"] for row in links).encode()).hexdigest()


def _midnight(day: date) -> datetime:
    return datetime.fromisoformat(f"{day.isoformat()}T00:00:00+00:00")
