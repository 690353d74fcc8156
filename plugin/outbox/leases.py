"""A claim: work that is ours for as long as its lease lasts, under a fence that its completion must show."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

LEASE = timedelta(seconds=30)  # who died holding work is replaced after this, and all has recovered in a minute
SENDING_NEEDS = 15.0  # seconds of lease: the longest call outside, and a margin


class LeaseLost(Exception):
    """Somebody else has taken this work since: whatever we found out is theirs to find, and ours is rolled back."""


@dataclass
class Heir:
    """Who runs a claim and will run at once, under leases of this length, what follows from it.

    ``claims`` is filled by the commits of the claimed work's own transactions.
    """

    lease: timedelta
    claims: list[Claim] = field(default_factory=list)


@dataclass(frozen=True)
class Claim:
    """Work that is ours until its lease ends; ``may_send_until`` is a reading of this process's monotonic clock.

    ``attempts`` counts every claim, this one too; ``failures`` only those before that ended in an error of ours.
    Without an ``heir`` what follows from it waits for the next claim.
    """

    id: str
    shop_id: str
    kind: str
    ref: str
    fence: int
    attempts: int
    failures: int
    may_send_until: float
    heir: Heir | None = None

    def check_may_send(self) -> None:
        """Raise ``LeaseLost`` unless enough of the lease is left to finish a call to somebody else."""
        if self.may_wait() <= 0:
            raise LeaseLost(self.id)

    def may_wait(self) -> float:
        """For how many seconds a call to somebody else may still begin."""
        return self.may_send_until - time.monotonic()


COLUMNS = "id, shop_id, kind, ref, fence, attempts, failures"


def claims_of(rows: Iterable[Mapping[str, Any]], lease: timedelta, started: float) -> list[Claim]:
    """The claims that rows of ``COLUMNS`` stand for, of a statement sent at ``started`` (monotonic)."""
    may_send_until = started + lease.total_seconds() - min(SENDING_NEEDS, lease.total_seconds() / 2)
    return [Claim(**{name: row[name] for name in COLUMNS.split(", ")}, may_send_until=may_send_until) for row in rows]
