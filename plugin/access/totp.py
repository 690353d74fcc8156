"""Codes of an authenticator app: RFC 6238 over HMAC-SHA-1, six digits, thirty seconds, one step of drift either way.

SHA-1 is what every app speaks; as a keyed hash it is sound here (RFC 4226, appendix B.2).
"""

from __future__ import annotations

import base64
import hmac
import secrets
from datetime import datetime
from urllib.parse import quote, urlencode

STEP_SECONDS, DIGITS, DRIFT = 30, 6, 1
RECOVERY_CODES = 10
RECOVERY_LENGTH = 16  # 80 bits: also safe in a table that somebody has read


def new_secret() -> str:
    """160 random bits in base 32, as authenticators take them."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def code_of(secret: str, step: int) -> str:
    """The code that is shown during one time step (RFC 4226, section 5.3)."""
    digest = hmac.digest(base64.b32decode(secret), step.to_bytes(8, "big"), "sha1")
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


def step_at(at: datetime) -> int:
    return int(at.timestamp()) // STEP_SECONDS


def matching_step(secret: str, code: str, at: datetime) -> int | None:
    """The step around ``at`` whose code this is, or None. All candidates are compared, in constant time."""
    given = code.replace(" ", "").encode()
    now = step_at(at)
    found = None
    for step in range(now - DRIFT, now + DRIFT + 1):
        if hmac.compare_digest(code_of(secret, step).encode(), given):
            found = step
    return found


def enrolment_uri(secret: str, *, issuer: str, account: str) -> str:
    """What the QR code of an enrolment says (the Key URI format of authenticator apps)."""
    label = quote(f"{issuer.replace(':', ' ')}:{account}", safe="@")
    return f"otpauth://totp/{label}?{urlencode({'secret': secret, 'issuer': issuer}, quote_via=quote)}"
