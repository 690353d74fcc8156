"""What the withdrawal's API and pages say in sentences; the English one is the id of its translations
(``order.withdraw.po``). Nothing here offers anything, and nothing asks for a reason."""

from __future__ import annotations

DECLARED = (
    "Please look at your declaration once more and confirm it. Nothing is withdrawn before that, and after {moment} it "
    "lapses."
)
CONFIRMED = (
    "We have received your withdrawal on {moment}. The acknowledgement with all that you declared is on its way to "
    "{contact}."
)
SHOW_WHO = "The mail holds a link that shows us that it was you. Money moves after that."
SHOWN = "Thank you. If this is the address of the order, we now have all that we need; you will hear from us by mail."
ENTRY = "The law lets you withdraw from this contract without giving a reason."
ENTRY_UNTIL = "The law lets you withdraw from this contract without giving a reason, until {moment}."
STANDS = {
    "declared": "Withdrawal {number}: not confirmed yet.",
    "confirmed": "Withdrawal {number}: received. Please show us that it was you.",
    "with_person": "Withdrawal {number}: received. One of us is looking after it.",
    "in_effect": "Withdrawal {number}: has effect, and is being carried out.",
    "ineffective": "Withdrawal {number}: has no effect. You have our mail about it.",
    "done": "Withdrawal {number}: carried out.",
    "lapsed": "Withdrawal {number}: was never confirmed.",
}


def all_sentences() -> tuple[str, ...]:
    """Every sentence of this module, for the test that holds the catalogues complete."""
    return (DECLARED, CONFIRMED, SHOW_WHO, SHOWN, ENTRY, ENTRY_UNTIL, *STANDS.values())
