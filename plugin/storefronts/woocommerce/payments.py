"""Who holds the money of a WooCommerce order, and in which state its one payment is."""

from __future__ import annotations

import re

from plugin.ports.orders import Custodian, Instrument, PaymentState, StorePayment
from plugin.storefronts.platform_values import text
from plugin.storefronts.woocommerce.marks import OUR_METHOD
from plugin.storefronts.woocommerce.wire import Order

_MANUAL = frozenset({"", "cod", "bacs", "cheque", OUR_METHOD})
_PAYMENT_INTENT = re.compile(r"pi_[A-Za-z0-9_]{1,190}")
_CARDS = frozenset({"stripe", "stripe_cc", "woocommerce_payments"})
_UNPAID = {"failed": PaymentState.FAILED, "cancelled": PaymentState.VOIDED, "trash": PaymentState.VOIDED}


def payments_of(order: Order, total: int, refunded: int) -> tuple[StorePayment, ...]:
    """The payment of ``total`` minor units; none for an order that cost nothing."""
    if total == 0:
        return ()
    reference = _payment_intent(order)
    state = _state(order)
    return (
        StorePayment(
            id=f"{order.id}:payment",
            custodian=_custodian(order, reference),
            state=state,
            amount=total,
            captured=total if state is PaymentState.CAPTURED else 0,
            refunded=refunded,
            instrument=Instrument.CARD if order.payment_method in _CARDS else Instrument.OTHER,
            reference=reference,
            label=text(order.payment_method_title),
        ),
    )


def meta(order: Order, *keys: str) -> str | None:
    """The first of the order's meta values under ``keys`` that is a text."""
    values = {each.key: each.value for each in order.meta_data}
    return next((value for key in keys if isinstance(value := values.get(key), str) and value), None)


def _payment_intent(order: Order) -> str | None:
    """The gateway for Stripe writes the PaymentIntent or, in older versions, only the charge as transaction id."""
    if not (order.payment_method or "").startswith("stripe"):
        return None
    for found in (order.transaction_id, meta(order, "_stripe_intent_id", "_payment_intent_id")):
        if found and _PAYMENT_INTENT.fullmatch(found):
            return found
    return None


def _custodian(order: Order, reference: str | None) -> Custodian:
    """Without its PaymentIntent a payment at Stripe can be given back through the store's own gateway only."""
    if reference:
        return Custodian.STRIPE
    return Custodian.MANUAL if (order.payment_method or "") in _MANUAL else Custodian.STOREFRONT


def _state(order: Order) -> PaymentState:
    if meta(order, "_stripe_charge_captured") == "no" and order.status not in _UNPAID:
        return PaymentState.AUTHORISED
    if order.date_paid_gmt or order.date_paid:
        return PaymentState.CAPTURED
    return _UNPAID.get(order.status, PaymentState.PENDING)
