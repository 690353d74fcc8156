"""Writing work in the transaction that makes it necessary, claiming it under a lease, completing it with a fence.

All times are the database's, so that a worker with a wrong clock neither steals nor forgets.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from plugin.core.ids import new_id
from plugin.core.points import point
from plugin.db import Transaction, rows
from plugin.ports.runtime import Ring

LEASE = timedelta(seconds=30)  # who died holding work is replaced after this, and all has recovered in a minute
SENDING_NEEDS = 15.0  # seconds of lease: the longest call outside, and a margin
LONGEST_BACK_OFF = timedelta(minutes=10)


class LeaseLost(Exception):
    """Somebody else has taken this work since: whatever we found out is theirs to find, and ours is rolled back."""


class Later(Exception):
    """The work cannot be finished now, and nothing is wrong: take it again after ``delay``."""

    def __init__(self, delay: timedelta, reason: str) -> None:
        super().__init__(reason)
        self.delay = delay
        self.reason = reason


@dataclass(frozen=True)
class Claim:
    """Work that is ours until its lease ends; ``may_send_until`` is a reading of this process's monotonic clock.

    ``attempts`` counts every claim, this one too; ``failures`` only those before that ended in an error of ours.
    """

    id: str
    shop_id: str
    kind: str
    ref: str
    fence: int
    attempts: int
    failures: int
    may_send_until: float

    def check_may_send(self) -> None:
        """Raise ``LeaseLost`` unless enough of the lease is left to finish a call to somebody else."""
        if self.may_wait() <= 0:
            raise LeaseLost(self.id)

    def may_wait(self) -> float:
        """For how many seconds a call to somebody else may still begin."""
        return self.may_send_until - time.monotonic()


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
    work_id = new_id("work")
    written = await tx.rows(
        "INSERT INTO work (id, shop_id, kind, ref, state, not_before, attempts, fence, created_at) "
        "VALUES ($1, $2, $3, $4, 'ready', COALESCE($5::timestamptz, now() + $6::interval), 0, 0, now()) "
        "RETURNING not_before",
        work_id,
        shop_id,
        kind,
        ref,
        at,
        delay or timedelta(0),
    )
    deferred = at is not None or delay is not None
    tx.rings.append(Ring(work_id, written[0]["not_before"] if deferred else None))


async def reschedule(tx: Transaction, *, shop_id: str, kind: str, ref: str, at: datetime) -> None:
    """Set the time of work that waits, or write it where none does: a date that slides often needs one row only."""
    written = await tx.rows(
        "WITH moved AS ("
        "UPDATE work SET not_before = $5 WHERE ref = $4 AND kind = $3 AND state = 'ready' RETURNING id), "
        "fresh AS (INSERT INTO work (id, shop_id, kind, ref, state, not_before, attempts, fence, created_at) "
        "SELECT $1, $2, $3, $4, 'ready', $5, 0, 0, now() WHERE NOT EXISTS (SELECT 1 FROM moved) RETURNING id) "
        "SELECT id FROM moved UNION ALL SELECT id FROM fresh",
        new_id("work"), shop_id, kind, ref, at,
    )  # fmt: skip
    tx.rings.extend(Ring(row["id"], at) for row in written)


async def is_open(tx: Transaction, *, kind: str, ref: str) -> bool:
    """Whether such work is written and not done yet."""
    return bool(await tx.rows("SELECT 1 FROM work WHERE ref = $1 AND kind = $2 AND state <> 'done' LIMIT 1", ref, kind))


async def hasten(tx: Transaction, *, kind: str, ref: str) -> None:
    """Bring waiting work forward to now."""
    moved = await tx.rows(
        "UPDATE work SET not_before = now() WHERE ref = $1 AND kind = $2 AND state = 'ready' AND not_before > now() "
        "RETURNING id",
        ref,
        kind,
    )
    tx.rings.extend(Ring(row["id"]) for row in moved)


_CLAIM = """
    UPDATE work SET state = 'claimed', fence = fence + 1, attempts = attempts + 1, lease_until = now() + $1::interval
    WHERE id IN (
        SELECT id FROM work
        WHERE state IN ('ready', 'claimed') AND not_before <= now() AND (lease_until IS NULL OR lease_until < now())
        AND ($3::text[] IS NULL OR kind = ANY($3)) {which}
        ORDER BY not_before FOR UPDATE SKIP LOCKED LIMIT $2
    )
    RETURNING id, shop_id, kind, ref, fence, attempts, failures
"""


async def claim_due(limit: int, *, lease: timedelta = LEASE, kinds: Sequence[str] | None = None) -> list[Claim]:
    """Take up to ``limit`` pieces of work that are due, or whose worker has lost its lease.

    Only of these ``kinds`` where they are named: what a newer version has written is left for it.
    """
    return await _claim(_CLAIM.format(which=""), lease, limit, kinds)


async def claim_one(work_id: str, *, lease: timedelta = LEASE, kinds: Sequence[str] | None = None) -> Claim | None:
    """Take this piece of work if it is due, nobody has it, and it is of these ``kinds``."""
    taken = await _claim(_CLAIM.format(which="AND id = $4"), lease, 1, kinds, work_id)
    return taken[0] if taken else None


async def _claim(sql: str, lease: timedelta, limit: int, kinds: Sequence[str] | None, *values: str) -> list[Claim]:
    started = time.monotonic()
    point("before outbox_claimed")
    taken = await rows(sql, lease, limit, None if kinds is None else list(kinds), *values)
    if taken:
        point("after outbox_claimed")
    may_send = lease.total_seconds() - min(SENDING_NEEDS, lease.total_seconds() / 2)
    return [Claim(**row, may_send_until=started + may_send) for row in taken]


async def complete(tx: Transaction, claim: Claim) -> None:
    """Mark the work done together with its result; raises ``LeaseLost`` if it is no longer ours."""
    done = await tx.execute(
        "UPDATE work SET state = 'done', lease_until = NULL, done_at = now(), last_error = NULL "
        "WHERE id = $1 AND fence = $2 AND state = 'claimed'",
        claim.id,
        claim.fence,
    )
    if not done:
        raise LeaseLost(claim.id)


def back_off(attempts: int) -> timedelta:
    """The growing pause between tries: 2 s, 4 s, 8 s, and at most ten minutes."""
    return min(timedelta(seconds=2 ** min(attempts, 10)), LONGEST_BACK_OFF)


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


async def next_due(kinds: Sequence[str] | None = None) -> timedelta | None:
    """How long until the next piece of work (of these ``kinds``) is due; None when there is none."""
    answer = await rows(
        "SELECT min(GREATEST(not_before, COALESCE(lease_until, not_before))) - now() AS wait "
        "FROM work WHERE state IN ('ready', 'claimed') AND ($1::text[] IS NULL OR kind = ANY($1))",
        None if kinds is None else list(kinds),
    )
    wait: timedelta | None = answer[0]["wait"]
    return wait


async def due_ids(limit: int) -> list[str]:
    """Work that is due and not in anybody's hands, for the sweep that rings again."""
    due = await rows(
        "SELECT id FROM work WHERE state IN ('ready', 'claimed') AND not_before <= now() "
        "AND (lease_until IS NULL OR lease_until < now()) ORDER BY not_before LIMIT $1",
        limit,
    )
    return [row["id"] for row in due]


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
