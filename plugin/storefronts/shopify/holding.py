"""Holds on what has not left, and notes at the order.

An app may put holds of its own, told apart by a handle, on each fulfilment order
(https://shopify.dev/docs/api/admin-graphql/2026-07/mutations/fulfillmentOrderHold); ours carry the key's handle, and
only those are let go. The timeline of an order cannot be written to; its note can.
"""

from __future__ import annotations

from msgspec import Struct

from plugin.ports.payments import RejectCode, Rejected
from plugin.ports.storefronts import StoreConnection
from plugin.storefronts.shopify.answers import Connection
from plugin.storefronts.shopify.api import ShopifyApi, UserError, refuse
from plugin.storefronts.shopify.marks import handle_of
from plugin.storefronts.shopify.reading import gid

_HOLDS = """
query Holds($id: ID!) {
  order(id: $id) {
    fulfillmentOrders(first: 25) {
      nodes { id status fulfillmentHolds { id handle heldByRequestingApp } }
    }
  }
}"""

_HOLD = """
mutation Hold($id: ID!, $hold: FulfillmentOrderHoldInput!) {
  fulfillmentOrderHold(id: $id, fulfillmentHold: $hold) { userErrors { message field code } }
}"""

_LET_GO = """
mutation LetGo($id: ID!, $holds: [ID!]!) {
  fulfillmentOrderReleaseHold(id: $id, holdIds: $holds) { userErrors { message field code } }
}"""

_NOTE_OF = "query NoteOf($id: ID!) { order(id: $id) { note } }"

_NOTE = "mutation Note($input: OrderInput!) { orderUpdate(input: $input) { userErrors { message field } } }"

_CAN_BE_HELD = frozenset({"OPEN", "SCHEDULED", "ON_HOLD"})
LONGEST_NOTE = 5000  # what the admin shows of an order's note


class _Hold(Struct, frozen=True, rename="camel"):
    id: str
    handle: str | None = None
    held_by_requesting_app: bool = False


class _ToSend(Struct, frozen=True, rename="camel"):
    id: str
    status: str
    fulfillment_holds: list[_Hold]

    def ours(self, handle: str) -> list[str]:
        return [hold.id for hold in self.fulfillment_holds if hold.held_by_requesting_app and hold.handle == handle]


class _Held(Struct, frozen=True, rename="camel"):
    fulfillment_orders: Connection[_ToSend]


class _HoldsData(Struct, frozen=True):
    order: _Held | None


class _Done(Struct, frozen=True, rename="camel"):
    user_errors: list[UserError] = []


class _HoldData(Struct, frozen=True, rename="camel"):
    fulfillment_order_hold: _Done


class _LetGoData(Struct, frozen=True, rename="camel"):
    fulfillment_order_release_hold: _Done


class _Noted(Struct, frozen=True):
    note: str | None = None


class _NoteOfData(Struct, frozen=True):
    order: _Noted | None


class _NoteData(Struct, frozen=True, rename="camel"):
    order_update: _Done


async def hold(api: ShopifyApi, store: StoreConnection, order_id: str, key: str, reason: str) -> None:
    """See ``Platform.hold``."""
    handle = handle_of(key)
    held = {"reason": "OTHER", "reasonNotes": reason[:200], "handle": handle, "notifyMerchant": False}
    for part in await _to_send(api, store, order_id):
        if part.ours(handle) or part.status not in _CAN_BE_HELD:
            continue
        done = (await api.ask(store, _HOLD, {"id": part.id, "hold": held}, _HoldData)).fulfillment_order_hold
        refuse([error for error in done.user_errors if error.code != "DUPLICATE_FULFILLMENT_HOLD_HANDLE"])


async def release_hold(api: ShopifyApi, store: StoreConnection, order_id: str, key: str) -> None:
    """See ``Platform.release_hold``."""
    for part in await _to_send(api, store, order_id):
        if holds := part.ours(handle_of(key)):
            answer = await api.ask(store, _LET_GO, {"id": part.id, "holds": holds}, _LetGoData)
            refuse(answer.fulfillment_order_release_hold.user_errors)


async def note(api: ShopifyApi, store: StoreConnection, order_id: str, text: str) -> None:
    """See ``Platform.note``: a line more in the order's one note."""
    order = (await api.ask(store, _NOTE_OF, {"id": gid("Order", order_id)}, _NoteOfData)).order
    if order is None:
        raise Rejected(RejectCode.NOT_FOUND, "Shopify knows no such order.")
    before = order.note or ""
    if text in before.splitlines():
        return
    written = f"{before}\n{text}".lstrip("\n")
    if len(written) > LONGEST_NOTE:
        raise Rejected(RejectCode.OTHER, "The order's note is full.")
    variables = {"input": {"id": gid("Order", order_id), "note": written}}
    refuse((await api.ask(store, _NOTE, variables, _NoteData)).order_update.user_errors)


async def _to_send(api: ShopifyApi, store: StoreConnection, order_id: str) -> list[_ToSend]:
    order = (await api.ask(store, _HOLDS, {"id": gid("Order", order_id)}, _HoldsData)).order
    return order.fulfillment_orders.nodes if order else []
