"""Pages on which a shopper pays us: Stripe Checkout, in payment mode, with one line and cards only.

Cards (with the wallets that stand for one) are paid or not at once, after 3-D Secure where the bank wants it; a debit
that settles days later would leave the goods waiting for it.
"""

from __future__ import annotations

import stripe

from plugin.payments.stripe.amounts import to_stripe
from plugin.payments.stripe.errors import reading, writing
from plugin.ports.payments import PageState, PaymentAsk, PaymentPage, RejectCode, Rejected

ASK_KEY = "comeback_ask"  # metadata of a Checkout Session and of its PaymentIntent
_LONGEST_NAME = 250

# https://docs.stripe.com/api/checkout/sessions/create#create_checkout_session-locale
_LOCALES = {name.lower(): name for name in (
    "bg", "cs", "da", "de", "el", "en", "en-GB", "es", "es-419", "et", "fi", "fil", "fr", "fr-CA", "hr", "hu", "id",
    "it", "ja", "ko", "lt", "lv", "ms", "mt", "nb", "nl", "pl", "pt", "pt-BR", "ro", "ru", "sk", "sl", "sv", "th", "tr",
    "vi", "zh", "zh-HK", "zh-TW",
)}  # fmt: skip


def _locale(wanted: str | None) -> str:
    """The nearest of Stripe's: exact, then the language, else what the shopper's browser says."""
    name = (wanted or "").replace("_", "-").lower()
    return _LOCALES.get(name) or _LOCALES.get(name.partition("-")[0]) or "auto"


def _page(session: stripe.checkout.Session) -> PaymentPage:
    intent = session.payment_intent
    reference = intent if intent is None or isinstance(intent, str) else intent.id
    if session.payment_status == "paid":
        return PaymentPage(id=session.id, state=PageState.PAID, reference=reference)
    if session.status == "expired":
        return PaymentPage(id=session.id, state=PageState.ENDED, reference=reference)
    return PaymentPage(id=session.id, state=PageState.OPEN, url=session.url, reference=reference)


async def ask(client: stripe.StripeClient, wanted: PaymentAsk) -> PaymentPage:
    """Make the page, or find the one of this key.

    The amount is rounded down to what Stripe can collect, never up: nobody pays more than was said. Stripe lets a page
    live for 30 minutes to 24 hours. Raises ``Rejected``, with ``TOO_SMALL`` for less than Stripe collects in that
    currency, ``OutcomeUnknown`` and ``OutcomeStored``.
    """
    amount = to_stripe(wanted.amount, wanted.currency)
    if amount == 0:
        raise Rejected(RejectCode.TOO_SMALL, f"{wanted.amount} is less than Stripe can move in {wanted.currency}.")
    metadata = {ASK_KEY: wanted.ask_id}
    # not clamped to the present: a repetition under the same key must bring the same parameters
    params: stripe.params.checkout.SessionCreateParams = {
        "mode": "payment",
        "allowed_payment_method_types": ["card"],
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": wanted.currency.lower(),
                    "unit_amount": amount,
                    "product_data": {"name": wanted.description[:_LONGEST_NAME]},
                },
            }
        ],
        "metadata": metadata,
        "payment_intent_data": {"metadata": metadata, "description": wanted.description[:_LONGEST_NAME]},
        "success_url": wanted.back_to,
        "cancel_url": wanted.back_to,
        "expires_at": int(wanted.ends_at.timestamp()),
        "locale": _locale(wanted.locale),
    }
    if wanted.email:
        params["customer_email"] = wanted.email
    with writing():
        session = await client.v1.checkout.sessions.create_async(params, {"idempotency_key": wanted.key})
    return _page(session)


async def read(client: stripe.StripeClient, page_id: str) -> PaymentPage:
    with reading():
        return _page(await client.v1.checkout.sessions.retrieve_async(page_id))


async def end(client: stripe.StripeClient, page_id: str) -> PaymentPage:
    """End it, unless it is paid or has ended. It needs no key: what has ended cannot end twice, and after a refusal
    the page is read."""
    try:
        with reading():
            return _page(await client.v1.checkout.sessions.expire_async(page_id))
    except Rejected:
        page = await read(client, page_id)
        if page.state is PageState.OPEN:
            raise
        return page
