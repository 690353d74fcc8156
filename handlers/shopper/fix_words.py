"""The sentences of putting an order right; the English sentence is the id of its translations (``order.fixes.po``)."""

from __future__ import annotations

from plugin.journeys.fixing import FixReason

READY = "We can change this for you. Nothing happens before you confirm."
READY_CHEAPER = "We can change this for you, and {amount} goes back to you."
READY_DEARER = (
    "We can change this for you. It costs {amount} more, to be paid within {minutes} minutes after you confirm; "
    "nothing is changed before that."
)

WHY_NOT = {
    FixReason.ORDER_CANCELLED: "This order is cancelled, so there is nothing left to change.",
    FixReason.ALREADY_SHIPPED: "This is on its way already and cannot be changed any more. A person is glad to help.",
    FixReason.UNKNOWN_LINE: "This item is not part of your order.",
    FixReason.MORE_THAN_LEFT: "There are not as many of these left in your order.",
    FixReason.SAME_ITEM: "Your order has this already. To have fewer of it, cancel only what is too much.",
    FixReason.ASKED_ALREADY: "Another request for this order is still under way. You can change the order after it.",
    FixReason.PERSON_DECIDES: "A person has to look at this order first. Write to us what you would like to change.",
    FixReason.NOT_OFFERED: "A person makes this change for you. Write to us what you would like to have instead.",
    FixReason.OUT_OF_STOCK: "There are not enough of these left in the shop. Please choose another one.",
    FixReason.STORE_SAYS_NO: "The shop cannot make this change by itself. A person is glad to help.",
    FixReason.COSTS_MORE: "This change costs more than your order did. A person is glad to arrange it with you.",
}


def all_sentences() -> tuple[str, ...]:
    """Every sentence of this module, for the test that holds the catalogues complete."""
    return (READY, READY_CHEAPER, READY_DEARER, *WHY_NOT.values())


def verdict_sentence(reason: FixReason, costs: int) -> str:
    """What a preview says; ``READY_CHEAPER`` wants the ``amount``, ``READY_DEARER`` the ``minutes`` as well."""
    if reason is not FixReason.ALLOWED:
        return WHY_NOT[reason]
    return READY_DEARER if costs > 0 else READY_CHEAPER if costs < 0 else READY
