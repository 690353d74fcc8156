"""Refunds: how much of a charge is left, what a refund begins as, and what becomes of it later."""

from __future__ import annotations

from plugin.payments.sandbox import objects
from plugin.payments.sandbox.cards import CARDS
from plugin.payments.sandbox.forms import Params, require_step
from plugin.payments.sandbox.ledger import Ledger, random_text
from plugin.payments.sandbox.objects import Document
from plugin.payments.sandbox.refusals import Refusal, missing

URL = "/v1/refunds"
_REASONS = ("duplicate", "fraudulent", "requested_by_customer")
_FINAL = ("failed", "canceled")


def create(ledger: Ledger, params: Params, _id: str) -> Document:
    charge = _charge_of(ledger, params)
    return refund_charge(
        ledger,
        charge,
        amount=params.amount("amount"),
        reason=params.choice("reason", _REASONS),
        metadata=params.metadata({}),
    )


def retrieve(ledger: Ledger, _params: Params, id: str) -> Document:
    return ledger.get("refund", id)


def update(ledger: Ledger, params: Params, id: str) -> Document:
    refund = ledger.get("refund", id)
    refund["metadata"] = params.metadata(refund["metadata"])
    return refund


def list_all(ledger: Ledger, params: Params, _id: str) -> Document:
    intent, charge = params.text("payment_intent"), params.text("charge")
    if intent:
        ledger.get("payment_intent", intent, "payment_intent")
    if charge:
        ledger.get("charge", charge, "charge")
    return ledger.page("refund", URL, params, payment_intent=intent, charge=charge)


def cancel(ledger: Ledger, _params: Params, id: str) -> Document:
    refund = ledger.get("refund", id)
    if refund["status"] != "requires_action":
        raise Refusal(400, "Only a refund that requires action can be canceled.", code="refund_not_cancelable")
    return settle(ledger, refund, "canceled")


def _charge_of(ledger: Ledger, params: Params) -> Document:
    if charge_id := params.text("charge"):
        return ledger.get("charge", charge_id, "charge")
    intent_id = params.required_text("payment_intent")
    intent = ledger.get("payment_intent", intent_id, "payment_intent")
    if intent["status"] != "succeeded":
        raise Refusal(
            400,
            f"This PaymentIntent ({intent_id}) does not have a successful charge to refund.",
            code="payment_intent_unexpected_state",
            param="payment_intent",
        )
    return ledger.get("charge", intent["latest_charge"], "charge")


def refund_charge(
    ledger: Ledger, charge: Document, *, amount: int | None, reason: str | None, metadata: dict[str, str]
) -> Document:
    """Refund ``amount``, or all that is left. Raises the ``Refusal`` that Stripe gives when that cannot be."""
    left = charge["amount"] - charge["amount_refunded"]
    _require_refundable(ledger, charge, left)
    asked = left if amount is None else amount
    require_step(asked, charge["currency"])
    if asked > left:
        raise Refusal(
            400, f"Refund amount ({asked}) is greater than unrefunded amount on charge ({left})", param="amount"
        )
    funds = ledger.balance.get(charge["currency"])
    if funds is not None and asked > funds:
        raise Refusal(
            400, "Insufficient funds in your Stripe balance to refund this amount.", code="balance_insufficient"
        )
    card = CARDS[charge["payment_method"]]
    begins, becomes = card.refund or ("succeeded", None)
    refund = objects.refund(ledger.new_id("refund"), charge, amount=asked, status=begins, created=ledger.clock.now())
    refund |= {"reason": reason, "metadata": metadata, "balance_transaction": ledger.new_id("balance_transaction")}
    if begins == "succeeded":
        _give_bank_reference(refund)
    ledger.add(refund)
    if becomes is not None:
        ledger.due[refund["id"]] = becomes
    _count(ledger, charge, asked)
    ledger.emit("refund.created", refund)
    ledger.emit("charge.refunded", charge, {"amount_refunded": charge["amount_refunded"] - asked})
    return refund


def release(ledger: Ledger, charge: Document, amount: int) -> None:
    """The entry that Stripe leaves for the part of an authorisation that is let go: no money moves."""
    refund = objects.refund(
        ledger.new_id("refund"), charge, amount=amount, status="succeeded", created=ledger.clock.now()
    )
    refund["destination_details"]["card"] = {"type": "reversal"}
    ledger.add(refund)
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    ledger.emit("charge.refunded", charge, {"amount_refunded": charge["amount_refunded"] - amount})


def settle(ledger: Ledger, refund: Document, status: str) -> Document:
    """Move a refund to ``status`` (succeeded, failed, canceled, requires_action), with what Stripe then sends."""
    if refund["status"] in _FINAL:
        raise Refusal(400, f"This refund is {refund['status']} already.", code="refund_settled")
    before = refund["status"]
    ledger.due.pop(refund["id"], None)
    refund["status"] = status
    charge = ledger.get("charge", refund["charge"])
    if status == "succeeded":
        _give_bank_reference(refund)
    if status in _FINAL:
        refund["failure_balance_transaction"] = ledger.new_id("balance_transaction")
        _count(ledger, charge, -refund["amount"])
    if status == "failed":
        refund["failure_reason"] = "expired_or_canceled_card"
        ledger.emit("refund.failed", refund)
    ledger.emit("refund.updated", refund, {"status": before})
    ledger.emit("charge.refund.updated", refund, {"status": before})
    return refund


def _give_bank_reference(refund: Document) -> None:
    refund["destination_details"]["card"] |= {
        "reference": f"{sum(refund['id'].encode()):06d}{random_text(17)}".upper(),
        "reference_status": "available",
    }


def _count(ledger: Ledger, charge: Document, amount: int) -> None:
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    if charge["currency"] in ledger.balance:
        ledger.balance[charge["currency"]] -= amount


def _require_refundable(ledger: Ledger, charge: Document, left: int) -> None:
    if not charge["captured"]:
        raise Refusal(400, f"Charge {charge['id']} has not been captured.", code="charge_not_refundable")
    for dispute in ledger.newest_first("dispute"):
        if dispute["charge"] == charge["id"] and not dispute["is_charge_refundable"]:
            raise Refusal(400, f"Charge {charge['id']} has been charged back.", code="charge_disputed")
    if left == 0:
        raise Refusal(400, f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")


def charge_of_intent(ledger: Ledger, intent_id: str) -> Document:
    """The charge of a payment, for what the dashboard or the bank does to it."""
    intent = ledger.get("payment_intent", intent_id)
    if intent["latest_charge"] is None:
        raise missing("charge", intent_id)
    return ledger.get("charge", intent["latest_charge"])
