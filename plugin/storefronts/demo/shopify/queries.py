"""The root fields that only look: each as the documentation of version 2026-07 describes it."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from plugin.storefronts.demo.shopify.shelf import DemoVariant
from plugin.storefronts.demo.shopify.shop import DemoDiscount, DemoShopify
from plugin.storefronts.demo.shopify.told import Values, connection, gid, order_values, text

ALL_ORDERS_SINCE = timedelta(days=60)  # https://shopify.dev/docs/api/usage/access-scopes, read_all_orders
_SINCE = re.compile(r"updated_at:>='([^']+)'")
_SOURCE = re.compile(r"source_identifier:'([^']+)'")


def number(id: str, kind: str) -> int | None:
    """The number of a global id of this kind."""
    head, _, digits = id.rpartition("/")
    return int(digits) if head == f"gid://shopify/{kind}" and digits.isdecimal() else None


class Queries:
    """Called by the schema's fields, with their arguments by name."""

    def __init__(self, shop: DemoShopify) -> None:
        self._shop = shop

    def _seen(self) -> list[Values]:
        oldest = self._shop.clock.now() - ALL_ORDERS_SINCE
        sees_all = "read_all_orders" in self._shop.scopes
        return [order_values(order) for order in self._shop.orders.values() if sees_all or order.placed_at >= oldest]

    def order(self, info: Any, id: str) -> Values | None:
        return next((order for order in self._seen() if order["id"] == id), None)

    def orders(self, info: Any, query: str = "", **page: Any) -> Any:
        found = _SINCE.search(query)
        since = datetime.fromisoformat(found[1]) if found else None
        orders = [each for each in self._seen() if not since or datetime.fromisoformat(each["updatedAt"]) >= since]
        if source := _SOURCE.search(query):
            orders = [each for each in orders if each["sourceIdentifier"] == source[1]]
        page.pop("sortKey", None)
        return connection(sorted(orders, key=lambda each: (each["updatedAt"], each["id"])))(info, **page)

    def nodes(self, info: Any, ids: list[str]) -> list[Values | None]:
        lines = {line["id"]: line for order in self._seen() for line in order["lineItems"](info, first=1000)["nodes"]}
        return [lines.get(id) for id in ids]

    def fulfillment(self, info: Any, id: str) -> Values | None:
        parcels = (parcel for order in self._seen() for parcel in order["fulfillments"](info))
        return next((parcel for parcel in parcels if parcel["id"] == id), None)

    def refund(self, info: Any, id: str) -> Values | None:
        refunds = (refund for order in self._seen() for refund in order["refunds"](info))
        return next((refund for refund in refunds if refund["id"] == id), None)

    def job(self, info: Any, id: str) -> Values | None:
        job = self._shop.jobs.get(number(id, "Job") or 0)
        return {"id": id, "done": job.done} if job else None

    def shop(self, info: Any) -> Values:
        return {
            "name": self._shop.name,
            "currencyCode": self._shop.currency,
            "ianaTimezone": "Europe/Madrid",
            "billingAddress": {"countryCodeV2": "ES"},
            "primaryDomain": {"url": "https://lumen.example"},
        }

    def currentAppInstallation(self, info: Any) -> Values:
        return {"accessScopes": [{"handle": scope} for scope in sorted(self._shop.scopes)]}

    def customerByIdentifier(self, info: Any, identifier: Values) -> Values | None:
        id = self._shop.customers.get(identifier.get("emailAddress", ""))
        return {"id": gid("Customer", id)} if id else None

    def customer(self, info: Any, id: str) -> Values | None:
        wanted = number(id, "Customer")
        if wanted not in self._shop.customers.values():
            return None
        credits = [
            {
                "__typename": "StoreCreditAccountCreditTransaction",
                "id": gid("StoreCreditAccountCreditTransaction", each.id),
                "amount": {"amount": text(each.amount, each.currency), "currencyCode": each.currency},
                "createdAt": each.at,
            }
            for each in self._shop.credits
            if each.customer_id == wanted
        ]
        account = {"transactions": lambda info, reverse=False, **page: connection(credits[::-1])(info, **page)}
        return {"id": id, "storeCreditAccounts": connection([account])}

    def product(self, info: Any, id: str) -> Values | None:
        sold = [each for each in self._shop.variants.values() if gid("Product", each.product_id) == id]
        return {"id": id, "variants": connection([self._sold(each) for each in sold])} if sold else None

    def productVariant(self, info: Any, id: str) -> Values | None:
        found = self._shop.variants.get(number(id, "ProductVariant") or 0)
        return self._sold(found) if found else None

    def _sold(self, variant: DemoVariant) -> Values:
        return variant_values(variant, self._shop.currency)

    def codeDiscountNode(self, info: Any, id: str) -> Values | None:
        discount = self._shop.discounts.get(number(id, "DiscountCodeNode") or 0)
        return discount_values(discount) if discount else None

    def codeDiscountNodeByCode(self, info: Any, code: str) -> Values | None:
        """A code is the same in any case of its letters."""
        wanted = code.casefold()
        found = (each for each in self._shop.discounts.values() if each.input["code"].casefold() == wanted)
        return next(map(discount_values, found), None)

    def webhookSubscriptions(self, info: Any, topics: list[str] | None = None, **page: Any) -> Any:
        hooks = [hook for hook in self._shop.hooks.values() if topics is None or hook.topic in topics]
        return connection(
            [{"id": gid("WebhookSubscription", each.id), "topic": each.topic, "uri": each.uri} for each in hooks]
        )(info, **page)


def variant_values(variant: DemoVariant, currency: str) -> Values:
    price = text(variant.price, currency)
    return {
        "id": gid("ProductVariant", variant.id),
        "title": variant.title,
        "sku": f"SKU-{variant.id}",
        "price": price,
        "availableForSale": variant.is_for_sale,
        "inventoryQuantity": variant.stock,
        "inventoryPolicy": variant.policy,
        "taxable": True,
        "inventoryItem": {"tracked": variant.tracked},
        "product": {"id": gid("Product", variant.product_id), "title": variant.product, "status": variant.status},
        "contextualPricing": lambda info, context: {"price": {"amount": price, "currencyCode": currency}},
    }


def discount_values(discount: DemoDiscount) -> Values:
    return {
        "id": gid("DiscountCodeNode", discount.id),
        "codeDiscount": {"__typename": discount.kind, "title": discount.input["title"]},
    }
