"""Orders that we have a Shopify shop make (https://shopify.dev/docs/api/admin-graphql/2026-07/mutations/orderCreate).

``orderCreate`` and not a draft that is completed: one call, prices of our own, and nobody is sent an invoice. It is not
among the mutations that take ``@idempotent``, so such an order carries its key as ``sourceIdentifier``, by which it is
searched for first; and because the search lags behind, the first order is marked before the call (``asking_once``).

What the returned goods pay is a discount on the items, and the shipping line costs what is left of it, so that the
order's total is what was collected; that part is told as paid by a gateway that is none of the shop's.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from msgspec import Struct

from plugin.core.money import as_decimal, share_out
from plugin.ports.goods import OutboundAnswer, OutboundLine, OutboundOrder, StoreStatus, Wanted
from plugin.ports.payments import OutcomeUnknown, RejectCode, Rejected
from plugin.ports.storefronts import StoreConnection
from plugin.storefronts.shopify.amounts import global_number
from plugin.storefronts.shopify.answers import Connection, Ref
from plugin.storefronts.shopify.api import ShopifyApi, UserError, refuse, words_of
from plugin.storefronts.shopify.asking_once import NAMESPACE, Remembered, asking, check_not_under_way, name_of
from plugin.storefronts.shopify.marks import handle_of
from plugin.storefronts.shopify.offering import Variant, find_variant
from plugin.storefronts.shopify.payments import OUR_GATEWAY
from plugin.storefronts.shopify.reading import gid

_ADDRESS = """
fragment Whole on MailingAddress {
  firstName lastName company address1 address2 city provinceCode countryCodeV2 zip phone
}"""

_ORIGIN = f"""
query Origin($id: ID!, $mark: String!, $query: String!) {{
  order(id: $id) {{
    name email customer {{ id }} shippingAddress {{ ...Whole }} billingAddress {{ ...Whole }}
    metafield(namespace: "{NAMESPACE}", key: $mark) {{ value }}
  }}
  orders(query: $query, first: 5) {{ nodes {{ id name sourceIdentifier }} }}
}}
{_ADDRESS}"""

_MAKE = """
mutation MakeOrder($order: OrderCreateOrderInput!, $options: OrderCreateOptionsInput) {
  orderCreate(order: $order, options: $options) {
    order { id name sourceIdentifier } userErrors { message field code }
  }
}"""

_OF_STOCK = ("inventory", "stock")
_RATE = Decimal("0.0001")


class _Address(Struct, frozen=True, kw_only=True, rename="camel"):
    first_name: str | None = None
    last_name: str | None = None
    company: str | None = None
    address1: str | None = None
    address2: str | None = None
    city: str | None = None
    province_code: str | None = None
    country_code_v2: str | None = None
    zip: str | None = None
    phone: str | None = None

    def as_input(self) -> dict[str, str | None]:
        return {
            "firstName": self.first_name, "lastName": self.last_name, "company": self.company,
            "address1": self.address1, "address2": self.address2, "city": self.city, "zip": self.zip,
            "provinceCode": self.province_code, "countryCode": self.country_code_v2, "phone": self.phone,
        }  # fmt: skip


class _Origin(Struct, frozen=True, kw_only=True, rename="camel"):
    name: str
    email: str | None = None
    customer: Ref | None = None
    shipping_address: _Address | None = None
    billing_address: _Address | None = None
    metafield: Remembered | None = None


class _Made(Struct, frozen=True, rename="camel"):
    id: str
    name: str
    source_identifier: str | None = None

    def told(self) -> OutboundAnswer:
        return OutboundAnswer(
            status=StoreStatus.DONE, order_id=global_number(self.id) or self.id, order_number=self.name
        )


class _OriginData(Struct, frozen=True):
    order: _Origin | None
    orders: Connection[_Made]


class _Making(Struct, frozen=True, rename="camel"):
    order: _Made | None = None
    user_errors: list[UserError] = []


class _MakeData(Struct, frozen=True, rename="camel"):
    order_create: _Making


class _NoStock(Rejected):
    """Shopify could not take the goods off the shelf."""


async def make_order(
    api: ShopifyApi, store: StoreConnection, order: OutboundOrder, now: datetime
) -> OutboundAnswer:  # fmt: skip
    """See ``Goods.make_order``."""
    name, source = name_of("order", order.key), handle_of(order.key)
    variables = {"id": gid("Order", order.order_id), "mark": name, "query": f"source_identifier:'{source}'"}
    told = await api.ask(store, _ORIGIN, variables, _OriginData)
    if made := next((each for each in told.orders.nodes if each.source_identifier == source), None):
        return made.told()
    origin = told.order
    if origin is None:
        raise Rejected(RejectCode.NOT_FOUND, "Shopify knows no such order.")
    check_not_under_way(origin.metafield, now)
    variants = []
    for line in order.lines:
        wanted = Wanted(product_id=line.product_id, variant_id=line.variant_id)
        variant = await find_variant(api, store, wanted, None)
        if variant is None or (variant.available is not None and variant.available < line.quantity):
            return OutboundAnswer(status=StoreStatus.OUT_OF_STOCK, reason=f"There is not enough of {line.title}.")
        variants.append(variant)
    asked = {
        "order": _input(order, origin, variants, source),
        "options": {"inventoryBehaviour": "DECREMENT_OBEYING_POLICY", "sendReceipt": False},
    }
    try:
        async with asking(api, store, order.order_id, name, now.isoformat()):
            answer = (await api.ask(store, _MAKE, asked, _MakeData)).order_create
            _refuse(answer.user_errors)
            if answer.order is None:
                raise OutcomeUnknown("Shopify answered with neither an order nor an error.")
    except _NoStock as none:
        return OutboundAnswer(status=StoreStatus.OUT_OF_STOCK, reason=none.reason)
    return answer.order.told()


def _refuse(errors: list[UserError]) -> None:
    """What was sold since our look is refused for its stock, in words only."""
    if any(word in error.message.lower() for error in errors for word in _OF_STOCK):
        raise _NoStock(RejectCode.OTHER, words_of(errors))
    refuse(errors)


def _input(order: OutboundOrder, origin: _Origin, variants: list[Variant], source: str) -> dict[str, Any]:
    goods = [line.unit_price * line.quantity for line in order.lines]
    *paid, paid_shipping = share_out(order.collected, [*goods, order.shipping])
    credited = sum(goods) - sum(paid)
    made: dict[str, Any] = {
        "sourceIdentifier": source,
        "sourceName": "comeback",
        "currency": order.currency,
        "taxesIncluded": True,
        "financialStatus": "PAID",
        "email": origin.email,
        "customer": {"toAssociate": {"id": origin.customer.id}} if origin.customer else None,
        "shippingAddress": origin.shipping_address.as_input() if origin.shipping_address else None,
        "billingAddress": origin.billing_address.as_input() if origin.billing_address else None,
        "note": order.note,
        "tags": [f"comeback-{order.reason}"],
        "customAttributes": [{"key": "Comeback", "value": f"{order.reason} for order {order.order_number}"}],
        "lineItems": [
            _line(order, line, variant, part) for line, variant, part in zip(order.lines, variants, paid, strict=True)
        ],
    }
    if credited:
        amount = _money(credited, order.currency)
        made["discountCode"] = {"itemFixedDiscountCode": {"code": f"Comeback {order.reason}", "amountSet": amount}}
    if order.shipping:
        tax = _tax(paid_shipping, order.shipping, order.shipping_tax, order.currency)
        cost = _money(paid_shipping, order.currency)
        made["shippingLines"] = [{"title": "Shipping", "priceSet": cost, "taxLines": tax}]
    if order.collected:
        amount = _money(order.collected, order.currency)
        made["transactions"] = [{"kind": "SALE", "status": "SUCCESS", "gateway": OUR_GATEWAY, "amountSet": amount}]
    return made


def _line(order: OutboundOrder, line: OutboundLine, variant: Variant, paid: int) -> dict[str, Any]:
    return {
        "variantId": variant.id,
        "quantity": line.quantity,
        "priceSet": _money(line.unit_price, order.currency),
        "taxLines": _tax(paid, line.unit_price, line.unit_tax, order.currency),
    }


def _tax(paid: int, price: int, tax: int, currency: str) -> list[dict[str, Any]]:
    """The tax in what was paid: its amount is "after discounts" (``OrderCreateTaxLineInput``)."""
    if not tax or not paid:
        return []
    rate = (Decimal(tax) / (price - tax)).quantize(_RATE) if price > tax else Decimal(0)
    return [{"title": "Tax", "rate": str(rate), "priceSet": _money(paid * tax // price, currency)}]


def _money(amount: int, currency: str) -> dict[str, Any]:
    return {"shopMoney": {"amount": str(as_decimal(amount, currency)), "currencyCode": currency}}
