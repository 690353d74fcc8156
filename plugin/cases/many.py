"""What cases say of many orders at once, in a few round trips: for reading the past, never for deciding on money."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from plugin.cases.facts import Ownership
from plugin.cases.models import Case
from plugin.db import read, rows
from plugin.orders.many import PastOrder, as_text


class PastCase(Struct, frozen=True, gc=False):
    """What was asked for and decided, with the documents of a ``plugin.cases.models.Case`` as text."""

    id: str
    order_id: str
    kind: str
    reason: str | None
    asked_at: datetime
    facts: str
    decision: str


Owned = Mapping[str, frozenset[int]]


async def ownership_of_many(shop_id: str, orders: Sequence[PastOrder], *, since: datetime) -> Mapping[str, Ownership]:
    """By order id, what ``plugin.cases.store.ownership_of`` says of each."""
    ids = as_text(order.id for order in orders)
    units: dict[tuple[str, bool, str], dict[str, set[int]]] = {}  # by order, whether it is a cancellation's, and state
    for row in await rows(
        "SELECT order_id, line_id, ordinal, state, kind FROM case_units "
        "WHERE order_id = ANY(string_to_array($1, ',')) AND state IN ('open', 'settled')",
        ids,
    ):
        theirs = units.setdefault((row["order_id"], row["kind"] == "cancel", row["state"]), {})
        theirs.setdefault(row["line_id"], set()).add(row["ordinal"])

    def owned(order_id: str, is_cancel: bool, state: str) -> Owned:
        return {line: frozenset(each) for line, each in units.get((order_id, is_cancel, state), {}).items()}

    taken = await rows(
        "SELECT DISTINCT c.order_id FROM cases c WHERE c.order_id = ANY(string_to_array($1, ',')) "
        "AND c.takes_shipping AND EXISTS (SELECT 1 FROM case_units u WHERE u.case_id = c.id AND u.state <> 'released')",
        ids,
    )
    with_shipping = {row["order_id"] for row in taken}
    hashes = as_text({order.customer_hash for order in orders if order.customer_hash is not None})
    prior: dict[str | None, int] = {}
    own: dict[str, int] = {}
    for row in await rows(
        "SELECT o.customer_hash, o.id, count(*) AS n FROM orders o JOIN cases c ON c.order_id = o.id "
        "WHERE o.shop_id = $1 AND o.customer_hash = ANY(string_to_array($2, ',')) AND c.asked_at > $3 "
        "GROUP BY o.customer_hash, o.id",
        shop_id, hashes, since,
    ):  # fmt: skip
        prior[row["customer_hash"]] = prior.get(row["customer_hash"], 0) + row["n"]
        own[row["id"]] = row["n"]
    found = {}
    for order in orders:
        found[order.id] = Ownership(
            owned(order.id, True, "open"),
            owned(order.id, True, "settled"),
            order.id in with_shipping,
            prior.get(order.customer_hash, 0) - own.get(order.id, 0),
            coming_back=owned(order.id, False, "open"),
            returned=owned(order.id, False, "settled"),
        )
    return found


async def cases_after(shop_id: str, asked_at: datetime, case_id: str, until: datetime, most: int) -> list[PastCase]:
    """The shop's cases that were asked for after this one and until then, the oldest first."""
    found = await rows(
        "SELECT id, order_id, kind, reason, asked_at, facts::text AS facts, decision::text AS decision FROM cases "
        "WHERE shop_id = $1 AND (asked_at, id) > ($2, $3) AND asked_at <= $4 ORDER BY asked_at, id LIMIT $5",
        shop_id, asked_at, case_id, until, most,
    )  # fmt: skip
    return [PastCase(**row) for row in found]


async def whole_cases_after(shop_id: str, asked_at: datetime, case_id: str, until: datetime, most: int) -> list[Case]:
    """The same, with all that a case says."""
    return await read(
        Case, "WHERE shop_id = $1 AND (asked_at, id) > ($2, $3) AND asked_at <= $4 ORDER BY asked_at, id LIMIT $5",
        shop_id, asked_at, case_id, until, most,
    )  # fmt: skip


async def count_cases(shop_id: str, since: datetime, until: datetime) -> int:
    """How many ``cases_after`` gives in all."""
    found = await rows(
        "SELECT count(*) AS n FROM cases WHERE shop_id = $1 AND asked_at >= $2 AND asked_at <= $3",
        shop_id, since, until,
    )  # fmt: skip
    return int(found[0]["n"])
