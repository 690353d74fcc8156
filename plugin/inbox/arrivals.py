"""The door of the durable inbox: a statement stores webhooks and the work of reading them; then they may be answered.

While a statement is under way, those that arrive gather for the next one, so that a crowd costs few commits and a
single one never waits. Each is answered only after the commit of its own statement, and fails for its own reason only.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import deque
from collections.abc import Sequence
from contextvars import Context
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tortoise.exceptions import OperationalError

from plugin.core.ids import new_id
from plugin.db import rows
from plugin.inbox.events import READ_EVENT
from plugin.ports.runtime import Doorbell, Ring
from plugin.shops.senders import Sender

# Several small statements and not one large: this process and the database work at the same time, not in turns.
STATEMENTS_AT_ONCE = 4
MOST_TOGETHER = 8
MOST_BYTES = 2 * 1024 * 1024

# Rows of one statement are in the order of the unique index: two statements with the same keys cannot wait for each
# other. The secrets are compared in the statement itself, because what this process remembers of a shop may be old.
_STORE = """
    WITH given AS (
        SELECT * FROM unnest(
            $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bytea[], $8::timestamptz[],
            $9::text[]
        ) AS given (id, work_id, shop_id, source, event_key, topic, body, received_at, sealed)
    ), trusted AS (
        SELECT given.* FROM given JOIN shops ON shops.id = given.shop_id
        WHERE given.sealed IN (shops.sealed_webhook_secrets, shops.sealed_stripe_webhook_secrets)
        AND given.source IN ('stripe', 'carrier', shops.storefront)
    ), event AS (
        INSERT INTO inbox_events (id, shop_id, source, event_key, topic, body, state, received_at)
        SELECT id, shop_id, source, event_key, topic, body, 'received', received_at FROM trusted
        ORDER BY shop_id, source, event_key
        ON CONFLICT (shop_id, source, event_key) DO NOTHING
        RETURNING id
    ), reading AS (
        INSERT INTO work (id, shop_id, kind, ref, state, not_before, attempts, fence, created_at)
        SELECT work_id, shop_id, $10, id, 'ready', now(), 0, 0, now() FROM event JOIN trusted USING (id)
    )
    SELECT trusted.id, event.id IS NOT NULL AS is_new FROM trusted LEFT JOIN event USING (id)
"""


class Taken(StrEnum):
    """What became of a webhook at the door."""

    STORED = "stored"
    REPEATED = "repeated"  # stored before
    DISTRUSTED = "distrusted"  # not stored: the secrets that its signature was checked with are not the shop's any more


@dataclass(frozen=True)
class Arrival:
    """A webhook whose signature was checked with the secrets of ``sender``."""

    sender: Sender
    key: str
    topic: str
    body: bytes
    received_at: datetime


@dataclass(frozen=True)
class _Waiting:
    arrival: Arrival
    event_id: str
    answer: asyncio.Future[Taken]

    @property
    def work_id(self) -> str:
        """The work of reading the event bears its number: one id less to make, and one less to look for."""
        return f"work_{self.event_id.removeprefix('evt_')}"


class Arrivals:
    """Takes webhooks in for one process. ``doorbell`` is rung for what is new, after the commit."""

    def __init__(self, doorbell: Doorbell) -> None:
        self._doorbell = doorbell
        self._waiting: deque[_Waiting] = deque()
        self._storing: set[asyncio.Task[None]] = set()

    async def take(self, arrival: Arrival) -> Taken:
        """Store a webhook once and see to it that it is read. Returns after the commit, and raises its failure."""
        answer: asyncio.Future[Taken] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(arrival, new_id("evt"), answer))
        # One that has just ended looks no more, and is still in the set until the loop calls back.
        if sum(not task.done() for task in self._storing) < STATEMENTS_AT_ONCE:
            # A context of its own: neither the log fields nor the transaction of the request that happens to be first.
            task = asyncio.create_task(self._store_waiting(), context=Context())
            self._storing.add(task)
            task.add_done_callback(self._storing.discard)
        return await answer

    async def _store_waiting(self) -> None:
        while batch := self._next_batch():
            try:
                await self._store(batch)
            except OperationalError as error:  # about a row; a lost database is another error, and everybody's
                if len(batch) == 1:
                    _fail(batch, error)
                else:
                    await self._store_singly(batch)
            except Exception as error:
                _fail(batch, error)

    async def _store_singly(self, batch: Sequence[_Waiting]) -> None:
        for one in batch:
            try:
                await self._store([one])
            except Exception as error:
                _fail([one], error)

    def _next_batch(self) -> list[_Waiting]:
        batch: list[_Waiting] = []
        size = 0
        while self._waiting and len(batch) < MOST_TOGETHER:
            size += len(self._waiting[0].arrival.body)
            if batch and size > MOST_BYTES:
                break
            batch.append(self._waiting.popleft())
        return batch

    async def _store(self, batch: Sequence[_Waiting]) -> None:
        came = [one.arrival for one in batch]
        found = await rows(
            _STORE,
            [one.event_id for one in batch],
            [one.work_id for one in batch],
            [each.sender.shop_id for each in came],
            [each.sender.source for each in came],
            [_as_column(each.key) for each in came],
            [_as_column(each.topic, 120) for each in came],
            [each.body for each in came],
            [each.received_at for each in came],
            [each.sender.sealed for each in came],
            READ_EVENT,
        )
        is_new = {row["id"]: row["is_new"] for row in found}
        for one in batch:
            if not one.answer.done():  # its request may be gone
                one.answer.set_result(_TAKEN[is_new.get(one.event_id)])
        rings = [Ring(one.work_id) for one in batch if is_new.get(one.event_id)]
        if rings:
            await self._doorbell.ring(rings)


_TAKEN = {True: Taken.STORED, False: Taken.REPEATED, None: Taken.DISTRUSTED}


def _fail(batch: Sequence[_Waiting], error: Exception) -> None:
    for one in batch:
        if not one.answer.done():
            one.answer.set_exception(error)


def _as_column(name: str, longest: int = 200) -> str:
    """A sender's name for something, as a column can hold it: what is too long, holds a NUL or half a surrogate pair
    goes by its hash, so that two names never become one."""
    raw = name.encode(errors="surrogatepass")
    if len(name) <= longest and b"\0" not in raw and raw == name.encode(errors="replace"):
        return name
    return f"sha256:{hashlib.sha256(raw).hexdigest()}"
