"""What is said where a shopper asks for their money (``order.money.po``)."""

from __future__ import annotations

from plugin.journeys.where_is_my_money import Holder

FOUND = "Here is every refund of this order, and who has it now."
NOTHING = "No refund belongs to this order."
CREDITED = "Store credit was given for this order: your statement shows its code and its balance."
LATE = "This is later than we promised, and we are sorry. A person is finding out where it is."
ASK_YOUR_BANK = "It has left us. If your bank does not show it, give them this reference: {reference}"
HOLDER = {
    Holder.US: "We are sending it right now. There is nothing for you to do.",
    Holder.PROVIDER: "The payment provider has it and passes it on to your bank.",
    Holder.BANK: "It has left us and is with your bank, which shows it by {date}.",
    Holder.PERSON: "One of us brings this refund to its end by hand, and writes to you.",
    Holder.NOBODY: "This money was never taken from you.",
}


def all_sentences() -> tuple[str, ...]:
    """Every sentence of this module, for the test that holds the catalogues complete."""
    return FOUND, NOTHING, CREDITED, LATE, ASK_YOUR_BANK, *HOLDER.values()
