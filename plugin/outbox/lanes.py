"""Two queues for one crowd of workers, and the statements that claim from both at once.

Each lane has its own places: a flood of webhooks that wait to be read keeps no shopper's money waiting, and a busy
shop still reads its webhooks. What a store's books are told waits with the webhooks: no shopper waits for it.
"""
# ruff: noqa: S608 - everything that is put together here is written here

from __future__ import annotations

from enum import IntEnum

from plugin.outbox.leases import COLUMNS


class Lane(IntEnum):
    PEOPLE = 0
    READING = 1


_READING = ("read_event", "read_payment", "poll_store", "poll_stripe", "record_refund", "note_case")
# The index ``work_due`` is over this very expression: migrations/0004_store_links.py.
_LANE = f"(CASE WHEN kind IN {_READING} THEN 1 ELSE 0 END)"


def lane_of(kind: str) -> Lane:
    return Lane.READING if kind in _READING else Lane.PEOPLE


_DUE = "state IN ('ready', 'claimed') AND not_before <= now() AND (lease_until IS NULL OR lease_until < now())"

_TAKE = f"""
    UPDATE work SET state = 'claimed', fence = fence + 1, attempts = attempts + 1, lease_until = now() + $1::interval
    WHERE id IN (SELECT id FROM chosen) RETURNING {COLUMNS}
"""


def _first(lane: Lane, places: str) -> str:
    return f"""
        SELECT id FROM work WHERE {_LANE} = {lane} AND {_DUE} AND ($4::text[] IS NULL OR kind = ANY($4))
        ORDER BY not_before LIMIT {places} FOR UPDATE SKIP LOCKED
    """


def _wait(lane: Lane) -> str:
    """Until the first piece that was not chosen is due, or the first lease ends."""
    of_lane = f"{_LANE} = {lane} AND ($4::text[] IS NULL OR kind = ANY($4))"
    return f"""
        LEAST(
            (SELECT not_before FROM work WHERE {of_lane} AND state = 'ready' AND id NOT IN (SELECT id FROM chosen)
             ORDER BY not_before LIMIT 1),
            (SELECT min(lease_until) FROM work WHERE {of_lane} AND state = 'claimed')
        ) - now()
    """


# $1 the lease, $2 and $3 the places, $4 the kinds. One row more than was taken: the last says how long to wait.
CLAIM = f"""
    WITH people AS MATERIALIZED ({_first(Lane.PEOPLE, "$2")}),
    reading AS MATERIALIZED ({_first(Lane.READING, "$3")}),
    chosen AS (SELECT id FROM people UNION ALL SELECT id FROM reading), taken AS ({_TAKE})
    SELECT {COLUMNS}, NULL::interval AS people, NULL::interval AS reading FROM taken
    UNION ALL
    SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, {_wait(Lane.PEOPLE)}, {_wait(Lane.READING)}
"""
