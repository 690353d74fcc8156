"""Passwords are judged by their length and by what is guessed first, and checked in the same time for nobody."""

from __future__ import annotations

from time import process_time

import pytest
from argon2 import PasswordHasher

from plugin.access.passwords import WeakPassword, check_password, fits, hash_password, needs_rehash


@pytest.mark.parametrize(
    "password",
    [
        "", "elevenchars", "x" * 201, "aaaaaaaaaaaaaaaa", "abababababab", "123456789012", "Password1234",
        "PASSWORD 1234", "correct horse battery staple", "ada.lovelace@example.com", "Ada.Lovelace@Example.com",
    ],
)  # fmt: skip
def test_a_weak_password_is_refused(password: str) -> None:
    with pytest.raises(WeakPassword):
        check_password(password, "ada.lovelace@example.com")


def test_a_million_letters_are_refused_at_once() -> None:
    """In the right order of marks, normalising takes the square of their number; a form limits no length."""
    marks = "a" + "\u0315\u0300" * 250_000
    started = process_time()
    with pytest.raises(WeakPassword):
        check_password(marks, "ada.lovelace@example.com")
    assert process_time() - started < 0.5


@pytest.mark.parametrize(
    "password", ["seven quiet lanterns", "twelve chars", "тёплый зимний чай", "x1" * 50 + "yz" * 50]
)
def test_length_is_all_that_else_counts(password: str) -> None:
    check_password(password, "ada@example.com")


async def test_a_password_fits_its_own_hash_only() -> None:
    stored = await hash_password("seven quiet lanterns")
    assert stored.startswith("$argon2id$")
    assert await fits(stored, "seven quiet lanterns")
    assert not await fits(stored, "seven quiet lantern")
    assert not await fits(None, "seven quiet lanterns")
    assert not await fits("", "seven quiet lanterns")


async def test_the_same_letters_from_another_keyboard_fit() -> None:
    assert await fits(await hash_password("café au lait noir"), "cafe\u0301 au lait noir")


async def test_a_hash_of_another_cost_is_made_anew() -> None:
    assert needs_rehash(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("x"))
    assert not needs_rehash(await hash_password("x"))
