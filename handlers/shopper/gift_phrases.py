"""What the receiver of a gift is told. No sentence of it names a sum, or who gave it."""

from __future__ import annotations

from collections.abc import Mapping

from plugin.cases.states import CaseState
from plugin.policies.reasons import Outcome

OUTCOME: Mapping[Outcome, str] = {
    Outcome.APPROVE: "You can send this back. Its worth becomes store credit that is yours alone.",
    Outcome.REVIEW: "A person at the shop looks at it first, and you get an answer by mail.",
    Outcome.REFUSE: "This cannot be sent back for store credit. A person at the shop can help.",
}
PRIVATE = "Who gave it to you is not told, and you see no price: the mail with your credit says what it is worth."
NO_ITEMS = "Nothing of it can be sent back now."
WAITS = "Send it back with return number {number}, by {date}."
STANDS: Mapping[CaseState, str] = {
    CaseState.IN_REVIEW: "A person at the shop looks at it.",
    CaseState.AWAITING_GOODS: "The shop waits for your parcel.",
    CaseState.INSPECTING: "Your parcel is there, and the shop looks at what came.",
    CaseState.DONE: "It is done: your store credit was sent to you by mail.",
    CaseState.REFUSED: "The shop has said no. The mail says why.",
    CaseState.WITHDRAWN: "It was taken back.",
    CaseState.EXPIRED: "Nothing came in time.",
}
AT_WORK = "The shop is working on it."


def all_sentences() -> tuple[str, ...]:
    """Every one of them, for the catalogues."""
    return (*OUTCOME.values(), PRIVATE, NO_ITEMS, WAITS, *STANDS.values(), AT_WORK)
