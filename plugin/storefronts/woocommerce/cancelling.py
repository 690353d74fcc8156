"""Asking a WooCommerce store to cancel: the whole order by its status, some units by a refund that pays nothing.

``cancelled`` as a status puts the stock back by itself (``wc_maybe_increase_stock_levels``, in
``wc-stock-functions.php``). A refund of amount 0 with ``api_refund`` false and ``api_restock`` true passes
(``wc_create_refund``: only less than 0 and more than what remains are refused), takes its units out of the order's
books and puts them back on the shelf. Where a payment is only authorised, that refund carries what must not be
captured: the gateway for Stripe captures the order's total less its refunds (``class-wc-stripe-order-handler.php``,
``capture_payment``).

WooCommerce knows no idempotency key, so each ask looks first for what an earlier one under its key has left behind.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Sequence
from typing import Any

from msgspec import Struct

from plugin.core.money import as_decimal
from plugin.ports.orders import PaymentState, StoreOrder
from plugin.ports.payments import OutcomeUnknown, RejectCode, Rejected
from plugin.ports.storefronts import CancelAnswer, CancelRequest, CancelStatus, Unparseable
from plugin.storefronts.platform_values import minor
from plugin.storefronts.woocommerce.api import WooApi
from plugin.storefronts.woocommerce.asking_once import check_not_under_way, in_good_time, mark_asked, post_refund
from plugin.storefronts.woocommerce.looking import find_order, refunds_of
from plugin.storefronts.woocommerce.marks import CANCEL_KEY, MARK, cancel_mark, mark_of, meta_body, reason_with
from plugin.storefronts.woocommerce.orders import neutral
from plugin.storefronts.woocommerce.units import PARTLY_SHIPPED, SHIPPED
from plugin.storefronts.woocommerce.wire import Order, RefundRecord, value_of

_DONE = CancelAnswer(status=CancelStatus.CANCELLED)
_CLOSED = {"refunded": "The store has refunded this order.", "trash": "The store has deleted this order."}


class _Status(Struct, frozen=True):
    status: str


class _Units(Struct, frozen=True):
    """The refund of nothing that takes units out of an order, as it is posted."""

    body: dict[str, Any]


async def ask_to_cancel(api: WooApi, request: CancelRequest) -> CancelAnswer:
    """See ``Storefront.cancel``."""
    return await _answered(_cancel(api, request))


async def read_again(api: WooApi, request: CancelRequest) -> CancelAnswer:
    """See ``Storefront.read_cancel``."""
    return await _answered(_read(api, request))


async def _answered(asking: Awaitable[CancelAnswer]) -> CancelAnswer:
    """What came of it, where nothing of the store's troubles is an error. A key that opens nothing can be mended."""
    try:
        return await asking
    except OutcomeUnknown as unknown:
        return _unknown(unknown.reason)
    except Rejected as no:
        status = CancelStatus.UNKNOWN if no.code is RejectCode.BAD_CREDENTIALS else CancelStatus.UNSUPPORTED
        return CancelAnswer(status=status, reason=no.reason)
    except Unparseable as error:
        return _unknown(f"The store's order cannot be read: {error}")


async def _cancel(api: WooApi, request: CancelRequest) -> CancelAnswer:
    async with in_good_time(api):
        found = await _answer_or_units(api, request)
    if not isinstance(found, _Units):
        return found
    await post_refund(api, request.order_id, cancel_mark(request.key), found.body)
    return _DONE


async def _answer_or_units(api: WooApi, request: CancelRequest) -> CancelAnswer | _Units:
    order = await find_order(api, request.order_id)
    if order is None:
        return _too_late("The store does not know this order any more.")
    records = await refunds_of(api, request.order_id)
    if _is_done(order, records, request):
        return _DONE
    check_not_under_way(api, order.meta_data, cancel_mark(request.key))
    if order.status in _CLOSED:
        return _too_late(_CLOSED[order.status])
    if order.status in SHIPPED:
        return _too_late(f"The store has marked this order as {order.status}.")
    now = neutral(order, records)
    if now is None:
        return _too_late("This order is a draft.")
    if request.whole_order and not now.fulfilments and order.status != PARTLY_SHIPPED:
        return await _cancel_order(api, request)
    return await _units_to_cancel(api, request, order, now)


async def _cancel_order(api: WooApi, request: CancelRequest) -> CancelAnswer:
    body = {"status": "cancelled", "meta_data": meta_body({CANCEL_KEY: request.key})}
    reply = await api.put(f"orders/{request.order_id}", body)
    status = reply.read(_Status).status
    return _DONE if status == "cancelled" else _too_late(f"The store has left this order as {status}.")


async def _units_to_cancel(api: WooApi, request: CancelRequest, order: Order, now: StoreOrder) -> CancelAnswer | _Units:
    """What to ask for some units of the order, which is marked for it; or why they cannot be had."""
    if any(not parcel.lines for parcel in now.fulfilments) or (order.status == PARTLY_SHIPPED and not now.fulfilments):
        return _too_late("Something has left, and the store does not say which units.")
    left = _left(now)
    if any(count.quantity > left[count.line_id] for count in request.lines):
        return _too_late("Not all of these units are still here.")
    mark = cancel_mark(request.key)
    body = {
        "amount": str(as_decimal(_not_to_capture(request, order, now), now.currency)),
        "reason": reason_with("Cancelled by the shopper", mark),
        "api_refund": False,
        "api_restock": True,
        "line_items": [{"id": int(c.line_id), "quantity": c.quantity, "refund_total": 0} for c in request.lines],
        "meta_data": meta_body({MARK: mark}),
    }
    await mark_asked(api, request.order_id, mark)
    return _Units(body)


def _left(now: StoreOrder) -> Counter[str]:
    left = Counter({line.id: line.quantity for line in now.lines})
    for count in (*now.cancelled, *(c for parcel in now.fulfilments for c in parcel.lines)):
        left[count.line_id] -= count.quantity
    return left


def _not_to_capture(request: CancelRequest, order: Order, now: StoreOrder) -> int:
    """Of an authorised payment: what its ceiling leaves out, less what the store's books leave out already."""
    for payment in now.payments:
        ceiling = request.capture_at_most.get(payment.reference or "")
        if payment.state is PaymentState.AUTHORISED and ceiling is not None:
            left_out = sum(abs(minor(refund.total, now.currency, "refunds.total")) for refund in order.refunds)
            return max(payment.amount - left_out - ceiling, 0)
    return 0


async def _read(api: WooApi, request: CancelRequest) -> CancelAnswer:
    order = await find_order(api, request.order_id)
    if order is None:
        return _too_late("The store does not know this order any more.")
    if _is_done(order, await refunds_of(api, request.order_id), request):
        return _DONE
    return _unknown("The store knows of no such ask.")


def _is_done(order: Order, records: Sequence[RefundRecord], request: CancelRequest) -> bool:
    """Cancelled by us under this key or by anybody as a whole, also where the money has been booked back since."""
    if order.status == "cancelled":
        return True
    if order.status == "refunded" and value_of(order.meta_data, CANCEL_KEY):
        return True
    return any(mark_of(record) == cancel_mark(request.key) for record in records)


def _too_late(reason: str) -> CancelAnswer:
    return CancelAnswer(status=CancelStatus.TOO_LATE, reason=reason)


def _unknown(reason: str) -> CancelAnswer:
    return CancelAnswer(status=CancelStatus.UNKNOWN, reason=reason)
