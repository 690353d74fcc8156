"""Stripe's amounts: exact both ways, and refunds in parts that neither lose nor invent money."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.core.money import BadAmount
from plugin.payments.stripe.amounts import from_stripe, part_to_stripe, quantised, quantum, to_stripe

CURRENCIES = st.sampled_from(["USD", "EUR", "JPY", "KWD", "BHD", "ISK", "UGX", "MGA", "HUF", "TWD", "CLP", "IQD"])


@pytest.mark.parametrize(
    ("currency", "amount", "at_stripe"),
    [
        ("USD", 1999, 1999),
        ("JPY", 500, 500),
        ("KWD", 5120, 5120),
        ("KWD", 5124, 5120),
        ("ISK", 5, 500),
        ("UGX", 5, 500),
        ("MGA", 500, 5),
        ("HUF", 1045, 1045),
        ("TWD", 80045, 80045),
        ("CLP", 900, 900),
        ("XPF", 900, 900),
        ("IQD", 1230, 123),
    ],
)
def test_an_amount_is_written_as_stripe_documents_it(currency: str, amount: int, at_stripe: int) -> None:
    assert to_stripe(amount, currency) == at_stripe
    assert from_stripe(at_stripe, currency) == quantised(amount, currency)


@given(CURRENCIES, st.integers(min_value=0, max_value=10**12))
def test_what_stripe_can_write_comes_back_unchanged(currency: str, steps: int) -> None:
    amount = steps * quantum(currency)
    assert from_stripe(to_stripe(amount, currency), currency) == amount


@given(CURRENCIES, st.integers(min_value=0, max_value=10**12))
def test_rounding_never_gives_more_and_loses_less_than_one_step(currency: str, amount: int) -> None:
    assert 0 <= amount - quantised(amount, currency) < quantum(currency)


@given(CURRENCIES, st.lists(st.integers(min_value=1, max_value=10**7), min_size=1, max_size=30))
def test_parts_never_exceed_what_was_owed_and_the_last_one_settles_it(currency: str, parts: list[int]) -> None:
    whole = sum(parts)
    captured = whole + -whole % quantum(currency)
    parts = [*parts, captured - whole]
    before = paid = 0
    for part in parts:
        paid += from_stripe(part_to_stripe(part, currency, refunded_before=before), currency)
        before += part
        assert before - quantum(currency) < paid <= before
    assert paid == captured


def test_a_negative_amount_is_refused() -> None:
    with pytest.raises(BadAmount):
        to_stripe(-1, "USD")


def test_an_amount_finer_than_its_currency_is_refused() -> None:
    with pytest.raises(BadAmount):
        from_stripe(550, "ISK")
