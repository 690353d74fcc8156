"""The sentences of the order page and its API; the English sentence is the id of its translations (``order.po``)."""

from __future__ import annotations

from collections.abc import Sequence

from plugin.cases.states import CaseState
from plugin.messages.parts import MoneyState
from plugin.policies.facts import OrderFacts, Progress
from plugin.refunds.models import RefundLeg
from plugin.refunds.plan import LegKind
from plugin.refunds.states import LegState

PERSON = "Would you rather talk to a person? You will have an answer by {moment}."
PERSON_ANSWER = "Thank you. A person has your message, and you will have an answer by {moment}."
LOOKUP = (
    "If there is such an order, a mail with a link and a code is on its way to the address on it. It is valid for "
    "ten minutes."
)
YOUR_PAYMENT = "your payment method"

COMPONENT = {
    "items": "Items",
    "shipping": "Shipping",
    "extras": "Extras",
    "fee": "Fee",
    "withheld": "Not paid back",
    "not_accepted": "Not accepted",
}

STATUS = {
    Progress.UNFULFILLED: "We have your order and are getting it ready.",
    Progress.PARTLY_FULFILLED: "A part of your order is on its way.",
    Progress.FULFILLED: "Your order is on its way.",
    Progress.CANCELLED: "This order is cancelled.",
}

ARRIVED = "Your order has arrived."

NOT_COLLECTED = "You will not be asked to pay {amount}."

PLANNED = {
    LegKind.REFUND: "{amount} will be back on {method} by {date}.",
    LegKind.VOID: "{amount} will not be charged: the hold on {method} is gone by {date}.",
    LegKind.LOWER_CAPTURE: "{method} will be charged only {amount}.",
    LegKind.STOREFRONT: "The shop will give {amount} back to {method} by {date}.",
    LegKind.MANUAL: "A person of the shop will send {amount} back by {date}.",
}

MOVED = {
    MoneyState.REFUNDED: "{amount} is refunded to {method}. Your bank shows it by {date}.",
    MoneyState.ARRIVING: "{amount} will be back on {method} by {date}.",
    MoneyState.VOIDED: "{amount} was never charged: the hold on {method} is gone by {date}.",
    MoneyState.CHARGED_ONLY: "{method} is charged only {amount}.",
    MoneyState.NOT_COLLECTED: NOT_COLLECTED,
    MoneyState.BY_PERSON: "A person of the shop sends {amount} back by {date}.",
}

ACCEPTED = "Your cancellation is accepted. We are confirming it with the shop, which usually takes a moment."
MONEY_COMING = "Your order is cancelled. Your money will be back by {date}."
NOT_CHARGED = "Your cancellation is confirmed, and you will not be charged for it."
REFUNDED = "Your cancellation is confirmed and your money refunded. Your bank shows it by {date}."
CLOSED_BY_PERSON = "A person of the shop has looked after this request and closed it."
NOTHING_TO_PAY = "Your cancellation is confirmed. There was nothing to pay back."
IN_REVIEW = "One of us is looking at your request. You will have an answer by {moment}."
WITH_PERSON = "One of us is looking after your request. You will hear from us by {moment}."
TOO_LATE = (
    "Your order had already left when we asked to stop it. Nothing was refunded; one of us will write by {moment}."
)
BY_HAND = "Your cancellation is confirmed. The shop sends this money back by hand by {date}."
MONEY_STUCK = "Your cancellation is confirmed. Your refund needs a person, and you will hear from us by {moment}."
REFUSED = "This can no longer be cancelled. A person is glad to help."
WITHDRAWN = "You have taken your request back. Nothing was changed."
RETURNED = "Your parcel had already left, so your request became a return."

_WHY_A_PERSON = {
    "store_too_late": TOO_LATE,
    "manual_refund": BY_HAND,
    "refund_failed": MONEY_STUCK,
    "refund_not_found": MONEY_STUCK,
    "insufficient_balance": MONEY_STUCK,
}

_OF_A_CANCEL = {
    CaseState.REQUESTED: ACCEPTED,
    CaseState.APPROVED: ACCEPTED,
    CaseState.AWAITING_STORE: ACCEPTED,
    CaseState.EXECUTING: MONEY_COMING,
    CaseState.IN_REVIEW: IN_REVIEW,
    CaseState.REFUSED: REFUSED,
    CaseState.WITHDRAWN: WITHDRAWN,
    CaseState.CONVERTED_TO_RETURN: RETURNED,
}


def all_sentences() -> tuple[str, ...]:
    """Every sentence of this module, for the test that holds the catalogues complete."""
    return (
        PERSON, PERSON_ANSWER, LOOKUP, YOUR_PAYMENT, *COMPONENT.values(), *STATUS.values(), ARRIVED, *PLANNED.values(),
        *MOVED.values(), ACCEPTED, MONEY_COMING, NOT_CHARGED, REFUNDED, NOTHING_TO_PAY, IN_REVIEW, WITH_PERSON,
        TOO_LATE, BY_HAND, MONEY_STUCK, REFUSED, WITHDRAWN, RETURNED, CLOSED_BY_PERSON,
    )  # fmt: skip


def status_of(facts: OrderFacts) -> str:
    """Where the order is. That it has arrived is said only where the store has told so of everything that was sent."""
    sent = [line for line in facts.lines if line.fulfilled]
    if facts.state is Progress.FULFILLED and all(line.delivered_at for line in sent):
        return ARRIVED
    return STATUS[facts.state]


def cancel_sentence(state: CaseState, person_reason: str | None, legs: Sequence[RefundLeg], owed: int) -> str:
    """Where a cancellation stands, in one of our sentences; those of the other kinds are in ``standing``."""
    if state is CaseState.DONE:
        return _settled(legs, owed)
    if state is CaseState.WITH_PERSON:
        return _WHY_A_PERSON.get(person_reason or "", WITH_PERSON)
    return _OF_A_CANCEL[state]


def _settled(legs: Sequence[RefundLeg], owed: int) -> str:
    paid = [leg for leg in legs if LegState(leg.state) is LegState.SUCCEEDED]
    if not paid:
        return NOTHING_TO_PAY if owed == 0 else CLOSED_BY_PERSON
    if all(LegKind(leg.kind) in (LegKind.VOID, LegKind.LOWER_CAPTURE) for leg in paid):
        return NOT_CHARGED
    return REFUNDED
