"""What the app may do (https://shopify.dev/docs/api/usage/access-scopes), and what a shop says of itself."""

from __future__ import annotations

from msgspec import Struct

from plugin.ports.platforms import Permission, StoreFacts
from plugin.ports.storefronts import StoreConnection
from plugin.storefronts.shopify.answers import Installation
from plugin.storefronts.shopify.api import API_VERSION, ShopifyApi

_SCOPES_OF = "query Scopes { currentAppInstallation { accessScopes { handle } } }"

_SHOP = """
query Shop {
  shop { name currencyCode ianaTimezone billingAddress { countryCodeV2 } primaryDomain { url } }
}"""

NEEDED_FOR = {
    "read_orders": "no order can be looked up, and no webhook of orders comes",
    "read_all_orders": "orders of more than 60 days are out of sight, and their shoppers are sent to a person",
    "write_orders": "nothing can be cancelled or refunded, and no note can be left",
    "read_fulfillments": "no webhook tells of parcels and their delivery, only the look every ten minutes",
    "read_merchant_managed_fulfillment_orders": "we cannot see what your own locations have yet to send",
    "write_merchant_managed_fulfillment_orders": "nothing can be held at your own locations while a person decides",
    "read_third_party_fulfillment_orders": "we cannot see what a fulfilment service has yet to send",
    "write_third_party_fulfillment_orders": "a fulfilment service cannot be asked to give a parcel back",
    "read_customers": "orders come without their customers, and codes cannot be bound to one",
    "read_products": "an order's lines do not say which product they are of, and nothing can be exchanged",
    "read_locations": "what was sent back cannot be put into stock where it was sent from",
    "write_order_edits": "no other variant can be sent instead, before an order leaves",
    "read_store_credit_accounts": "store credit cannot be looked for after a lost answer",
    "read_store_credit_account_transactions": "store credit cannot be looked for after a lost answer",
    "write_store_credit_account_transactions": "no store credit can be given",
    "read_discounts": "a retention code cannot be found again",
    "write_discounts": "retention codes cannot be made in your shop",
}
_MEND = "Add {scope} to the app's access scopes, release the version, and accept the change in the shop's admin."
_MEND_ALL = (
    "Add read_all_orders to the app's access scopes; an app that others install asks Shopify for it first, "
    "in its dashboard under API access."
)


class _ScopesData(Struct, frozen=True, rename="camel"):
    current_app_installation: Installation


class _BillingAddress(Struct, frozen=True, rename="camel"):
    country_code_v2: str | None = None


class _Domain(Struct, frozen=True):
    url: str | None = None


class _Shop(Struct, frozen=True, rename="camel"):
    name: str
    currency_code: str
    iana_timezone: str | None = None
    billing_address: _BillingAddress | None = None
    primary_domain: _Domain | None = None


class _ShopData(Struct, frozen=True):
    shop: _Shop


async def permissions(api: ShopifyApi, store: StoreConnection) -> tuple[Permission, ...]:
    """See ``Platform.permissions``. A scope to write is a scope to read as well."""
    installation = (await api.ask(store, _SCOPES_OF, {}, _ScopesData)).current_app_installation
    granted = {scope.handle for scope in installation.access_scopes}
    granted |= {f"read_{scope.removeprefix('write_')}" for scope in granted if scope.startswith("write_")}
    return tuple(
        Permission(
            name=scope,
            needed_for=needed_for,
            is_granted=scope in granted,
            mend=None if scope in granted else _MEND_ALL if scope == "read_all_orders" else _MEND.format(scope=scope),
        )
        for scope, needed_for in NEEDED_FOR.items()
    )


async def describe(api: ShopifyApi, store: StoreConnection) -> StoreFacts:
    """See ``Platform.describe``. Shopify tells the shop's languages only for a scope that we need for nothing else."""
    shop = (await api.ask(store, _SHOP, {}, _ShopData)).shop
    return StoreFacts(
        name=shop.name,
        currency=shop.currency_code,
        country=shop.billing_address.country_code_v2 if shop.billing_address else None,
        time_zone=shop.iana_timezone,
        version=f"Admin API {API_VERSION}",
        home_url=shop.primary_domain.url if shop.primary_domain else None,
    )
