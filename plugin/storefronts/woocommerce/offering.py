"""What a WooCommerce store sells now: price, tax and stock of products and their variations.

A price is a product's own, in the store's currency and, as the store sets it, with or without tax
(``woocommerce_prices_include_tax``). The tax is that which WooCommerce itself has laid on the same tax class in the
shopper's order: the rates for their place, their exemptions and their postcode are all in it. A price with tax is one
with the tax of the store's own country; for a shopper elsewhere WooCommerce takes that out and lays theirs on
(``woocommerce_adjust_non_base_location_prices``, ``wc_get_price_including_tax``), and so do we. A class of which the
order has nothing is quoted by a person. WooCommerce's API quotes no shipping: it costs nothing here.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from html import unescape
from typing import Any

from msgspec import Struct

from plugin.core.money import exponent
from plugin.ports.goods import Offered, Offers, StoreStatus, Wanted
from plugin.ports.payments import RejectCode, Rejected
from plugin.storefronts.platform_values import price, text
from plugin.storefronts.woocommerce.api import Refusal, WooApi
from plugin.storefronts.woocommerce.origins import (
    Origin,
    Rate,
    factor,
    percent_of,
    rates_of_class,
    read_origin,
)
from plugin.storefronts.woocommerce.wire import Image

_PER_PAGE = 100
_MOST_PAGES = 5


class _Attribute(Struct, frozen=True):
    option: str | None = None


class Product(Struct, frozen=True, kw_only=True):
    """A product, or a variation of one. ``manage_stock`` of a variation may be "parent"."""

    id: int
    name: str | None = None
    type: str = "simple"
    status: str = "publish"
    sku: str | int | None = None
    price: Any = None
    purchasable: bool = True
    tax_status: str = "taxable"
    tax_class: str | None = None
    manage_stock: bool | str = False
    stock_quantity: Any = None
    stock_status: str = "instock"
    backorders_allowed: bool = False
    attributes: list[_Attribute] = []
    images: list[Image] = []
    image: Image | None = None

    @property
    def available(self) -> int | None:
        if self.stock_status == "outofstock":
            return 0
        if not self.manage_stock or self.backorders_allowed or not isinstance(self.stock_quantity, int):
            return None
        return max(self.stock_quantity, 0)


class _Option(Struct, frozen=True):
    value: Any = None


class _Currency(Struct, frozen=True):
    code: str


class _StoreRate(Struct, frozen=True, kw_only=True):
    country: str = ""
    state: str = ""
    postcodes: list[str] = []
    cities: list[str] = []
    rate: Any = "0"
    priority: int = 1
    compound: bool = False


@dataclass(frozen=True)
class Prices:
    """How this store's prices become what this shopper pays; without an ``origin`` they are as the store lists them."""

    api: WooApi
    currency: str
    origin: Origin | None = None
    include_tax: bool = True

    async def of(self, product: Product) -> tuple[int, int]:
        """What one unit costs with its tax, and the tax. Raises ``Rejected``."""
        listed = price(product.price, self.currency, "price")
        if self.origin is None or product.tax_status != "taxable":
            return listed, 0
        rates = rates_of_class(self.origin, product.tax_class or "")
        if rates is None:
            raise Rejected(
                RejectCode.OTHER, "The order has nothing of this tax class, so that its tax is a person's to tell."
            )
        net = Decimal(str(product.price or 0)).scaleb(exponent(self.currency))
        if self.include_tax:
            net /= factor(await self._rates_at_home(product.tax_class or "", rates))
        gross = _whole(net * factor(rates))
        return gross, gross - _whole(net)

    async def _rates_at_home(self, tax_class: str, theirs: tuple[Rate, ...]) -> tuple[Rate, ...]:
        """The first rate of each priority for the store's own country, which its listed prices hold."""
        place = (await self.api.get("settings/general/woocommerce_default_country")).read(_Option).value
        home, _, state = str(place).partition(":")
        if self.origin is None or self.origin.country == home:
            return theirs
        of_class: dict[str, str | int] = {"class": tax_class or "standard"}
        reply = await self.api.get("taxes", per_page=_PER_PAGE, **of_class)
        found: dict[int, Rate] = {}
        for each in reply.read(list[_StoreRate]):
            is_here = each.country in ("", home) and each.state in ("", state) and not (each.postcodes or each.cities)
            if is_here:
                found.setdefault(each.priority, Rate(percent_of(each.rate), each.compound))
        return tuple(found.values())


