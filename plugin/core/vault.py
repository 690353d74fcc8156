"""Secrets at rest: AES-256-GCM under a named key, bound to its tenant and field.

A sealed value reads ``v1.<key id>.<nonce>.<ciphertext>``. Several keys may be known at once, so that
``comeback keys rotate`` can re-seal everything under the newest while the old one still opens.
"""

from __future__ import annotations

import base64
import hashlib
import os
from dataclasses import dataclass
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class CannotOpen(Exception):
    """The sealed value was made under a key that we do not have, for another field, or was altered."""


@lru_cache(maxsize=16)
def _key(secret: str) -> tuple[str, AESGCM]:
    """The id and the cipher of a secret. Kept, because deriving it costs more than opening a value with it."""
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"comeback vault v1").derive(secret.encode())
    return hashlib.sha256(key).hexdigest()[:8], AESGCM(key)


@dataclass(frozen=True)
class Vault:
    """Seals and opens under the first of ``secrets``; the others only open."""

    secrets: tuple[str, ...]

    def seal(self, value: str, *, tenant: str, field: str) -> str:
        """Encrypt ``value`` for one tenant's field."""
        key_id, cipher = _key(self.secrets[0])
        nonce = os.urandom(12)
        sealed = cipher.encrypt(nonce, value.encode(), f"{tenant}\x1f{field}".encode())
        return ".".join(["v1", key_id, *(base64.urlsafe_b64encode(part).decode() for part in (nonce, sealed))])

    def open(self, sealed: str, *, tenant: str, field: str) -> str:
        """Decrypt; raises ``CannotOpen`` for a missing key, another tenant or field, or an altered value."""
        try:
            version, key_id, nonce, body = sealed.split(".")
            ciphers = dict(_key(secret) for secret in self.secrets)
            opened = ciphers[key_id].decrypt(
                base64.urlsafe_b64decode(nonce),
                base64.urlsafe_b64decode(body),
                f"{tenant}\x1f{field}".encode(),
            )
        except (ValueError, KeyError, InvalidTag) as error:
            raise CannotOpen(f"{field} of {tenant}") from error
        if version != "v1":
            raise CannotOpen(f"unknown seal {version}")
        return opened.decode()

    def needs_resealing(self, sealed: str) -> bool:
        """Whether ``sealed`` was made under an older key."""
        return sealed.split(".")[1] != _key(self.secrets[0])[0]
