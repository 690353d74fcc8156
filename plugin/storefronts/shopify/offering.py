"""What a Shopify shop sells now: price, tax and stock of a product's variants.

A price is the one of the shopper's country (``contextualPricing``), and has to be in the order's currency. Its tax has
the rates that Shopify itself has laid on the shopper's order: those of the same product, or else the only ones there.
Shopify quotes no shipping for an order that nobody checks out: it costs nothing here.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from msgspec import Struct

from plugin.ports.goods import Offered, Offers, StoreStatus, Wanted
from plugin.ports.payments import RejectCode, Rejected
from plugin.ports.storefronts import StoreConnection
from plugin.storefronts.platform_values import price, text
from plugin.storefronts.shopify.amounts import global_number
from plugin.storefronts.shopify.answers import Connection, MoneyV2, Ref
from plugin.storefronts.shopify.api import ShopifyApi
from plugin.storefronts.shopify.reading import gid

_SOLD = """
fragment Sold on ProductVariant {
  id title sku price availableForSale inventoryQuantity inventoryPolicy taxable inventoryItem { tracked }
  product { id title status }
  contextualPricing(context: {country: $country}) { price { amount currencyCode } }
}"""

_VARIANT = f"""
query Variant($id: ID!, $country: CountryCode) {{
  shop {{ currencyCode }} variant: productVariant(id: $id) {{ ...Sold }}
}}
{_SOLD}"""

_VARIANTS = f"""
query Variants($id: ID!, $country: CountryCode, $after: String) {{
  shop {{ currencyCode }}
  product(id: $id) {{
    variants(first: 80, after: $after) {{ nodes {{ ...Sold }} pageInfo {{ hasNextPage endCursor }} }}
  }}
}}
{_SOLD}"""

_SHOPPER = """
query OffersFor($id: ID!) {
  order(id: $id) {
    currencyCode presentmentCurrencyCode taxesIncluded
    shippingAddress { countryCodeV2 } billingAddress { countryCodeV2 }
    lineItems(first: 100) { nodes { product { id } taxLines { rate } } }
  }
}"""

_MOST_PAGES = 5


class _Tax(Struct, frozen=True):
    rate: Any = None


class _Line(Struct, frozen=True, rename="camel"):
    product: Ref | None = None
    tax_lines: list[_Tax] = []

    @property
    def rate(self) -> Decimal:
        return sum((Decimal(str(tax.rate or 0)) for tax in self.tax_lines), Decimal(0))


class Place(Struct, frozen=True, rename="camel"):
    country_code_v2: str | None = None


class Shopper(Struct, frozen=True, kw_only=True, rename="camel"):
    """What of an order decides on prices."""

    currency_code: str
    presentment_currency_code: str
    taxes_included: bool
    shipping_address: Place | None = None
    billing_address: Place | None = None
    line_items: Connection[_Line] = Connection()

    @property
    def country(self) -> str | None:
        places = (each for each in (self.shipping_address, self.billing_address) if each)
        return next((place.country_code_v2 for place in places if place.country_code_v2), None)

    def rate_of(self, product_id: str) -> Decimal:
        """Raises ``Rejected`` where the order does not tell."""
        lines = self.line_items.nodes
        rates = {line.rate for line in lines if line.product and line.product.id == product_id}
        rates = rates or {line.rate for line in lines}
        if len(rates) > 1:
            raise Rejected(
                RejectCode.OTHER, "The order is taxed in several ways, so that the tax is a person's to tell."
            )
        return next(iter(rates), Decimal(0))


class _ShopperData(Struct, frozen=True):
    order: Shopper | None


class _Shop(Struct, frozen=True, rename="camel"):
    currency_code: str


class _Product(Struct, frozen=True):
    id: str
    title: str
    status: str


class _Item(Struct, frozen=True):
    tracked: bool = False


class _Contextual(Struct, frozen=True):
    price: MoneyV2


class Variant(Struct, frozen=True, kw_only=True, rename="camel"):
    id: str
    title: str
    sku: str | None = None
    price: Any
    available_for_sale: bool = True
    inventory_quantity: int | None = None
    inventory_policy: str = "DENY"
    taxable: bool = True
    inventory_item: _Item = _Item()
    product: _Product
    contextual_pricing: _Contextual | None = None

    @property
    def available(self) -> int | None:
        """None where it is not counted, or sold beyond what is there."""
        if not self.inventory_item.tracked or self.inventory_policy == "CONTINUE":
            return None
        return max(self.inventory_quantity or 0, 0) if self.available_for_sale else 0


class _VariantData(Struct, frozen=True):
    shop: _Shop
    variant: Variant | None


class _Variants(Struct, frozen=True):
    variants: Connection[Variant]


class _VariantsData(Struct, frozen=True):
    shop: _Shop
    product: _Variants | None


async def offers(
    api: ShopifyApi, store: StoreConnection, order_id: str, wanted: tuple[Wanted, ...], currency: str
) -> Offers:
    """See ``Goods.offers``."""
    shopper = (await api.ask(store, _SHOPPER, {"id": gid("Order", order_id)}, _ShopperData)).order
    if shopper is None:
        raise Rejected(RejectCode.NOT_FOUND, "Shopify knows no such order.")
    if {shopper.currency_code, shopper.presentment_currency_code} != {currency}:
        raise Rejected(RejectCode.OTHER, f"The order was paid in another currency than {currency}.")
    found = [await find_variant(api, store, each, shopper.country) for each in wanted]
    offered = tuple(_offered(variant, currency, shopper) for variant in found if variant)
    return Offers(status=StoreStatus.DONE, offered=offered)


async def variants(api: ShopifyApi, store: StoreConnection, product_id: str, currency: str) -> Offers:
    """See ``Goods.variants``. Nobody's order is asked for, so prices are as the shop lists them."""
    found = await _variants_of(api, store, product_id, None, currency)
    return Offers(status=StoreStatus.DONE, offered=tuple(_offered(each, currency, None) for each in found))