async def offers(api: WooApi, order_id: str, wanted: tuple[Wanted, ...], currency: str) -> Offers:
    """See ``Goods.offers``."""
    prices = await prices_for(api, await read_origin(api, order_id), currency)
    offered = []
    for each in wanted:
        if found := await find_product(api, each.product_id, each.variant_id):
            offered.append(await _offered(prices, *found))
    return Offers(status=StoreStatus.DONE, offered=tuple(offered))


async def variants(api: WooApi, product_id: str, currency: str) -> Offers:
    """See ``Goods.variants``. Nobody's order is asked for, so prices are as the store lists them."""
    await _check_currency(api, currency)
    found = await find_product(api, product_id, None)
    if found is None:
        return Offers(status=StoreStatus.DONE)
    parent, prices = found[0], Prices(api, currency)
    if parent.type != "variable":
        return Offers(status=StoreStatus.DONE, offered=(await _offered(prices, parent, None),))
    variations: list[Product] = []
    for page in range(1, _MOST_PAGES + 1):
        some = (await api.get(f"products/{product_id}/variations", per_page=_PER_PAGE, page=page)).read(list[Product])
        variations += some
        if len(some) < _PER_PAGE:
            break
    offered = tuple([await _offered(prices, parent, each) for each in variations])
    return Offers(status=StoreStatus.DONE, offered=offered)


async def prices_for(api: WooApi, origin: Origin, currency: str) -> Prices:
    """Raises ``Rejected`` where order, store and we do not count in one currency."""
    await _check_currency(api, currency, origin.currency)
    option = (await api.get("settings/tax/woocommerce_prices_include_tax")).read(_Option)
    return Prices(api, currency, origin, include_tax=option.value == "yes")


async def find_product(
    api: WooApi, product_id: str, variant_id: str | None
) -> tuple[Product, Product | None] | None:  # fmt: skip
    """A product and the variation that is meant; None where the store has no such thing."""
    if not product_id.isdecimal() or not (variant_id is None or variant_id.isdecimal()):
        return None
    try:
        product = (await api.get(f"products/{product_id}")).read(Product)
        if variant_id is None:
            return product, None
        return product, (await api.get(f"products/{product_id}/variations/{variant_id}")).read(Product)
    except Refusal as no:
        if no.code is RejectCode.NOT_FOUND:
            return None
        raise


async def _check_currency(api: WooApi, *needed: str) -> None:
    code = (await api.get("data/currencies/current")).read(_Currency).code
    if any(each != code for each in needed):
        raise Rejected(RejectCode.OTHER, f"The store sells in {code}, and the order is in another currency.")


async def _offered(prices: Prices, product: Product, variation: Product | None) -> Offered:
    sold = variation or product
    is_whole = product.type != "variable" or variation is not None
    is_sold = is_whole and product.status == sold.status == "publish" and sold.purchasable and bool(sold.price)
    unit_price, unit_tax = await prices.of(sold) if is_sold else (0, 0)
    picture = variation.image if variation else None
    picture = picture or (product.images[0] if product.images else None)
    return Offered(
        product_id=str(product.id),
        variant_id=str(variation.id) if variation else None,
        title=text(unescape(product.name or "")) or f"#{product.id}",
        variant=text(unescape(", ".join(each.option or "" for each in variation.attributes))) if variation else None,
        sku=text(sold.sku),
        unit_price=unit_price,
        unit_tax=unit_tax,
        currency=prices.currency,
        available=sold.available,
        is_sold=is_sold,
        image_url=text(picture.src, 2000) if picture else None,
    )


async def offered_one(prices: Prices, wanted: Wanted) -> Offered | None:
    found = await find_product(prices.api, wanted.product_id, wanted.variant_id)
    return await _offered(prices, *found) if found else None


def _whole(amount: Decimal) -> int:
    return int(amount.quantize(Decimal(1), rounding=ROUND_HALF_UP))
