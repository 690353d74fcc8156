"""Every sentence in which a decision is spoken: one message id per outcome and reason, whole and in English.

``templates/locales/<language>/policy.po`` hold the others. Placeholders of a line's sentences: ``item`` (its title)
and ``until`` or ``left`` where named. No sentence blames, and each refusal says what is possible instead.
"""

from __future__ import annotations

from collections.abc import Mapping

from plugin.policies.reasons import Outcome, Reason

LINE_ALLOWED = "“{item}” can be cancelled until it ships."
LINE_ALLOWED_UNTIL = "“{item}” can be cancelled until {until}."

LINE_REVIEW: Mapping[Reason, str] = {
    Reason.WINDOW_OVER: "The usual time to cancel “{item}” is over, so one of us will look at what can still be done.",
    Reason.GIFT_CARD: "“{item}” is a gift card, so one of us will check that it has not been used, and cancel it.",
    Reason.DIGITAL_GOODS: "“{item}” is delivered digitally, so one of us will look at your request first.",
    Reason.MADE_TO_ORDER: "“{item}” is made for you, so one of us will ask the workshop how far it has come.",
    Reason.FINAL_SALE: "“{item}” was sold as final sale, so one of us will look at your request first.",
    Reason.BEING_PREPARED: "“{item}” is being prepared for shipping, so one of us will try to stop it for you.",
    Reason.NOT_OFFERED: "“{item}” is not usually cancelled online, so one of us will look at your request.",
    Reason.HIGH_VALUE: "For an order of this value, one of us looks at the cancellation of “{item}” before it is done.",
    Reason.REPEATED: "One of us will look at the cancellation of “{item}” with you before it is done.",
    Reason.PERSON_DECIDES: "One of us will look at the cancellation of “{item}” and answer you.",
    Reason.ORDER_FROZEN: "We are checking a detail of this order, so one of us will see to “{item}” in person.",
    Reason.OPEN_DISPUTE: "Your bank is looking at this payment, so one of us will settle “{item}” together with it.",
    Reason.AMOUNTS_UNEXPLAINED: "We want the amount for “{item}” to be exactly right, so one of us checks it first.",
    Reason.REFUNDED_ELSEWHERE: "Some money of this order was paid back already, so one of us checks “{item}” first.",
}

LINE_REFUSE: Mapping[Reason, str] = {
    Reason.WINDOW_OVER: "The time to cancel “{item}” is over. Please talk to us, and we will see what we can do.",
    Reason.GIFT_CARD: "“{item}” is a gift card that was sent at once, so it cannot be cancelled. "
    "You can still use it or give it away, and we are happy to help.",
    Reason.DIGITAL_GOODS: "“{item}” was delivered digitally, so it cannot be cancelled. "
    "If something is wrong with it, please talk to us, and we will put it right.",
    Reason.MADE_TO_ORDER: "“{item}” is made just for you and the work has begun, so it cannot be cancelled. "
    "If something should be different, please talk to us quickly, and we will try.",
    Reason.FINAL_SALE: "“{item}” was sold as final sale, so it cannot be cancelled. "
    "If something is wrong with it, please talk to us.",
    Reason.BEING_PREPARED: "“{item}” is already being packed, so it cannot be cancelled. "
    "Please talk to us about sending it back once it arrives.",
    Reason.NOT_OFFERED: "“{item}” cannot be cancelled online. Please talk to us, and we will look for another way.",
    Reason.UNKNOWN_LINE: "One of these items is not in this order. Please choose from those on the order page.",
    Reason.BAD_QUANTITY: "Please choose at least one of “{item}”.",
    Reason.MORE_THAN_LEFT: "Of “{item}”, {left} can still be cancelled. Please choose that many or fewer.",
    Reason.ORDER_CANCELLED: "“{item}” is cancelled already, with the whole order. There is nothing left for you to do.",
    Reason.ALREADY_CANCELLED: "“{item}” is cancelled already. There is nothing left for you to do.",
    Reason.ALREADY_SHIPPED: "“{item}” is already on its way, so it can no longer be cancelled. "
    "Please talk to us about sending it back once it arrives.",
    Reason.IN_OPEN_CASE: "We are already cancelling “{item}”. You will hear from us as soon as it is done.",
}

APPROVED_EVERYTHING = "Your order can be cancelled right away, and you get {amount} back."
APPROVED_EVERYTHING_FEE = "Your order can be cancelled right away. After a fee of {fee}, you get {amount} back."
APPROVED_EVERYTHING_FREE = "Your order can be cancelled right away. There is nothing to pay back."
APPROVED_PART = "We can cancel {items} right away, and you get {amount} back."
APPROVED_PART_FEE = "We can cancel {items} right away. After a fee of {fee}, you get {amount} back."
APPROVED_PART_FREE = "We can cancel {items} right away. There is nothing to pay back."
REVIEW_ASK = "One of us will look at your request in person and answer you. You do not need to do anything."
REFUSED_MANY = "These items cannot be cancelled together."
ITEM = "“{item}”"  # how a title is quoted
STILL_POSSIBLE = "You can still cancel {items}."

ASK_REFUSE: Mapping[Reason, str] = {
    Reason.NOTHING_ASKED: "Please choose the items that you would like to cancel.",
    Reason.ORDER_CANCELLED: "This order is cancelled already. There is nothing left for you to do.",
    Reason.ALREADY_CANCELLED: "Everything in this order is cancelled already. There is nothing left for you to do.",
    Reason.ALREADY_SHIPPED: "This order is already on its way, so it can no longer be cancelled. "
    "Please talk to us about sending it back once it arrives.",
    Reason.IN_OPEN_CASE: "We are already cancelling this order. You will hear from us as soon as it is done.",
}


def line_sentence(outcome: Outcome, reason: Reason, *, has_deadline: bool) -> str:
    """The message id for one line."""
    if outcome is Outcome.APPROVE:
        return LINE_ALLOWED_UNTIL if has_deadline else LINE_ALLOWED
    return (LINE_REVIEW if outcome is Outcome.REVIEW else LINE_REFUSE)[reason]


def all_sentences() -> tuple[str, ...]:
    """Every message id, for the test that holds the catalogues complete."""
    whole = (
        APPROVED_EVERYTHING, APPROVED_EVERYTHING_FEE, APPROVED_EVERYTHING_FREE,
        APPROVED_PART, APPROVED_PART_FEE, APPROVED_PART_FREE, REVIEW_ASK, REFUSED_MANY, ITEM, STILL_POSSIBLE,
    )  # fmt: skip
    lines = (LINE_ALLOWED, LINE_ALLOWED_UNTIL, *LINE_REVIEW.values(), *LINE_REFUSE.values())
    return (*lines, *whole, *ASK_REFUSE.values())
