"""The closed vocabulary of answers: three outcomes, and every reason that one can have.

Each reason has its sentence in every language (``plugin.policies.sentences``). A policy's rows may give the reasons
above the line; those below it are found by ``decide()`` itself, whatever the policy says.
"""

from __future__ import annotations

from enum import StrEnum


class Action(StrEnum):
    """What a row is about. Keeping the item is no ask: it is an answer to a return or a fault (``Then.keep_item``)."""

    CANCEL = "cancel"
    RETURN = "return"
    EXCHANGE = "exchange"
    FAULT = "fault"


class Outcome(StrEnum):
    APPROVE = "approve"
    REVIEW = "review"
    REFUSE = "refuse"


class Resolution(StrEnum):
    """What the shopper gets for goods that go back, or that were faulty."""

    REFUND = "refund"
    STORE_CREDIT = "store_credit"
    EXCHANGE = "exchange"
    RESHIPMENT = "reshipment"


class Payer(StrEnum):
    """Who pays the way back."""

    SHOP = "shop"
    SHOPPER = "shopper"


class Trigger(StrEnum):
    """What has to have happened to goods on their way back before money, credit or new goods leave."""

    APPROVAL = "approval"
    IN_TRANSIT = "in_transit"
    RECEIVED = "received"
    INSPECTED = "inspected"


class Mode(StrEnum):
    """How far a row is trusted: a person answers and ours is only kept, a person answers and sees ours, or we do."""

    SHADOW = "shadow"
    SUGGEST = "suggest"
    AUTOMATIC = "automatic"


class FaultKind(StrEnum):
    DAMAGED = "damaged"
    WRONG_ITEM = "wrong_item"
    MISSING = "missing"
    NOT_ARRIVED = "not_arrived"
    NOT_AS_DESCRIBED = "not_as_described"


class Risk(StrEnum):
    """The store's own word on how likely an order is fraud."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class GoodsKind(StrEnum):
    """Goods of which the law, or a row, may take another view; a policy says which products they are."""

    PERSONALISED = "personalised"
    PERISHABLE = "perishable"
    SEALED_HYGIENE = "sealed_hygiene"
    DIGITAL_BEGUN = "digital_begun"


class Reason(StrEnum):
    ALLOWED = "allowed"
    WINDOW_OVER = "window_over"
    GIFT_CARD = "gift_card"
    DIGITAL_GOODS = "digital_goods"
    MADE_TO_ORDER = "made_to_order"
    FINAL_SALE = "final_sale"
    ON_SALE = "on_sale"
    PERISHABLE = "perishable"
    SEALED_GOODS = "sealed_goods"
    BEING_PREPARED = "being_prepared"
    NOT_OFFERED = "not_offered"
    HIGH_VALUE = "high_value"
    REPEATED = "repeated"
    HIGH_RISK = "high_risk"
    PERSON_DECIDES = "person_decides"

    # Found by decide(); a policy cannot give these.
    NOTHING_ASKED = "nothing_asked"
    UNKNOWN_LINE = "unknown_line"
    BAD_QUANTITY = "bad_quantity"
    MORE_THAN_LEFT = "more_than_left"
    ORDER_CANCELLED = "order_cancelled"
    ALREADY_CANCELLED = "already_cancelled"
    ALREADY_SHIPPED = "already_shipped"
    ALREADY_RETURNED = "already_returned"
    NOT_SHIPPED = "not_shipped"  # what is asked back has not left yet: it can be cancelled instead
    NOT_DUE_YET = "not_due_yet"  # it has not arrived, and need not have yet
    IN_OPEN_CASE = "in_open_case"
    RESOLUTION_NOT_OFFERED = "resolution_not_offered"  # the line's ``resolutions`` say what is
    STATUTORY = "statutory"  # the law gives more than the policy
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
        Reason.ON_SALE,
        Reason.PERISHABLE,
        Reason.SEALED_GOODS,
        Reason.BEING_PREPARED,
        Reason.NOT_OFFERED,
        Reason.HIGH_VALUE,
        Reason.REPEATED,
        Reason.HIGH_RISK,
        Reason.PERSON_DECIDES,
    }
)

# What may stand beside which outcome: a refusal never says "allowed", and only a person's look has no other cause.
REASONS_OF_OUTCOME = {
    Outcome.APPROVE: frozenset({Reason.ALLOWED}),
    Outcome.REVIEW: POLICY_REASONS - {Reason.ALLOWED},
    Outcome.REFUSE: POLICY_REASONS
    - {Reason.ALLOWED, Reason.HIGH_VALUE, Reason.REPEATED, Reason.HIGH_RISK, Reason.PERSON_DECIDES},
}
