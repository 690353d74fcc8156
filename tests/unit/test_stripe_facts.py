"""What the shopper reads of a payment, and states that Stripe may add one day."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from plugin.payments.sandbox import objects
from plugin.payments.sandbox.cards import Card
from plugin.payments.stripe.facts import payment_fact, refund_fact
from plugin.ports.orders import PaymentState
from plugin.ports.payments import PaymentFact, RefundState

Document = dict[str, Any]


def intent(status: str = "succeeded", **changes: object) -> Document:
    document = objects.payment_intent(
        "pi_1", "secret", amount=5000, currency="usd", capture_method="automatic", created=0
    )
    return document | {"status": status} | changes


def charge(card: Card) -> Document:
    return objects.charge("ch_1", intent(), "pm_1", card, 0)


def fact_of(document: Document) -> PaymentFact:
    return payment_fact(stripe.PaymentIntent.construct_from(document, "sk_test_1"), [], [])


@pytest.mark.parametrize(
    ("card", "label"),
    [
        (Card("4242"), "Visa •••• 4242"),
        (Card("0005", brand="amex"), "American Express •••• 0005"),
        (Card("1117", brand="cartes_bancaires"), "Cartes Bancaires •••• 1117"),
    ],
)
def test_a_card_is_called_as_the_shopper_calls_it(card: Card, label: str) -> None:
    assert fact_of(intent(latest_charge=charge(card))).label == label


def test_another_means_of_payment_is_called_by_its_name() -> None:
    details = {"type": "sepa_debit", "sepa_debit": {"last4": "3000"}}
    paid = charge(Card("4242")) | {"payment_method_details": details}
    assert fact_of(intent(latest_charge=paid)).label == "Sepa Debit"


def test_a_payment_without_a_charge_has_no_label() -> None:
    assert fact_of(intent("requires_payment_method")).label is None


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("requires_payment_method", PaymentState.PENDING),
        ("requires_confirmation", PaymentState.PENDING),
        ("requires_action", PaymentState.PENDING),
        ("processing", PaymentState.PENDING),
        ("requires_capture", PaymentState.AUTHORISED),
        ("succeeded", PaymentState.CAPTURED),
        ("canceled", PaymentState.VOIDED),
        ("something_new", PaymentState.PENDING),
    ],
)
def test_each_status_of_a_payment_has_our_word(status: str, state: PaymentState) -> None:
    assert fact_of(intent(status)).state is state


def test_a_payment_whose_last_attempt_was_declined_has_failed() -> None:
    declined = intent("requires_payment_method", last_payment_error={"type": "card_error", "code": "card_declined"})
    assert fact_of(declined).state is PaymentState.FAILED


def test_a_capture_limit_that_somebody_garbled_is_ignored() -> None:
    held = intent("requires_capture", amount_capturable=5000)
    assert fact_of(held | {"metadata": {"comeback_capture_at_most": "lots"}}).capturable == 5000
    assert fact_of(held | {"metadata": {"comeback_capture_at_most": "9000"}}).capturable == 5000
    assert fact_of(held | {"metadata": {"comeback_capture_at_most": "0"}}).capturable == 0


def test_a_refund_in_a_state_we_do_not_know_keeps_its_hold_as_pending() -> None:
    document = objects.refund("re_1", charge(Card("4242")), amount=1, status="something_new", created=0)
    refund = refund_fact(stripe.Refund.construct_from(document, "sk_test_1"), "pi_1")
    assert refund.state is RefundState.PENDING


def test_a_refund_made_by_its_charge_belongs_to_the_payment_that_was_asked_for() -> None:
    document = objects.refund("re_1", charge(Card("4242")), amount=1, status="succeeded", created=0)
    refund = refund_fact(stripe.Refund.construct_from(document | {"payment_intent": None}, "sk_test_1"), "pi_1")
    assert refund.payment_reference == "pi_1"
