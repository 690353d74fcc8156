"""The parts of an order that orders made, corrected and quoted for its shopper need: the addresses as they stand, and
how each line was taxed (wp-api-v3, ``_orders.md``)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from msgspec import Struct

from plugin.ports.payments import RejectCode, Rejected
from plugin.ports.storefronts import Unparseable
from plugin.storefronts.platform_values import country
from plugin.storefronts.woocommerce.api import WooApi
from plugin.storefronts.woocommerce.looking import find_as
from plugin.storefronts.woocommerce.wire import MetaData


class LineTax(Struct, frozen=True):
    """``total`` is "" for a rate of the order that was not laid on this line."""

    id: Any = None
    total: Any = None


class OriginLine(Struct, frozen=True, kw_only=True):
    id: int
    product_id: int | None = None
    variation_id: int | None = None
    quantity: Any
    tax_class: str | None = None
    taxes: list[LineTax] = []
    subtotal: Any = None
    total: Any = None
    total_tax: Any = None
    meta_data: list[MetaData] = []


class TaxLine(Struct, frozen=True, kw_only=True):
    rate_id: int | None = None
    rate_percent: Any = None
    compound: bool = False


class Origin(Struct, frozen=True, kw_only=True):
    id: int
    number: str | int
    status: str
    currency: str
    total: Any = None
    total_tax: Any = None
    customer_id: int | None = None
    billing: dict[str, Any] | list[Any] = {}
    shipping: dict[str, Any] | list[Any] = {}
    line_items: list[OriginLine] = []
    tax_lines: list[TaxLine] = []
    meta_data: list[MetaData] = []

    @property
    def country(self) -> str | None:
        addresses = (each for each in (self.shipping, self.billing) if isinstance(each, dict))
        return country(*(each.get("country") for each in addresses))


class Rate(Struct, frozen=True):
    """A tax of so many percent; a ``compound`` one is laid on the others too."""

    percent: Decimal
    compound: bool = False


def factor(rates: tuple[Rate, ...]) -> Decimal:
    """What a price without tax is multiplied with (``class-wc-tax.php``, ``calc_exclusive_tax``)."""
    whole = 1 + sum(rate.percent for rate in rates if not rate.compound) / Decimal(100)
    for rate in rates:
        whole *= 1 + rate.percent / Decimal(100) if rate.compound else 1
    return whole


def rates_of_class(origin: Origin, tax_class: str) -> tuple[Rate, ...] | None:
    """How WooCommerce itself has taxed this class for this shopper; None where the order has nothing of it."""
    of_class = [line for line in origin.line_items if _class(line.tax_class) == _class(tax_class)]
    if not of_class:
        return None
    laid = {str(tax.id) for line in of_class for tax in line.taxes if tax.total not in ("", None)}
    return tuple(
        Rate(percent_of(tax.rate_percent), tax.compound) for tax in origin.tax_lines if str(tax.rate_id) in laid
    )


def percent_of(value: Any) -> Decimal:
    """Raises ``Unparseable``."""
    try:
        percent = Decimal(str(value))
    except ArithmeticError as error:
        raise Unparseable(f"rate_percent: {value!r} is no rate.") from error
    if not percent.is_finite() or not 0 <= percent < 1000:
        raise Unparseable(f"rate_percent: {value!r} is no rate.")
    return percent


async def read_origin(api: WooApi, order_id: str) -> Origin:
    """Raises ``Rejected`` where the store has no such order."""
    found = await find_as(api, order_id, Origin)
    if found is None:
        raise Rejected(RejectCode.NOT_FOUND, "The store does not know this order any more.")
    return found


def _class(name: str | None) -> str:
    return "" if name in (None, "standard") else name
