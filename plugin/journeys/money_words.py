"""What became of a payment, in the few states that a shopper needs to tell apart. "Refunded" only when it is (I13)."""

from __future__ import annotations

from plugin.messages.parts import MoneyState, PaymentOutcome
from plugin.orders.models import Payment
from plugin.ports.orders import Custodian, PaymentState
from plugin.refunds.models import RefundLeg
from plugin.refunds.plan import LegKind
from plugin.refunds.states import LegState


def outcome_of_leg(leg: RefundLeg, payment: Payment) -> PaymentOutcome:
    """One leg as the shopper sees it: refunded, on its way, never charged, charged only so much, or by a person."""
    state, amount = state_of_leg(leg), leg.amount
    if is_never_collected(LegKind(leg.kind), payment):
        state = MoneyState.NOT_COLLECTED
    elif state is MoneyState.CHARGED_ONLY and payment.state == PaymentState.VOIDED:
        state = MoneyState.VOIDED  # the rest of the order was cancelled, too
    elif state is MoneyState.CHARGED_ONLY:
        amount = _still_charged(leg, payment)
    return PaymentOutcome(state=state, amount=amount, method=payment.label, by=leg.promised_for)


def is_never_collected(kind: LegKind, payment: Payment) -> bool:
    """Whether this is cash that the store has not collected, and now never will (cash on delivery)."""
    return kind in (LegKind.VOID, LegKind.LOWER_CAPTURE) and payment.custodian == Custodian.MANUAL


def _still_charged(leg: RefundLeg, payment: Payment) -> int:
    """What the payment may be charged for, earlier and later partial cancellations counted in."""
    limit: int = payment.capturable if payment.state == PaymentState.AUTHORISED else payment.captured
    left: int = payment.amount - leg.amount
    return min(limit, left)


def state_of_leg(leg: RefundLeg) -> MoneyState:
    kind, succeeded = LegKind(leg.kind), LegState(leg.state) is LegState.SUCCEEDED
    if succeeded and kind is LegKind.VOID:
        return MoneyState.VOIDED
    if succeeded and kind is LegKind.LOWER_CAPTURE:
        return MoneyState.CHARGED_ONLY
    if succeeded:
        return MoneyState.REFUNDED
    if leg.state in (LegState.WITH_PERSON, LegState.FAILED) or kind in (LegKind.MANUAL, LegKind.STOREFRONT):
        return MoneyState.BY_PERSON
    return MoneyState.ARRIVING
