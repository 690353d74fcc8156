"""What a store does with goods for us: it says what they cost, orders new ones, takes old ones back into stock, puts an
order right, gives credit of its own.

Each call does its own I/O outside any transaction, names what it does by a key (the same key twice is once), and never
raises for the store's troubles: not knowing is an answer (``UNKNOWN``), and is asked again under the same key. A store
that has no such thing answers ``UNSUPPORTED``, and a person does it in its admin. Amounts are ISO minor units of
``currency``; a price is what one unit costs the shopper, with its tax.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from plugin.ports.orders import LineCount
from plugin.ports.storefronts import StoreConnection


class Wanted(Struct, frozen=True, kw_only=True):
    """So many units of a product, or of one of its variants, by the store's own ids."""

    product_id: str
    variant_id: str | None = None
    quantity: int = 1


class Offered(Struct, frozen=True, kw_only=True):
    """One product or variant as the store sells it now. ``available`` is None where the store does not count it."""

    product_id: str
    variant_id: str | None = None
    title: str
    variant: str | None = None
    sku: str | None = None
    unit_price: int
    unit_tax: int = 0
    currency: str
    available: int | None = None
    is_sold: bool = True  # False: no longer sold at all
    image_url: str | None = None


class StoreStatus(StrEnum):
    """How a call ended. ``REFUSED`` is a definitive no, with its reason; nothing happened."""

    DONE = "done"
    OUT_OF_STOCK = "out_of_stock"
    TOO_LATE = "too_late"  # it has left already
    REFUSED = "refused"
    UNSUPPORTED = "unsupported"
    UNKNOWN = "unknown"


class Offers(Struct, frozen=True, kw_only=True):
    """``offered`` has one for each that was wanted and that the store knows; ``shipping`` is what it costs."""

    status: StoreStatus
    offered: tuple[Offered, ...] = ()
    shipping: int = 0
    shipping_tax: int = 0
    reason: str | None = None


class OutboundLine(Struct, frozen=True, kw_only=True):
    product_id: str
    variant_id: str | None
    title: str
    quantity: int
    unit_price: int
    unit_tax: int = 0


class OutboundOrder(Struct, frozen=True, kw_only=True):
    """An order to make in the store, to the address of ``order_id``, whose shopper it is for.

    It is paid: nothing of it is to be collected. ``credited`` is what the goods that came back, or the fault, pay of it
    and ``collected`` what the shopper paid on top.
    """

    key: str
    order_id: str
    order_number: str
    reason: str  # exchange, reshipment
    currency: str
    lines: tuple[OutboundLine, ...]
    shipping: int = 0
    shipping_tax: int = 0
    credited: int = 0
    collected: int = 0
    note: str | None = None

    @property
    def price(self) -> int:
        """What all of it costs, its tax and its sending included."""
        return self.shipping + sum(line.unit_price * line.quantity for line in self.lines)


class OutboundAnswer(Struct, frozen=True, kw_only=True):
    status: StoreStatus
    order_id: str | None = None  # the store's id of the new order, by which its webhooks name it
    order_number: str | None = None
    reason: str | None = None


class Restock(Struct, frozen=True, kw_only=True):
    """Units that came back and may be sold again."""

    key: str
    order_id: str
    lines: tuple[LineCount, ...]


class Address(Struct, frozen=True, kw_only=True):
    """Where an order goes. ``country`` is ISO 3166-1 alpha-2."""

    name: str
    line1: str
    line2: str | None = None
    city: str
    region: str | None = None
    postal_code: str | None = None
    country: str
    phone: str | None = None


class Fix(Struct, frozen=True, kw_only=True):
    """A correction of an order that has not left: another address, or another variant of units of a line.

    ``is_trial`` only asks what it would cost: nothing is changed. ``collected`` is what the shopper has paid us for it:
    nothing more is to be asked of them.
    """

    key: str
    order_id: str
    address: Address | None = None
    line_id: str | None = None
    to: Wanted | None = None
    collected: int = 0
    is_trial: bool = False


class FixAnswer(Struct, frozen=True, kw_only=True):
    """``costs`` is by how much the order's total changes (negative: it is cheaper), with ``tax`` in it, and in it what
    the ``shipping`` (with its tax) changes by, where the store tells that."""

    status: StoreStatus
    costs: int = 0
    tax: int = 0
    shipping: int = 0
    reason: str | None = None


class StoreCredit(Struct, frozen=True, kw_only=True):
    """Credit of the store's own, for the customer of an order."""

    key: str
    order_id: str
    customer_id: str | None
    email: str | None
    amount: int
    currency: str
    expires_at: datetime | None = None


class CreditAnswer(Struct, frozen=True, kw_only=True):
    status: StoreStatus
    reference: str | None = None
    reason: str | None = None


class Goods(Protocol):
    """The goods of one platform."""

    name: str

    async def offers(self, store: StoreConnection, order_id: str, wanted: tuple[Wanted, ...], currency: str) -> Offers:
        """Price, tax and stock for the shopper of this order, as their country and currency have it."""
        ...

    async def variants(self, store: StoreConnection, product_id: str, currency: str) -> Offers:
        """Everything that a product comes in, as ``offered``."""
        ...

    async def make_order(self, store: StoreConnection, order: OutboundOrder) -> OutboundAnswer:
        """Make the order, or find the one that was made under this key."""
        ...

    async def restock(self, store: StoreConnection, restock: Restock) -> StoreStatus: ...

    async def fix(self, store: StoreConnection, fix: Fix) -> FixAnswer: ...

    async def give_credit(self, store: StoreConnection, credit: StoreCredit) -> CreditAnswer: ...
