"""What we ask a standard store about goods, and what it may answer (docs/storefronts/standard.md).

Amounts are integers in minor units of the currency that is named. A price is what one unit costs the shopper, with its
tax; ``request_id`` is the ask's idempotency key at the store. No ask holds a time, so that a repetition is the same to
the byte. Unknown fields of an answer are allowed.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from plugin.ports.goods import Address, OutboundLine, Wanted
from plugin.ports.orders import LineCount
from plugin.storefronts.standard import wire
from plugin.storefronts.standard.wire import Amount, Id, SignedAmount, Text, Word

MOST_OFFERS = 1000


class OffersData(Struct, frozen=True, kw_only=True):
    """Price, tax and stock for the shopper of this order, as their country has it."""

    order_id: str
    currency: str
    wanted: tuple[Wanted, ...]


class OffersAsk(Struct, frozen=True, tag_field="type", tag="goods.offers_requested"):
    data: OffersData


class VariantsData(Struct, frozen=True, kw_only=True):
    product_id: str
    currency: str


class VariantsAsk(Struct, frozen=True, tag_field="type", tag="goods.variants_requested"):
    data: VariantsData


class OrderData(Struct, frozen=True, kw_only=True):
    """A paid order to make, for the shopper of ``order_id`` and to its address."""

    request_id: str
    order_id: str
    order_number: str
    reason: str
    currency: str
    lines: tuple[OutboundLine, ...]
    shipping: int
    shipping_tax: int
    credited: int
    collected: int
    note: str | None


class OrderAsk(Struct, frozen=True, tag_field="type", tag="order.create_requested"):
    data: OrderData


class RestockData(Struct, frozen=True, kw_only=True):
    request_id: str
    order_id: str
    lines: tuple[LineCount, ...]


class RestockAsk(Struct, frozen=True, tag_field="type", tag="order.restock_requested"):
    data: RestockData


class FixData(Struct, frozen=True, kw_only=True):
    """Another address, or ``to.quantity`` units of ``line_id`` as ``to``. A trial is only asked what it would cost.
    ``collected`` of what it costs is paid at Comeback: the store collects nothing more."""

    request_id: str
    order_id: str
    address: Address | None
    line_id: str | None
    to: Wanted | None
    collected: int
    is_trial: bool


class FixAsk(Struct, frozen=True, tag_field="type", tag="order.fix_requested"):
    data: FixData


class CreditData(Struct, frozen=True, kw_only=True):
    request_id: str
    order_id: str
    customer_id: str | None
    email: str | None
    amount: int
    currency: str
    expires_at: datetime | None


class CreditAsk(Struct, frozen=True, tag_field="type", tag="credit.requested"):
    data: CreditData


GoodsAsk = OffersAsk | VariantsAsk | OrderAsk | RestockAsk | FixAsk | CreditAsk


class OfferBody(Struct, frozen=True, kw_only=True):
    """One product or variant as it is sold now. Leave out ``available`` where stock is not counted."""

    product_id: Id
    title: Text
    unit_price: Amount
    unit_tax: Amount = 0
    variant_id: Id | None = None
    variant: Text | None = None
    sku: Word | None = None
    available: Annotated[int, Meta(ge=0, le=10**9)] | None = None
    is_sold: bool = True
    image_url: wire.Address | None = None


class OffersBody(Struct, frozen=True, kw_only=True):
    """The answer about goods. What the store does not know it leaves out; ``shipping`` is for all of it together."""

    currency: Annotated[str, Meta(min_length=3, max_length=3)]
    offers: Annotated[tuple[OfferBody, ...], Meta(max_length=MOST_OFFERS)]
    shipping: Amount = 0
    shipping_tax: Amount = 0


class SaidBody(Struct, frozen=True, kw_only=True):
    """The answer to an ask that does something. ``refused`` is a no for good; nothing was done then."""

    status: Literal["done", "out_of_stock", "too_late", "refused", "unsupported"]
    reason: str | None = None


class OrderMadeBody(SaidBody, frozen=True, kw_only=True):
    order_id: Id | None = None
    order_number: Id | None = None


class FixedBody(SaidBody, frozen=True, kw_only=True):
    """``costs`` is by how much the order's total grows (negative: it is cheaper), ``tax`` by how much its tax, and
    ``shipping`` by how much its sending (with its tax) does; both are within ``costs``."""

    costs: SignedAmount = 0
    tax: SignedAmount = 0
    shipping: SignedAmount = 0


class CreditedBody(SaidBody, frozen=True, kw_only=True):
    reference: Id | None = None
