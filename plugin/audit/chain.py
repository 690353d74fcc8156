"""The chains of every order and shop that a transaction touches, written in one go at its end (I14).

``h(n) = SHA-256(h(n-1) || canonical(event n))``. What is done to an order stands in the order's chain, what is done to
the shop itself (its policies, its people) in the shop's. The row that keeps the head is locked from the first event on,
so that the head which was read then is still the head when the events are written. Orders are locked before the shop.
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
class _Owner:
    """Whose chain it is: the row of an order or of a shop, which keeps the head."""

    table: str
    id: str

    @property
    def noun(self) -> str:
        return self.table.removesuffix("s")


@dataclass(frozen=True)
class _Event:
    shop_id: str
    order_id: str | None
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
    """The head is not the one that was read under its row's lock: somebody has written beside the chain."""


class Chains:
    """The batch of audit events of one transaction."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._heads: dict[_Owner, _Head] = {}
        self._events: dict[_Owner, list[_Event]] = {}

    def head_is(self, order_id: str, n: int, head: str) -> None:
        """Who has just locked and read the order's row says so, and saves the chain its own look."""
        self._heads.setdefault(_Owner("orders", order_id), _Head(n, head))

    async def append(
        self,
        *,
        shop_id: str,
        order_id: str | None,
        kind: str,
        actor: str,
        at: datetime,
        data: Mapping[str, Fact | list[str]],
    ) -> None:
        """The next event of the order, or of the shop itself; locks its row unless that was done before."""
        owner = _Owner("orders", order_id) if order_id is not None else _Owner("shops", shop_id)
        head = await self._locked(owner)
        n, prev_hash = head.n + 1, head.hash
        canonical = json.dumps(
            {owner.noun: owner.id, "n": n, "kind": kind, "actor": actor, "at": at.isoformat(), "data": dict(data)},
            sort_keys=True, separators=(",", ":"), ensure_ascii=False,
        )  # fmt: skip
        head.n, head.hash = n, link(prev_hash, canonical)
        event = _Event(shop_id, order_id, n, kind, at, canonical, prev_hash, head.hash)
        self._events.setdefault(owner, []).append(event)

    async def _locked(self, owner: _Owner) -> _Head:
        if owner not in self._heads:
            # A shop's row is only locked against other chains: whatever points to the shop is written meanwhile.
            lock = "FOR UPDATE" if owner.table == "orders" else "FOR NO KEY UPDATE"
            (row,) = await self._tx.rows(
                f"SELECT audit_n, audit_head FROM {owner.table} WHERE id = $1 {lock}",  # noqa: S608 - two names of ours
                owner.id,
            )
            self._heads.setdefault(owner, _Head(row["audit_n"], row["audit_head"]))
        return self._heads[owner]

    async def write(self) -> None:
        """All events and the new heads, one statement for the orders and one for the shop; raises ``ChainBroken``."""
        for table in ("orders", "shops"):
            if chains := {owner.id: events for owner, events in self._events.items() if owner.table == table}:
                await self._write(table, chains)

    async def _write(self, table: str, chains: Mapping[str, list[_Event]]) -> None:
        written = [event for events in chains.values() for event in events]
        moved = await self._tx.rows(
            "WITH events AS (INSERT INTO audit_events (id, shop_id, order_id, n, kind, at, canonical, prev_hash, hash) "  # noqa: S608
            "SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::text[], $6::timestamptz[], "
            "$7::text[], $8::text[], $9::text[])) "
            f"UPDATE {table} SET audit_n = head.n, audit_head = head.hash "
            "FROM unnest($10::text[], $11::int[], $12::text[], $13::int[], $14::text[]) "
            "AS head(owner_id, n, hash, was_n, was_hash) "
            f"WHERE {table}.id = head.owner_id AND audit_n = head.was_n AND audit_head = head.was_hash RETURNING id",
            [new_id("aud") for _ in written],
            [event.shop_id for event in written],
            [event.order_id for event in written],
            [event.n for event in written],
            [event.kind for event in written],
            [event.at for event in written],
            [event.canonical for event in written],
            [event.prev_hash for event in written],
            [event.hash for event in written],
            list(chains),
            [events[-1].n for events in chains.values()],
            [events[-1].hash for events in chains.values()],
            [events[0].n - 1 for events in chains.values()],
            [events[0].prev_hash for events in chains.values()],
        )
        if len(moved) != len(chains):
            raise ChainBroken(", ".join(chains.keys() - {row["id"] for row in moved}))
