"""Money in integer minor units of an ISO 4217 currency, and the two ways we share it out.

No float ever appears here. Exponents come from CLDR through Babel (JPY 0, USD 2, KWD 3); Stripe's own exponents
differ for a few currencies, and only ``plugin.payments.stripe`` knows about that.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from functools import cache

from babel.numbers import get_currency_precision, is_currency

from plugin.core.errors import DomainError


class BadAmount(DomainError):
    """An amount that is no exact number of minor units of its currency."""

    status = 422
    code = "bad_amount"
    sentence = "This amount is not a valid amount of its currency."


class CurrencyMismatch(DomainError):
    """Two amounts of different currencies met; there is no answer to that, so nothing is computed."""

    status = 422
    code = "currency_mismatch"
    sentence = "These amounts are in different currencies."


# CLDR says 0 digits where the ISO standard says 2; platforms send ISO amounts, so the ISO exponent holds.
_ISO_EXPONENTS = {
    "AFN": 2, "ALL": 2, "HUF": 2, "IRR": 2, "KPW": 2, "LAK": 2, "LBP": 2, "MMK": 2, "RSD": 2, "SLL": 2, "SOS": 2,
    "SYP": 2, "TWD": 2, "YER": 2, "COP": 2, "IDR": 2, "PKR": 2, "MGA": 2, "MRU": 2, "TZS": 2, "UZS": 2, "GYD": 2,
    "IQD": 3, "ISK": 0, "UGX": 0, "CRC": 2, "AMD": 2, "MNT": 2, "MUR": 2, "NOK": 2, "SEK": 2, "CZK": 2, "UYW": 4,
    "CLF": 4,
}  # fmt: skip


@cache
def exponent(currency: str) -> int:
    """How many decimal digits one unit of ``currency`` has (ISO 4217). Raises ``BadAmount`` for an unknown code."""
    if not (len(currency) == 3 and currency.isascii() and currency.isupper() and is_currency(currency)):
        raise BadAmount(param="currency", detail=f"{currency!r} is not an ISO 4217 currency code.")
    return _ISO_EXPONENTS.get(currency, get_currency_precision(currency))


def parse_amount(text: str | int, currency: str) -> int:
    """Turn a platform's decimal text (``"19.99"``) into minor units; raises ``BadAmount`` if it is not exact."""
    digits = exponent(currency)
    try:
        scaled = Decimal(str(text).strip() or "0").scaleb(digits)
    except InvalidOperation as error:
        raise BadAmount(detail=f"{text!r} is not a number.") from error
    if not scaled.is_finite() or abs(scaled) >= 10**15:
        raise BadAmount(detail=f"{text!r} is out of range.")
    if scaled != scaled.to_integral_value():
        raise BadAmount(detail=f"{text!r} has more digits than {currency} allows ({digits}).")
    return int(scaled)


def as_decimal(amount: int, currency: str) -> Decimal:
    """Minor units as the exact decimal number that people write (1999 USD is 19.99)."""
    return Decimal(amount).scaleb(-exponent(currency))


def share_out(total: int, weights: Sequence[int]) -> list[int]:
    """Split ``total`` over ``weights`` by largest remainder: the parts sum to it, ties go to the earlier part.

    A total no greater than the weights' sum never gives a part more than its weight (I4). With all weights zero
    everything goes to the first part; with no weights the result is empty and ``total`` must be zero.
    """
    if total < 0:
        return [-part for part in share_out(-total, weights)]
    if any(weight < 0 for weight in weights):
        raise BadAmount(detail="A weight cannot be negative.")
    whole = sum(weights)
    if not weights:
        if total:
            raise BadAmount(detail="There is nothing to share this amount over.")
        return []
    if whole == 0:
        return [total] + [0] * (len(weights) - 1)
    parts = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    for i in by_remainder[: total - sum(parts)]:
        parts[i] += 1
    return parts


def unit_worth(line_total: int, quantity: int, ordinal: int) -> int:
    """What unit ``ordinal`` (0-based) of a line of ``quantity`` units that cost ``line_total`` is worth (I5).

    ``F(i+1) - F(i)`` with ``F(n) = floor(line_total * n / quantity)``: the worth hangs on the unit, not on the order
    in which units are paid back, so no partition of partial refunds pays more or less than the line.
    """
    if not 0 <= ordinal < quantity:
        raise BadAmount(detail=f"A line of {quantity} units has no unit {ordinal}.")
    return line_total * (ordinal + 1) // quantity - line_total * ordinal // quantity


def worth_of_units(line_total: int, quantity: int, ordinals: Sequence[int]) -> int:
    """The worth of several distinct units of one line."""
    units = set(ordinals)
    if 0 < quantity == len(units) and min(units) == 0 and max(units) < quantity:
        return line_total  # of all of them, F(q) - F(0) needs no adding up
    return sum([unit_worth(line_total, quantity, ordinal) for ordinal in units])
