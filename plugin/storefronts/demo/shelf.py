"""What the demo store sells: products in their variants, with prices by currency and stock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Price:
    """What one unit costs the shopper in minor units, with its tax, and the part of that which is tax."""

    amount: int
    tax: int


@dataclass
class Article:
    """One product, or one variant of it. ``stock`` None is not counted."""

    product_id: str
    variant_id: str | None
    title: str
    variant: str | None
    prices: dict[str, Price]
    stock: int | None = 20
    is_sold: bool = True

    @property
    def sku(self) -> str:
        return (self.variant_id or self.product_id).upper()


@dataclass
class Shelf:
    articles: list[Article] = field(default_factory=list)

    def find(self, product_id: str, variant_id: str | None) -> Article | None:
        """The article of that name; without a variant, the first of the product."""
        for article in self.of_product(product_id):
            if variant_id is None or article.variant_id == variant_id:
                return article
        return None

    def of_product(self, product_id: str) -> Iterator[Article]:
        return (article for article in self.articles if article.product_id == product_id)


def _in_sizes(product_id: str, title: str, prices: dict[str, Price], *variants: str) -> list[Article]:
    return [
        Article(product_id, f"{product_id}-{number}", title, variant, prices)
        for number, variant in enumerate(variants, start=1)
    ]


def demo_shelf() -> Shelf:
    """The goods of the sample orders in other sizes and colours, with something dearer and something cheaper."""
    coats = _in_sizes("coat", "Wool coat", {"USD": Price(20459, 1559)}, "S / camel", "M / camel", "L / camel")
    coats.append(Article("coat", "coat-4", "Wool coat", "XL / camel", coats[0].prices, stock=0))
    return Shelf([
        *coats,
        *_in_sizes("scarf", "Silk scarf", {"USD": Price(4871, 371)}, "Red", "Blue"),
        Article("cashmere", None, "Cashmere coat", None, {"USD": Price(26954, 2054)}, stock=3),
        Article("hat", None, "Wool hat", None, {"USD": Price(6387, 487)}),
        *_in_sizes("vestido", "Vestido de lino", {"EUR": Price(8990, 1560)}, "S", "M", "L"),
        *_in_sizes("alpargatas", "Alpargatas", {"EUR": Price(3450, 599)}, "38", "39", "40"),
        Article("bolso", None, "Bolso de mimbre", None, {"EUR": Price(12500, 2169)}),
        *_in_sizes("sharf", "Шерстяной шарф", {"EUR": Price(2900, 503)}, "Серый", "Синий"),
    ])  # fmt: skip
