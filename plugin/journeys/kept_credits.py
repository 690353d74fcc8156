"""Store credit as a person's document has it: what an order of theirs has earned, entry by entry."""

from __future__ import annotations

from plugin.credit.issuing import show
from plugin.credit.store import credits_of_order, entries_of
from plugin.journeys.kept import KeptCredit, KeptEntry
from plugin.orders.service import StoredOrder
from plugin.ports.runtime import Ports


async def kept_credits(ports: Ports, order: StoredOrder) -> tuple[KeptCredit, ...]:
    """What the cases of this order gave to its own customer, oldest first; a gift's credit is its receiver's."""
    theirs = [credit for credit in await credits_of_order(order.id) if credit.customer_hash == order.row.customer_hash]
    entries = await entries_of([credit.id for credit in theirs])
    return tuple(
        KeptCredit(
            code=show(ports.vault, credit) if credit.authority == "ledger" else None, currency=credit.currency,
            balance=credit.balance, state=credit.state, issued_at=credit.issued_at, expires_at=credit.expires_at,
            entries=tuple(
                KeptEntry(at=each.at, kind=each.kind, amount=each.amount, spent_on=each.spent_on)
                for each in entries[credit.id]
            ),
        )
        for credit in theirs
    )  # fmt: skip
