"""Stripe's webhooks: check ``Stripe-Signature`` and say which object to read again.

Nothing of the body is believed beyond ids: events come late, twice and out of order, so the object is re-read.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec
import stripe

from plugin.ports.payments import GatewayEvent
from plugin.ports.storefronts import SignatureInvalid, Unparseable

_TOLERANCE = 300  # seconds, both ways


class _Reference(msgspec.Struct):
    id: str | None = None


class _Object(msgspec.Struct):
    object: str | None = None
    id: str | None = None
    payment_intent: str | _Reference | None = None


class _Data(msgspec.Struct):
    object: _Object


class _Event(msgspec.Struct):
    id: str
    type: str
    data: _Data


def _signed_at(header: str) -> int:
    """The header's time: its first ``t``, which is also the one that the SDK signs and compares.

    Letters outside ASCII are refused here, because the SDK's comparison would raise a ``TypeError`` on them.
    """
    for item in header.split(",") if header.isascii() else ():
        name, _, value = item.partition("=")
        if name == "t" and value.isdecimal() and len(value) <= 12:
            return int(value)
    raise SignatureInvalid


def _matches(body: bytes, header: str, secret: str) -> bool:
    try:
        return bool(stripe.WebhookSignature.verify_header(body, header, secret))
    except (stripe.SignatureVerificationError, UnicodeDecodeError):
        return False


def verified_event(headers: Mapping[str, str], body: bytes, secrets: tuple[str, ...], now: datetime) -> GatewayEvent:
    """The event of a webhook signed with one of ``secrets`` (two while one is rotated) at about ``now``.

    Raises ``SignatureInvalid``, always with the same words, and ``Unparseable`` for a signed body that is no event.
    """
    check_signature(headers, body, secrets, now)
    return read_event(body)


def check_signature(headers: Mapping[str, str], body: bytes, secrets: tuple[str, ...], now: datetime) -> None:
    """Raise ``SignatureInvalid`` unless the body was signed with one of ``secrets`` at about ``now``."""
    header = next((value for name, value in headers.items() if name.lower() == "stripe-signature"), "")
    if abs(now.timestamp() - _signed_at(header)) > _TOLERANCE:
        raise SignatureInvalid
    # every secret is tried, so that the time taken does not tell which one is live
    if not any([_matches(body, header, secret) for secret in secrets]):
        raise SignatureInvalid


def read_event(body: bytes) -> GatewayEvent:
    """What a verified body tells; raises ``Unparseable`` for one that is no event."""
    try:
        event = msgspec.json.decode(body, type=_Event)
    except msgspec.MsgspecError as error:
        raise Unparseable(f"The body is no Stripe event: {error}") from error
    return GatewayEvent(event.id, event.type, event.data.object.id, _payment_reference(event.data.object))


def _payment_reference(subject: _Object) -> str | None:
    if subject.object == "payment_intent":
        return subject.id
    intent = subject.payment_intent
    return intent.id if isinstance(intent, _Reference) else intent
