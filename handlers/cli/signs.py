"""What the doctor reads in the database: the signs that something outside, or somebody, has kept us waiting.

Nothing of a row's content is said, only numbers, kinds and ids: what is printed may end in a ticket.
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

from handlers.cli.health import Finding, fault, ok, warning
from handlers.jobs import JOBS
from plugin import backup, db
from plugin.inbox.polled import POLLED
from plugin.ports.runtime import Clock
from plugin.shops.models import Shop

CLOCK_MAY_DIFFER, CLOCK_IS_WRONG = 2.0, 60.0  # seconds; a signature is good for 300 both ways
LEAST_FREE = 500 * 2**20  # bytes; below it PostgreSQL may stop for want of room for its log
_TRIED_FOR = {
    "settle_leg": "refunds wait for Stripe or for the store",
    "read_payment": "payments could not be read at Stripe",
    "ask_store": "cancellations wait for the store's answer",
    "send_mail": "mails are not taken by the mail server",
    "read_event": "webhooks could not be read",
    "publish_code": "codes could not be published",
    "withdraw_code": "codes could not be withdrawn",
    "record_refund": "refunds could not be written into the store's books",
    "note_case": "notes could not be left at the store's orders",
    "hold_order": "orders could not be kept from being packed",
    "release_hold": "orders are kept from being packed for no reason any more",
}


async def signs(clock: Clock) -> AsyncIterator[Finding]:
    """Of the whole installation; the database answers and is migrated."""
    yield await restored_finding()
    yield await clock_finding(clock)
    async for finding in work_findings():
        yield finding


async def restored_finding() -> Finding:
    if await backup.was_restored():
        return fault(
            "money", "The database was restored, and nobody has compared it with Stripe since.", "comeback reconcile"
        )
    return ok("money", "this database was not restored, or has been compared with Stripe since")


async def clock_finding(clock: Clock) -> Finding:
    found = await db.rows("SELECT clock_timestamp() AS at")
    off = abs((clock.now() - found[0]["at"]).total_seconds())
    says = f"It differs from the database's by {off:.0f} s."
    mend = "Let both machines keep their time by NTP: signatures and deadlines depend on it."
    if off >= CLOCK_IS_WRONG:
        return fault("clock", says, mend)
    if off >= CLOCK_MAY_DIFFER:
        return warning("clock", says, mend)
    return ok("clock", "it agrees with the database's")


async def work_findings() -> AsyncIterator[Finding]:
    """Work that nobody takes, work that does not succeed, and cases that are past their date."""
    waiting = await db.rows(
        "SELECT count(*) AS n, EXTRACT(epoch FROM now() - min(not_before))::bigint AS age FROM work "
        "WHERE state IN ('ready', 'claimed') AND not_before < now() - interval '2 minutes' "
        "AND (lease_until IS NULL OR lease_until < now()) AND kind = ANY($1)",
        list(JOBS),
    )
    if n := waiting[0]["n"]:
        says = f"{n} pieces are due, the oldest for {waiting[0]['age'] // 60} minutes, and nobody takes them."
        yield fault("work", says, "Start `comeback serve`, and with REDIS_URL `comeback work`; or once: comeback sweep")
    tried = await db.rows(
        "SELECT kind, count(*) AS n FROM work WHERE state <> 'done' AND attempts > 3 "
        "AND created_at < now() - interval '10 minutes' AND kind = ANY($1) GROUP BY kind ORDER BY kind",
        list(_TRIED_FOR),
    )
    for row in tried:
        says = f"{_TRIED_FOR[row['kind']].capitalize()}: {row['n']}, each tried again and again for over ten minutes."
        yield fault("work", says, "Mend what is said of that part here; the work then goes on by itself.")
    unknown = await db.rows(
        "SELECT DISTINCT kind FROM work WHERE state <> 'done' AND kind <> ALL($1) ORDER BY kind", list(JOBS)
    )
    if unknown:
        kinds = ", ".join(row["kind"] for row in unknown)
        yield warning("work", f"A newer version has left some for itself: {kinds}.", "Start the newer version.")
    if not (n or tried or unknown):
        yield ok("work", "none waits for longer than it should")
    overdue = await db.rows(
        "SELECT count(*) AS n FROM cases WHERE due_at < now() - interval '5 minutes' AND waiting_on <> 'staff'"
    )
    if n := overdue[0]["n"]:
        says = f"{n} are past their date, and nobody has been called to them."
        yield fault("cases", says, "Start what does the work (see above): it calls a person to each of them.")
    late = await db.rows(
        "SELECT shop_id, count(*) AS n FROM cases WHERE due_at < now() AND waiting_on = 'staff' GROUP BY 1"
    )
    for row in late:
        yield warning(
            "cases", f"{row['n']} wait for a person for longer than was said.", f"comeback case list {row['shop_id']}"
        )
    if not (n or late):
        yield ok("cases", "none is past its date")


async def shop_signs(shop: Shop, public_url: str) -> AsyncIterator[Finding]:
    """Of one shop: whether its webhooks come, and whether they can be read."""
    counts = await db.rows(
        "SELECT count(*) FILTER (WHERE source <> 'stripe' AND topic <> $2) AS store, "
        "count(*) FILTER (WHERE source = 'stripe') AS stripe, "
        "count(*) FILTER (WHERE state = 'set_aside') AS aside FROM inbox_events WHERE shop_id = $1",
        shop.id,
        POLLED,
    )
    (found,) = counts
    what = f"{shop.name}: webhooks"
    if not found["store"]:
        yield warning(
            what,
            "None has ever come from the store.",
            f"Point them at {public_url}/hooks/{shop.id}/{shop.storefront}. If the store says that it was answered "
            f"401, its secret is another one: comeback shop rotate-secret {shop.id}",
        )
    refunded = await db.rows(
        "SELECT 1 FROM refund_legs WHERE shop_id = $1 AND provider_id IS NOT NULL LIMIT 1", shop.id
    )
    if refunded and not found["stripe"]:
        yield warning(
            what,
            "Stripe has refunded for this shop and has never reported it.",
            f"Point an endpoint at {public_url}/hooks/{shop.id}/stripe. If Stripe shows 401 there, its secret is "
            f"another one: comeback shop connect {shop.id} --stripe-webhook-secret whsec_…",
        )
    if found["aside"]:
        yield warning(what, f"{found['aside']} could not be read and were set aside.", f"comeback inbox list {shop.id}")
    if found["store"] and not found["aside"]:
        yield ok(what, "they come, and each could be read")


def disk_finding(data: Path) -> Finding:
    """Whether the embedded database has room."""
    usage = shutil.disk_usage(data)
    return room_finding(data, usage.free)


def room_finding(data: Path, free: int) -> Finding:
    """``free`` is in bytes."""
    says = f"{free // 2**20:,} MB are free below {data}"
    if free < LEAST_FREE:
        return fault("disk", f"{says}, too few for a database.", "Make room, or set COMEBACK_DATA to a larger disk.")
    return ok("disk", says)
