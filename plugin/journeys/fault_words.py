"""What is said about a fault beside the policy's own sentences: alike on the page and in the mail
(``journeys.faults.po``)."""

from __future__ import annotations

from plugin.core.words import Words
from plugin.policies.reasons import FaultKind

WRONG_ITEM_GOES_BACK = "What goes back is the item that came, not the one that you ordered."


def all_sentences() -> tuple[str, ...]:
    """Every sentence of this module, for the test that holds the catalogues complete."""
    return (WRONG_ITEM_GOES_BACK,)


def beside(fault: str | None, words: Words, *, goes_back: bool) -> tuple[str, ...]:
    """What follows the decision's own sentences."""
    return (words.say(WRONG_ITEM_GOES_BACK),) if goes_back and fault == FaultKind.WRONG_ITEM else ()
