"""Reading many orders of a shop, a page at a time: only what a decision looks at, for reading the past.

The ORM's objects and their dicts would cost several times what is done with them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from plugin.db import rows
from plugin.ports.orders import StoreOrder

_read_order = msgspec.json.Decoder(StoreOrder).decode


class PastOrder(Struct, frozen=True, gc=False):
    """An order's row with its documents as text; ``placement`` is None where it is the same as ``document``."""

    id: str
    number: str
    currency: str
    placed_at: datetime
    customer_hash: str | None
    frozen_reason: str | None
    document: str
    placement: str | None


@dataclass(frozen=True, slots=True)
class ReadOrder:
    """A ``PastOrder`` with its documents read."""

    row: PastOrder
    now: StoreOrder
    placement: StoreOrder

    @property
    def id(self) -> str:
        return self.row.id


class PastPayment(Struct, frozen=True):
    """What a ``Payment`` says of who holds its money and what became of it."""

    order_id: str
    external_id: str
    custodian: str
    external_refunded: int
    external_refunds: Any
    disputed: int
    amount: int
    instrument: str


def read_past(row: PastOrder) -> ReadOrder:
    """The order as ``as_stored`` gives it; raises ``msgspec.ValidationError``."""
    now = _read_order(row.document)
    return ReadOrder(row, now, now if row.placement is None else _read_order(row.placement))


async def orders_after(shop_id: str, placed_at: datetime, order_id: str, until: datetime, most: int) -> list[PastOrder]:
    """The shop's orders that were placed after this one and until then, the oldest first."""
    found = await rows(
        "SELECT id, number, currency, placed_at, customer_hash, frozen_reason, document::text AS document, "
        "CASE WHEN placement <> document THEN placement::text END AS placement FROM orders "
        "WHERE shop_id = $1 AND (placed_at, id) > ($2, $3) AND placed_at <= $4 ORDER BY placed_at, id LIMIT $5",
        shop_id, placed_at, order_id, until, most,
    )  # fmt: skip
    return [PastOrder(**row) for row in found]


async def count_orders(shop_id: str, since: datetime, until: datetime) -> int:
    """How many ``orders_after`` gives in all."""
    found = await rows(
        "SELECT count(*) AS n FROM orders WHERE shop_id = $1 AND placed_at >= $2 AND placed_at <= $3",
        shop_id, since, until,
    )  # fmt: skip
    return int(found[0]["n"])


def as_text(ids: Iterable[str]) -> str:
    """Ids as one value, for ``string_to_array($1, ',')``: the driver looks at each value of an array several times,
    which would cost more than the query."""
    return ",".join(ids)


async def payments_of_many(order_ids: Sequence[str]) -> Mapping[str, list[PastPayment]]:
    """By order, its payments in the sequence of ``payments_of``."""
    found: dict[str, list[PastPayment]] = defaultdict(list)
    for row in await rows(
        "SELECT order_id, external_id, custodian, external_refunded, external_refunds, disputed, amount, instrument "
        "FROM payments WHERE order_id = ANY(string_to_array($1, ',')) ORDER BY external_id",
        as_text(order_ids),
    ):
        refunds = row["external_refunds"]
        row["external_refunds"] = msgspec.json.decode(refunds) if refunds is not None else None
        found[row["order_id"]].append(PastPayment(**row))
    return found
