"""What an error of the SDK means for us: unknown, stored under the key, or a definitive no.

Sources: https://docs.stripe.com/error-low-level and https://docs.stripe.com/error-codes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import stripe

from plugin.ports.payments import OutcomeStored, OutcomeUnknown, RejectCode, Rejected

_CODES = {
    "charge_already_refunded": RejectCode.ALREADY_REFUNDED,
    "balance_insufficient": RejectCode.INSUFFICIENT_BALANCE,
    "insufficient_funds": RejectCode.INSUFFICIENT_BALANCE,
    "payment_intent_unexpected_state": RejectCode.UNEXPECTED_STATE,
    "charge_disputed": RejectCode.UNEXPECTED_STATE,
    "charge_not_refundable": RejectCode.UNEXPECTED_STATE,
    "refund_disputed_payment": RejectCode.UNEXPECTED_STATE,
    "amount_too_large": RejectCode.UNEXPECTED_STATE,
    "amount_too_small": RejectCode.TOO_SMALL,
    "resource_missing": RejectCode.NOT_FOUND,
}
_DEFINITIVE = frozenset(range(400, 500)) - {409, 429}


def _retry_after(error: stripe.StripeError) -> float | None:
    text = (error.headers or {}).get("retry-after", "")
    return float(text) if text.isdecimal() else None


def _reject_code(error: stripe.StripeError) -> RejectCode:
    if isinstance(error, stripe.AuthenticationError | stripe.PermissionError):
        return RejectCode.BAD_CREDENTIALS
    if error.code:
        return _CODES.get(error.code, RejectCode.OTHER)
    if isinstance(error, stripe.InvalidRequestError) and error.param == "amount":
        # Stripe gives "greater than unrefunded amount on charge" no code: somebody else has refunded meanwhile.
        return RejectCode.UNEXPECTED_STATE
    return RejectCode.OTHER


def translate(error: stripe.StripeError, *, writes: bool) -> OutcomeUnknown | OutcomeStored | Rejected:
    """The outcome that ``error`` stands for. ``writes`` says that the call carried an idempotency key.

    Only an answer in Stripe's own form with a status of 4xx is a no: a reply that cannot be read, or that something
    in between gave, proves nothing. A 500 is stored under the key and would only be repeated; the other 5xx come from
    in front of Stripe's API and are not, so asking again is safe and useful. A 409 is our own key still running, or
    a lock; 429 is a limit.
    """
    reason = error.user_message or type(error).__name__
    if error.http_status == 500 and writes:
        return OutcomeStored(reason)
    is_definitive = error.error is not None and error.http_status in _DEFINITIVE
    if not is_definitive or isinstance(error, stripe.RateLimitError):
        return OutcomeUnknown(reason, _retry_after(error))
    return Rejected(_reject_code(error), reason)


@contextmanager
def reading() -> Iterator[None]:
    """Around a call that changes nothing: ``Rejected`` or ``OutcomeUnknown``."""
    try:
        yield
    except stripe.StripeError as error:
        raise translate(error, writes=False) from error


@contextmanager
def writing() -> Iterator[None]:
    """Around a call with an idempotency key: ``Rejected``, ``OutcomeUnknown`` or ``OutcomeStored``."""
    try:
        yield
    except stripe.StripeError as error:
        raise translate(error, writes=True) from error
