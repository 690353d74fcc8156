"""Disputes: opened and closed by the bank, that is by a magic card or a control route; only read through the API."""

from __future__ import annotations

from plugin.payments.sandbox import objects
from plugin.payments.sandbox.forms import Params
from plugin.payments.sandbox.ledger import Ledger
from plugin.payments.sandbox.objects import Document
from plugin.payments.sandbox.refusals import Refusal

URL = "/v1/disputes"
_CLOSED = ("won", "lost", "warning_closed")


def retrieve(ledger: Ledger, _params: Params, id: str) -> Document:
    return ledger.get("dispute", id)


def list_all(ledger: Ledger, params: Params, _id: str) -> Document:
    intent, charge = params.text("payment_intent"), params.text("charge")
    if intent:
        ledger.get("payment_intent", intent, "payment_intent")
    return ledger.page("dispute", URL, params, payment_intent=intent, charge=charge)


def open_dispute(ledger: Ledger, charge: Document, *, amount: int | None, reason: str, is_inquiry: bool) -> Document:
    """Open a dispute over ``amount``, or over the whole charge. An inquiry takes no money yet."""
    dispute = ledger.add(
        objects.dispute(
            ledger.new_id("dispute"), charge, amount=charge["amount_captured"] if amount is None else amount,
            reason=reason, is_inquiry=is_inquiry, created=ledger.clock.now(),
        )
    )  # fmt: skip
    charge["disputed"] = True
    ledger.emit("charge.dispute.created", dispute)
    if not is_inquiry:
        _move_money(ledger, dispute, -dispute["amount"], "charge.dispute.funds_withdrawn")
    return dispute


def close_dispute(ledger: Ledger, dispute: Document, status: str) -> Document:
    """Close it as ``won`` (the money comes back), ``lost``, or ``warning_closed`` for an inquiry."""
    if status not in _CLOSED or dispute["status"] in _CLOSED:
        raise Refusal(400, f"A dispute that is {dispute['status']} cannot become {status}.")
    before = dispute["status"]
    dispute["status"] = status
    dispute["is_charge_refundable"] = status != "lost"
    if status == "won":
        _move_money(ledger, dispute, dispute["amount"], "charge.dispute.funds_reinstated")
    ledger.emit("charge.dispute.closed", dispute, {"status": before})
    return dispute


def _move_money(ledger: Ledger, dispute: Document, amount: int, event: str) -> None:
    dispute["balance_transactions"].append(
        {
            "id": ledger.new_id("balance_transaction"), "object": "balance_transaction", "amount": amount, "fee": 0,
            "net": amount, "currency": dispute["currency"], "created": ledger.clock.now(), "type": "adjustment",
            "reporting_category": "dispute" if amount < 0 else "dispute_reversal", "source": dispute["id"],
            "status": "available", "description": None, "exchange_rate": None, "fee_details": [],
            "available_on": ledger.clock.now(), "balance_type": "payments",
        }
    )  # fmt: skip
    ledger.emit(event, dispute)
