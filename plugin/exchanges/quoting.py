"""What a quote freezes: the ask, the new goods with their prices, and the sums. Pure; amounts are minor units.

| goes back | fee | new goods | sending | difference                            |
|----------:|----:|----------:|--------:|---------------------------------------|
|      4000 |   0 |      4000 |       0 | 0: even                               |
|      4000 |   0 |      5500 |       0 | 1500: the shopper pays it on top      |
|      4000 |   0 |      2500 |     500 | -1000: given back                     |
|      4000 | 500 |      4000 |       0 | 500: the fee is the shopper's         |
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec
from msgspec import Struct

from plugin.exchanges.refusals import NotSold, OtherCurrency, OutOfStock
from plugin.policies.facts import Component
from plugin.policies.reasons import Resolution
from plugin.ports.goods import Offered, Offers, OutboundLine, Wanted
from plugin.ports.orders import LineCount


class QuotedAsk(Struct, frozen=True, kw_only=True):
    """What goes back, and why. ``decision`` is the digest of the decision that the quote was made under; ``otherwise``
    is what the shopper would rather have, should the new goods be sold out after all."""

    lines: tuple[LineCount, ...]
    reason: str | None = None
    decision: str
    otherwise: Resolution = Resolution.REFUND


class QuotedLine(Struct, frozen=True, kw_only=True):
    """So many units of one product or variant, at what one unit costs the shopper with its tax."""

    product_id: str
    variant_id: str | None
    title: str
    variant: str | None
    quantity: int
    unit_price: int
    unit_tax: int

    @property
    def total(self) -> int:
        return self.unit_price * self.quantity

    def to_order(self) -> OutboundLine:
        """As the store is asked for it."""
        return OutboundLine(
            product_id=self.product_id, variant_id=self.variant_id, title=self.title, quantity=self.quantity,
            unit_price=self.unit_price, unit_tax=self.unit_tax,
        )  # fmt: skip


class Price(Struct, frozen=True, kw_only=True):
    """What the new goods cost. ``tax`` is within both parts."""

    lines: tuple[QuotedLine, ...]
    shipping: Component
    currency: str

    @property
    def goods(self) -> int:
        return sum(line.total for line in self.lines)

    @property
    def tax(self) -> int:
        return sum(line.unit_tax * line.quantity for line in self.lines) + self.shipping.tax

    @property
    def total(self) -> int:
        return self.goods + self.shipping.amount

    def above(self, worth: int) -> int:
        """The difference: positive where the shopper pays, negative where it is given back."""
        return self.total - worth


def merged(wanted: Sequence[Wanted]) -> tuple[Wanted, ...]:
    """Each product or variant once, with the sum of its quantities, in the order in which they were named."""
    counts: dict[tuple[str, str | None], int] = {}
    for each in wanted:
        key = (each.product_id, each.variant_id)
        counts[key] = counts.get(key, 0) + each.quantity
    return tuple(Wanted(product_id=p, variant_id=v, quantity=n) for (p, v), n in counts.items())


def priced(wanted: Sequence[Wanted], offers: Offers, currency: str) -> Price:
    """The wanted goods at the store's prices; raises ``NotSold``, ``OutOfStock`` and ``OtherCurrency``."""
    lines = tuple(_line(each, offers.offered, currency) for each in wanted)
    return Price(lines=lines, shipping=Component(offers.shipping, offers.shipping_tax), currency=currency)


def _line(wanted: Wanted, offered: Sequence[Offered], currency: str) -> QuotedLine:
    found = next((each for each in offered if _is_of(each, wanted)), None)
    if found is None or not found.is_sold:
        raise NotSold(param="wanted", product_id=wanted.product_id, variant_id=wanted.variant_id)
    if found.currency != currency:
        raise OtherCurrency(param="wanted", product_id=wanted.product_id)
    if found.available is not None and found.available < wanted.quantity:
        raise OutOfStock(
            param="wanted", product_id=wanted.product_id, variant_id=wanted.variant_id, available=found.available
        )
    return QuotedLine(
        product_id=found.product_id, variant_id=found.variant_id, title=found.title, variant=found.variant,
        quantity=wanted.quantity, unit_price=found.unit_price, unit_tax=found.unit_tax,
    )  # fmt: skip


def _is_of(offered: Offered, wanted: Wanted) -> bool:
    return offered.product_id == wanted.product_id and wanted.variant_id in (None, offered.variant_id)


def digest_of(ask: QuotedAsk, price: Price, worth: int) -> str:
    """SHA-256 of all that a shopper agrees to: what goes back and on what terms, the new goods, and every sum."""
    agreed = (ask, price, price.total, price.tax, worth, price.above(worth))
    return hashlib.sha256(msgspec.json.encode(agreed, order="sorted")).hexdigest()
