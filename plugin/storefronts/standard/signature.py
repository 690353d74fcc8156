"""Standard Webhooks (https://www.standardwebhooks.com): one signature for what the store sends and what we send.

Signed is ``<webhook-id>.<webhook-timestamp>.<body>`` with HMAC-SHA256; a secret is written ``whsec_<base64>``.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from datetime import datetime

from plugin.ports.storefronts import SignatureInvalid
from plugin.storefronts.hmacs import base64_hmac, is_signed_by_one

TOLERANCE_SECONDS = 300
LONGEST_ID = 200


def key_of(secret: str) -> bytes:
    """The key behind ``whsec_<base64>`` (prefix and padding optional); raises ``ValueError`` if there is none."""
    text = secret.strip().removeprefix("whsec_").rstrip("=")
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except binascii.Error as error:
        raise ValueError("A signing secret reads whsec_ and base64.") from error
    if not key:
        raise ValueError("A signing secret cannot be empty.")
    return key


def sign(secret: str, id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers that prove a message. ``timestamp`` is in whole seconds of Unix time.

    Raises ``ValueError`` for a secret that is none.
    """
    signature = base64_hmac(key_of(secret), f"{id}.{timestamp}.".encode() + body)
    return {"webhook-id": id, "webhook-timestamp": str(timestamp), "webhook-signature": f"v1,{signature}"}


def verified_id(headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: datetime) -> str:
    """The ``webhook-id`` of a message signed with one of ``secrets`` no more than 300 s before or after ``now``.

    ``headers`` have lower-case names. Raises ``SignatureInvalid``, for every cause alike.
    """
    id = headers.get("webhook-id", "")
    stamp = headers.get("webhook-timestamp", "")
    given = [part.removeprefix("v1,") for part in headers.get("webhook-signature", "").split(" ") if part[:3] == "v1,"]
    message = f"{id}.{stamp}.".encode("utf-8", "surrogatepass") + body
    is_signed = is_signed_by_one(_keys(secrets), message, given)
    is_named = 0 < len(id) <= LONGEST_ID and id.isascii() and id.isprintable()
    is_fresh = (
        stamp.isascii()
        and stamp.isdigit()
        and len(stamp) <= 12
        and abs(now.timestamp() - int(stamp)) <= TOLERANCE_SECONDS
    )
    if not (is_signed and is_named and is_fresh):
        raise SignatureInvalid
    return id


def _keys(secrets: Sequence[str]) -> list[bytes]:
    keys = []
    for secret in secrets:
        try:
            keys.append(key_of(secret))
        except ValueError:
            continue  # one mistyped secret must not lock out the other live one
    return keys
