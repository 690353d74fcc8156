"""From a WooCommerce order to the neutral one.

Its amounts never include tax, whatever ``prices_include_tax`` says; that flag only tells what the shopper was shown.
"""

from __future__ import annotations

from datetime import datetime
from html import unescape

from msgspec.structs import replace

from plugin.core.money import share_out
from plugin.ports.orders import (
    ExtraKind,
    LineCount,
    OrderState,
    StoreCustomer,
    StoreExtra,
    StoreFulfilment,
    StoreLine,
    StoreOrder,
    StoreRefund,
    StoreShipping,
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
from plugin.storefronts.woocommerce.payments import meta, payments_of
from plugin.storefronts.woocommerce.wire import Address, Order

MOST_LINES = 1000
_STATUSES = ("pending", "failed", "on-hold", "processing", "completed", "refunded", "cancelled", "trash")
_STATES = {"cancelled": OrderState.CANCELLED, "trash": OrderState.DELETED}


def read_order(body: bytes) -> StoreOrder | None:
    """The neutral order, or None for a draft that nobody has placed yet; raises ``Unparseable``."""
    order = decode(body, Order, "WooCommerce")
    if order.status in ("checkout-draft", "auto-draft"):
        return None
    if len(order.line_items) > MOST_LINES:
        raise Unparseable(f"line_items: {len(order.line_items)} lines are more than {MOST_LINES}.")
    currency = check_currency(order.currency, "currency")
    total = price(order.total, currency, "total")
    lines, extras = _with_negative_fees_shared(_lines(order, currency), _fees(order, currency))
    check_unique((line.id for line in lines), "line_items")
    refunds = _refunds(order, currency)
    modified = _time(order.date_modified_gmt, order.date_modified, "date_modified_gmt")
    neutral = StoreOrder(
        id=str(order.id),
        number=text(order.number, 80) or str(order.id),
        sequence=sequence(modified, _progress(order)),
        currency=currency,
        placed_at=_time(order.date_created_gmt, order.date_created, "date_created_gmt"),
        updated_at=modified,
        total=total,
        lines=lines,
        customer=_customer(order),
        state=_STATES.get(order.status, OrderState.OPEN),
        shipping=_shipping(order, currency),
        extras=extras,
        payments=payments_of(order, total, sum(refund.amount for refund in refunds)),
        fulfilments=_fulfilments(order, lines),
        refunds=refunds,
        discount_codes=texts(coupon.code for coupon in order.coupon_lines),
        channel=text(order.created_via),
    )
    return replace(neutral, unexplained=total - parts_total(neutral))


def _progress(order: Order) -> int:
    """A status of a shop's own ranks as ``processing``; refunds of one second are told apart by their number."""
    rank = _STATUSES.index(order.status) if order.status in _STATUSES else _STATUSES.index("processing")
    return rank * 100 + min(len(order.refunds), 99)


def _time(gmt: str | None, local: str | None, field: str) -> datetime:
    """The first version of the API has only the site's local time without its offset: near enough to tell the order."""
    return moment(gmt or local, field, is_utc=True)


def _lines(order: Order, currency: str) -> tuple[StoreLine, ...]:
    lines = []
    for i, line in enumerate(order.line_items):
        field = f"line_items[{i}]"
        quantity = count(line.quantity, f"{field}.quantity")
        net, tax = price(line.total, currency, f"{field}.total"), price(line.total_tax, currency, f"{field}.total_tax")
        before = price(line.subtotal, currency, f"{field}.subtotal") if line.subtotal is not None else net
        paid = net
        if order.prices_include_tax:
            before += price(line.subtotal_tax, currency, f"{field}.subtotal_tax") if line.subtotal_tax else tax
            paid += tax
        lines.append(
            StoreLine(
                id=str(line.id),
                title=text(unescape(line.name or "")) or f"#{line.id}",
                quantity=quantity,
                unit_price=before // quantity,
                discount=max(before - paid, 0),
                tax=tax,
                total=net + tax,
                sku=text(line.sku),
                product_id=str(line.product_id) if line.product_id else None,
                variant=str(line.variation_id) if line.variation_id else None,
                image_url=text(line.image.src, 2000) if line.image else None,
            )
        )
    return tuple(lines)


def _fees(order: Order, currency: str) -> tuple[StoreExtra, ...]:
    extras = []
    for i, fee in enumerate(order.fee_lines):
        net = minor(fee.total, currency, f"fee_lines[{i}].total")
        tax = minor(fee.total_tax, currency, f"fee_lines[{i}].total_tax")
        extras.append(StoreExtra(kind=ExtraKind.FEE, total=net + tax, tax=tax, title=text(unescape(fee.name or ""))))
    return tuple(extras)


def _with_negative_fees_shared(
    lines: tuple[StoreLine, ...], fees: tuple[StoreExtra, ...]
) -> tuple[tuple[StoreLine, ...], tuple[StoreExtra, ...]]:
    """A negative fee is how extensions give a discount: it lowers the lines, or it would be paid back twice.

    More than the lines cost cannot be shared; it is left out, and so becomes ``unexplained``.
    """
    off = -sum(fee.total for fee in fees if fee.total < 0)
    tax_off = -sum(fee.tax for fee in fees if fee.total < 0)
    kept = tuple(fee for fee in fees if fee.total > 0)
    totals, taxes = [line.total for line in lines], [line.tax for line in lines]
    if off == 0 or off > sum(totals) or not 0 <= tax_off <= sum(taxes):
        return lines, kept
    shared = zip(lines, share_out(off, totals), share_out(tax_off, taxes), strict=True)
    return tuple(
        replace(line, total=line.total - part, tax=line.tax - tax, discount=line.discount + part)
        for line, part, tax in shared
    ), kept


def _shipping(order: Order, currency: str) -> StoreShipping:
    net = tax = 0
    for i, line in enumerate(order.shipping_lines):
        net += price(line.total, currency, f"shipping_lines[{i}].total")
        tax += price(line.total_tax, currency, f"shipping_lines[{i}].total_tax")
    titles = texts(unescape(line.method_title or "") for line in order.shipping_lines)
    return StoreShipping(total=net + tax, tax=tax, title=", ".join(titles) or None)


def _refunds(order: Order, currency: str) -> tuple[StoreRefund, ...]:
    return tuple(
        StoreRefund(
            id=str(refund.id),
            amount=abs(minor(refund.total, currency, f"refunds[{i}].total")),
            payment_id=f"{order.id}:payment",
            reason=text(refund.reason),
        )
        for i, refund in enumerate(order.refunds)
    )


def _fulfilments(order: Order, lines: tuple[StoreLine, ...]) -> tuple[StoreFulfilment, ...]:
    """WooCommerce has no parcels: an order that is completed has been shipped as a whole."""
    if order.status != "completed" or not lines:
        return ()
    completed = order.date_completed_gmt or order.date_completed
    return (
        StoreFulfilment(
            id=f"{order.id}:completed",
            lines=tuple(LineCount(line.id, line.quantity) for line in lines),
            shipped_at=moment(completed, "date_completed_gmt", is_utc=True) if completed else None,
        ),
    )


def _customer(order: Order) -> StoreCustomer:
    billing = order.billing if isinstance(order.billing, Address) else Address()
    shipping = order.shipping if isinstance(order.shipping, Address) else Address()
    named = shipping if shipping.first_name or shipping.last_name else billing
    return StoreCustomer(
        email=email(billing.email, "billing.email"),
        id=str(order.customer_id) if order.customer_id else None,
        name=text(f"{named.first_name or ''} {named.last_name or ''}"),
        locale=text(meta(order, "wpml_language", "_locale", "trp_language"), 35),
        country=country(shipping.country, billing.country),
        postcode=text(shipping.postcode or billing.postcode),
    )
