"""Every sentence in which a decision is spoken: message ids, whole and in English.

``templates/locales/<language>/policy.po`` hold the others. No sentence blames, and each refusal says what is possible
instead. Here is what is said of an approval and of an ask as a whole; ``refusals`` and ``reviews`` hold a sentence per
reason. Placeholders: ``item`` and ``items`` (titles in quotation marks), ``until``, ``left``, and amounts as text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from plugin.policies.law.names import NAMES
from plugin.policies.reasons import Action, Outcome, Payer, Reason, Resolution, Trigger
from plugin.policies.refusals import ASK_REFUSE, LINE_REFUSE
from plugin.policies.reviews import LINE_REVIEW

ITEM = "“{item}”"  # how a title is quoted

LINE_ALLOWED: Mapping[Action, str] = {
    Action.CANCEL: "{item} can be cancelled until it ships.",
    Action.RETURN: "{item} can be sent back.",
    Action.EXCHANGE: "{item} can be exchanged.",
    Action.FAULT: "{item} can be reported here, and we will put it right.",
}
LINE_ALLOWED_UNTIL: Mapping[Action, str] = {
    Action.CANCEL: "{item} can be cancelled until {until}.",
    Action.RETURN: "{item} can be sent back until {until}.",
    Action.EXCHANGE: "{item} can be exchanged until {until}.",
    Action.FAULT: "{item} can be reported here until {until}, and we will put it right.",
}

APPROVED_EVERYTHING = "Your order can be cancelled right away, and you get {amount} back."
APPROVED_EVERYTHING_FEE = "Your order can be cancelled right away. After a fee of {fee}, you get {amount} back."
APPROVED_EVERYTHING_FREE = "Your order can be cancelled right away. There is nothing to pay back."
APPROVED_PART = "We can cancel {items} right away, and you get {amount} back."
APPROVED_PART_FEE = "We can cancel {items} right away. After a fee of {fee}, you get {amount} back."
APPROVED_PART_FREE = "We can cancel {items} right away. There is nothing to pay back."

# What goes back, or was faulty, is answered in two sentences: what is done, and what the shopper gets for it.
APPROVED: Mapping[Action, str] = {
    Action.RETURN: "You can send back {items}.",
    Action.EXCHANGE: "You can exchange {items}.",
    Action.FAULT: "We are sorry that something went wrong with {items}.",
}
GETS_MONEY = "You get {amount} back."
GETS_MONEY_LESS_FEE = "After a fee of {fee}, you get {amount} back."
GETS_CREDIT = "You get {amount} as store credit."
GETS_CREDIT_LESS_FEE = "After a fee of {fee}, you get {amount} as store credit."
GETS_NOTHING = "There is nothing to pay back."
BONUS_WITHIN = "{bonus} of it is a bonus from us."

# What comes with an approval; the page of the policy says it in the same words.
GETS: Mapping[Resolution, str] = {
    Resolution.REFUND: "You get your money back.",
    Resolution.STORE_CREDIT: "You get store credit.",
    Resolution.EXCHANGE: "You get an exchange.",
    Resolution.RESHIPMENT: "We send it to you again.",
}
CHOICE = "You can choose: {choices}."
CHOICES: Mapping[Resolution, str] = {
    Resolution.REFUND: "your money back",
    Resolution.STORE_CREDIT: "store credit",
    Resolution.EXCHANGE: "an exchange",
    Resolution.RESHIPMENT: "a new parcel",
}
BONUS = "With store credit you get {bonus} more."
FEE = "A fee applies: {fee}."
LABEL: Mapping[Payer, str] = {
    Payer.SHOP: "We pay for the way back.",
    Payer.SHOPPER: "You pay for the way back.",
}
COMPENSATION = "It is a compensation: {amount} of what you paid."
SEND_WITHIN = "It has to be on its way within {span}."
PAYS_ON: Mapping[Trigger, str] = {
    Trigger.APPROVAL: "You do not have to wait for the way back.",
    Trigger.IN_TRANSIT: "You get this as soon as the parcel is on its way to us.",
    Trigger.RECEIVED: "You get this as soon as the parcel has reached us.",
    Trigger.INSPECTED: "You get this as soon as we have looked at what you sent.",
}
PHOTOS = "Please send a photo with your request."
SUBSCRIPTION_GOES_ON = (
    "This is about this one order: your subscription goes on as it is. To change or end it, please talk to us."
)
KEEP_ITEM = "You can keep it: nothing needs to be sent back."
RIGHT = "This is your right by law."
RIGHT_BY = "This is your right by law: {law}."

REVIEW_ASK = "One of us will look at your request in person and answer you. You do not need to do anything."
REFUSED_MANY: Mapping[Action, str] = {
    Action.CANCEL: "These items cannot be cancelled together.",
    Action.RETURN: "These items cannot be sent back together.",
    Action.EXCHANGE: "These items cannot be exchanged together.",
    Action.FAULT: "These items cannot be reported together.",
}
STILL_POSSIBLE: Mapping[Action, str] = {
    Action.CANCEL: "You can still cancel {items}.",
    Action.RETURN: "You can still send back {items}.",
    Action.EXCHANGE: "You can still exchange {items}.",
    Action.FAULT: "You can still report {items}.",
}


def line_sentence(action: Action, outcome: Outcome, reason: Reason, *, has_deadline: bool) -> str:
    """The message id for one line."""
    if outcome is Outcome.APPROVE:
        return (LINE_ALLOWED_UNTIL if has_deadline else LINE_ALLOWED)[action]
    return (LINE_REVIEW if outcome is Outcome.REVIEW else LINE_REFUSE)[action][reason]


def _every_sentence() -> Iterator[str]:
    for by_action in (LINE_ALLOWED, LINE_ALLOWED_UNTIL, APPROVED, REFUSED_MANY, STILL_POSSIBLE):
        yield from by_action.values()
    for by_reason in (LINE_REVIEW, LINE_REFUSE, ASK_REFUSE):
        for sentences in by_reason.values():
            yield from sentences.values()
    yield from (
        APPROVED_EVERYTHING, APPROVED_EVERYTHING_FEE, APPROVED_EVERYTHING_FREE,
        APPROVED_PART, APPROVED_PART_FEE, APPROVED_PART_FREE, ITEM,
        GETS_MONEY, GETS_MONEY_LESS_FEE, GETS_CREDIT, GETS_CREDIT_LESS_FEE, GETS_NOTHING, BONUS_WITHIN,
        CHOICE, BONUS, FEE, COMPENSATION, SEND_WITHIN, PHOTOS, SUBSCRIPTION_GOES_ON, KEEP_ITEM, RIGHT,
        RIGHT_BY, REVIEW_ASK,
    )  # fmt: skip
    for said in (GETS, CHOICES, LABEL, PAYS_ON, NAMES):
        yield from said.values()


def all_sentences() -> tuple[str, ...]:
    """Every message id, for the test that holds the catalogues complete."""
    return tuple(dict.fromkeys(_every_sentence()))
