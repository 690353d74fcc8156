"""Retention codes as Shopify's own discount codes: used once, by one customer, combined with nothing
(https://shopify.dev/docs/api/admin-graphql/2026-07/mutations/discountCodeBasicCreate, and beside it
discountCodeFreeShippingCreate).

A code is bound to a customer where the e-mail address is one's; Shopify cannot bind it to an address as such. Creating
is not idempotent there, but a code's text exists only once in a shop, so a repetition finds the first.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from msgspec import Struct

from plugin.core.money import as_decimal
from plugin.ports.payments import OutcomeUnknown, Promotion, PromotionKind, RejectCode, Rejected
from plugin.ports.storefronts import StoreConnection
from plugin.storefronts.shopify.answers import Ref
from plugin.storefronts.shopify.api import ShopifyApi, UserError, refuse

_BY_CODE = """
query ByCode($code: String!) {
  codeDiscountNodeByCode(code: $code) {
    id
    codeDiscount { ... on DiscountCodeBasic { title } ... on DiscountCodeFreeShipping { title } }
  }
}"""

_CUSTOMER = "query ByEmail($email: String!) { customerByIdentifier(identifier: {emailAddress: $email}) { id } }"

_BASIC = """
mutation MakeCode($code: DiscountCodeBasicInput!) {
  made: discountCodeBasicCreate(basicCodeDiscount: $code) {
    codeDiscountNode { id } userErrors { message field code }
  }
}"""

_FREE_SHIPPING = """
mutation MakeFreeShippingCode($code: DiscountCodeFreeShippingInput!) {
  made: discountCodeFreeShippingCreate(freeShippingCodeDiscount: $code) {
    codeDiscountNode { id } userErrors { message field code }
  }
}"""

_END = """
mutation EndCode($id: ID!) { discountCodeDeactivate(id: $id) { userErrors { message field code } } }"""

_STATUS = "query CodeStatus($id: ID!) { codeDiscountNode(id: $id) { id } }"


class _Discount(Struct, frozen=True):
    title: str | None = None


class _Node(Struct, frozen=True, rename="camel"):
    id: str
    code_discount: _Discount


class _ByCodeData(Struct, frozen=True, rename="camel"):
    code_discount_node_by_code: _Node | None


class _CustomerData(Struct, frozen=True, rename="camel"):
    customer_by_identifier: Ref | None


class _Made(Struct, frozen=True, rename="camel"):
    code_discount_node: Ref | None = None
    user_errors: list[UserError] = []


class _MadeData(Struct, frozen=True):
    made: _Made


class _Ended(Struct, frozen=True, rename="camel"):
    user_errors: list[UserError] = []


class _EndData(Struct, frozen=True, rename="camel"):
    discount_code_deactivate: _Ended


class _StatusData(Struct, frozen=True, rename="camel"):
    code_discount_node: Ref | None


async def publish_code(
    api: ShopifyApi, store: StoreConnection, promotion: Promotion, email: str | None, now: datetime
) -> str:
    """See ``Platform.publish_code``; the id is Shopify's global one. The title carries the code's id, by which a
    repetition tells our code from one that somebody else gave the same text."""
    title = f"Comeback {promotion.code_id}"
    node = (await api.ask(store, _BY_CODE, {"code": promotion.code}, _ByCodeData)).code_discount_node_by_code
    if node is not None:
        if node.code_discount.title != title:
            raise Rejected(RejectCode.OTHER, "Another discount of the shop has this code.")
        return node.id
    document = _FREE_SHIPPING if promotion.kind is PromotionKind.FREE_SHIPPING else _BASIC
    code = _code(promotion, title, await _customer(api, store, email), now)
    made = (await api.ask(store, document, {"code": code}, _MadeData)).made
    refuse(made.user_errors)
    if made.code_discount_node is None:
        raise OutcomeUnknown("Shopify answered with neither a discount nor an error.")
    return made.code_discount_node.id


async def withdraw_code(api: ShopifyApi, store: StoreConnection, promotion_id: str) -> None:
    """See ``Platform.withdraw_code``: deactivated, so that the shop keeps its history."""
    if (await api.ask(store, _STATUS, {"id": promotion_id}, _StatusData)).code_discount_node is None:
        return
    refuse((await api.ask(store, _END, {"id": promotion_id}, _EndData)).discount_code_deactivate.user_errors)


async def _customer(api: ShopifyApi, store: StoreConnection, email: str | None) -> str | None:
    if not email:
        return None
    found = (await api.ask(store, _CUSTOMER, {"email": email}, _CustomerData)).customer_by_identifier
    return found.id if found else None


def _code(promotion: Promotion, title: str, customer: str | None, now: datetime) -> Mapping[str, Any]:
    """The input of either mutation."""
    least = as_decimal(promotion.minimum, promotion.currency) if promotion.minimum else None
    code: dict[str, Any] = {
        "title": title,
        "code": promotion.code,
        "startsAt": now.isoformat(),
        "endsAt": promotion.expires_at.isoformat(),
        "usageLimit": 1,
        "appliesOncePerCustomer": True,
        "context": {"customers": {"add": [customer]}} if customer else {"all": "ALL"},
        "minimumRequirement": {"subtotal": {"greaterThanOrEqualToSubtotal": str(least)}} if least else None,
        "combinesWith": {"orderDiscounts": False, "productDiscounts": False, "shippingDiscounts": False},
    }
    if promotion.kind is PromotionKind.FREE_SHIPPING:
        return {**code, "destination": {"all": True}}
    return {**code, "customerGets": {"items": {"all": True}, "value": _value(promotion)}}


def _value(promotion: Promotion) -> Mapping[str, Any]:
    if promotion.kind is PromotionKind.PERCENT:
        return {"percentage": Decimal(promotion.percent or 0) / 100}
    amount = as_decimal(promotion.amount or 0, promotion.currency)
    return {"discountAmount": {"amount": str(amount), "appliesOnEachItem": False}}
