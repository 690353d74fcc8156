"""Checkout Sessions: the hosted page on which a shopper pays, from being made to being paid or having ended.

As at Stripe a session has no PaymentIntent until somebody tries to pay, lives between half an hour and a day, and can
be ended while it is open.
"""

from __future__ import annotations

from plugin.payments.sandbox import intents, objects
from plugin.payments.sandbox.forms import Params, require_step
from plugin.payments.sandbox.ledger import Ledger
from plugin.payments.sandbox.objects import Document
from plugin.payments.sandbox.refusals import Refusal, invalid

URL = "/v1/checkout/sessions"
KIND = "checkout.session"
ACCEPTED = (
    "mode line_items success_url cancel_url expires_at locale customer_email metadata payment_intent_data "
    "allowed_payment_method_types client_reference_id submit_type"
)
_SHORTEST, _LONGEST = 30 * 60, 24 * 3600
_LEEWAY = 60  # seconds that a request may have been under way

# https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts, in Stripe's amounts
_LEAST = {
    "aed": 200, "aud": 50, "bgn": 100, "brl": 50, "cad": 50, "chf": 50, "czk": 1500, "dkk": 250, "eur": 50, "gbp": 30,
    "hkd": 400, "huf": 17500, "inr": 50, "jpy": 50, "mxn": 1000, "myr": 200, "nok": 300, "nzd": 50, "pln": 200,
    "ron": 200, "sek": 300, "sgd": 50, "thb": 1000, "usd": 50,
}  # fmt: skip
_LOCALES = (
    "auto", "bg", "cs", "da", "de", "el", "en", "en-GB", "es", "es-419", "et", "fi", "fil", "fr", "fr-CA", "hr", "hu",
    "id", "it", "ja", "ko", "lt", "lv", "ms", "mt", "nb", "nl", "pl", "pt", "pt-BR", "ro", "ru", "sk", "sl", "sv", "th",
    "tr", "vi", "zh", "zh-HK", "zh-TW",
)  # fmt: skip


def create(ledger: Ledger, params: Params, _id: str) -> Document:
    if params.required_text("mode") != "payment":
        raise invalid("mode", "The sandbox makes sessions in payment mode only.")
    amount, currency, name = _line(params)
    id, now = ledger.new_id(KIND), ledger.clock.now()
    session = objects.checkout_session(
        id, amount=amount, currency=currency, url=f"{ledger.address}/pay/{id}", created=now,
        success_url=_link(params, "success_url"), cancel_url=_link(params, "cancel_url"),
        expires_at=_end(params, now),
    )  # fmt: skip
    payment = params.inner("payment_intent_data")
    session |= {
        "locale": params.choice("locale", _LOCALES), "customer_email": params.text("customer_email"),
        "metadata": params.metadata({}), "client_reference_id": params.text("client_reference_id"),
        "submit_type": params.text("submit_type"),
        "payment_method_types": list(params.texts("allowed_payment_method_types")) or ["card"],
    }  # fmt: skip
    # what its PaymentIntent and its page will be told, which Stripe does not show in the session
    ledger.add({
        "id": id, "object": "checkout.draft", "created": now, "name": name, "metadata": payment.metadata({}),
        "description": payment.text("description"),
    })  # fmt: skip
    return ledger.add(session)


def _line(params: Params) -> tuple[int, str, str]:
    """Amount, currency and name of the one line that the sandbox takes."""
    lines = params.inner("line_items")
    if not lines.has("0") or lines.has("1"):
        raise invalid("line_items", "The sandbox takes exactly one line.", "parameter_missing")
    line = lines.inner("0")
    price = line.inner("price_data")
    amount, currency = price.required_amount("unit_amount"), price.required_text("currency").lower()
    require_step(amount, currency)
    amount *= line.required_amount("quantity")
    if amount < _LEAST.get(currency, 1):
        raise Refusal(
            400, f"The Checkout Session's total amount due must add up to at least {_LEAST[currency]} {currency}.",
            code="amount_too_small", is_stored=False,
        )  # fmt: skip
    return amount, currency, price.inner("product_data").required_text("name")


def _link(params: Params, name: str) -> str:
    url = params.required_text(name)
    if not url.startswith(("http://", "https://")):
        raise invalid(name, "Not a valid URL", "url_invalid")
    return url


def _end(params: Params, now: int) -> int:
    given = params.integer("expires_at")
    if given is None:
        return now + _LONGEST
    if not _SHORTEST - _LEEWAY <= given - now <= _LONGEST + _LEEWAY:
        raise invalid("expires_at", "The `expires_at` timestamp must be between 30 minutes and 24 hours from creation.")
    return given


def retrieve(ledger: Ledger, _params: Params, id: str) -> Document:
    end_overdue(ledger)
    return ledger.get(KIND, id, "session")


def list_all(ledger: Ledger, params: Params, _id: str) -> Document:
    end_overdue(ledger)
    return ledger.page(KIND, URL, params, payment_intent=params.text("payment_intent"), status=params.text("status"))


def expire(ledger: Ledger, _params: Params, id: str) -> Document:
    session = retrieve(ledger, _params, id)
    if session["status"] != "open":
        raise Refusal(
            400, 'Only Checkout Sessions with a status in ["open"] can be expired. '
            f"This Checkout Session has a status of `{session['status']}`.",
        )  # fmt: skip
    return _end_now(ledger, session)


def _end_now(ledger: Ledger, session: Document) -> Document:
    session |= {"status": "expired", "url": None}
    if session["payment_intent"] is not None:
        intents.cancel_unpaid(ledger, session["payment_intent"])
    ledger.emit("checkout.session.expired", session)
    return session


def open_sessions(ledger: Ledger) -> list[Document]:
    return [row for row in ledger.newest_first(KIND) if row["status"] == "open"]


def end_overdue(ledger: Ledger) -> bool:
    """End what nobody paid in its time; returns whether there was any."""
    overdue = [session for session in open_sessions(ledger) if session["expires_at"] <= ledger.clock.now()]
    for session in overdue:
        _end_now(ledger, session)
    return bool(overdue)


def pay(ledger: Ledger, session: Document, method: str) -> Document:
    """A shopper pays with a test card: the PaymentIntent, which may wait for the bank. Raises ``Refusal``."""
    _require_open(session)
    intent = intents.open_for_page(ledger, session)
    draft = ledger.get("checkout.draft", session["id"])
    intent |= {"metadata": draft["metadata"], "description": draft["description"]}
    return _complete(ledger, session, intents.pay_with(ledger, intent, method))


def answer_bank(ledger: Ledger, session: Document, *, is_passed: bool) -> Document:
    """A shopper answers 3-D Secure. Raises ``Refusal``."""
    _require_open(session)
    intent = ledger.get("payment_intent", session["payment_intent"] or "")
    return _complete(ledger, session, intents.answer_bank(ledger, intent, is_passed=is_passed))


def _require_open(session: Document) -> None:
    if session["status"] != "open":
        raise Refusal(400, f"This Checkout Session has a status of `{session['status']}`.")


def _complete(ledger: Ledger, session: Document, intent: Document) -> Document:
    if intent["status"] == "succeeded":
        session |= {
            "status": "complete", "payment_status": "paid", "url": None,
            "customer_details": {
                "email": session["customer_email"], "tax_exempt": "none", "tax_ids": [], "name": None, "phone": None,
                "address": None, "business_name": None, "individual_name": None,
            },
        }  # fmt: skip
        ledger.emit("checkout.session.completed", session)
    return intent
