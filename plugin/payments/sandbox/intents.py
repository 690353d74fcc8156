"""PaymentIntents and their charges: created, confirmed, captured, cancelled, as Stripe's state machine allows."""

from __future__ import annotations

from plugin.payments.sandbox import disputes, objects, refunds
from plugin.payments.sandbox.cards import CARDS, Card
from plugin.payments.sandbox.forms import Params, require_step
from plugin.payments.sandbox.ledger import Ledger, random_text
from plugin.payments.sandbox.objects import Document
from plugin.payments.sandbox.refusals import Refusal, invalid, missing

URL = "/v1/payment_intents"
CHARGES_URL = "/v1/charges"
TEXTS = (
    "description", "receipt_email", "statement_descriptor", "statement_descriptor_suffix", "customer",
    "setup_future_usage",
)  # fmt: skip
_CAPTURE_METHODS = ("automatic", "automatic_async", "manual")
_CONFIRMABLE = ("requires_payment_method", "requires_confirmation")
_CANCELABLE = ("requires_payment_method", "requires_confirmation", "requires_action", "requires_capture")
_CANCEL_REASONS = ("abandoned", "duplicate", "fraudulent", "requested_by_customer")
_DECLINES = {
    "card_declined": "Your card was declined.",
    "expired_card": "Your card has expired.",
    "incorrect_cvc": "Your card's security code is incorrect.",
    "processing_error": "An error occurred while processing your card. Try again in a little bit.",
}


def create(ledger: Ledger, params: Params, _id: str) -> Document:
    amount, currency = params.required_amount("amount"), params.required_text("currency").lower()
    if len(currency) != 3 or not currency.isalpha():
        raise invalid("currency", f"Invalid currency: {currency}.")
    require_step(amount, currency)
    method = params.choice("capture_method", _CAPTURE_METHODS) or "automatic_async"
    intent = objects.payment_intent(
        ledger.new_id("payment_intent"), random_text(25), amount=amount, currency=currency, capture_method=method,
        created=ledger.clock.now(),
    )  # fmt: skip
    _apply_texts(intent, params)
    intent["metadata"] = params.metadata({})
    is_confirmed = params.flag("confirm")
    payment_method = _payment_method(params)
    ledger.emit("payment_intent.created", ledger.add(intent))
    _attach(intent, payment_method)
    return _confirm(ledger, intent) if is_confirmed else intent


def retrieve(ledger: Ledger, _params: Params, id: str) -> Document:
    return ledger.get("payment_intent", id, "intent")


def list_all(ledger: Ledger, params: Params, _id: str) -> Document:
    return ledger.page("payment_intent", URL, params, customer=params.text("customer"))


def update(ledger: Ledger, params: Params, id: str) -> Document:
    intent = ledger.get("payment_intent", id, "intent")
    amount, payment_method = params.amount("amount"), _payment_method(params)
    if (amount or payment_method) and intent["status"] not in _CONFIRMABLE:
        raise _unexpected(intent, "updated this way")
    if amount:
        require_step(amount, intent["currency"])
        intent["amount"] = amount
    _attach(intent, payment_method)
    _apply_texts(intent, params)
    intent["metadata"] = params.metadata(intent["metadata"])
    return intent


def confirm(ledger: Ledger, params: Params, id: str) -> Document:
    intent = ledger.get("payment_intent", id, "intent")
    if intent["status"] not in _CONFIRMABLE:
        raise _unexpected(intent, "confirmed")
    _attach(intent, _payment_method(params))
    return _confirm(ledger, intent)


def capture(ledger: Ledger, params: Params, id: str) -> Document:
    intent = ledger.get("payment_intent", id, "intent")
    if intent["status"] != "requires_capture":
        raise _unexpected(intent, "captured")
    amount = params.amount("amount_to_capture") or intent["amount_capturable"]
    require_step(amount, intent["currency"])
    if amount > intent["amount_capturable"]:
        raise Refusal(
            400, f"The requested capture amount is greater than the authorized amount {intent['amount_capturable']}.",
            code="amount_too_large", param="amount_to_capture",
        )  # fmt: skip
    intent["metadata"] = params.metadata(intent["metadata"])
    charge = ledger.get("charge", intent["latest_charge"])
    _take(ledger, intent, charge, amount)
    ledger.emit("charge.captured", charge)
    if amount < charge["amount"]:
        refunds.release(ledger, charge, charge["amount"] - amount)
    ledger.emit("payment_intent.succeeded", intent)
    return intent


def cancel(ledger: Ledger, params: Params, id: str) -> Document:
    intent = ledger.get("payment_intent", id, "intent")
    reason = params.choice("cancellation_reason", _CANCEL_REASONS)
    if intent["status"] not in _CANCELABLE:
        raise _unexpected(intent, "canceled")
    was_authorised = intent["status"] == "requires_capture"
    intent |= {
        "status": "canceled", "cancellation_reason": reason, "canceled_at": ledger.clock.now(), "amount_capturable": 0,
        "next_action": None,
    }  # fmt: skip
    if was_authorised:
        charge = ledger.get("charge", intent["latest_charge"])
        refunds.release(ledger, charge, charge["amount"])
    ledger.emit("payment_intent.canceled", intent)
    return intent


def cancel_unpaid(ledger: Ledger, id: str) -> None:
    """The end of a payment whose page has ended; one that was paid stays as it is."""
    if ledger.get("payment_intent", id)["status"] in _CANCELABLE:
        cancel(ledger, Params({}), id)


