"""What must hold when a run has been healed: the contract of DESIGN §6, and what the clients and the servers saw.

``tests.invariants`` reads the tables and Stripe's ledger. Here is what a fault run knows beyond them: nobody but us
gave money back, no person had a reason to be called where only we were struck, and what each client was told.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any, TypeVar

import asyncpg
from tortoise.exceptions import BaseORMException

from plugin.db import rows
from plugin.mailers.files import InboxMail, read_inbox
from plugin.payments.sandbox.control_client import SandboxControl
from plugin.payments.sandbox.control_messages import LedgerDump
from plugin.payments.stripe.amounts import from_stripe, quantum
from plugin.payments.stripe.facts import LEG_KEY
from tests.faults.shoppers import Shopper
from tests.faults.town import Place, Town
from tests.invariants import broken_invariants

T = TypeVar("T")

EXCUSED_WITHIN = 2.0
"""Seconds between a mail's taking and a fault that may have kept the taking from being written down."""

_UNDONE = """
    SELECT 'work ' || kind || ' ' || ref || ' ' || state || ', attempt ' || attempts || COALESCE(': ' || last_error, '')
        AS what FROM work WHERE shop_id = $1 AND state <> 'done'
        AND kind NOT IN ('case_due', 'withdrawal_due')
    UNION ALL SELECT 'event ' || topic || ' ' || state FROM inbox_events WHERE shop_id = $1 AND state = 'received'
    UNION ALL SELECT 'mail ' || template || ' ' || state FROM mails
        WHERE shop_id = $1 AND state NOT IN ('sent', 'refused')
    UNION ALL SELECT 'case ' || number || ' ' || state FROM cases
        WHERE shop_id = $1 AND state NOT IN
        ('done', 'refused', 'withdrawn', 'converted_to_return', 'with_person', 'in_review')
        AND NOT (state = 'awaiting_goods' AND resolved_at IS NOT NULL)  -- paid; the rest is the parcel's way
    UNION ALL SELECT 'withdrawal ' || number || ' ' || state FROM withdrawals
        WHERE shop_id = $1 AND state = 'confirmed' AND verified_at IS NOT NULL
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


_SESSIONS = r"""
    SELECT pid || ' ' || state || COALESCE(' on ' || wait_event, '') || ', transaction of '
        || round(EXTRACT(epoch FROM clock_timestamp() - xact_start), 1) || ' s'
        || CASE WHEN pg_blocking_pids(pid) <> '{}' THEN ', behind ' || pg_blocking_pids(pid)::text ELSE '' END
        || ': ' || left(regexp_replace(query, '\s+', ' ', 'g'), 90) AS what
    FROM pg_stat_activity
    WHERE xact_start IS NOT NULL AND pid <> pg_backend_pid() AND datname = current_database() ORDER BY xact_start
"""


async def open_transactions() -> list[str]:
    """Who is in the middle of what, in words: for whoever asks why nothing moves."""
    return [row["what"] for row in await steady(lambda: rows(_SESSIONS))]


async def broken_promises(
    town: Town, place: Place, shoppers: Sequence[Shopper], sent: Sequence[str], *,
    clocks_within: timedelta = timedelta(0),
) -> list[str]:  # fmt: skip
    """Every invariant that does not hold, in words. ``sent`` are the webhooks that were answered 2xx, and the clocks
    of the processes were ``clocks_within`` of each other."""
    shop_id = place.shop.shop.id
    ledger = await place.stripe.ledger()
    broken = await broken_invariants(shop_id, ledger, await _inbox(town, shop_id), clocks_within=clocks_within)
    broken += await strange_money(shop_id, ledger)
    broken += await unclosed_debts(shop_id)
    broken += await _codes_at_stripe(town, place)
    broken += await _mails(town, shop_id)
    broken += await _answers(shop_id, shoppers)
    broken += await _webhooks(shop_id, sent)
    broken += await _stripe_webhooks(place)
    broken += await unread_webhooks(shop_id)
    broken += [f"A good client was refused: {why}" for shopper in shoppers for why in shopper.refusals]
    # Of this shop: the town has others, whose cases of half an hour ago are just being looked at.
    for row in await rows("SELECT kind, ref FROM work WHERE state = 'claimed' AND shop_id = $1", shop_id):
        broken.append(f"Work is left claimed: {row['kind']} of {row['ref']}.")
    return broken


async def _inbox(town: Town, shop_id: str) -> list[InboxMail]:
    """The newest mails of the town, this shop's among them; a town may have thousands of older ones."""
    counted = await rows("SELECT count(*) AS n FROM mails WHERE shop_id = $1", shop_id)
    return await asyncio.to_thread(read_inbox, town.data / "mail", counted[0]["n"] + 50)


