"""Passwords: argon2id at rest, made and checked in a thread of their own, so that no request waits and no transaction
is open meanwhile.

Rules by length and by what is guessed first, not by classes of characters (NIST SP 800-63B, section 5.1.1.2). The cost
is the one that OWASP's Password Storage Cheat Sheet names for argon2id: 19 MiB, two passes, one lane.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar
from unicodedata import normalize

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from plugin.core.errors import DomainError

SHORTEST, LONGEST = 12, 200
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
# Two at once at most: a crowd at the door waits in line and takes no more memory than that.
_THREADS = ThreadPoolExecutor(2, thread_name_prefix="argon2")
# Of the lists of leaked passwords, what is long enough for us; compared in lower case and without blanks.
_MUCH_USED = """
    123456789012 1234567890123 12345678901234 123456789012345 1234567890123456 1234567890qwerty 111111111111
    000000000000 1q2w3e4r5t6y 1q2w3e4r5t6y7u8i 1qaz2wsx3edc 1qaz2wsx3edc4rfv qwertyuiop12 qwertyuiop123 qwertyuiop[]
    qwerty123456 qwerty1234567 qwertyqwerty asdfghjkl123 abc123456789 abcdefghijkl passwordpassword password1234
    password12345 password123456 password2025 password2026 password2027 passw0rd1234 p@ssw0rd1234 p@ssword1234
    iloveyou1234 letmein12345 welcome12345 welcome123456 administrator administrator1 admin1234567 adminadminadmin
    changeme1234 changemeplease trustno1trustno1 monkey123456 dragon123456 football1234 superman1234 sunshine1234
    princess1234 correcthorsebatterystaple comeback1234 comebackcomeback
"""
_GUESSED_FIRST = frozenset(_MUCH_USED.split())
T = TypeVar("T")


class WeakPassword(DomainError):
    status = 422
    code = "weak_password"
    sentence = "A password needs 12 to 200 characters, and must not be one that is guessed first."


def check_password(password: str, email: str) -> None:
    """Raises ``WeakPassword`` for one that is too short, too long, much used, or the person's own address."""
    if not SHORTEST <= len(password) <= LONGEST:  # first: to normalise takes the square of a hostile length
        raise WeakPassword(param="password")
    plain = normalize("NFKC", password).lower().replace(" ", "")
    is_repeated = len(set(plain)) <= 2
    if is_repeated or plain in _GUESSED_FIRST or plain == email.lower():
        raise WeakPassword(param="password")


async def hash_password(password: str) -> str:
    """The password as it is stored."""
    return await _in_thread(lambda: _HASHER.hash(_bytes(password)))


async def fits(password_hash: str | None, password: str) -> bool:
    """Whether the password is the one that was stored. Without an account it takes as long, and is not."""

    def check() -> bool:
        decoy = _decoy()  # made by whoever comes first, account or not
        try:
            return _HASHER.verify(password_hash or decoy, _bytes(password)) and password_hash is not None
        except (VerificationError, InvalidHashError):
            return False

    return await _in_thread(check)


def needs_rehash(password_hash: str) -> bool:
    """Whether the hash was made at another cost than today's."""
    return _HASHER.check_needs_rehash(password_hash)


def _bytes(password: str) -> bytes:
    # The same letters typed on two keyboards may come as different code points.
    return normalize("NFKC", password).encode()


@cache
def _decoy() -> str:
    return _HASHER.hash(secrets.token_bytes(32))


async def _in_thread(work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(_THREADS, work)
