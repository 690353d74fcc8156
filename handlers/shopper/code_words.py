"""The sentences of a code that was forgotten at the checkout (``order.forgotten.po``)."""

from __future__ import annotations

from plugin.codes.refusals import ERROR_FOR, Refusal
from plugin.journeys.forgotten import CodeReason

READY = "This code counts: {amount} goes back to you. Nothing happens before you confirm."
BELOW_MINIMUM = "Your order has not reached the amount from which this code is good."

WHY_NOT = {
    CodeReason.NOT_OFFERED: "This shop takes no codes after an order. A person is glad to help.",
    CodeReason.ORDER_CANCELLED: "This order is cancelled, so a code has nothing left to count for.",
    CodeReason.TOO_LATE: "The time in which a forgotten code could be added to this order is over.",
    CodeReason.HAS_CODE: "This order has a code already, and codes do not add up.",
    CodeReason.UNKNOWN: "We do not know this code. Please check it for a typing error.",
    CodeReason.EARNED_HERE: "This code was a thank-you for this very order. It is good for your next one.",
    CodeReason.NEWER: "This code is newer than your order. It is good for your next one.",
    CodeReason.ELSEWHERE: "A person has to add this code for you. Write to us, and name the code.",
    CodeReason.ASKED_ALREADY: "Another request for this order is still under way. You can bring the code after it.",
    CodeReason.PERSON_DECIDES: "A person has to look at this order first. Write to us, and name the code.",
    CodeReason.GIVES_NOTHING: "This code would have taken nothing off this order, so keep it for the next one.",
}


def all_sentences() -> tuple[str, ...]:
    """Every sentence of this module, for the test that holds the catalogues complete."""
    return (READY, BELOW_MINIMUM, *WHY_NOT.values())


def verdict_sentence(reason: CodeReason | Refusal) -> str:
    """What a preview says; ``READY`` wants the ``amount``. A code's own refusals say what the checkout says."""
    if reason is CodeReason.ALLOWED:
        return READY
    if reason is Refusal.BELOW_MINIMUM:
        return BELOW_MINIMUM
    return ERROR_FOR[reason].sentence if isinstance(reason, Refusal) else WHY_NOT[reason]
