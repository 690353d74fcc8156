"""A shopper looks at their store credit: all of theirs at the shop, with the codes of what this order has earned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from plugin.credit.issuing import show
from plugin.credit.models import Credit, CreditEntry
from plugin.credit.store import credits_of_owner, entries_of
from plugin.db import rows
from plugin.orders.service import StoredOrder
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop


@dataclass(frozen=True)
class SeenCredit:
    """``code`` is whole, masked, or None where the store keeps the credit. ``order_numbers`` are by the store's ids."""

    credit: Credit
    code: str | None
    case_number: str
    entries: Sequence[CreditEntry]
    order_numbers: Mapping[str, str]


async def credits_of_shopper(ports: Ports, shop: Shop, order: StoredOrder) -> list[SeenCredit]:
    """The credit of the order's customer, newest first. A credit of another order of theirs keeps its code covered:
    who sees one order's page can spend what that order has earned, and no more (I15)."""
    found = await credits_of_owner(shop.id, order.id, order.row.customer_hash)
    entries = await entries_of([credit.id for credit in found])
    spent_on = sorted({each.spent_on for told in entries.values() for each in told if each.spent_on})
    numbers = await rows(
        "SELECT external_id, number FROM orders WHERE shop_id = $1 AND external_id = ANY($2)", shop.id, spent_on
    )
    cases = await rows("SELECT id, number FROM cases WHERE id = ANY($1)", [credit.case_id for credit in found])
    case_numbers = {row["id"]: row["number"] for row in cases}
    order_numbers = {row["external_id"]: row["number"] for row in numbers}
    return [
        SeenCredit(credit, _code(ports, credit, order), case_numbers[credit.case_id], entries[credit.id], order_numbers)
        for credit in found
    ]


def _code(ports: Ports, credit: Credit, order: StoredOrder) -> str | None:
    if credit.authority != "ledger":
        return None
    whole = show(ports.vault, credit)
    return whole if credit.order_id == order.id else f"…{whole[-4:]}"
