"""Money in minor units: exponents, parsing, and the two ways of sharing it out (I4, I5)."""

from __future__ import annotations

from decimal import Decimal
from random import Random

import pytest
from babel.numbers import list_currencies
from hypothesis import given, settings
from hypothesis import strategies as st

from plugin.core.money import (
    BadAmount,
    as_decimal,
    exponent,
    parse_amount,
    share_out,
    unit_worth,
    worth_of_units,
)  # fmt: skip


@pytest.mark.parametrize(
    ("currency", "digits"),
    [("USD", 2), ("EUR", 2), ("JPY", 0), ("KRW", 0), ("ISK", 0), ("KWD", 3), ("BHD", 3), ("HUF", 2), ("COP", 2)],
)
def test_currencies_have_their_iso_exponents(currency: str, digits: int) -> None:
    assert exponent(currency) == digits


@pytest.mark.parametrize("code", ["usd", "US", "USDT", "", "XXQ", "ＵＳＤ", "U$D"])
def test_what_is_no_currency_is_refused(code: str) -> None:
    with pytest.raises(BadAmount):
        exponent(code)


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("19.99", "USD", 1999),
        (" 19.9 ", "USD", 1990),
        ("500", "JPY", 500),
        ("500.00", "JPY", 500),
        ("1.234", "KWD", 1234),
        ("-3.50", "EUR", -350),
        (7, "USD", 700),
        ("", "USD", 0),
        ("1e2", "USD", 10_000),
    ],
)
def test_a_platforms_text_becomes_minor_units(text: str | int, currency: str, minor: int) -> None:
    assert parse_amount(text, currency) == minor


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("19.999", "USD"),
        ("0.5", "JPY"),
        ("ten", "USD"),
        ("NaN", "USD"),
        ("Infinity", "USD"),
        ("1e30", "USD"),
        ("1,5", "EUR"),
    ],
)
def test_what_is_no_exact_amount_is_refused(text: str, currency: str) -> None:
    with pytest.raises(BadAmount):
        parse_amount(text, currency)


@settings(max_examples=500, deadline=None)
@given(st.integers(-(10**14), 10**14), st.sampled_from(sorted(list_currencies())))
def test_every_amount_survives_being_written_and_read(amount: int, currency: str) -> None:
    assert parse_amount(str(as_decimal(amount, currency)), currency) == amount


def test_minor_units_are_written_exactly() -> None:
    assert str(as_decimal(1999, "USD")) == "19.99"
    assert as_decimal(5, "KWD") == Decimal("0.005")


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        (100, [1, 1, 1], [34, 33, 33]),
        (-100, [1, 1, 1], [-34, -33, -33]),
        (5, [0, 0], [5, 0]),
        (0, [], []),
        (7, [3, 0, 4], [3, 0, 4]),
        (1, [1, 99], [0, 1]),
    ],
)
def test_an_amount_is_shared_out_by_largest_remainder(total: int, weights: list[int], parts: list[int]) -> None:
    assert share_out(total, weights) == parts


@pytest.mark.parametrize(("total", "weights"), [(1, []), (5, [-1, 2])])
def test_what_cannot_be_shared_out_is_refused(total: int, weights: list[int]) -> None:
    with pytest.raises(BadAmount):
        share_out(total, weights)


@settings(max_examples=1_000, deadline=None)
@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=12), st.integers(0, 1000))
def test_parts_sum_to_the_whole_and_none_exceeds_its_weight(weights: list[int], thousandths: int) -> None:
    """I4, for a discount that is no larger than what it is taken from."""
    total = sum(weights) * thousandths // 1000
    parts = share_out(total, weights)
    assert sum(parts) == total
    assert all(0 <= part <= weight for part, weight in zip(parts, weights, strict=True))


@settings(max_examples=1_000, deadline=None)
@given(st.integers(0, 10**9), st.integers(1, 60), st.integers(0, 2**32))
def test_any_partition_of_the_units_is_worth_the_line(line_total: int, quantity: int, seed: int) -> None:
    """I5: portions in any order, of any size, add up to the line; each unit is worth the same whenever it is paid."""
    ordinals = list(range(quantity))
    Random(seed).shuffle(ordinals)
    cut = quantity // 3
    portions = [ordinals[:cut], ordinals[cut : 2 * cut], ordinals[2 * cut :]]
    paid = 0
    for portion in portions:
        paid += worth_of_units(line_total, quantity, portion)
        assert paid <= line_total
    assert paid == line_total
    worths = [unit_worth(line_total, quantity, ordinal) for ordinal in range(quantity)]
    assert max(worths) - min(worths) <= 1


def test_a_unit_named_twice_is_worth_itself_once() -> None:
    assert worth_of_units(1000, 3, [0, 0]) == 333


@pytest.mark.parametrize("ordinal", [-1, 3])
def test_a_unit_that_the_line_has_not_is_refused(ordinal: int) -> None:
    with pytest.raises(BadAmount):
        unit_worth(1000, 3, ordinal)
