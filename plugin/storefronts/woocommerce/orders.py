"""From a WooCommerce order to the neutral one.

Its amounts never include tax, whatever ``prices_include_tax`` says; that flag only tells what the shopper was shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from html import unescape

from msgspec.structs import replace

from plugin.core.money import share_out
from plugin.ports.orders import (
    ExtraKind,
    OrderState,
    StoreCustomer,
    StoreExtra,
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
from plugin.storefronts.woocommerce.marks import CANCEL_KEY, claims, is_cancel_mark, mark_of
from plugin.storefronts.woocommerce.payments import meta, payments_of
from plugin.storefronts.woocommerce.units import refunded_units, units_of
from plugin.storefronts.woocommerce.wire import Address, Order, Refund, RefundRecord, value_of

MOST_LINES = 1000
RENEWAL = "subscription_renewal"  # WooCommerce Subscriptions names the contract in the meta data of what it renews
_STATUSES = ("pending", "failed", "on-hold", "processing", "completed", "delivered", "cancelled", "refunded", "trash")
_STATES = {"cancelled": OrderState.CANCELLED, "trash": OrderState.DELETED}


def read_order(body: bytes) -> StoreOrder | None:
    """The neutral order of a webhook, or None for a draft that nobody has placed yet; raises ``Unparseable``."""
    return neutral(decode(body, Order, "WooCommerce"))


def neutral(order: Order, records: Sequence[RefundRecord] | None = None) -> StoreOrder | None:
    """The same from an order that was looked up, with all its refunds in ``records``: only they tell which units were
    refunded. Without them no unit is known to be cancelled."""
    if order.status in ("checkout-draft", "auto-draft"):
        return None
    if len(order.line_items) > MOST_LINES:
        raise Unparseable(f"line_items: {len(order.line_items)} lines are more than {MOST_LINES}.")
    currency = check_currency(order.currency, "currency")
    total = price(order.total, currency, "total")
    lines, extras = _with_negative_fees_shared(_lines(order, currency), _fees(order, currency))
    check_unique((line.id for line in lines), "line_items")
    refunds = _refunds(order, records, currency)
    fulfilments, cancelled = units_of(order, lines, records or ())
    modified = _time(order.date_modified_gmt, order.date_modified, "date_modified_gmt")
    found = StoreOrder(
        id=str(order.id),
        number=text(order.number, 80) or str(order.id),
        sequence=sequence(modified, _progress(order, is_looked_up=records is not None)),
        currency=currency,
        placed_at=_time(order.date_created_gmt, order.date_created, "date_created_gmt"),
        updated_at=modified,
        total=total,
        lines=lines,
        customer=_customer(order),
        state=_state(order),
        shipping=_shipping(order, currency),
        extras=extras,
        payments=payments_of(order, total, sum(refund.amount for refund in refunds)),
        fulfilments=fulfilments,
        cancelled=cancelled,
        refunds=refunds,
        discount_codes=texts(coupon.code for coupon in order.coupon_lines),
        tags=(RENEWAL,) if value_of(order.meta_data, "_subscription_renewal") else (),
        channel=text(order.created_via),
    )
    return replace(found, unexplained=total - parts_total(found))


def _state(order: Order) -> OrderState:
    """An order that we have cancelled and that was paid back since is ``refunded``, and cancelled all the same."""
    if order.status == "refunded" and value_of(order.meta_data, CANCEL_KEY):
        return OrderState.CANCELLED
    return _STATES.get(order.status, OrderState.OPEN)


def _progress(order: Order, *, is_looked_up: bool) -> int:
    """A plugin's ``delivered`` comes after ``completed``; a status of a shop's own ranks as ``processing``; refunds of
    one second are told apart by their number; and an order that was looked up tells more than the webhook of the same
    change."""
    rank = _STATUSES.index(order.status) if order.status in _STATUSES else _STATUSES.index("processing")
    return rank * 100 + min(len(order.refunds), 49) * 2 + is_looked_up


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
                variant_id=str(line.variation_id) if line.variation_id else None,
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


def _refunds(order: Order, records: Sequence[RefundRecord] | None, currency: str) -> tuple[StoreRefund, ...]:
    """Refunds of more than nothing that are no ask of ours to cancel: from their own records, or from the summaries of
    them that the order carries."""
    claimed = claims(order.meta_data)
    refunds = []
    listed: Sequence[Refund | RefundRecord] = order.refunds if records is None else records
    for i, refund in enumerate(listed):
        mark = mark_of(refund)
        given = refund.amount if isinstance(refund, RefundRecord) else refund.total
        amount = abs(minor(given, currency, f"refunds[{i}]"))
        if not amount or is_cancel_mark(mark):
            continue
        refunds.append(
            StoreRefund(
                id=str(refund.id),
                amount=amount,
                lines=refunded_units(refund) if isinstance(refund, RefundRecord) else (),
                payment_id=f"{order.id}:payment",
                shipping=_refunded_shipping(refund, currency) if isinstance(refund, RefundRecord) else 0,
                reason=text(refund.reason),
                leg_id=mark or claimed.get(str(refund.id)),
            )
        )
    return tuple(refunds)


def _refunded_shipping(record: RefundRecord, currency: str) -> int:
    return sum(
        abs(minor(line.total, currency, "shipping_lines.total"))
        + abs(minor(line.total_tax, currency, "shipping_lines.total_tax"))
        for line in record.shipping_lines
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
