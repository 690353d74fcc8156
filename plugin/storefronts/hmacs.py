"""HMAC-SHA256 over raw bytes, as all three storefronts sign: made in base64, compared in constant time."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable


def base64_hmac(key: bytes, message: bytes) -> str:
    """``base64(HMAC-SHA256(key, message))``."""
    return base64.b64encode(hmac.digest(key, message, hashlib.sha256)).decode()


def is_signed_by_one(keys: Iterable[bytes], message: bytes, given: Iterable[str]) -> bool:
    """Whether one of ``given`` is the signature of ``message`` under one of ``keys``; an empty key signs nothing.

    The texts are compared, not the bytes behind them, so a second spelling of the same base64 is not accepted; every
    pair is compared, so the time says nothing about which of them matched.
    """
    offered = [signature.encode("utf-8", "surrogatepass") for signature in given]
    found = False
    for key in keys:
        expected = base64_hmac(key, message).encode()
        for signature in offered:
            found |= hmac.compare_digest(expected, signature) and bool(key)
    return found
