"""What must hold when a run has been healed: the contract of DESIGN §6, and what the clients and the servers saw."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import asyncpg
from tortoise.exceptions import BaseORMException

from plugin.db import rows
from plugin.mailers.files import read_inbox
from tests.faults.shoppers import Shopper
from tests.faults.town import Place, Town
from tests.invariants import broken_invariants

T = TypeVar("T")

EXCUSED_WITHIN = (
    2.0  # seconds between a mail's taking and a fault that may have kept the taking from being written down
)

_UNDONE = """
    SELECT 'work ' || kind || ' ' || ref || ' ' || state || ', attempt ' || attempts || COALESCE(': ' || last_error, '')
        AS what FROM work WHERE shop_id = $1 AND state <> 'done' AND kind <> 'case_due'
    UNION ALL SELECT 'event ' || topic || ' ' || state FROM inbox_events WHERE shop_id = $1 AND state = 'received'
    UNION ALL SELECT 'mail ' || template || ' ' || state FROM mails
        WHERE shop_id = $1 AND state NOT IN ('sent', 'refused')
    UNION ALL SELECT 'case ' || number || ' ' || state FROM cases
        WHERE shop_id = $1 AND state NOT IN
        ('done', 'refused', 'withdrawn', 'converted_to_return', 'with_person', 'in_review')
    UNION ALL SELECT 'leg ' || l.id || ' ' || l.state FROM refund_legs l JOIN cases c ON c.id = l.case_id
        WHERE l.shop_id = $1 AND l.state IN ('reserved', 'submitting', 'unknown', 'pending')
        AND c.state NOT IN ('with_person', 'in_review')
"""


async def steady(ask: Callable[[], Awaitable[T]]) -> T:
    """A question to a database that may be away for a moment."""
    for _ in range(200):
        try:
            return await ask()
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, BaseORMException):
            await asyncio.sleep(0.1)
    return await ask()


async def undone(place: Place) -> list[str]:
    """What is neither finished nor with a person, in words."""
    found = await steady(lambda: rows(_UNDONE, place.shop.shop.id))
    return [row["what"] for row in found]


async def broken_promises(town: Town, place: Place, shoppers: Sequence[Shopper], sent: Sequence[str]) -> list[str]:
    """Every invariant that does not hold, in words. ``sent`` are the webhooks that were answered 2xx."""
    shop_id = place.shop.shop.id
    inbox = await asyncio.to_thread(read_inbox, town.data / "mail", 100_000)
    broken = await broken_invariants(shop_id, await place.stripe.ledger(), inbox)
    broken += await _mails(town, shop_id)
    broken += await _answers(shop_id, shoppers)
    broken += await _webhooks(shop_id, sent)
    broken += [f"A good client was refused: {why}" for shopper in shoppers for why in shopper.refusals]
    for row in await rows("SELECT kind, ref FROM work WHERE state = 'claimed'"):
        broken.append(f"Work is left claimed: {row['kind']} of {row['ref']}.")
    return broken


async def _mails(town: Town, shop_id: str) -> list[str]:
    """Every mail has arrived, and once, but where a fault hid that it had (I13)."""
    broken = []
    for mail in await rows("SELECT message_id, template, state FROM mails WHERE shop_id = $1", shop_id):
        came = [taken.at for taken in town.postmaster.taken if taken.message_id == mail["message_id"]]
        if not came:
            broken.append(f"I13: the mail {mail['template']} is {mail['state']} and never arrived.")
        hidden = sum(1 for at in came if any(-0.5 <= strike - at <= EXCUSED_WITHIN for strike in town.struck_at))
        if len(came) > 1 + hidden:
            broken.append(f"I13: the mail {mail['template']} arrived {len(came)} times.")
    return broken


async def _answers(shop_id: str, shoppers: Sequence[Shopper]) -> list[str]:
    """What was answered 2xx is durable (I9), one effect for one intent, and the same when it is asked again (I11)."""
    broken = []
    for shopper in shoppers:
        found = await rows(
            "SELECT c.id FROM cases c JOIN orders o ON o.id = c.order_id WHERE c.shop_id = $1 AND o.external_id = $2",
            shop_id,
            shopper.order.id,
        )
        told = [promise.answer["id"] for promise in shopper.promises]
        if sorted(told) != sorted(row["id"] for row in found):
            broken.append(f"I9: order {shopper.order.id} was promised {told}, and has {[row['id'] for row in found]}.")
        for promise in shopper.promises:
            again = await shopper.client.post(
                "/v1/order/cancellations", promise.body, promise.headers, name="the same again"
            )
            if again.status_code != promise.status or again.json() != promise.answer:
                broken.append(
                    f"I11: asked again: {again.status_code} {_short(again.text)}, not {_short(promise.answer)}"
                )
    return broken


def _short(what: Any) -> str:
    return (what if isinstance(what, str) else json.dumps(what))[:200]


async def _webhooks(shop_id: str, sent: Sequence[str]) -> list[str]:
    found = await rows("SELECT event_key FROM inbox_events WHERE shop_id = $1 AND source = 'standard'", shop_id)
    kept = {row["event_key"] for row in found}
    return [f"I9: the webhook {id} was answered 2xx and is gone." for id in sent if id not in kept]
