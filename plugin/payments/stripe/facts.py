"""Stripe's objects as our facts: amounts in ISO minor units, states in our words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import stripe

from plugin.payments.stripe.amounts import from_stripe, quantum
from plugin.ports.orders import PaymentState
from plugin.ports.payments import DisputeFact, PaymentFact, RefundFact, RefundState

LEG_KEY = "comeback_leg"  # metadata of a refund: which of our legs it is
CAPTURE_KEY = "comeback_capture_at_most"  # metadata of a PaymentIntent, in Stripe's amounts

_INTENT_STATES = {
    "requires_capture": PaymentState.AUTHORISED,
    "succeeded": PaymentState.CAPTURED,
    "canceled": PaymentState.VOIDED,
}
_REFUND_STATES = {
    "pending": RefundState.PENDING,
    "requires_action": RefundState.REQUIRES_ACTION,
    "succeeded": RefundState.SUCCEEDED,
    "failed": RefundState.FAILED,
    "canceled": RefundState.CANCELLED,
}
_BRANDS = {"amex": "American Express", "diners": "Diners Club", "jcb": "JCB", "unionpay": "UnionPay"}
_DISPUTES_WITHOUT_MONEY = frozenset({"won", "prevented"})
_CLOSED_DISPUTES = frozenset({"won", "lost", "prevented", "warning_closed"})


def _reference(value: str | stripe.PaymentIntent | None, fallback: str) -> str:
    """The id of a PaymentIntent that may be expanded, or absent on a refund made by its charge."""
    if value is None:
        return fallback
    return value if isinstance(value, str) else value.id


def _metadata(metadata: object, key: str) -> str | None:
    value = getattr(metadata, key, None)
    return value if isinstance(value, str) else None


def _bank_reference(refund: stripe.Refund) -> str | None:
    card = getattr(getattr(refund, "destination_details", None), "card", None)
    reference = getattr(card, "reference", None)
    return reference if isinstance(reference, str) else None


def refund_fact(refund: stripe.Refund, reference: str) -> RefundFact:
    """A refund of the payment ``reference``. A state that Stripe adds one day counts as pending: it keeps its hold."""
    currency = refund.currency.upper()
    return RefundFact(
        id=refund.id,
        payment_reference=_reference(refund.payment_intent, reference),
        amount=from_stripe(refund.amount, currency),
        currency=currency,
        state=_REFUND_STATES.get(refund.status or "", RefundState.PENDING),
        created_at=datetime.fromtimestamp(refund.created, UTC),
        leg_id=_metadata(refund.metadata, LEG_KEY),
        failure_reason=getattr(refund, "failure_reason", None),
        bank_reference=_bank_reference(refund),
        step=quantum(currency),
    )


def dispute_fact(dispute: stripe.Dispute, reference: str) -> DisputeFact:
    """A dispute. Stripe takes the money when it opens and gives it back when it is won; an inquiry takes none."""
    currency = dispute.currency.upper()
    took_none = dispute.status.startswith("warning_") or dispute.status in _DISPUTES_WITHOUT_MONEY
    return DisputeFact(
        id=dispute.id,
        payment_reference=_reference(dispute.payment_intent, reference),
        amount=from_stripe(dispute.amount, currency),
        currency=currency,
        state=dispute.status,
        holds_money=not took_none,
        is_closed=dispute.status in _CLOSED_DISPUTES,
    )


def _intent_state(intent: stripe.PaymentIntent) -> PaymentState:
    if intent.status == "requires_payment_method" and intent.last_payment_error is not None:
        return PaymentState.FAILED
    return _INTENT_STATES.get(intent.status, PaymentState.PENDING)


def _charge(intent: stripe.PaymentIntent) -> stripe.Charge | None:
    return intent.latest_charge if isinstance(intent.latest_charge, stripe.Charge) else None


def _card(charge: stripe.Charge | None) -> object | None:
    return getattr(getattr(charge, "payment_method_details", None), "card", None)


def _label(charge: stripe.Charge | None) -> str | None:
    """What the shopper calls the means of payment: "Visa •••• 4242", or the method's name where it is no card."""
    details = getattr(charge, "payment_method_details", None)
    if details is None:
        return None
    card = _card(charge)
    brand, last4 = getattr(card, "brand", None), getattr(card, "last4", None)
    if brand and last4:
        return f"{_BRANDS.get(brand, brand.replace('_', ' ').title())} •••• {last4}"
    return str(details.type).replace("_", " ").title()


def _is_release(refund: stripe.Refund, charge: stripe.Charge | None, released: int) -> bool:
    """Whether this is Stripe's own entry for the part of an authorisation that was never captured.

    Cancelling an authorised PaymentIntent, or capturing less than was authorised, leaves such a refund on the
    charge. No money moved, so it has no balance transaction, and it must not count as money given back.
    """
    return (
        charge is not None
        and released > 0
        and refund.amount == released
        and refund.balance_transaction is None
        and refund.status == "succeeded"
        and _metadata(refund.metadata, LEG_KEY) is None
    )


def _capturable(intent: stripe.PaymentIntent) -> int:
    """What may still be captured: Stripe's figure, or the lower limit that we have written down at the payment."""
    limit = _metadata(intent.metadata, CAPTURE_KEY)
    if limit is None or not limit.isdecimal():
        return intent.amount_capturable
    return min(intent.amount_capturable, int(limit))


def payment_fact(
    intent: stripe.PaymentIntent, refunds: Sequence[stripe.Refund], disputes: Sequence[stripe.Dispute]
) -> PaymentFact:
    """The payment as it stands, from the PaymentIntent (``latest_charge`` expanded), its refunds and disputes."""
    currency = intent.currency.upper()
    charge = _charge(intent)
    state = _intent_state(intent)
    held = state in (PaymentState.AUTHORISED, PaymentState.CAPTURED)
    is_settled = state in (PaymentState.CAPTURED, PaymentState.VOIDED)
    released = charge.amount - charge.amount_captured if charge is not None and is_settled else 0
    capture_before = getattr(_card(charge), "capture_before", None)
    return PaymentFact(
        reference=intent.id,
        currency=currency,
        state=state,
        authorised=from_stripe(intent.amount, currency) if held else 0,
        capturable=from_stripe(_capturable(intent), currency),
        captured=from_stripe(intent.amount_received, currency),
        refunds=tuple(refund_fact(r, intent.id) for r in refunds if not _is_release(r, charge, released)),
        disputes=tuple(dispute_fact(d, intent.id) for d in disputes),
        label=_label(charge),
        capture_before=datetime.fromtimestamp(capture_before, UTC) if capture_before else None,
    )