async def strange_money(shop_id: str, ledger: LedgerDump) -> list[str]:
    """I7 and I8 where nobody but us moves money: each refund names its leg, and what a payment gave back is what its
    legs say; a hold that we call lifted is lifted."""
    broken = []
    at_stripe = {payment.id: payment for payment in ledger.payments}
    for payment in ledger.payments:
        for refund in payment.refunds:
            if LEG_KEY not in refund.metadata and not refund.is_release:
                broken.append(f"I8: Stripe has the refund {refund.id} of {refund.amount}, which names no leg.")
    for row in await rows(
        "SELECT p.reference, p.currency, COALESCE(sum(l.amount) FILTER (WHERE l.kind = 'refund' "
        "AND l.state = 'succeeded'), 0)::bigint AS moved, bool_or(l.kind = 'void' AND l.state = 'succeeded') AS voided "
        "FROM payments p JOIN refund_legs l ON l.payment_id = p.id WHERE p.shop_id = $1 AND p.custodian = 'stripe' "
        "GROUP BY p.id",
        shop_id,
    ):
        there = at_stripe.get(row["reference"])
        if there is None:
            broken.append(f"I8: Stripe does not know {row['reference']}.")
            continue
        if abs(from_stripe(there.refunded, row["currency"]) - row["moved"]) >= quantum(row["currency"]):
            broken.append(f"I8: Stripe gave {there.refunded} of {there.id} back, and our legs {row['moved']}.")
        if row["voided"] and there.status != "canceled":
            broken.append(f"I8: the hold {there.id} is called lifted, and at Stripe it is {there.status}.")
    return broken


async def unclosed_debts(shop_id: str) -> list[str]:
    """A case that is done owes nothing: no leg of it has failed without another in its place."""
    found = await rows(
        "SELECT c.number, l.id FROM cases c JOIN refund_legs l ON l.case_id = c.id WHERE c.shop_id = $1 "
        "AND c.state = 'done' AND l.state = 'failed' AND NOT EXISTS "
        "(SELECT 1 FROM refund_legs n WHERE n.replaces = l.id)",
        shop_id,
    )
    return [f"I13: {row['number']} is done, and its refund {row['id']} has failed." for row in found]


async def called_for_nothing(shop_id: str) -> list[str]:
    """Cases that wait for a person, though Stripe alone holds their money and did all that it was asked."""
    found = await rows(
        "SELECT c.number, c.state, c.person_reason FROM cases c WHERE c.shop_id = $1 AND c.state <> 'done' "
        "AND NOT (c.state = 'awaiting_goods' AND c.resolved_at IS NOT NULL) "
        "AND NOT EXISTS (SELECT 1 FROM refund_legs l WHERE l.case_id = c.id AND l.kind IN ('manual', 'storefront'))",
        shop_id,
    )
    return [f"{row['number']} is {row['state']} ({row['person_reason']}), where only we were struck." for row in found]


async def _codes_at_stripe(town: Town, place: Place) -> list[str]:
    """I12 where Stripe redeems: one promotion code there for each of ours, open while ours is, and no other."""
    broken = []
    there: dict[str, list[tuple[str, bool]]] = defaultdict(list)
    for each in town.stripe.books.ledger(place.stripe.api_key).tables.get("promotion_code", {}).values():
        there[each["promotion"]["coupon"]].append((each["id"], each["active"]))
    found = await rows("SELECT id, promotion_id, authority, state FROM codes WHERE shop_id = $1", place.shop.shop.id)
    for row in found:
        made = there.pop(row["id"], [])
        is_live = row["authority"] == "stripe" and row["state"] in ("minted", "reserved")
        if len(made) > 1:
            broken.append(f"I12: code {row['id']} is {len(made)} promotion codes at Stripe.")
        if is_live and made != [(row["promotion_id"], True)]:
            broken.append(f"I12: code {row['id']} is {row['promotion_id']}, and at Stripe {made}.")
        if not is_live and any(is_open for _, is_open in made):
            broken.append(f"I12: code {row['id']} is {row['state']} of the {row['authority']}, and open at Stripe.")
    return broken + [f"I12: Stripe has codes of {coupon}, which we do not know." for coupon in there]


