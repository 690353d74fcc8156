"""What codes have brought back: for one code, the whole way it went; for a shop, the sums, beside those held out.

Everything is read from what is stored: the ledger, the orders, and the audited codes that were withheld. A customer
counts as returned when another order of theirs was placed later, with a code or without, so that the two groups are
measured alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from plugin.codes.minting import Withheld
from plugin.db import rows


@dataclass(frozen=True)
class WayOfCode:
    """One code: the case, message and order that it came from, the order it came back with, in minor units."""

    code_id: str
    state: str
    flag: str | None
    case_number: str
    order_number: str
    message_id: str | None
    came_back_with: str | None
    currency: str
    discount_given: int | None
    revenue_kept: int | None
    minted_at: datetime
    redeemed_at: datetime | None


@dataclass(frozen=True)
class Group:
    """Customers, and how many of them placed an order afterwards."""

    customers: int
    returned: int


@dataclass(frozen=True)
class Attribution:
    """The sums of a shop since a day; amounts in minor units by currency."""

    minted: int
    redeemed: int
    flagged: int
    revenue_kept: Mapping[str, int]
    discount_given: Mapping[str, int]
    with_code: Group
    held_out: Group


async def ways_of_codes(shop_id: str, since: datetime, limit: int = 200) -> list[WayOfCode]:
    """The newest codes of a shop, each with the way it went."""
    found = await rows(
        "SELECT c.id AS code_id, c.state, c.flag, k.number AS case_number, o.number AS order_number, c.message_id, "
        "CASE WHEN c.state = 'redeemed' THEN c.redeemed_order END AS came_back_with, c.currency, c.discount_given, "
        "c.revenue_kept, c.minted_at, c.redeemed_at FROM codes c JOIN cases k ON k.id = c.case_id "
        "JOIN orders o ON o.id = c.order_id WHERE c.shop_id = $1 AND c.minted_at >= $2 "
        "ORDER BY c.minted_at DESC, c.id DESC LIMIT $3",
        shop_id, since, limit,
    )  # fmt: skip
    return [WayOfCode(**row) for row in found]


async def attribution(shop_id: str, since: datetime) -> Attribution:
    """What the codes minted since then have cost and kept, and who came back of those with and without one."""
    sums = await rows(
        "SELECT currency, count(*) AS minted, count(*) FILTER (WHERE state = 'redeemed') AS redeemed, "
        "count(flag) AS flagged, COALESCE(sum(revenue_kept), 0)::bigint AS revenue, "
        "COALESCE(sum(discount_given), 0)::bigint AS discount "
        "FROM codes WHERE shop_id = $1 AND minted_at >= $2 GROUP BY currency ORDER BY currency",
        shop_id, since,
    )  # fmt: skip
    return Attribution(
        minted=sum(row["minted"] for row in sums),
        redeemed=sum(row["redeemed"] for row in sums),
        flagged=sum(row["flagged"] for row in sums),
        revenue_kept={row["currency"]: row["revenue"] for row in sums},
        discount_given={row["currency"]: row["discount"] for row in sums},
        with_code=await _group(_WITH_CODE, shop_id, since),
        held_out=await _group(_HELD_OUT, shop_id, since, Withheld.HELD_OUT.value),
    )


_WITH_CODE = "SELECT customer_hash, minted_at AS at FROM codes WHERE shop_id = $1 AND minted_at >= $2"
_HELD_OUT = (
    "SELECT o.customer_hash, e.at FROM audit_events e JOIN orders o ON o.id = e.order_id "
    "WHERE e.shop_id = $1 AND e.at >= $2 AND e.kind = 'code_withheld' AND e.canonical::jsonb->'data'->>'reason' = $3"
)


_RETURNED = (
    "WITH members AS (SELECT customer_hash, min(at) AS at FROM ({members}) m GROUP BY customer_hash) "
    "SELECT count(*) AS customers, count(*) FILTER (WHERE EXISTS (SELECT 1 FROM orders o WHERE o.shop_id = $1 "
    "AND o.customer_hash = members.customer_hash AND o.placed_at > members.at)) AS returned "
    "FROM members WHERE customer_hash IS NOT NULL"
)


async def _group(members: str, shop_id: str, since: datetime, *values: str) -> Group:
    counted = await rows(_RETURNED.format(members=members), shop_id, since, *values)
    return Group(**counted[0])
