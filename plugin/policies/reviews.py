"""What is said of a line that a person looks at first: a sentence per reason, whole and in English.

None of them blames, and none tells the guard or the row apart that made a person look where that is nobody's business.
``item`` is the line's title, in quotation marks.
"""

from __future__ import annotations

from collections.abc import Mapping

from plugin.policies.reasons import Action, Reason

_A_PERSON_ANSWERS = "One of us will look at your request for {item} and answer you."
_CANCEL_A_PERSON_ANSWERS = "One of us will look at the cancellation of {item} and answer you."

_ANY: Mapping[Reason, str] = {
    Reason.WINDOW_OVER: "The usual time for {item} is over, so one of us will look at what can still be done.",
    Reason.GIFT_CARD: "{item} is a gift card, so one of us will look at your request first.",
    Reason.DIGITAL_GOODS: "{item} is delivered digitally, so one of us will look at your request first.",
    Reason.MADE_TO_ORDER: "{item} is made for you, so one of us will look at your request first.",
    Reason.FINAL_SALE: "{item} was sold as final sale, so one of us will look at your request first.",
    Reason.ON_SALE: "{item} was sold at a reduced price, so one of us will look at your request first.",
    Reason.PERISHABLE: "{item} does not keep for long, so one of us will look at your request first.",
    Reason.SEALED_GOODS: "{item} comes sealed for hygiene, so one of us will look at your request first.",
    Reason.BEING_PREPARED: "{item} is still being prepared, so one of us will look at your request first.",
    Reason.NOT_OFFERED: "A request like this for {item} is not usually answered online, so one of us will look at it.",
    Reason.HIGH_VALUE: "For an order of this value, one of us looks at your request for {item} first.",
    Reason.REPEATED: "One of us will look at your request for {item} together with you.",
    Reason.HIGH_RISK: _A_PERSON_ANSWERS,
    Reason.PERSON_DECIDES: _A_PERSON_ANSWERS,
    Reason.STATUTORY: "The law gives you a right for {item}, and one of us will see to it in person.",
    Reason.ORDER_FROZEN: "We are checking a detail of this order, so one of us will see to {item} in person.",
    Reason.OPEN_DISPUTE: "Your bank is looking at this payment, so one of us will settle {item} together with it.",
    Reason.AMOUNTS_UNEXPLAINED: "We want the amount for {item} to be exactly right, so one of us checks it first.",
    Reason.REFUNDED_ELSEWHERE: "Some money of this order was paid back already, so one of us checks {item} first.",
}

_CANCEL: Mapping[Reason, str] = {
    Reason.WINDOW_OVER: "The usual time to cancel {item} is over, so one of us will look at what can still be done.",
    Reason.GIFT_CARD: "{item} is a gift card, so one of us will check that it has not been used, and cancel it.",
    Reason.MADE_TO_ORDER: "{item} is made for you, so one of us will ask the workshop how far it has come.",
    Reason.BEING_PREPARED: "{item} is being prepared for shipping, so one of us will try to stop it for you.",
    Reason.NOT_OFFERED: "{item} is not usually cancelled online, so one of us will look at your request.",
    Reason.HIGH_VALUE: "For an order of this value, one of us looks at the cancellation of {item} before it is done.",
    Reason.REPEATED: "One of us will look at the cancellation of {item} with you before it is done.",
    Reason.HIGH_RISK: _CANCEL_A_PERSON_ANSWERS,
    Reason.PERSON_DECIDES: _CANCEL_A_PERSON_ANSWERS,
}

LINE_REVIEW: Mapping[Action, Mapping[Reason, str]] = {
    Action.CANCEL: {**_ANY, **_CANCEL},
    Action.RETURN: _ANY,
    Action.EXCHANGE: _ANY,
    Action.FAULT: _ANY,
}