async def find_variant(
    api: ShopifyApi, store: StoreConnection, wanted: Wanted, country: str | None
) -> Variant | None:  # fmt: skip
    """By the variant's id or, as an order's line has it, its title; without one, the product's only variant."""
    named = wanted.variant_id
    if named is not None and named.isdecimal():
        variables = {"id": gid("ProductVariant", named), "country": country}
        return (await api.ask(store, _VARIANT, variables, _VariantData)).variant
    found = await _variants_of(api, store, wanted.product_id, country)
    matching = [each for each in found if named is None or each.title == named]
    return matching[0] if len(matching) == 1 else None


async def _variants_of(
    api: ShopifyApi, store: StoreConnection, product_id: str, country: str | None, currency: str | None = None
) -> list[Variant]:
    if not product_id.isdecimal():
        return []
    found: list[Variant] = []
    variables = {"id": gid("Product", product_id), "country": country, "after": None}
    for _ in range(_MOST_PAGES):
        told = await api.ask(store, _VARIANTS, variables, _VariantsData)
        if currency is not None and told.shop.currency_code != currency:
            raise Rejected(RejectCode.OTHER, f"The shop sells in {told.shop.currency_code}, not in {currency}.")
        if told.product is None:
            return []
        found += told.product.variants.nodes
        if not told.product.variants.page_info.has_next_page:
            break
        variables["after"] = told.product.variants.page_info.end_cursor
    return found


def _offered(variant: Variant, currency: str, shopper: Shopper | None) -> Offered:
    listed = price(variant.price, currency, "price")
    unit_price, unit_tax = (listed, 0) if shopper is None else _price_for(variant, currency, shopper)
    return Offered(
        product_id=global_number(variant.product.id) or variant.product.id,
        variant_id=global_number(variant.id),
        title=text(variant.product.title) or variant.id,
        variant=text(variant.title),
        sku=text(variant.sku),
        unit_price=unit_price,
        unit_tax=unit_tax,
        currency=currency,
        available=variant.available,
        is_sold=variant.product.status == "ACTIVE",
    )


def _price_for(variant: Variant, currency: str, shopper: Shopper) -> tuple[int, int]:
    """What one unit costs with its tax, and the tax."""
    theirs = variant.contextual_pricing.price if variant.contextual_pricing else None
    if theirs is not None and theirs.currency_code != currency:
        raise Rejected(RejectCode.OTHER, f"The shop sells to this country in {theirs.currency_code}.")
    listed = price(theirs.amount if theirs else variant.price, currency, "price")
    rate = shopper.rate_of(variant.product.id) if variant.taxable else Decimal(0)
    if shopper.taxes_included:
        return listed, listed - _whole(listed / (1 + rate))
    return listed + _whole(listed * rate), _whole(listed * rate)


def _whole(amount: Decimal) -> int:
    return int(amount.quantize(Decimal(1), rounding=ROUND_HALF_UP))
