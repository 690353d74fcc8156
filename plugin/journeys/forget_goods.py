"""What returns, exchanges and surveys keep of a person, taken out. What moved, was found and was paid stays."""

from __future__ import annotations

from plugin.db import Transaction


async def forget_goods(tx: Transaction, order_id: str) -> None:
    """Take out of a locked order's closed cases what speaks of its person: where mails of a gift went, the parcel's
    number (the carrier knows an address by it), people's words about what came, and about how easy it was."""
    for statement in (
        "UPDATE cases SET contact = NULL WHERE order_id = $1",
        "UPDATE case_units SET finding = NULL WHERE order_id = $1",
        "UPDATE parcels SET carrier = NULL, tracking_number = NULL WHERE order_id = $1",
        "UPDATE findings SET note = NULL WHERE order_id = $1",
        "UPDATE outbound_orders SET why = NULL, request = request || '{\"note\": null}' WHERE order_id = $1",
        "UPDATE differences SET page_url = NULL WHERE order_id = $1",
        "UPDATE effort_questions SET words = NULL WHERE order_id = $1",
    ):
        await tx.execute(statement, order_id)
