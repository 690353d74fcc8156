"""Fresh documents with every field of Stripe's newest API, and lists of them.

The stand-in keeps Stripe's documents as they go over the wire: they are its wire format and its state at once, and
a typed copy of each would only have to be kept equal to it.
"""

from __future__ import annotations

from typing import Any

from plugin.payments.sandbox.cards import Card

Document = dict[str, Any]

API_VERSION = "2026-10-28.endive"
AUTHORISATION_SECONDS = 7 * 24 * 3600  # how long a card authorisation holds

_NO_ADDRESS = ("city", "country", "line1", "line2", "postal_code", "state")
_EVIDENCE = (
    "access_activity_log", "billing_address", "cancellation_policy", "cancellation_policy_disclosure",
    "cancellation_rebuttal", "customer_communication", "customer_email_address", "customer_name",
    "customer_purchase_ip", "customer_signature", "duplicate_charge_documentation", "duplicate_charge_explanation",
    "duplicate_charge_id", "product_description", "receipt", "refund_policy", "refund_policy_disclosure",
    "refund_refusal_explanation", "service_date", "service_documentation", "shipping_address", "shipping_carrier",
    "shipping_date", "shipping_documentation", "shipping_tracking_number", "uncategorized_file", "uncategorized_text",
)  # fmt: skip


def _empty(*names: str) -> Document:
    return dict.fromkeys(names)


def payment_intent(id: str, secret: str, *, amount: int, currency: str, capture_method: str, created: int) -> Document:
    return {
        "id": id, "object": "payment_intent", "amount": amount, "amount_capturable": 0, "amount_details": {"tip": {}},
        "amount_received": 0, "automatic_payment_methods": None, "capture_method": capture_method,
        "client_secret": f"{id}_secret_{secret}", "confirmation_method": "automatic", "created": created,
        "currency": currency, "livemode": False, "metadata": {}, "payment_method_options": {},
        "payment_method_types": ["card"], "status": "requires_payment_method",
        **_empty(
            "application", "application_fee_amount", "canceled_at", "cancellation_reason", "customer",
            "customer_account", "description", "excluded_payment_method_types", "last_payment_error", "latest_charge",
            "managed_payments", "next_action", "on_behalf_of", "payment_method", "payment_method_configuration_details",
            "processing", "receipt_email", "review", "setup_future_usage", "shipping", "source",
            "statement_descriptor", "statement_descriptor_suffix", "transfer_data", "transfer_group",
        ),
    }  # fmt: skip


def checkout_session(
    id: str, *, amount: int, currency: str, success_url: str, cancel_url: str, url: str, expires_at: int, created: int
) -> Document:
    return {
        "id": id, "object": "checkout.session", "amount_subtotal": amount, "amount_total": amount,
        "automatic_tax": {"enabled": False, **_empty("liability", "provider", "status")}, "cancel_url": cancel_url,
        "created": created, "currency": currency, "custom_fields": [], "customer_creation": "if_required",
        "expires_at": expires_at,
        "custom_text": _empty("after_submit", "shipping_address", "submit", "terms_of_service_acceptance"),
        "invoice_creation": {"enabled": False, "invoice_data": {
            "issuer": None, "metadata": {}, **_empty("account_tax_ids", "custom_fields", "description", "footer",
                                                      "rendering_options")}},
        "livemode": False, "metadata": {}, "mode": "payment", "payment_method_options": {},
        "payment_method_types": ["card"], "payment_status": "unpaid", "phone_number_collection": {"enabled": False},
        "shipping_options": [], "status": "open", "success_url": success_url, "ui_mode": "hosted_page", "url": url,
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "adaptive_pricing": {"enabled": False},
        **_empty(
            "after_expiration", "allow_promotion_codes", "billing_address_collection", "client_reference_id",
            "client_secret", "collected_information", "consent", "consent_collection", "currency_conversion",
            "customer", "customer_account", "customer_details", "customer_email", "discounts",
            "integration_identifier", "invoice", "locale", "managed_payments", "origin_context", "payment_intent",
            "payment_link", "payment_method_collection", "payment_method_configuration_details", "permissions",
            "recovered_from", "saved_payment_method_options", "setup_intent", "shipping_address_collection",
            "shipping_cost", "submit_type", "subscription", "wallet_options",
        ),
    }  # fmt: skip


def charge(id: str, intent: Document, method: str, card: Card, created: int) -> Document:
    is_manual = intent["capture_method"] == "manual"
    return {
        "id": id, "object": "charge", "amount": intent["amount"], "amount_captured": 0, "amount_refunded": 0,
        "billing_details": {"address": _empty(*_NO_ADDRESS), **_empty("email", "name", "phone", "tax_id")},
        "captured": False, "created": created, "currency": intent["currency"], "customer": intent["customer"],
        "description": intent["description"], "disputed": False, "fraud_details": {}, "livemode": False,
        "metadata": dict(intent["metadata"]), "paid": True, "payment_intent": intent["id"], "payment_method": method,
        "outcome": {
            "network_status": "approved_by_network", "seller_message": "Payment complete.", "type": "authorized",
            **_empty("advice_code", "network_advice_code", "network_decline_code", "reason"),
        },
        "payment_method_details": {"type": "card", "card": _card_details(card, intent["amount"], created, is_manual)},
        "receipt_url": f"https://sandbox.invalid/receipts/{id}", "refunded": False, "status": "succeeded",
        **_empty(
            "application", "application_fee", "application_fee_amount", "balance_transaction",
            "calculated_statement_descriptor", "failure_balance_transaction", "failure_code", "failure_message",
            "on_behalf_of", "receipt_email", "receipt_number", "refunds", "review", "shipping", "source",
            "source_transfer", "statement_descriptor", "statement_descriptor_suffix", "transfer_data",
            "transfer_group",
        ),
    }  # fmt: skip