def changed_since(town: Town) -> list[str]:
    """Money of an earlier run that moved after that run was found in order."""
    return [
        f"I8: Stripe's ledger of the earlier shop {past.shop_id} has changed since its own run."
        for past in town.past
        if town.stripe.refunds_of(past.api_key) != past.refunds
    ]


async def _mails(town: Town, shop_id: str) -> list[str]:
    """Every mail has arrived, and once, but where a fault hid that it had (I13)."""
    broken = []
    for mail in await rows("SELECT message_id, template, state FROM mails WHERE shop_id = $1", shop_id):
        came = [taken for taken in town.postmaster.taken if taken.message_id == mail["message_id"]]
        if not came:
            broken.append(f"I13: the mail {mail['template']} is {mail['state']} and never arrived.")
        hidden = sum(1 for taken in came if not taken.is_answered or _is_near(taken.at, town.struck_at))
        if len(came) > 1 + hidden:
            broken.append(f"I13: the mail {mail['template']} arrived {len(came)} times.")
    return broken


def _is_near(at: float, strikes: Sequence[float]) -> bool:
    return any(-0.5 <= strike - at <= EXCUSED_WITHIN for strike in strikes)


async def _answers(shop_id: str, shoppers: Sequence[Shopper]) -> list[str]:
    """What was answered 2xx is durable (I9), one effect for one intent, and the same when it is asked again (I11)."""
    broken = []
    for shopper in shoppers:
        found = await rows(
            "SELECT c.id FROM cases c JOIN orders o ON o.id = c.order_id WHERE c.shop_id = $1 AND o.external_id = $2",
            shop_id,
            shopper.order.id,
        )
        told = [*(promise.answer["id"] for promise in shopper.promises), *(id for id, _ in shopper.by_law)]
        if sorted(told) != sorted(row["id"] for row in found):
            broken.append(f"I9: order {shopper.order.id} was promised {told}, and has {[row['id'] for row in found]}.")
        for promise in shopper.promises:
            again = await shopper.client.post(promise.path, promise.body, promise.headers, name="the same again")
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


async def _stripe_webhooks(place: Place) -> list[str]:
    """I9 for Stripe: what we have answered 2xx to is kept."""
    found = await rows(
        "SELECT event_key FROM inbox_events WHERE shop_id = $1 AND source = 'stripe'", place.shop.shop.id
    )
    kept = {row["event_key"] for row in found}
    return [
        f"I9: Stripe's {report.type} ({report.event_id}) was answered 2xx and is gone."
        for report in await place.stripe.drain()
        if report.url == place.stripe_hooks[0] and report.state == "delivered" and report.event_id not in kept
    ]


async def unread_webhooks(shop_id: str) -> list[str]:
    """Every webhook of a run is well made, so that none may be set aside."""
    found = await rows(
        "SELECT source, topic, reason FROM inbox_events WHERE shop_id = $1 AND state = 'set_aside'", shop_id
    )
    return [f"A webhook was set aside: {row['source']} {row['topic']}: {row['reason']}" for row in found]


async def later_broken(town: Town) -> list[str]:
    """At a town's end: what no longer holds of the shops of all its runs, which were in order when they were left."""
    broken = changed_since(town)
    for past in town.past:
        async with SandboxControl(town.stripe.url, past.api_key) as stripe:
            ledger = await stripe.ledger()
        found = await broken_invariants(past.shop_id, ledger, clocks_within=past.clocks_within)
        broken += [f"{past.shop_id}: {what}" for what in found]
        broken += [f"{past.shop_id}: {what}" for what in await strange_money(past.shop_id, ledger)]
    return broken
