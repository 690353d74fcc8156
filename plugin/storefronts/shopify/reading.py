"""Looking orders up: one as it stands now, and those that changed since a time."""

from __future__ import annotations

from datetime import UTC, datetime

from msgspec.structs import replace

from plugin.ports.orders import StoreOrder
from plugin.ports.payments import OutcomeUnknown, RejectCode, Rejected
from plugin.ports.platforms import OrderPage
from plugin.ports.storefronts import StoreConnection, Unparseable
from plugin.storefronts.shopify import answers, documents
from plugin.storefronts.shopify.amounts import global_number
from plugin.storefronts.shopify.api import Errored, OddAnswer, ShopifyApi
from plugin.storefronts.shopify.from_graph import as_webhook
from plugin.storefronts.shopify.orders import MOST_LINES, neutral

ALL_ORDERS = "read_all_orders"
_PAGE = 25


def gid(kind: str, id: str) -> str:
    """Shopify's global id of our plain one: ``gid://shopify/Order/123``."""
    return f"gid://shopify/{kind}/{id}"


async def fetch_order(api: ShopifyApi, store: StoreConnection, order_id: str) -> StoreOrder | None:
    """See ``Platform.fetch_order``.

    Without ``read_all_orders`` Shopify hides orders of more than 60 days (https://shopify.dev/docs/api/usage/access-scopes):
    then a missing order may only be hidden, which is ``Rejected`` and not None.
    """
    if not order_id.isdecimal():
        return None
    try:
        return await _fetched(api, store, order_id)
    except OddAnswer as odd:  # it makes this order unreadable, and keeps no other one waiting
        raise Unparseable(odd.reason, order_id) from odd


async def _fetched(api: ShopifyApi, store: StoreConnection, order_id: str) -> StoreOrder | None:
    found = await api.ask(store, documents.ORDER, {"id": gid("Order", order_id)}, answers.OrderData)
    if found.order is None:
        if ALL_ORDERS not in {scope.handle for scope in found.current_app_installation.access_scopes}:
            raise Rejected(
                RejectCode.BAD_CREDENTIALS,
                f"Shopify shows no order {order_id}: it was deleted, or it is older than 60 days and "
                f"the app lacks {ALL_ORDERS}.",
            )
        return None
    return neutral(as_webhook(await _completed(api, store, found.order)))


async def orders_changed(api: ShopifyApi, store: StoreConnection, since: datetime, cursor: str | None) -> OrderPage:
    """See ``Platform.orders_changed``. A page ends early, with a cursor, where Shopify wants us to wait."""
    moment = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    variables = {"query": f"updated_at:>='{moment}'", "first": _PAGE, "after": cursor}
    listed = (await api.ask(store, documents.CHANGED, variables, answers.OrdersData)).orders
    orders: list[StoreOrder] = []
    unreadable: list[tuple[str, str]] = []
    reached = None
    for edge in listed.edges:
        id = global_number(edge.node.id) or edge.node.id
        try:
            order = await fetch_order(api, store, id)
        except Unparseable as error:
            unreadable.append((id, str(error)))
        except Errored as no:  # Shopify itself fails on this one: the others must not wait for it
            if no.code is RejectCode.BAD_CREDENTIALS:
                raise
            unreadable.append((id, no.reason))
        except OutcomeUnknown:
            if reached is None:
                raise
            return OrderPage(tuple(orders), reached, tuple(unreadable))
        else:
            orders += [order] if order else []
        reached = edge.cursor
    following = listed.page_info.end_cursor if listed.page_info.has_next_page else None
    return OrderPage(tuple(orders), following, tuple(unreadable))


async def _completed(api: ShopifyApi, store: StoreConnection, order: answers.Order) -> answers.Order:
    """The order with all that did not fit into its first answer."""
    lines = order.line_items
    while lines.page_info.has_next_page and len(lines.nodes) <= MOST_LINES:
        variables = {"id": order.id, "after": lines.page_info.end_cursor}
        more = (await api.ask(store, documents.LINES, variables, answers.LinesData)).order
        if more is None:
            raise OutcomeUnknown("The order went away while it was read.")
        lines = answers.Connection([*lines.nodes, *more.line_items.nodes], more.line_items.page_info)
    parcels, refunds = order.fulfillments, order.refunds
    if max(len(parcels), len(refunds)) == documents.LISTED:
        parts = (await api.ask(store, documents.PARTS, {"id": order.id}, answers.PartsData)).order
        if parts is None or max(len(parts.fulfillments), len(parts.refunds)) == documents.MOST_LISTED:
            raise Unparseable(f"The order has {documents.MOST_LISTED} parcels or refunds, or more.")
        parcels = parcels + [await _parcel(api, store, each.id) for each in parts.fulfillments[len(parcels) :]]
        refunds = refunds + [await _refund(api, store, each.id) for each in parts.refunds[len(refunds) :]]
    return replace(
        order,
        line_items=lines,
        fulfillments=[await _whole_parcel(api, store, parcel) for parcel in parcels],
        refunds=[await _whole_refund(api, store, refund) for refund in refunds],
    )


async def _whole_parcel(
    api: ShopifyApi, store: StoreConnection, parcel: answers.Fulfillment
) -> answers.Fulfillment:  # fmt: skip
    lines = parcel.fulfillment_line_items
    while lines.page_info.has_next_page and len(lines.nodes) <= MOST_LINES:
        more = (await _parcel(api, store, parcel.id, lines.page_info.end_cursor)).fulfillment_line_items
        lines = answers.Connection([*lines.nodes, *more.nodes], more.page_info)
    return replace(parcel, fulfillment_line_items=lines)


async def _whole_refund(api: ShopifyApi, store: StoreConnection, refund: answers.Refund) -> answers.Refund:
    if refund.transactions.page_info.has_next_page:
        raise Unparseable(f"Refund {refund.id} has more transactions than we read.")
    lines = refund.refund_line_items
    while lines.page_info.has_next_page and len(lines.nodes) <= MOST_LINES:
        more = (await _refund(api, store, refund.id, lines.page_info.end_cursor)).refund_line_items
        lines = answers.Connection([*lines.nodes, *more.nodes], more.page_info)
    return replace(refund, refund_line_items=lines)


async def _parcel(
    api: ShopifyApi, store: StoreConnection, id: str, after: str | None = None
) -> answers.Fulfillment:  # fmt: skip
    found = await api.ask(store, documents.PARCEL, {"id": id, "after": after}, answers.FulfillmentData)
    if found.fulfillment is None:
        raise OutcomeUnknown("A parcel went away while it was read.")
    return found.fulfillment


async def _refund(api: ShopifyApi, store: StoreConnection, id: str, after: str | None = None) -> answers.Refund:
    found = await api.ask(store, documents.REFUND, {"id": id, "after": after}, answers.RefundData)
    if found.refund is None:
        raise OutcomeUnknown("A refund went away while it was read.")
    return found.refund
