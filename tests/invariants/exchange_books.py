"""The books of a closed exchange (I16): what went out is paid for, to the minor unit, and nothing else was moved.

``outbound + shipping + fees - inbound credit = collected - refunded``, where new goods that are worth more than what
came back in the end are either paid on top or a recorded debit, which nobody is charged for. What a person withholds of
the worth of what went back is kept like a fee.

| outbound | shipping | fees | inbound | collected | refunded | debit | balance            |
|---------:|---------:|-----:|--------:|----------:|---------:|------:|--------------------|
|     4000 |        0 |    0 |    4000 |         0 |        0 |     0 | 0: even            |
|     5500 |        0 |    0 |    4000 |      1500 |        0 |     0 | 0: dearer          |
|     2500 |      500 |    0 |    4000 |         0 |     1000 |     0 | 0: cheaper         |
|        0 |        0 |    0 |    4000 |      1500 |     5500 |     0 | 0: sold out, later |
|     4000 |        0 |    0 |       0 |         0 |        0 |  4000 | 0: nothing came    |
|     4020 |        0 |    0 |    4000 |         0 |        0 |    20 | 0: too small a sum |
|     4000 |        0 |  500 |    4000 |       500 |        0 |     0 | 0: 500 withheld    |
"""

from __future__ import annotations

from msgspec import Struct


class ExchangeBooks(Struct, frozen=True, kw_only=True):
    """All in minor units of one currency. ``outbound`` are the new goods with their tax, without ``shipping``;
    ``inbound`` what is credited for what goes back, before ``fees``, in which is what is withheld; ``collected`` what
    was paid on top and ``refunded`` what was given back of any payment; ``debit`` what the shopper was given too much.
    """

    outbound: int = 0
    shipping: int = 0
    fees: int = 0
    inbound: int = 0
    collected: int = 0
    refunded: int = 0
    debit: int = 0

    @property
    def balance(self) -> int:
        """Zero where the books are right; positive where goods left that nobody paid for."""
        spent = self.outbound + self.shipping + self.fees - self.inbound
        return spent - (self.collected - self.refunded) - self.debit
