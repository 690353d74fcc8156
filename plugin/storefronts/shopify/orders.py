"""From a Shopify order to the neutral one. The body tells the state, never the topic."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from plugin.ports.orders import (
    LineCount,
    OrderState,
    StoreCustomer,
    StoreFulfilment,
    StoreOrder,
    StorePayment,
    StoreRefund,
    parts_total,
)
from plugin.ports.storefronts import Unparseable
from plugin.storefronts.platform_values import (
    check_currency,
    check_unique,
    count,
    country,
    decode,
    email,
    minor,
    moment,
    price,
    sequence,
    text,
    texts,
)
from plugin.storefronts.shopify.amounts import costs, global_number, line_id
from plugin.storefronts.shopify.marks import is_restock_mark, mark_in
from plugin.storefronts.shopify.payments import payments_of, refunded_by
from plugin.storefronts.shopify.wire import Address, Customer, Fulfillment, Order, Refund

MOST_LINES = 1000
_NOT_SENT = frozenset({"cancelled", "error", "failure", "pending", "open"})


def read_order(body: bytes) -> StoreOrder:
    """The neutral order of a webhook's body; raises ``Unparseable``."""
    return neutral(decode(body, Order, "Shopify"))


def neutral(order: Order) -> StoreOrder:
    """The neutral order; raises ``Unparseable``."""
    if len(order.line_items) > MOST_LINES:
        raise Unparseable(f"line_items: {len(order.line_items)} lines are more than {MOST_LINES}.")
    check_currency(order.currency, "currency")
    total = price(order.total_price, order.currency, "total_price")
    lines, shipping, extras = costs(order)
    check_unique((line.id for line in lines), "line_items")
    ids = {line.id: line_id(line) for line in order.line_items if line.tip is None}
    payments = payments_of(order, total)
    updated = moment(order.updated_at, "updated_at")
    id = global_number(order.admin_graphql_api_id) or str(order.id)
    told = StoreOrder(
        id=id,
        number=text(order.name, 80) or text(order.order_number, 80) or id,
        sequence=sequence(updated, _progress(order)),
        currency=order.currency,
        placed_at=moment(order.processed_at or order.created_at, "created_at"),
        updated_at=updated,
        total=total,
        lines=lines,
        customer=_customer(order),
        state=OrderState.CANCELLED if order.cancelled_at else OrderState.OPEN,
        shipping=shipping,
        extras=extras,
        payments=payments,
        fulfilments=_fulfilments(order, ids),
        cancelled=_cancelled(order, ids),
        refunds=tuple(
            _refund(order, refund, ids, payments) for refund in order.refunds or () if not _moves_only_units(refund)
        ),
        discount_codes=texts(discount.code for discount in order.discount_codes or ()),
        tags=texts((order.tags or "").split(",")),
        channel=text(order.source_name),
        is_test=bool(order.test),
    )
    return replace(told, unexplained=total - parts_total(told))


def _progress(order: Order) -> int:
    """Parcels, refunds and a payment only become more; nothing comes after the cancellation but the refunds of it."""
    is_settled = order.financial_status not in (None, "pending", "authorized")
    steps = is_settled + 2 * len(order.fulfillments or ()) + 2 * len(order.refunds or ())
    return min(steps, 499) + (500 if order.cancelled_at else 0)


def _customer(order: Order) -> StoreCustomer:
    customer = order.customer or Customer()
    shipping, billing = order.shipping_address or Address(), order.billing_address or Address()
    consent = customer.email_marketing_consent
    return StoreCustomer(
        email=email(order.email or order.contact_email or customer.email, "email"),
        id=global_number(customer.admin_graphql_api_id) or text(customer.id),
        name=text(shipping.name) or text(f"{customer.first_name or ''} {customer.last_name or ''}"),
        locale=text(order.customer_locale, 35),
        country=country(shipping.country_code, billing.country_code),
        postcode=text(shipping.zip or billing.zip),
        is_business=bool(order.company),
        marketing_consent=consent.state == "subscribed" if consent else bool(order.buyer_accepts_marketing),
    )


def _fulfilments(order: Order, ids: Mapping[int, str]) -> tuple[StoreFulfilment, ...]:
    return tuple(
        _fulfilment(fulfillment, i, ids)
        for i, fulfillment in enumerate(order.fulfillments or ())
        if fulfillment.status not in _NOT_SENT
    )


def _fulfilment(fulfillment: Fulfillment, i: int, ids: Mapping[int, str]) -> StoreFulfilment:
    field = f"fulfillments[{i}]"
    is_delivered = fulfillment.shipment_status == "delivered"
    return StoreFulfilment(
        id=str(fulfillment.id),
        lines=tuple(
            LineCount(ids[line.id], count(line.quantity, f"{field}.line_items"))
            for line in fulfillment.line_items or ()
            if line.id in ids and line.quantity
        ),
        shipped_at=moment(fulfillment.created_at, f"{field}.created_at"),
        delivered_at=moment(fulfillment.updated_at, f"{field}.updated_at") if is_delivered else None,
        carrier=text(fulfillment.tracking_company),
        tracking_number=text(fulfillment.tracking_number),
        tracking_url=text(fulfillment.tracking_url, 2000),
    )


def _cancelled(order: Order, ids: Mapping[int, str]) -> tuple[LineCount, ...]:
    """Units refunded as not shipped (``cancel``), and units that an edit took away without a refund."""
    counts = []
    for line in order.line_items:
        refunded = [r for refund in order.refunds or () for r in refund.refund_line_items or ()]
        own = [each for each in refunded if each.line_item_id == line.id]
        units = sum(count(each.quantity, "refund_line_items") for each in own if each.restock_type == "cancel")
        if line.current_quantity is not None:
            removed = count(line.quantity, "quantity") - count(line.current_quantity, "current_quantity", least=0)
            units += max(removed - sum(count(each.quantity, "refund_line_items") for each in own), 0)
        if units and line.id in ids:
            counts.append(LineCount(ids[line.id], units))
    return tuple(counts)


def _moves_only_units(refund: Refund) -> bool:
    """Units without money: taken out before they were sent, by us or by staff, and counted in ``cancelled``; or put
    into stock again by us, when they had come back."""
    lines = refund.refund_line_items or ()
    if not lines or refund.transactions:
        return False
    return is_restock_mark(mark_in(refund.note)) or all(line.restock_type == "cancel" for line in lines)


def _refund(order: Order, refund: Refund, ids: Mapping[int, str], payments: tuple[StorePayment, ...]) -> StoreRefund:
    shipping = sum(
        abs(minor(each.amount, order.currency, "order_adjustments"))
        + abs(minor(each.tax_amount, order.currency, "order_adjustments"))
        for each in refund.order_adjustments or ()
        if each.kind == "shipping_refund"
    )
    return StoreRefund(
        id=str(refund.id),
        amount=refunded_by(refund.transactions or [], order.currency),
        lines=tuple(
            LineCount(ids[line.line_item_id], count(line.quantity, "refund_line_items"))
            for line in refund.refund_line_items or ()
            if line.line_item_id in ids
        ),
        payment_id=payments[0].id if len(payments) == 1 else None,
        shipping=shipping,
        reason=text(refund.note),
        leg_id=mark_in(refund.note),
    )
