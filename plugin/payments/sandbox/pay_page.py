"""The page behind a Checkout Session's address, without scripts: pay, be declined, or be asked by the bank.

Whoever has the address may pay, as at Stripe; the test card that a person picks decides what happens.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from urllib.parse import parse_qs

from plugin.payments.sandbox import sessions
from plugin.payments.sandbox.ledger import Ledger
from plugin.payments.sandbox.objects import Document
from plugin.payments.sandbox.refusals import Refusal

PATH = "/pay/"
_OFFERED = (
    ("pm_card_visa", "Pay with Visa 4242"),
    ("pm_card_authenticationRequired", "Pay with Visa 3184 (the bank asks back: 3-D Secure)"),
    ("pm_card_chargeDeclined", "Pay with Visa 0002 (is declined)"),
)


@dataclass(frozen=True)
class Shown:
    """A page, or (``goes_to``) the way back to the shop."""

    status: int
    html: str = ""
    goes_to: str | None = None


def show(ledger: Ledger, session: Document) -> Shown:
    """How the page stands; looking at it changes nothing that the shopper could have changed."""
    sessions.end_overdue(ledger)
    if session["status"] == "complete":
        return Shown(303, goes_to=session["success_url"])
    if session["status"] == "expired":
        return Shown(410, _page("<p>This payment page has ended.</p>" + _way_back(session)))
    return Shown(200, _form(ledger, session))


def press(ledger: Ledger, session: Document, body: str) -> Shown:
    """A person pressed a button: ``card`` pays with that test card, ``bank`` (yes or no) answers 3-D Secure."""
    sessions.end_overdue(ledger)
    pressed = parse_qs(body)
    try:
        if "bank" in pressed:
            intent = sessions.answer_bank(ledger, session, is_passed=pressed["bank"][0] == "yes")
        else:
            intent = sessions.pay(ledger, session, pressed.get("card", [""])[0])
    except Refusal as refusal:
        if session["status"] != "open":
            return show(ledger, session)
        return Shown(refusal.status, _form(ledger, session, refusal.body.message))
    if intent["status"] == "succeeded":
        return Shown(303, goes_to=session["success_url"])
    return Shown(303, goes_to=session["url"])


def _form(ledger: Ledger, session: Document, trouble: str | None = None) -> str:
    name = ledger.get("checkout.draft", session["id"])["name"]
    intent = ledger.find("payment_intent", session["payment_intent"] or "")
    said = f'<p role="alert">{escape(trouble)}</p>' if trouble else ""
    head = f"<p>{escape(name)}: {session['amount_total']} {session['currency'].upper()}, as Stripe counts it.</p>{said}"
    if intent is not None and intent["status"] == "requires_action":
        asked = "<p>Your bank asks: is it you who pays?</p>"
        buttons = _button("bank", "yes", "Yes, it is me") + _button("bank", "no", "No")
        return _page(head + asked + f'<form method="post">{buttons}</form>' + _way_back(session))
    buttons = "".join(_button("card", card, label) for card, label in _OFFERED)
    return _page(f'{head}<form method="post">{buttons}</form>' + _way_back(session))


def _button(name: str, value: str, label: str) -> str:
    return f'<p><button name="{name}" value="{value}">{escape(label)}</button></p>'


def _way_back(session: Document) -> str:
    return f'<p><a href="{escape(session["cancel_url"])}">Back to the shop without paying</a></p>'


def _page(body: str) -> str:
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Stripe sandbox</title><h1>Stripe sandbox: no real money</h1>{body}</html>"
    )
