"""Limits that live in the database: they hold over all processes, and without an answer of it nobody gets in."""

from __future__ import annotations

from datetime import datetime, timedelta

from plugin.core.errors import DomainError
from plugin.db import rows

HOUR = timedelta(hours=1)


class TooMany(DomainError):
    status = 429
    code = "too_many_requests"
    sentence = "That was a little too often. Please wait, then try again."


async def count(key: str, *, limit: int, at: datetime, per: timedelta = HOUR) -> None:
    """Count one use of ``key`` in the current window; raises ``TooMany`` with ``retry_after`` beyond ``limit``."""
    seconds = int(per.total_seconds())
    start = at.timestamp() // seconds * seconds
    window = datetime.fromtimestamp(start, at.tzinfo)
    used = await rows(
        'INSERT INTO rate_counts (key, "window", n) VALUES ($1, $2, 1) '
        'ON CONFLICT (key, "window") DO UPDATE SET n = rate_counts.n + 1 RETURNING n',
        key[:160],
        window,
    )
    if used[0]["n"] > limit:
        raise TooMany(retry_after=int(start + seconds - at.timestamp()) + 1)


async def forget_old(at: datetime) -> int:
    """Delete windows older than two days."""
    return len(await rows('DELETE FROM rate_counts WHERE "window" < $1 RETURNING id', at - timedelta(days=2)))
