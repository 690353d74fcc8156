"""ISO 4217 minor units to Stripe's amounts and back. The only place that knows Stripe's own exponents.

Source: https://docs.stripe.com/currencies. Amounts are in a currency's minor unit, except that

- the *zero-decimal* currencies listed there take whole units (MGA among them, which ISO gives two digits);
- ISK and UGX became zero-decimal but still take two digits, of which the last two must be 00 (*special cases*);
- the *three-decimal* currencies take three digits of which the last must be 0.

So one step of Stripe's can be coarser than our minor unit: ten fils in KWD, a hundred iraimbilanja in MGA. A payment
is quantised on the running sum of its refunds, downwards: parts never add up to more than was owed, and the last
part makes the sum exact, since what was captured is itself a whole number of steps.
"""

from __future__ import annotations

from plugin.core.money import BadAmount, exponent

_ZERO_DECIMAL = frozenset(
    ["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"]
)  # UGX is listed there too, but its special case overrides the list
_WRITTEN_WITH_TWO_ZEROS = frozenset({"ISK", "UGX"})
_THREE_DECIMAL = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})


def _stripe_exponent(currency: str) -> int:
    if currency in _ZERO_DECIMAL:
        return 0
    return 3 if currency in _THREE_DECIMAL else 2


def _stripe_step(currency: str) -> int:
    """The smallest difference between two amounts that Stripe accepts, in Stripe's own units."""
    if currency in _WRITTEN_WITH_TWO_ZEROS:
        return 100
    return 10 if currency in _THREE_DECIMAL else 1


def _convert(amount: int, currency: str, shift: int) -> int:
    if shift >= 0:
        return int(amount * 10**shift)
    whole, rest = divmod(amount, int(10**-shift))
    if rest:
        raise BadAmount(detail=f"{amount} is no whole number of {currency} minor units.")
    return whole


def quantum(currency: str) -> int:
    """The smallest amount above zero, in our minor units, that both sides can write: KWD 10, MGA 100, USD 1."""
    shift = exponent(currency) - _stripe_exponent(currency)
    step = _stripe_step(currency)
    return int(step * 10**shift) if shift >= 0 else max(1, int(step // 10**-shift))


def quantised(amount: int, currency: str) -> int:
    """``amount`` rounded down to what Stripe can move, still in our minor units."""
    return amount - amount % quantum(currency)


def to_stripe(amount: int, currency: str) -> int:
    """Minor units, rounded down to Stripe's step, as Stripe writes them. Raises ``BadAmount`` below zero."""
    if amount < 0:
        raise BadAmount(detail="Stripe takes no negative amounts.")
    return _convert(quantised(amount, currency), currency, _stripe_exponent(currency) - exponent(currency))


def part_to_stripe(amount: int, currency: str, *, refunded_before: int) -> int:
    """What to ask of Stripe for ``amount`` when ``refunded_before`` of the same payment was asked before it.

    Both are exact minor units of our own books; it is their sum that is rounded, so no part can lose money for
    good. Zero means that this part is smaller than what Stripe can move by now.
    """
    return to_stripe(refunded_before + amount, currency) - to_stripe(refunded_before, currency)


def from_stripe(amount: int, currency: str) -> int:
    """Stripe's amount in our minor units. Raises ``BadAmount`` where it is finer than the currency itself."""
    return _convert(amount, currency, exponent(currency) - _stripe_exponent(currency))
