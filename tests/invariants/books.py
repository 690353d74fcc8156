"""One shop's tables and its account at Stripe, read once for all checks."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from plugin.db import rows
from plugin.mailers.files import InboxMail
from plugin.payments.sandbox.control_messages import LedgerDump, RefundEntry
from plugin.payments.stripe.facts import LEG_KEY

MOVES_MONEY = ("refund", "storefront", "manual")

_DOCUMENTS = ("document", "placement", "decision", "facts", "settings", "request", "cases")

Row = dict[str, Any]


_CREDITED = (
    "SELECT c.case_id, sum(e.amount)::bigint AS amount FROM credits c JOIN credit_entries e ON e.credit_id = c.id "
    "WHERE c.shop_id = $1 AND e.kind = 'grant' GROUP BY c.case_id"
)


@dataclass(frozen=True)
class Books:
    """Rows by their id. ``stripe`` are the refunds there by our leg's id, ``events`` the audit by leg, case or code."""

    shop: Row
    orders: dict[str, Row]
    payments: dict[str, Row]
    cases: dict[str, Row]
    units: list[Row]
    legs: dict[str, Row]
    mails: list[Row]
    codes: list[Row]
    parcels: list[Row]
    debits: list[Row]
    credits: list[Row]
    entries: list[Row]  # of the credits, as the holds
    holds: list[Row]
    credited: dict[str, int]  # what each case has given as store credit, its bonus not counted
    differences: list[Row]
    withdrawals: list[Row]
    outbound: list[Row]
    events: dict[str, list[Row]]
    ledger: LedgerDump
    stripe: dict[str, list[RefundEntry]]
    inbox: Sequence[InboxMail]
    clocks_within: timedelta
    at: datetime

    def units_of(self, case_id: str) -> list[Row]:
        return [unit for unit in self.units if unit["case_id"] == case_id]


async def read_books(
    shop_id: str, ledger: LedgerDump, inbox: Sequence[InboxMail], clocks_within: timedelta, at: datetime
) -> Books:
    """Read it all; rows are as the tables hold them."""

    async def table(name: str) -> list[Row]:
        found = await rows(f"SELECT * FROM {name} WHERE shop_id = $1 ORDER BY id", shop_id)
        return [_opened(row) for row in found]

    # Two shops may have one account at Stripe: what the neighbour's legs have moved is the neighbour's to explain.
    neighbours = {row["id"] for row in await rows("SELECT id FROM refund_legs WHERE shop_id <> $1", shop_id)}
    stripe: dict[str, list[RefundEntry]] = defaultdict(list)
    for payment in ledger.payments:
        for refund in payment.refunds:
            if LEG_KEY in refund.metadata and refund.metadata[LEG_KEY] not in neighbours:
                stripe[refund.metadata[LEG_KEY]].append(refund)
    events: dict[str, list[Row]] = defaultdict(list)
    for event in await rows(
        "SELECT kind, at, body -> 'data' ->> 'refund' AS leg, body -> 'data' ->> 'case' AS case, "
        "body -> 'data' ->> 'why' AS why, body -> 'data' ->> 'on' AS on, "
        "(body -> 'data' ->> 'units')::int AS units, body -> 'data' ->> 'code' AS code, "
        "COALESCE(body -> 'data' ->> 'with_order', "
        "body -> 'data' ->> 'by_order') AS order FROM (SELECT kind, at, order_id, n, canonical::jsonb AS body "
        "FROM audit_events WHERE shop_id = $1) e ORDER BY order_id, n",
        shop_id,
    ):
        events[event["leg"] or event["case"] or event["code"] or ""].append(event)
    by_id: dict[str, dict[str, Row]] = {
        name: {row["id"]: row for row in await table(name)} for name in ("orders", "payments", "cases", "refund_legs")
    }
    return Books(
        shop=_opened((await rows("SELECT * FROM shops WHERE id = $1", shop_id))[0]),
        orders=by_id["orders"],
        payments=by_id["payments"],
        cases=by_id["cases"],
        units=await table("case_units"),
        legs=by_id["refund_legs"],
        mails=await table("mails"),
        codes=await table("codes"),
        parcels=await table("parcels"),
        debits=await table("debits"),
        credits=await table("credits"),
        entries=await table("credit_entries"),
        holds=await rows(
            "SELECT h.* FROM credit_holds h JOIN credits c ON c.id = h.credit_id WHERE c.shop_id = $1", shop_id
        ),
        credited={row["case_id"]: row["amount"] for row in await rows(_CREDITED, shop_id)},
        differences=await table("differences"),
        withdrawals=await table("withdrawals"),
        outbound=await table("outbound_orders"),
        events=events,
        ledger=ledger,
        stripe=stripe,
        inbox=inbox,
        clocks_within=clocks_within,
        at=at,
    )


def _opened(row: Row) -> Row:
    """A row with its documents read: raw SQL brings JSON as text."""
    return {name: json.loads(value) if name in _DOCUMENTS and value else value for name, value in row.items()}
