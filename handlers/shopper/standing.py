"""Where a case of any kind stands, in one sentence for the shopper (``order.po``, ``returns.po``).

The sentences of a cancellation are in ``phrases``; what the other kinds say alike, and what each says for itself, is
here. Placeholders: ``date`` (by when the money is back), ``moment`` (by when somebody answers, or the shopper pays) and
``send_by`` (the last day to send something back).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass

from handlers.shopper import phrases
from plugin.cases.models import Case
from plugin.cases.states import GOODWILL, CaseKind, CaseState
from plugin.parcels.models import Parcel
from plugin.parcels.states import ParcelState
from plugin.refunds.models import RefundLeg
from plugin.refunds.plan import LegKind
from plugin.refunds.states import LegState

SEND_IT = "Please send it to us by {send_by}."
PARCEL_COMING = "Your parcel is on its way to us."
BEING_LOOKED_AT = "Your parcel is here, and one of us is looking at what you sent. You will hear from us by {moment}."
PAY_THE_DIFFERENCE = "There is a difference to pay. What you chose is kept for you until {moment}."
BEING_PREPARED = "The shop is getting ready what we send you."
MONEY_COMING = "Your money will be back by {date}."
BY_HAND = "The shop sends your money back by hand by {date}."
MONEY_STUCK = "Your refund needs a person, and you will hear from us by {moment}."
NOT_SEEN = (
    "Nobody has seen your parcel yet. If you have sent it, tell us its tracking number here. One of us is looking after"
    " it, and you will hear from us by {moment}."
)


@dataclass(frozen=True)
class Standing:
    """What one kind of case says for itself. ``refunded`` is said where money has come back, ``done`` where something
    else was given, and ``nothing`` where nothing was owed."""

    accepted: str
    refunded: str
    done: str
    nothing: str
    refused: str
    expired: str


STANDINGS: Mapping[CaseKind, Standing] = {
    CaseKind.RETURN: Standing(
        accepted="Your return is accepted.",
        refunded="Your return is settled, and your money is refunded. Your bank shows it by {date}.",
        done="Your return is settled.",
        nothing="Your return is settled. There was nothing to pay back.",
        refused="This cannot be sent back. A person is glad to help.",
        expired="Nothing was sent to us in time, so this return is closed. If you still have it, a person is glad to "
        "help.",
    ),
    CaseKind.EXCHANGE: Standing(
        accepted="Your exchange is accepted.",
        refunded="Your exchange is settled, and your money is refunded. Your bank shows it by {date}.",
        done="Your exchange is settled.",
        nothing="Your exchange is settled. There was nothing to pay back.",
        refused="This cannot be exchanged. A person is glad to help.",
        expired="The time for this exchange is over, and it is closed. A person is glad to help.",
    ),
    CaseKind.FAULT: Standing(
        accepted="Thank you for telling us. We are putting it right.",
        refunded="We have put it right, and your money is refunded. Your bank shows it by {date}.",
        done="We have put it right.",
        nothing="This is settled. There was nothing to pay back.",
        refused="We could not settle this here. A person is glad to help.",
        expired="Nothing was sent to us in time, so this request is closed. A person is glad to help.",
    ),
    CaseKind.FIX: Standing(
        accepted="We are changing your order. The shop usually confirms it within a moment.",
        refunded="Your order is changed, and the difference is refunded. Your bank shows it by {date}.",
        done="Your order is changed.",
        nothing="Your order is changed.",
        refused="This can no longer be changed. A person is glad to help.",
        expired="The time to pay the difference is over, and your order stays as it was.",
    ),
}

FORGOTTEN_CODE = Standing(
    accepted="Your code counts for this order, and we are giving back what it is worth.",
    refunded="Your code counts for this order, and what it is worth is refunded. Your bank shows it by {date}.",
    done="Your code counts for this order.",
    nothing="Your code counts for this order.",
    refused="This code cannot be used for this order. A person is glad to help.",
    expired="This code cannot be used for this order. A person is glad to help.",
)

_WHY_A_PERSON = {
    "manual_refund": BY_HAND,
    "refund_failed": MONEY_STUCK,
    "refund_not_found": MONEY_STUCK,
    "insufficient_balance": MONEY_STUCK,
    "not_sent": NOT_SEEN,
}
_NEVER_CHARGED = (LegKind.VOID, LegKind.LOWER_CAPTURE)


def all_sentences() -> tuple[str, ...]:
    """Every sentence of this module, for the test that holds the catalogues complete."""
    own = [sentence for standing in (*STANDINGS.values(), FORGOTTEN_CODE) for sentence in astuple(standing)]
    return (
        SEND_IT, PARCEL_COMING, BEING_LOOKED_AT, PAY_THE_DIFFERENCE, BEING_PREPARED, MONEY_COMING, BY_HAND,
        MONEY_STUCK, NOT_SEEN, *own,
    )  # fmt: skip


def case_sentence(case: Case, legs: Sequence[RefundLeg], parcels: Sequence[Parcel]) -> str:
    """The sentence for where the case stands; ``legs`` are those that count now, ``parcels`` all of its ways back."""
    kind, state = CaseKind(case.kind), CaseState(case.state)
    if kind is CaseKind.CANCEL:
        return phrases.cancel_sentence(state, case.person_reason, legs, case.owed)
    says = FORGOTTEN_CODE if kind is CaseKind.FIX and case.basis == GOODWILL else STANDINGS[kind]
    match state:
        case CaseState.REQUESTED | CaseState.APPROVED | CaseState.AWAITING_STORE:
            return says.accepted
        case CaseState.AWAITING_PAYMENT:
            return PAY_THE_DIFFERENCE
        case CaseState.ORDERING:
            return BEING_PREPARED
        case CaseState.AWAITING_GOODS:
            return _on_the_way_back(parcels)
        case CaseState.INSPECTING:
            return BEING_LOOKED_AT
        case CaseState.EXECUTING:
            return MONEY_COMING if legs else says.accepted
        case CaseState.DONE:
            return _settled(case, says, legs)
        case CaseState.IN_REVIEW:
            return phrases.IN_REVIEW
        case CaseState.WITH_PERSON:
            return _WHY_A_PERSON.get(case.person_reason or "", phrases.WITH_PERSON)
        case CaseState.REFUSED:
            return says.refused
        case CaseState.WITHDRAWN:
            return phrases.WITHDRAWN
        case CaseState.EXPIRED:
            return says.expired
        case CaseState.CONVERTED_TO_RETURN:
            return phrases.RETURNED


def parcel_now(parcels: Sequence[Parcel]) -> Parcel | None:
    """The way back that counts: one that is still open, else the newest; ``parcels`` are given oldest first."""
    return next((parcel for parcel in parcels if parcel.is_open), parcels[-1] if parcels else None)


def _on_the_way_back(parcels: Sequence[Parcel]) -> str:
    parcel = parcel_now(parcels)
    return SEND_IT if parcel and parcel.state == ParcelState.LABEL else PARCEL_COMING


def _settled(case: Case, says: Standing, legs: Sequence[RefundLeg]) -> str:
    paid = [leg for leg in legs if LegState(leg.state) is LegState.SUCCEEDED]
    if any(LegKind(leg.kind) not in _NEVER_CHARGED for leg in paid):
        return says.refunded
    return says.done if paid or case.owed else says.nothing
