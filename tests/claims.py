"""Taking one piece of work by its id, which the product never does: its workers take whatever is due first."""

from __future__ import annotations

import time

from plugin.db import rows
from plugin.outbox.leases import COLUMNS, LEASE, Claim, claims_of

_CLAIM_ONE = f"""
    UPDATE work SET state = 'claimed', fence = fence + 1, attempts = attempts + 1, lease_until = now() + $1::interval
    WHERE id = $2 AND state IN ('ready', 'claimed') AND not_before <= now()
    AND (lease_until IS NULL OR lease_until < now()) RETURNING {COLUMNS}
"""


async def claim_one(work_id: str) -> Claim | None:
    """Take this piece of work if it is due and nobody has it."""
    started = time.monotonic()
    return next(iter(claims_of(await rows(_CLAIM_ONE, LEASE, work_id), LEASE, started)), None)
