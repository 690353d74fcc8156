"""Ids sort by time, tokens name their kind, and what is stored of a token opens nothing."""

from __future__ import annotations

import re
import time

from plugin.core.ids import keyed_hash, new_id, new_token, readable_code, token_hash


def test_ids_name_their_kind_and_sort_by_time() -> None:
    first = new_id("case")
    this_millisecond = time.time_ns() // 1_000_000
    while time.time_ns() // 1_000_000 == this_millisecond:
        pass
    assert first < new_id("case")
    assert re.fullmatch(r"case_[0-9a-hjkmnp-tv-z]{26}", first)


def test_a_thousand_ids_of_one_moment_differ() -> None:
    assert len({new_id("x") for _ in range(1_000)}) == 1_000


def test_tokens_carry_256_bits_and_their_prefix() -> None:
    prefix, secret = new_token("sess").split("_", 1)
    assert prefix == "sess"
    assert len(secret) == 43


def test_the_hash_of_a_token_is_stable_and_is_not_the_token() -> None:
    assert token_hash("sess_abc") == token_hash("sess_abc")
    assert len(token_hash("sess_abc")) == 64
    assert token_hash("sess_abc") != token_hash("sess_abd")


def test_a_pseudonym_hangs_on_the_key_and_on_where_its_parts_end() -> None:
    assert keyed_hash(b"k", "ab", "c") == keyed_hash(b"k", "ab", "c")
    assert keyed_hash(b"k", "ab", "c") != keyed_hash(b"k", "a", "bc")
    assert keyed_hash(b"k", "ab") != keyed_hash(b"other", "ab")


def test_a_readable_code_has_no_letters_to_misread() -> None:
    codes = "".join(readable_code(16) for _ in range(200))
    assert set(codes) <= set("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
    assert len(set(codes)) == 32
