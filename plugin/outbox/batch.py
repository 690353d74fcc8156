"""What a transaction does to the work, in one statement before its commit: new rows, dates moved, work done.

Whoever has an heir takes what follows from completed work in the same breath: what is due now is written as claimed,
so that nobody has to look for it. A process that dies then is replaced when the lease ends, as after any claim.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from plugin.core.ids import new_id
from plugin.core.points import point
from plugin.db import Transaction
from plugin.outbox.leases import COLUMNS, Claim, LeaseLost, claims_of
from plugin.ports.runtime import Ring

# A lease is counted from this statement on, as its holder counts it: ``now()`` is the transaction's beginning, and it
# may have waited for its locks since.
_WRITE = f"""
    WITH done AS (
        UPDATE work SET state = 'done', lease_until = NULL, done_at = now(), last_error = NULL
        WHERE id = $1 AND fence = $2 AND state = 'claimed' RETURNING *
    ), wanted AS (
        SELECT *, $3::interval IS NOT NULL AND at IS NULL AND delay IS NULL AS taken
        FROM unnest($4::text[], $5::text[], $6::text[], $7::text[], $8::timestamptz[], $9::interval[], $10::bool[])
        AS wanted (id, shop_id, kind, ref, at, delay, slides)
    ), moved AS (
        UPDATE work SET not_before = COALESCE(wanted.at, now()) FROM wanted
        WHERE wanted.slides AND work.ref = wanted.ref AND work.kind = wanted.kind AND work.state = 'ready'
        RETURNING work.*
    ), hastened AS (
        UPDATE work SET not_before = now(), state = CASE WHEN $3 IS NULL THEN 'ready' ELSE 'claimed' END,
            lease_until = statement_timestamp() + $3,
            fence = fence + ($3 IS NOT NULL)::int, attempts = attempts + ($3 IS NOT NULL)::int
        FROM unnest($11::text[], $12::text[]) AS hasty (kind, ref)
        WHERE work.ref = hasty.ref AND work.kind = hasty.kind AND work.state = 'ready' AND not_before > now()
        AND NOT EXISTS (SELECT 1 FROM wanted WHERE slides AND wanted.kind = hasty.kind AND wanted.ref = hasty.ref)
        RETURNING work.*
    ), fresh AS (
        INSERT INTO work (id, shop_id, kind, ref, state, not_before, lease_until, fence, attempts, created_at)
        SELECT id, shop_id, kind, ref, CASE WHEN taken THEN 'claimed' ELSE 'ready' END,
            COALESCE(at, now() + COALESCE(delay, '0')), CASE WHEN taken THEN statement_timestamp() + $3 END,
            taken::int, taken::int, now()
        FROM wanted WHERE NOT slides OR NOT EXISTS (
            SELECT 1 FROM moved WHERE moved.kind = wanted.kind AND moved.ref = wanted.ref
        )
        RETURNING *
    )
    SELECT {COLUMNS}, state, CASE WHEN not_before > now() THEN not_before END AS waits_until
    FROM (TABLE done UNION ALL TABLE moved UNION ALL TABLE hastened UNION ALL TABLE fresh) AS written
"""  # noqa: S608 - our own column names


@dataclass
class _Wanted:
    shop_id: str
    kind: str
    ref: str
    at: datetime | None
    delay: timedelta | None
    slides: bool


class WorkBatch:
    """Everything that one transaction has to say about work."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._wanted: list[_Wanted] = []
        self._hasty: set[tuple[str, str]] = set()
        self._done: Claim | None = None

    def add(self, shop_id: str, kind: str, ref: str, at: datetime | None, delay: timedelta | None) -> None:
        self._wanted.append(_Wanted(shop_id, kind, ref, at, delay, slides=False))

    def slide(self, shop_id: str, kind: str, ref: str, at: datetime) -> None:
        self._wanted = [
            other for other in self._wanted if not (other.slides and (other.kind, other.ref) == (kind, ref))
        ]
        self._wanted.append(_Wanted(shop_id, kind, ref, at, None, slides=True))

    def hasten(self, kind: str, ref: str) -> None:
        """Now, whatever was asked for before. A date that slides after this is the later word, and counts."""
        for wanted in self._wanted:
            if (wanted.kind, wanted.ref) == (kind, ref):
                wanted.at = wanted.delay = None
        self._hasty.add((kind, ref))

    async def complete(self, claim: Claim) -> None:
        """One transaction ends one piece of work, at most; a second one is written by a statement of its own."""
        if self._done is not None:
            await self.write()
        self._done = claim

    def holds(self, kind: str, ref: str) -> bool:
        """Whether such work is among what will be written."""
        return any((wanted.kind, wanted.ref) == (kind, ref) for wanted in self._wanted)

    async def write(self) -> None:
        """Raises ``LeaseLost`` where the completed work is no longer ours: then nothing of all this is true."""
        done, wanted, hasty = self._done, self._wanted, self._hasty
        self._done, self._wanted, self._hasty = None, [], set()
        if done is None and not wanted and not hasty:
            return
        heir = done.heir if done else None
        started = time.monotonic()
        if heir is not None:
            point("before outbox_claimed")
        written = await self._tx.rows(
            _WRITE,
            done.id if done else None,
            done.fence if done else None,
            heir.lease if heir else None,
            [new_id("work") for _ in wanted],
            [each.shop_id for each in wanted],
            [each.kind for each in wanted],
            [each.ref for each in wanted],
            [each.at for each in wanted],
            [each.delay for each in wanted],
            [each.slides for each in wanted],
            [kind for kind, _ in hasty],
            [ref for _, ref in hasty],
        )
        if done is not None and not any(row["state"] == "done" for row in written):
            raise LeaseLost(done.id)
        self._tx.rings += [Ring(row["id"], row["waits_until"]) for row in written if row["state"] == "ready"]
        taken = [row for row in written if row["state"] == "claimed"]
        if heir is not None and taken:
            follow = claims_of(taken, heir.lease, started)
            self._tx.after.append(lambda: _hand_over(follow, heir.claims))


def _hand_over(taken: list[Claim], heirs: list[Claim]) -> None:
    point("after outbox_claimed")
    heirs += taken
