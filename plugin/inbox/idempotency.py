"""Idempotency-Key (I11): same key and body, same answer; other body, 422; still running, 409; missing, 400."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from plugin.core.errors import DomainError
from plugin.core.ids import new_id
from plugin.db import Transaction, rows

KEPT_FOR = timedelta(hours=24)
ABANDONED_AFTER = timedelta(seconds=10)


class IdempotencyKeyMissing(DomainError):
    status = 400
    code = "idempotency_key_missing"
    sentence = "Send an Idempotency-Key header, a new random value for each new intent."


class IdempotencyKeyReused(DomainError):
    status = 422
    code = "idempotency_key_reused"
    sentence = "This Idempotency-Key was used with another request before. Nothing was done; use a new key."


class CallStillRunning(DomainError):
    status = 409
    code = "call_still_running"
    sentence = "The first request with this Idempotency-Key is still running. Ask again in a moment."


@dataclass(frozen=True)
class Call:
    """A call that is ours to make. ``answered`` is the stored answer (status, JSON) if it was made before."""

    id: str
    answered: tuple[int, str] | None = None


async def begin(shop_id: str, scope: str, key: str | None, request: bytes) -> Call:
    """Claim the key for this request, or find its answer. ``scope`` is the route and whoever calls it.

    A claim whose process died is taken over after ten seconds by the database's clock, whatever that process took the
    time to be; one that is only slow finds that out in ``finish``.
    """
    if not key or not key.strip():
        raise IdempotencyKeyMissing(param="Idempotency-Key")
    if len(key) > 255 or not key.isprintable():
        raise IdempotencyKeyMissing(
            detail="An Idempotency-Key has at most 255 printable characters.", param="Idempotency-Key"
        )
    body_hash = hashlib.sha256(request).hexdigest()
    call_id = new_id("call")
    mine = await rows(
        "INSERT INTO idempotent_calls (id, shop_id, scope, key, body_hash, state, created_at) "
        "VALUES ($1, $2, $3, $4, $5, 'running', now()) "
        "ON CONFLICT (shop_id, scope, key) DO UPDATE SET id = $1, created_at = now() "
        "WHERE idempotent_calls.state = 'running' AND idempotent_calls.body_hash = $5 "
        "AND idempotent_calls.created_at < now() - $6::interval RETURNING id",
        call_id, shop_id, scope, key, body_hash, ABANDONED_AFTER,
    )  # fmt: skip
    if mine:
        return Call(call_id)
    found = await rows(
        "SELECT id, body_hash, state, status, response FROM idempotent_calls "
        "WHERE shop_id = $1 AND scope = $2 AND key = $3",
        shop_id, scope, key,
    )  # fmt: skip
    if not found:
        raise CallStillRunning(retry_after=1)
    row = found[0]
    if row["body_hash"] != body_hash:
        raise IdempotencyKeyReused(param="Idempotency-Key")
    if row["state"] == "running":
        raise CallStillRunning(retry_after=1)
    return Call(row["id"], (row["status"], row["response"]))


async def finish(tx: Transaction, call: Call, status: int, response: str) -> None:
    """Store the answer in the transaction that makes it true.

    Raises ``CallStillRunning`` where the call was taken over meanwhile: what this transaction did is the heir's to do.
    """
    stored = await tx.execute(
        "UPDATE idempotent_calls SET state = 'done', status = $2, response = $3 WHERE id = $1 AND state = 'running'",
        call.id,
        status,
        response,
    )
    if not stored:
        raise CallStillRunning(retry_after=1)


async def abandon(call: Call) -> None:
    """Free the key after a failure that changed nothing, so that the caller may try again with it."""
    await rows("DELETE FROM idempotent_calls WHERE id = $1 AND state = 'running'", call.id)


async def forget_old() -> int:
    """Delete answers older than a day."""
    gone = await rows("DELETE FROM idempotent_calls WHERE created_at < now() - $1::interval RETURNING id", KEPT_FOR)
    return len(gone)


async def forget_answers(tx: Transaction, shop_id: str, order_id: str) -> None:
    """Delete the answers to calls about one order, whose scope is the route and that order."""
    await tx.execute(
        "DELETE FROM idempotent_calls WHERE shop_id = $1 AND split_part(scope, ':', 2) = $2", shop_id, order_id
    )
