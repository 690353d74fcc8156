"""What the shop sells: variants of products, each counted at its one location."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class DemoVariant:
    """``price`` is for one unit, in minor units, as the shop lists it. ``policy`` CONTINUE sells what is not there."""

    id: int
    product_id: int
    product: str
    title: str
    price: int
    stock: int = 100
    policy: str = "DENY"
    tracked: bool = True
    status: str = "ACTIVE"

    @property
    def is_for_sale(self) -> bool:
        return not self.tracked or self.policy == "CONTINUE" or self.stock > 0


def fashion() -> dict[int, DemoVariant]:
    """A shirt in three sizes, the largest of which costs more, and a scarf."""
    sold = (
        DemoVariant(7101, 71, "Linen shirt", "M", 3950),
        DemoVariant(7102, 71, "Linen shirt", "S", 3950),
        DemoVariant(7103, 71, "Linen shirt", "XL", 4450),
        DemoVariant(7201, 72, "Wool scarf", "Default Title", 2500),
    )
    return {variant.id: variant for variant in sold}


@dataclass
class DemoCredit:
    """A credit on a customer's account."""

    id: int
    customer_id: int
    amount: int
    currency: str
    at: str
    expires_at: str | None = None


@dataclass
class DemoEdit:
    """An edit of an order that is staged: ``taken`` by line, ``added`` by variant."""

    order_id: int
    taken: dict[int, int]
    added: dict[int, int]
