"""From the standard format to the neutral order: the arithmetic is checked here, and an order that does not add up
is set aside with the sum in words instead of being guessed at."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

import msgspec

from plugin.core.errors import DomainError
from plugin.core.money import exponent, share_out
from plugin.ports.orders import (
    Custodian,
    ExtraKind,
    LineCount,
    StoreCustomer,
    StoreExtra,
    StoreFulfilment,
    StoreLine,
    StoreOrder,
    StorePayment,
    StoreRefund,
    StoreShipping,
    parts_total,
)
from plugin.ports.storefronts import Unparseable
from plugin.storefronts.standard.wire import AnyMessage, ExtraBody, LineBody, LineCountBody, OrderBody, OrderMessage

Body = TypeVar("Body", bound=msgspec.Struct)


def read_type(body: bytes) -> str:
    """The ``type`` of a message; raises ``Unparseable``."""
    return _decode(body, AnyMessage).type


def read_order(body: bytes) -> StoreOrder:
    """The neutral order of an ``order.updated`` message; raises ``Unparseable`` naming the field."""
    return _neutral(_decode(body, OrderMessage).data)


def _decode(body: bytes, shape: type[Body]) -> Body:
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.ValidationError as error:
        reason, _, path = str(error).partition(" - at ")
        if "matching regex" in reason:
            reason = "Holds a character that is not allowed there, or is not of the form that is asked for"
        raise Unparseable(f"{_field(path)}: {reason}.") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unparseable(f"The body is not JSON: {error}") from error


def _field(path: str) -> str:
    return re.sub(r"^\$\.?", "", path.strip("`")) or "The message"


def _neutral(body: OrderBody) -> StoreOrder:
    _check_currency(body.currency)
    _check_zone(body.time_zone)
    _check_unique("data.lines", (line.id for line in body.lines))
    _check_unique("data.payments", (payment.id for payment in body.payments))
    _check_unique("data.fulfilments", (fulfilment.id for fulfilment in body.fulfilments))
    _check_unique("data.refunds", (refund.id for refund in body.refunds))
    known = frozenset(line.id for line in body.lines)
    order = StoreOrder(
        id=body.id,
        number=body.number,
        sequence=body.sequence,
        currency=body.currency,
        placed_at=_moment(body.placed_at, "data.placed_at"),
        updated_at=_moment(body.updated_at, "data.updated_at"),
        total=body.total,
        lines=_lines(body),
        customer=msgspec.convert(body.customer, StoreCustomer, from_attributes=True),
        state=body.state,
        shipping=_shipping(body),
        extras=tuple(_extra(body, i, extra) for i, extra in enumerate(body.extras)),
        payments=_payments(body),
        fulfilments=tuple(_fulfilment(body, i, known) for i in range(len(body.fulfilments))),
        cancelled=_counts(body.cancelled, "data.cancelled", known),
        refunds=_refunds(body, known),
        discount_codes=tuple(discount.code for discount in body.discounts if discount.code),
        tags=body.tags,
        channel=body.channel,
        time_zone=body.time_zone,
        is_test=body.is_test,
    )
    _check_sum(order)
    return order


def _lines(body: OrderBody) -> tuple[StoreLine, ...]:
    nets = [_net(line, i) for i, line in enumerate(body.lines)]
    discount = sum(each.amount for each in body.discounts)
    if discount > sum(nets):
        raise Unparseable(f"data.discounts: {discount} is more than the lines cost ({sum(nets)}).")
    shares = share_out(discount, nets)
    return tuple(
        _line(body, i, line, net - share, line.discount + share)
        for i, (line, net, share) in enumerate(zip(body.lines, nets, shares, strict=True))
    )


def _net(line: LineBody, i: int) -> int:
    gross = line.unit_price * line.quantity
    if line.discount > gross:
        raise Unparseable(f"data.lines[{i}].discount: {line.discount} is more than the line costs ({gross}).")
    return gross - line.discount


def _line(body: OrderBody, i: int, line: LineBody, net: int, discount: int) -> StoreLine:
    return StoreLine(
        id=line.id,
        title=line.title,
        quantity=line.quantity,
        unit_price=line.unit_price,
        discount=discount,
        tax=line.tax,
        total=_with_tax(body, f"data.lines[{i}]", net, line.tax),
        kind=line.kind,
        sku=line.sku,
        product_id=line.product_id,
        variant=line.variant,
        variant_id=line.variant_id,
        final_sale=line.final_sale,
        personalised=line.personalised,
        tags=line.tags,
        categories=line.categories,
        image_url=line.image_url,
    )


def _with_tax(body: OrderBody, field: str, price: int, tax: int) -> int:
    if not body.prices_include_tax:
        return price + tax
    if tax > max(price, 0):
        raise Unparseable(f"{field}.tax: {tax} cannot be included in a price of {price}.")
    return price


def _shipping(body: OrderBody) -> StoreShipping:
    shipping = body.shipping
    if shipping.discount > shipping.price:
        raise Unparseable(f"data.shipping.discount: {shipping.discount} is more than its price ({shipping.price}).")
    total = _with_tax(body, "data.shipping", shipping.price - shipping.discount, shipping.tax)
    return StoreShipping(total=total, tax=shipping.tax, discount=shipping.discount, title=shipping.title)


def _extra(body: OrderBody, i: int, extra: ExtraBody) -> StoreExtra:
    field = f"data.extras[{i}]"
    if extra.price < 0 and extra.kind is not ExtraKind.ROUNDING:
        raise Unparseable(f"{field}.price: Only a rounding may be negative, not a {extra.kind}.")
    total = _with_tax(body, field, extra.price, extra.tax)
    return StoreExtra(kind=extra.kind, total=total, tax=extra.tax, title=extra.title)


def _payments(body: OrderBody) -> tuple[StorePayment, ...]:
    refunded: dict[str | None, int] = {}
    for refund in body.refunds:
        refunded[refund.payment_id] = refunded.get(refund.payment_id, 0) + refund.amount
    for i, payment in enumerate(body.payments):
        if payment.custodian is Custodian.STRIPE and payment.stripe_payment_intent is None:
            raise Unparseable(f"data.payments[{i}].stripe_payment_intent: A payment at Stripe needs its PaymentIntent.")
        if payment.captured > payment.amount:
            raise Unparseable(f"data.payments[{i}].captured: {payment.captured} is more than its amount.")
    return tuple(
        StorePayment(
            id=payment.id,
            custodian=payment.custodian,
            state=payment.status,
            amount=payment.amount,
            captured=payment.captured,
            refunded=refunded.get(payment.id, 0),
            instrument=payment.instrument,
            reference=payment.stripe_payment_intent if payment.custodian is Custodian.STRIPE else None,
            label=payment.label,
        )
        for payment in body.payments
    )


def _fulfilment(body: OrderBody, i: int, known: frozenset[str]) -> StoreFulfilment:
    fulfilment, field = body.fulfilments[i], f"data.fulfilments[{i}]"
    return StoreFulfilment(
        id=fulfilment.id,
        lines=_counts(fulfilment.lines, f"{field}.lines", known),
        shipped_at=fulfilment.shipped_at and _moment(fulfilment.shipped_at, f"{field}.shipped_at"),
        delivered_at=fulfilment.delivered_at and _moment(fulfilment.delivered_at, f"{field}.delivered_at"),
        carrier=fulfilment.carrier,
        tracking_number=fulfilment.tracking_number,
        tracking_url=fulfilment.tracking_url,
    )


def _refunds(body: OrderBody, known: frozenset[str]) -> tuple[StoreRefund, ...]:
    payments = frozenset(payment.id for payment in body.payments)
    for i, refund in enumerate(body.refunds):
        if refund.payment_id is not None and refund.payment_id not in payments:
            raise Unparseable(f"data.refunds[{i}].payment_id: The order has no payment {refund.payment_id!r}.")
        if refund.shipping > refund.amount:
            raise Unparseable(f"data.refunds[{i}].shipping: {refund.shipping} is more than the refund's amount.")
    return tuple(
        StoreRefund(
            id=refund.id,
            amount=refund.amount,
            lines=_counts(refund.lines, f"data.refunds[{i}].lines", known),
            payment_id=refund.payment_id,
            shipping=refund.shipping,
            reason=refund.reason,
            gateway_refund_id=refund.gateway_refund_id,
        )
        for i, refund in enumerate(body.refunds)
    )


def _counts(counts: tuple[LineCountBody, ...], field: str, known: frozenset[str]) -> tuple[LineCount, ...]:
    """More units than were sold are kept: what a store counts is an observation, judged elsewhere."""
    for i, count in enumerate(counts):
        if count.line_id not in known:
            raise Unparseable(f"{field}[{i}].line_id: The order has no line {count.line_id!r}.")
    return tuple(LineCount(count.line_id, count.quantity) for count in counts)


def _moment(at: datetime, field: str) -> datetime:
    if not 1990 <= at.year <= 2200:
        raise Unparseable(f"{field}: {at.isoformat()} is no time at which an order can happen.")
    return at


def _check_currency(currency: str) -> None:
    try:
        exponent(currency)
    except DomainError as error:
        raise Unparseable(f"data.currency: {error.detail}") from error


def _check_zone(time_zone: str | None) -> None:
    if time_zone is None:
        return
    try:
        ZoneInfo(time_zone)
    except (KeyError, ValueError, OSError) as error:
        raise Unparseable(f"data.time_zone: {time_zone!r} is no IANA time zone.") from error


def _check_unique(field: str, ids: Iterable[str]) -> None:
    seen: set[str] = set()
    for i, id in enumerate(ids):
        if id in seen:
            raise Unparseable(f"{field}[{i}].id: {id!r} is there twice.")
        seen.add(id)


def _check_sum(order: StoreOrder) -> None:
    parts = parts_total(order)
    if parts != order.total:
        lines, extras = sum(line.total for line in order.lines), sum(extra.total for extra in order.extras)
        raise Unparseable(
            f"data.total: lines {lines} + shipping {order.shipping.total} + extras {extras} = {parts}, "
            f"but total is {order.total} ({order.currency}, minor units, after discounts, with tax)."
        )
