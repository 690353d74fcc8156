"""What belongs to the account itself: who it is, its balance, its events and its webhook endpoints."""

from __future__ import annotations

from plugin.payments.sandbox import objects
from plugin.payments.sandbox.forms import Params
from plugin.payments.sandbox.ledger import Ledger, random_text
from plugin.payments.sandbox.objects import Document
from plugin.payments.sandbox.refusals import invalid

EVENTS_URL = "/v1/events"
ENDPOINTS_URL = "/v1/webhook_endpoints"


def retrieve(ledger: Ledger, _params: Params, _id: str) -> Document:
    return {
        "id": ledger.account_id, "object": "account", "business_profile": {"name": "Comeback sandbox"},
        "capabilities": {"card_payments": "active"}, "charges_enabled": True, "country": "US",
        "default_currency": "usd", "details_submitted": True, "email": "sandbox@comeback.invalid", "metadata": {},
        "payouts_enabled": True, "type": "standard",
    }  # fmt: skip


def balance(ledger: Ledger, _params: Params, _id: str) -> Document:
    available = [
        {"amount": amount, "currency": currency, "source_types": {"card": amount}}
        for currency, amount in ledger.balance.items()
    ]
    return {"object": "balance", "available": available, "pending": [], "livemode": False}


def retrieve_event(ledger: Ledger, _params: Params, id: str) -> Document:
    return ledger.get("event", id)


def list_events(ledger: Ledger, params: Params, _id: str) -> Document:
    return ledger.page("event", EVENTS_URL, params, type=params.text("type"))


def create_endpoint(ledger: Ledger, params: Params, _id: str) -> Document:
    url, events = params.required_text("url"), list(params.texts("enabled_events"))
    if not url.startswith(("http://", "https://")):
        raise invalid("url", "Invalid URL: an explicit scheme (such as https) must be provided.", "url_invalid")
    if not events:
        raise invalid("enabled_events", "Missing required param: enabled_events.", "parameter_missing")
    return add_endpoint(ledger, url, f"whsec_{random_text(32)}", events)


def add_endpoint(ledger: Ledger, url: str, secret: str, events: list[str]) -> Document:
    return ledger.add(
        objects.webhook_endpoint(ledger.new_id("webhook_endpoint"), url, secret, events, ledger.clock.now())
    )


def list_endpoints(ledger: Ledger, params: Params, _id: str) -> Document:
    page = ledger.page("webhook_endpoint", ENDPOINTS_URL, params)
    return {**page, "data": [{k: v for k, v in row.items() if k != "secret"} for row in page["data"]]}


def delete_endpoint(ledger: Ledger, _params: Params, id: str) -> Document:
    ledger.get("webhook_endpoint", id)
    del ledger.tables["webhook_endpoint"][id]
    return {"id": id, "object": "webhook_endpoint", "deleted": True}
