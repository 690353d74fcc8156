"""A shopper looks at their store credit: all of theirs at the shop, with the codes of what this order has earned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from plugin.cases.store import case_numbers
from plugin.credit.issuing import show
from plugin.credit.models import Credit, CreditEntry
from plugin.credit.store import credits_of_owner, entries_of
from plugin.orders.service import StoredOrder, order_numbers
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
    of_orders = await order_numbers(shop.id, spent_on)
    of_cases = await case_numbers([credit.case_id for credit in found])
    return [
        SeenCredit(credit, _code(ports, credit, order), of_cases[credit.case_id], entries[credit.id], of_orders)
        for credit in found
    ]


def _code(ports: Ports, credit: Credit, order: StoredOrder) -> str | None:
    if credit.authority != "ledger":
        return None
    whole = show(ports.vault, credit)
    return whole if credit.order_id == order.id else f"…{whole[-4:]}"
