"""Writing work in the transaction that makes it necessary, claiming it under a lease, completing it with a fence.

All times are the database's, so that a worker with a wrong clock neither steals nor forgets.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from plugin.core.points import point
from plugin.db import Transaction, rows
from plugin.outbox.batch import WorkBatch
from plugin.outbox.lanes import CLAIM, Lane, lane_of
from plugin.outbox.leases import LEASE, SENDING_NEEDS, Claim, Heir, LeaseLost, claims_of
from plugin.ports.runtime import Ring

__all__ = ["LEASE", "SENDING_NEEDS", "Claim", "Heir", "Lane", "LeaseLost", "lane_of"]  # beside what is defined here

LONGEST_BACK_OFF = timedelta(minutes=10)
MONEY_WAITS_AT_MOST = timedelta(minutes=1)


class Later(Exception):
    """The work cannot be finished now, and nothing is wrong: take it again after ``delay``."""

    def __init__(self, delay: timedelta, reason: str) -> None:
        super().__init__(reason)
        self.delay = delay
        self.reason = reason


async def add(
    tx: Transaction,
    *,
    shop_id: str,
    kind: str,
    ref: str,
    delay: timedelta | None = None,
    at: datetime | None = None,
) -> None:
    """Write a piece of work; it is rung for after the commit. ``delay`` counts from now, ``at`` is a fixed time."""
    tx.batch_of(WorkBatch).add(shop_id, kind, ref, at, delay)


async def reschedule(tx: Transaction, *, shop_id: str, kind: str, ref: str, at: datetime) -> None:
    """Set the time of work that waits, or write it where none does: a date that slides often needs one row only."""
    tx.batch_of(WorkBatch).slide(shop_id, kind, ref, at)


async def is_open(tx: Transaction, *, kind: str, ref: str) -> bool:
    """Whether such work is written, or about to be, and not done yet."""
    return tx.batch_of(WorkBatch).holds(kind, ref) or bool(
        await tx.rows("SELECT 1 FROM work WHERE ref = $1 AND kind = $2 AND state <> 'done' LIMIT 1", ref, kind)
    )


async def is_open_about(tx: Transaction, *, kind: str, ids: Sequence[str]) -> bool:
    """Whether work of this kind about one of these ids, with which its ref begins, is not done yet."""
    return bool(
        await tx.rows(
            "SELECT 1 FROM work WHERE kind = $1 AND state IN ('ready', 'claimed') "
            "AND split_part(ref, ':', 1) = ANY($2) LIMIT 1",
            kind, list(ids),
        )
    )  # fmt: skip


async def hasten(tx: Transaction, *, kind: str, ref: str) -> None:
    """Bring waiting work forward to now."""
    tx.batch_of(WorkBatch).hasten(kind, ref)


async def complete(tx: Transaction, claim: Claim) -> None:
    """Mark the work done together with its result; the commit raises ``LeaseLost`` if it is no longer ours."""
    await tx.batch_of(WorkBatch).complete(claim)


@dataclass(frozen=True)
class Turn:
    """What was there to be taken, and by lane how long until there is more; None where nothing waits."""

    claims: list[Claim]
    waits: Mapping[Lane, timedelta | None]


async def take_turn(
    places: Mapping[Lane, int], *, lease: timedelta = LEASE, kinds: Sequence[str] | None = None
) -> Turn:
    """Take work that is due, or whose worker has lost its lease: in each lane as much as there are places.

    Only of these ``kinds`` where they are named: what a newer version has written is left for it.
    """
    started = time.monotonic()
    point("before outbox_claimed")
    *taken, ahead = await rows(CLAIM, lease, places[Lane.PEOPLE], places[Lane.READING], kinds and list(kinds))
    if taken:
        point("after outbox_claimed")
    waits = {Lane.PEOPLE: ahead["people"], Lane.READING: ahead["reading"]}
    return Turn(claims_of(taken, lease, started), waits)


async def claim_due(limit: int, *, lease: timedelta = LEASE, kinds: Sequence[str] | None = None) -> list[Claim]:
    """Take up to ``limit`` pieces of work of each lane."""
    return (await take_turn({lane: limit for lane in Lane}, lease=lease, kinds=kinds)).claims


def back_off(attempts: int, at_most: timedelta = LONGEST_BACK_OFF) -> timedelta:
    """The growing pause between tries: 2 s, 4 s, 8 s, and ``at_most`` ten minutes.

    Attempts count leases that were lost and answers that were waited for as well, so that where somebody waits for
    money the pause stays short: one lost packet after them is no reason to be late.
    """
    return min(timedelta(seconds=2 ** min(attempts, 10)), at_most)


async def put_back(claim: Claim, *, reason: str, delay: timedelta | None = None) -> Ring | None:
    """Give the work back, to be taken again after ``delay``. Without one it has failed: that is counted, and the pause
    grows. Never raises on a lost lease: then it is not ours to give back."""
    wait = delay if delay is not None else back_off(claim.attempts)
    back = await rows(
        "UPDATE work SET state = 'ready', lease_until = NULL, not_before = now() + $3::interval, last_error = $4, "
        "failures = failures + $5 "
        "WHERE id = $1 AND fence = $2 AND state = 'claimed' RETURNING not_before",
        claim.id,
        claim.fence,
        wait,
        reason[:500],
        int(delay is None),
    )
    return Ring(claim.id, back[0]["not_before"]) if back else None


async def forget_done(older_than: timedelta) -> int:
    """Delete finished work after a while; what it did is in the audit."""
    gone = await rows(
        "DELETE FROM work WHERE state = 'done' AND done_at < now() - $1::interval RETURNING id", older_than
    )
    return len(gone)


async def depth() -> tuple[int, float]:
    """How much work is due, and the age in seconds of the oldest, for the metrics."""
    answer = await rows(
        "SELECT count(*) AS n, COALESCE(EXTRACT(epoch FROM now() - min(not_before)), 0)::float8 AS age "
        "FROM work WHERE state IN ('ready', 'claimed') AND not_before <= now()"
    )
    return answer[0]["n"], answer[0]["age"]
