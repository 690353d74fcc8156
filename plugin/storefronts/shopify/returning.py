"""Putting units that came back on a Shopify shop's shelf again, where its staff see them in the order too.

It is ``refundCreate`` with the restock type RETURN and without transactions, as a cancellation is one with CANCEL: one
call under ``@idempotent``, whose note finds it again when Shopify has forgotten the key. It adds to the stock of the
location from which the units were sent
(https://shopify.dev/docs/api/admin-graphql/2026-07/input-objects/RefundLineItemInput). ``inventoryAdjustQuantities``
would do so under a key alone, with a scope more, and leave the order as if nothing had come back.
"""

from __future__ import annotations

from msgspec import Struct

from plugin.ports.goods import Restock, StoreStatus
from plugin.ports.payments import OutcomeUnknown, RejectCode, Rejected
from plugin.ports.storefronts import StoreConnection
from plugin.storefronts.shopify.answers import Ref
from plugin.storefronts.shopify.api import ShopifyApi, UserError, check_key, refuse
from plugin.storefronts.shopify.marks import idempotency_key, mark_in, marked, restock_mark
from plugin.storefronts.shopify.reading import gid

_STATE = """
query RestockState($id: ID!) {
  order(id: $id) { refunds(first: 200) { note } fulfillments(first: 100) { status location { id } } }
}"""

_RESTOCK = """
mutation Restock($input: RefundInput!, $key: String!) {
  refundCreate(input: $input) @idempotent(key: $key) { refund { id } userErrors { message field } }
}"""


class _Noted(Struct, frozen=True):
    note: str | None = None


class _Sent(Struct, frozen=True):
    status: str
    location: Ref | None = None


class _Order(Struct, frozen=True):
    refunds: list[_Noted]
    fulfillments: list[_Sent]


class _StateData(Struct, frozen=True):
    order: _Order | None


class _Restocking(Struct, frozen=True, rename="camel"):
    refund: Ref | None = None
    user_errors: list[UserError] = []


class _RestockData(Struct, frozen=True, rename="camel"):
    refund_create: _Restocking


async def restock(api: ShopifyApi, store: StoreConnection, asked: Restock) -> StoreStatus:
    """See ``Goods.restock``."""
    mark = restock_mark(asked.key)
    order = (await api.ask(store, _STATE, {"id": gid("Order", asked.order_id)}, _StateData)).order
    if order is None:
        raise Rejected(RejectCode.NOT_FOUND, "Shopify knows no such order.")
    if any(mark_in(refund.note) == mark for refund in order.refunds):
        return StoreStatus.DONE
    location = next(
        (each.location.id for each in order.fulfillments if each.status == "SUCCESS" and each.location), None
    )
    lines = [
        {
            "lineItemId": gid("LineItem", count.line_id), "quantity": count.quantity, "restockType": "RETURN",
            "locationId": location,
        }
        for count in asked.lines
    ]  # fmt: skip
    note = marked("Sent back, and in stock again.", mark)
    variables = {
        "input": {"orderId": gid("Order", asked.order_id), "note": note, "notify": False, "refundLineItems": lines},
        "key": idempotency_key(mark),
    }
    answer = (await api.ask(store, _RESTOCK, variables, _RestockData)).refund_create
    check_key(answer.user_errors)
    refuse(answer.user_errors)
    if answer.refund is None:
        raise OutcomeUnknown("Shopify answered with neither a refund nor an error.")
    return StoreStatus.DONE