def open_for_page(ledger: Ledger, session: Document) -> Document:
    """The PaymentIntent of a hosted page, made when the shopper first tries to pay."""
    if session["payment_intent"] is not None:
        return ledger.get("payment_intent", session["payment_intent"])
    intent = objects.payment_intent(
        ledger.new_id("payment_intent"), random_text(25), amount=session["amount_total"],
        currency=session["currency"], capture_method="automatic_async", created=ledger.clock.now(),
    )  # fmt: skip
    session["payment_intent"] = intent["id"]
    ledger.emit("payment_intent.created", ledger.add(intent))
    return intent


def pay_with(ledger: Ledger, intent: Document, method: str) -> Document:
    """Confirm with a test card; raises the ``Refusal`` (402) of a declined one."""
    if method not in CARDS:
        raise missing("PaymentMethod", method, "payment_method", status=400)
    if intent["status"] not in (*_CONFIRMABLE, "requires_action"):
        raise _unexpected(intent, "confirmed")
    _attach(intent, method)
    return _confirm(ledger, intent)


def answer_bank(ledger: Ledger, intent: Document, *, is_passed: bool) -> Document:
    """The shopper's answer to 3-D Secure. Raises the ``Refusal`` (402) of one who is not believed."""
    if intent["status"] != "requires_action":
        raise _unexpected(intent, "authenticated")
    intent["next_action"] = None
    if is_passed:
        return _charge(ledger, intent, CARDS[intent["payment_method"]])
    message = "We are unable to authenticate your payment method."
    code = "payment_intent_authentication_failure"
    intent |= {
        "status": "requires_payment_method", "payment_method": None,
        "last_payment_error": {"type": "card_error", "code": code, "message": message},
    }  # fmt: skip
    ledger.emit("payment_intent.payment_failed", intent)
    raise Refusal(402, message, type="card_error", code=code)


def retrieve_charge(ledger: Ledger, _params: Params, id: str) -> Document:
    return ledger.get("charge", id, "charge")


def list_charges(ledger: Ledger, params: Params, _id: str) -> Document:
    return ledger.page("charge", CHARGES_URL, params, payment_intent=params.text("payment_intent"))


def _apply_texts(intent: Document, params: Params) -> None:
    intent |= {name: params.text(name) for name in TEXTS if params.has(name)}


def _payment_method(params: Params) -> str | None:
    method = params.text("payment_method")
    if method is not None and method not in CARDS:
        raise missing("PaymentMethod", method, "payment_method", status=400)
    return method


def _attach(intent: Document, method: str | None) -> None:
    if method is not None:
        intent |= {"payment_method": method, "status": "requires_confirmation"}


def _unexpected(intent: Document, done: str) -> Refusal:
    return Refusal(
        400, f"This PaymentIntent could not be {done} because it has a status of {intent['status']}.",
        code="payment_intent_unexpected_state",
    )  # fmt: skip


def _confirm(ledger: Ledger, intent: Document) -> Document:
    if intent["payment_method"] is None:
        raise Refusal(
            400, "You cannot confirm this PaymentIntent because it's missing a payment method.",
            code="payment_intent_unexpected_state",
        )  # fmt: skip
    card = CARDS[intent["payment_method"]]
    if card.needs_authentication:
        intent |= {"status": "requires_action", "next_action": {"type": "use_stripe_sdk", "use_stripe_sdk": {}}}
        ledger.emit("payment_intent.requires_action", intent)
        return intent
    return _charge(ledger, intent, card)


def _charge(ledger: Ledger, intent: Document, card: Card) -> Document:
    charge = ledger.add(
        objects.charge(ledger.new_id("charge"), intent, intent["payment_method"], card, ledger.clock.now())
    )
    intent["latest_charge"] = charge["id"]
    if card.decline is not None:
        raise _decline(ledger, intent, charge, card.decline)
    if intent["capture_method"] == "manual":
        intent |= {"status": "requires_capture", "amount_capturable": intent["amount"], "last_payment_error": None}
        ledger.emit("charge.succeeded", charge)
        ledger.emit("payment_intent.amount_capturable_updated", intent)
        return intent
    _take(ledger, intent, charge, intent["amount"])
    ledger.emit("charge.succeeded", charge)
    ledger.emit("payment_intent.succeeded", intent)
    _dispute_at_once(ledger, charge, card)
    return intent


def _take(ledger: Ledger, intent: Document, charge: Document, amount: int) -> None:
    charge |= {
        "captured": True, "amount_captured": amount, "balance_transaction": ledger.new_id("balance_transaction")
    }  # fmt: skip
    intent |= {
        "status": "succeeded", "amount_received": amount, "amount_capturable": 0, "last_payment_error": None
    }  # fmt: skip
    if charge["currency"] in ledger.balance:
        ledger.balance[charge["currency"]] += amount


def _dispute_at_once(ledger: Ledger, charge: Document, card: Card) -> None:
    if card.dispute is not None:
        disputes.open_dispute(ledger, charge, amount=None, reason=card.dispute, is_inquiry=card.is_inquiry)


def _decline(ledger: Ledger, intent: Document, charge: Document, decline: tuple[str, str | None]) -> Refusal:
    code, decline_code = decline
    message = _DECLINES[code]
    charge |= {"status": "failed", "paid": False, "failure_code": code, "failure_message": message}
    charge["outcome"] |= {"network_status": "declined_by_network", "type": "issuer_declined", "reason": decline_code}
    intent |= {
        "status": "requires_payment_method", "payment_method": None,
        "last_payment_error": {
            "type": "card_error", "code": code, "decline_code": decline_code, "message": message,
            "charge": charge["id"],
        },
    }  # fmt: skip
    ledger.emit("charge.failed", charge)
    ledger.emit("payment_intent.payment_failed", intent)
    return Refusal(402, message, type="card_error", code=code, decline_code=decline_code, charge=charge["id"])
