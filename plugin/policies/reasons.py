"""The closed vocabulary of answers: three outcomes, and every reason that one can have.

Each reason has its sentence in every language (``plugin.policies.sentences``). A policy's rows may give the reasons
above the line; those below it are found by ``decide()`` itself, whatever the policy says.
"""

from __future__ import annotations

from enum import StrEnum


class Action(StrEnum):
    """What a row is about. ``decide()`` knows cancelling; a further action is a further member."""

    CANCEL = "cancel"


class Outcome(StrEnum):
    APPROVE = "approve"
    REVIEW = "review"
    REFUSE = "refuse"


class Reason(StrEnum):
    ALLOWED = "allowed"
    WINDOW_OVER = "window_over"
    GIFT_CARD = "gift_card"
    DIGITAL_GOODS = "digital_goods"
    MADE_TO_ORDER = "made_to_order"
    FINAL_SALE = "final_sale"
    BEING_PREPARED = "being_prepared"
    NOT_OFFERED = "not_offered"
    HIGH_VALUE = "high_value"
    REPEATED = "repeated"
    PERSON_DECIDES = "person_decides"

    # Found by decide(); a policy cannot give these.
    NOTHING_ASKED = "nothing_asked"
    UNKNOWN_LINE = "unknown_line"
    BAD_QUANTITY = "bad_quantity"
    MORE_THAN_LEFT = "more_than_left"
    ORDER_CANCELLED = "order_cancelled"
    ALREADY_CANCELLED = "already_cancelled"
    ALREADY_SHIPPED = "already_shipped"
    IN_OPEN_CASE = "in_open_case"
    ORDER_FROZEN = "order_frozen"
    OPEN_DISPUTE = "open_dispute"
    AMOUNTS_UNEXPLAINED = "amounts_unexplained"
    REFUNDED_ELSEWHERE = "refunded_elsewhere"


POLICY_REASONS = frozenset(
    {
        Reason.ALLOWED,
        Reason.WINDOW_OVER,
        Reason.GIFT_CARD,
        Reason.DIGITAL_GOODS,
        Reason.MADE_TO_ORDER,
        Reason.FINAL_SALE,
        Reason.BEING_PREPARED,
        Reason.NOT_OFFERED,
        Reason.HIGH_VALUE,
        Reason.REPEATED,
        Reason.PERSON_DECIDES,
    }
)

# What may stand beside which outcome: a refusal never says "allowed", and only a person's look has no other cause.
REASONS_OF_OUTCOME = {
    Outcome.APPROVE: frozenset({Reason.ALLOWED}),
    Outcome.REVIEW: POLICY_REASONS - {Reason.ALLOWED},
    Outcome.REFUSE: POLICY_REASONS - {Reason.ALLOWED, Reason.HIGH_VALUE, Reason.REPEATED, Reason.PERSON_DECIDES},
}