def _card_details(card: Card, amount: int, created: int, is_manual: bool) -> Document:
    return {
        "amount_authorized": amount, "brand": card.brand, "country": "US", "exp_month": 8, "exp_year": 2034,
        "capture_before": created + AUTHORISATION_SECONDS if is_manual else None,
        "checks": {"cvc_check": "pass", **_empty("address_line1_check", "address_postal_code_check")},
        "extended_authorization": {"status": "disabled"}, "fingerprint": f"sandbox{card.last4}",
        "funding": card.funding, "incremental_authorization": {"status": "unavailable"}, "last4": card.last4,
        "multicapture": {"status": "unavailable"}, "network": card.brand, "network_token": {"used": False},
        "overcapture": {"maximum_amount_capturable": amount, "status": "unavailable"},
        **_empty(
            "authorization_code", "installments", "mandate", "network_transaction_id", "regulated_status",
            "three_d_secure", "transaction_link_id", "wallet",
        ),
    }  # fmt: skip


def refund(id: str, charge: Document, *, amount: int, status: str, created: int) -> Document:
    return {
        "id": id, "object": "refund", "amount": amount, "charge": charge["id"], "created": created,
        "currency": charge["currency"], "customer": charge["customer"], "metadata": {},
        "destination_details": {"type": "card", "card": {"type": "refund", "reference_status": "pending",
                                                         "reference_type": "acquirer_reference_number"}},
        "payment_intent": charge["payment_intent"], "payment_method": charge["payment_method"], "status": status,
        **_empty(
            "balance_transaction", "customer_account", "reason", "receipt_number", "source_transfer_reversal",
            "transfer_reversal",
        ),
    }  # fmt: skip


def dispute(id: str, charge: Document, *, amount: int, reason: str, is_inquiry: bool, created: int) -> Document:
    card = charge["payment_method_details"]["card"]
    return {
        "id": id, "object": "dispute", "amount": amount, "balance_transactions": [], "charge": charge["id"],
        "created": created, "currency": charge["currency"], "enhanced_eligibility_types": [],
        "evidence": {**_empty(*_EVIDENCE), "enhanced_evidence": {}},
        "evidence_details": {"due_by": created + 7 * 24 * 3600, "has_evidence": False, "past_due": False,
                             "submission_count": 0, "enhanced_eligibility": {}},
        "is_charge_refundable": is_inquiry, "livemode": False, "metadata": {},
        "payment_intent": charge["payment_intent"], "reason": reason,
        "payment_method_details": {"type": "card", "card": {
            "brand": card["brand"], "case_type": "inquiry" if is_inquiry else "chargeback",
            "network": card["network"], "network_reason_code": "10.4"}},
        "status": "warning_needs_response" if is_inquiry else "needs_response",
    }  # fmt: skip


def coupon(id: str, created: int) -> Document:
    return {
        "id": id, "object": "coupon", "created": created, "duration": "once", "livemode": False, "metadata": {},
        "times_redeemed": 0, "valid": True,
        **_empty("amount_off", "currency", "duration_in_months", "max_redemptions", "name", "percent_off", "redeem_by"),
    }  # fmt: skip


def promotion_code(id: str, code: str, coupon_id: str, created: int) -> Document:
    return {
        "id": id, "object": "promotion_code", "active": True, "code": code, "created": created, "livemode": False,
        "metadata": {}, "promotion": {"type": "coupon", "coupon": coupon_id}, "times_redeemed": 0,
        "restrictions": {"first_time_transaction": False, **_empty("minimum_amount", "minimum_amount_currency")},
        **_empty("customer", "customer_account", "expires_at", "max_redemptions"),
    }  # fmt: skip


def event(id: str, kind: str, data: Document, request: Document, created: int) -> Document:
    return {
        "id": id, "object": "event", "api_version": API_VERSION, "created": created, "data": data, "livemode": False,
        "pending_webhooks": 0, "request": request, "type": kind,
    }  # fmt: skip


def webhook_endpoint(id: str, url: str, secret: str, enabled_events: list[str], created: int) -> Document:
    return {
        "id": id, "object": "webhook_endpoint", "api_version": None, "application": None, "created": created,
        "description": None, "enabled_events": enabled_events, "livemode": False, "metadata": {}, "secret": secret,
        "status": "enabled", "url": url,
    }  # fmt: skip


def page(url: str, data: list[Document], has_more: bool) -> Document:
    return {"object": "list", "url": url, "has_more": has_more, "data": data}
