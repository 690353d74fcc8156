"""The chain of every order that a transaction touches, written in one go at its end (I14).

``h(n) = SHA-256(h(n-1) || canonical(event n))``. The order's row is locked from the first event on, so that the head
which was read then is still the head when the events are written.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from plugin.core.ids import new_id
from plugin.db import Transaction

Fact = str | int | bool | None


def link(prev_hash: str, canonical: str) -> str:
    """One link of the chain."""
    return hashlib.sha256((prev_hash + canonical).encode()).hexdigest()


@dataclass(frozen=True)
class _Event:
    shop_id: str
    order_id: str
    n: int
    kind: str
    at: datetime
    canonical: str
    prev_hash: str
    hash: str


@dataclass
class _Head:
    n: int
    hash: str


class ChainBroken(Exception):
    """The head is not the one that was read under the order's lock: somebody has written beside the chain."""


class Chains:
    """The batch of audit events of one transaction."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._heads: dict[str, _Head] = {}
        self._events: list[_Event] = []

    def head_is(self, order_id: str, n: int, head: str) -> None:
        """Who has just locked and read the order's row says so, and saves the chain its own look."""
        self._heads.setdefault(order_id, _Head(n, head))

    async def append(
        self,
        *,
        shop_id: str,
        order_id: str,
        kind: str,
        actor: str,
        at: datetime,
        data: Mapping[str, Fact | list[str]],
    ) -> None:
        """The next event of the order; locks its row unless that was done before."""
        head = await self._locked(order_id)
        n, prev_hash = head.n + 1, head.hash
        canonical = json.dumps(
            {"order": order_id, "n": n, "kind": kind, "actor": actor, "at": at.isoformat(), "data": dict(data)},
            sort_keys=True, separators=(",", ":"), ensure_ascii=False,
        )  # fmt: skip
        head.n, head.hash = n, link(prev_hash, canonical)
        self._events.append(_Event(shop_id, order_id, n, kind, at, canonical, prev_hash, head.hash))

    async def _locked(self, order_id: str) -> _Head:
        if order_id not in self._heads:
            (row,) = await self._tx.rows("SELECT audit_n, audit_head FROM orders WHERE id = $1 FOR UPDATE", order_id)
            self.head_is(order_id, row["audit_n"], row["audit_head"])
        return self._heads[order_id]

    async def write(self) -> None:
        """All events and the new heads, in one statement; raises ``ChainBroken``."""
        if not self._events:
            return
        first = {event.order_id: event for event in reversed(self._events)}
        moved = await self._tx.rows(
            "WITH events AS (INSERT INTO audit_events (id, shop_id, order_id, n, kind, at, canonical, prev_hash, hash) "
            "SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::text[], $6::timestamptz[], "
            "$7::text[], $8::text[], $9::text[])) "
            "UPDATE orders SET audit_n = head.n, audit_head = head.hash "
            "FROM unnest($10::text[], $11::int[], $12::text[], $13::int[], $14::text[]) "
            "AS head(order_id, n, hash, was_n, was_hash) "
            "WHERE orders.id = head.order_id AND audit_n = head.was_n AND audit_head = head.was_hash RETURNING id",
            [new_id("aud") for _ in self._events],
            [event.shop_id for event in self._events],
            [event.order_id for event in self._events],
            [event.n for event in self._events],
            [event.kind for event in self._events],
            [event.at for event in self._events],
            [event.canonical for event in self._events],
            [event.prev_hash for event in self._events],
            [event.hash for event in self._events],
            list(first),
            [self._heads[order_id].n for order_id in first],
            [self._heads[order_id].hash for order_id in first],
            [event.n - 1 for event in first.values()],
            [event.prev_hash for event in first.values()],
        )
        if len(moved) != len(first):
            raise ChainBroken(", ".join(first.keys() - {row["id"] for row in moved}))
