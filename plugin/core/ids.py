"""Identifiers and secrets: time-ordered public ids, random tokens and their hashes at rest."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u to misread


def _base32(value: int, length: int) -> str:
    out = []
    for _ in range(length):
        value, digit = divmod(value, 32)
        out.append(_ALPHABET[digit])
    return "".join(reversed(out))


def new_id(prefix: str) -> str:
    """A sortable id such as ``case_01jd…``: 48 bits of milliseconds, then 80 random bits."""
    return f"{prefix}_{_base32(time.time_ns() // 1_000_000, 10)}{_base32(secrets.randbits(80), 16)}"


def new_token(prefix: str) -> str:
    """A bearer secret of 256 random bits, with a prefix that names its kind in a leak scanner."""
    return f"{prefix}_{secrets.token_urlsafe(32)}"


def token_hash(token: str) -> str:
    """How a token is stored: SHA-256, hexadecimal. Enough for 256 random bits, useless to who reads the table."""
    return hashlib.sha256(token.encode()).hexdigest()


def keyed_hash(key: bytes, *parts: str) -> str:
    """A pseudonym of ``parts`` under ``key``: stable for us, meaningless without the key."""
    return hmac.new(key, "\x1f".join(parts).encode(), hashlib.sha256).hexdigest()


def readable_code(length: int) -> str:
    """A random code that a person can read aloud and type: Crockford letters in upper case, 5 bits a character."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length)).upper()
