"""Money in words: the currency's own decimals, and the locale's own signs."""

from __future__ import annotations

from datetime import UTC

import pytest
from babel.numbers import list_currencies
from hypothesis import given
from hypothesis import strategies as st

from plugin.core.money import exponent
from plugin.core.words import Words

_CURRENCIES = sorted(list_currencies())


@pytest.mark.parametrize(
    ("locale", "amount", "currency", "written"),
    [
        ("en", 199900, "USD", "$1,999.00"),
        ("en", -500, "GBP", "-£5.00"),
        ("en", 4800, "JPY", "¥4,800"),
        ("en", 21750, "KWD", "KWD 21.750"),
        ("en", 1050, "RSD", "RSD 10.50"),
        ("en", 1050, "IQD", "IQD 1.050"),
        ("es", 6450, "EUR", "64,50 €"),
        ("es-MX", 6450, "MXN", "$64.50"),
        ("ru", 123456, "RUB", "1 234,56 ₽"),
    ],
)
def test_an_amount_is_written_as_its_readers_write_it(locale: str, amount: int, currency: str, written: str) -> None:
    assert Words(locale=locale, zone=UTC).money(amount, currency).replace("\xa0", " ") == written


@given(st.integers(min_value=0, max_value=10**12), st.sampled_from(_CURRENCIES), st.sampled_from(["en", "es", "ru"]))
def test_no_minor_unit_is_ever_rounded_away(amount: int, currency: str, locale: str) -> None:
    written = Words(locale=locale, zone=UTC).money(amount, currency)
    digits = "".join(character for character in written if character.isdigit())
    assert int(digits) == amount
    assert len(digits) > exponent(currency)
