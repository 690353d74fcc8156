"""Money that goes back through the store's own gateway, and refunds of ours that its books should show.

WooCommerce knows no idempotency key. Before its gateway is asked to pay, the order is marked as asked, and an order
that is marked is only searched from then on, never asked again: a PHP process may still be at work when we have stopped
listening, and a gateway that timed out towards the store may have paid although WooCommerce has deleted its record
(``wc_create_refund`` deletes it on every error). Searched in vain, such a leg goes to a person. The mark is taken back
only where the store has certainly not begun (429, no connection, a page of a firewall) or has said no.

A record that we asked to be paid and whose ``refunded_payment`` is false has a gateway that has not answered yet, or
never did.
"""

from __future__ import annotations

import re

from plugin.core.money import as_decimal
from plugin.ports.payments import (
    OutcomeStored,
    OutcomeUnknown,
    RefundFact,
    RefundState,
    RejectCode,
    Rejected,
)
from plugin.ports.platforms import PlatformRefund, RefundRecord
from plugin.ports.storefronts import Unparseable
from plugin.storefronts.platform_values import minor, moment
from plugin.storefronts.woocommerce.api import Failed, NotDone, Refusal, WooApi
from plugin.storefronts.woocommerce.asking_once import check_not_under_way, in_good_time, mark, mark_asked, post_refund
from plugin.storefronts.woocommerce.looking import find_order, refunds_of
from plugin.storefronts.woocommerce.marks import (
    MARK,
    asked_mark,
    claimed_mark,
    claims,
    mark_of,
    meta_body,
    reason_with,
)
from plugin.storefronts.woocommerce.wire import Order, value_of
from plugin.storefronts.woocommerce.wire import RefundRecord as Record

_GATEWAY_SAID_NO = "woocommerce_rest_cannot_create_order_refund"
_GATEWAY_TIMED_OUT = re.compile(r"timed? ?out|curl error|connection reset|bad gateway", re.IGNORECASE)


async def refund(api: WooApi, refund: PlatformRefund) -> RefundFact:
    """See ``Platform.refund``. ``OutcomeStored`` where the gateway may have been asked: then only look for it."""
    asked = asked_mark(refund.leg_id)
    async with in_good_time(api):
        order = await _order(api, refund.order_id)
        records = await refunds_of(api, refund.order_id)
        if found := _made(records, refund):
            return found
        if value_of(order.meta_data, asked):
            raise OutcomeStored("The store's gateway was asked before, and no refund of that ask is there.")
        if refund.amount > _left(order, records):
            raise Rejected(RejectCode.ALREADY_REFUNDED, "The store's books have less left to refund than this.")
        await mark(api, refund.order_id, asked, refund.key)
    try:
        reply = await api.post(f"orders/{refund.order_id}/refunds", _body(refund, pays=True))
    except NotDone:
        await mark(api, refund.order_id, asked, "")
        raise
    except Failed as failed:
        raise await _answer_to_failure(api, refund, failed) from failed
    except OutcomeUnknown as unknown:
        raise OutcomeStored(unknown.reason) from unknown
    except Rejected:
        await mark(api, refund.order_id, asked, "")
        raise
    return _fact(reply.read(Record), refund)


async def find_refund(api: WooApi, refund: PlatformRefund) -> RefundFact | None:
    """See ``Platform.find_refund``. PENDING: the store has begun it and its gateway has not been heard."""
    try:
        return _made(await refunds_of(api, refund.order_id), refund)
    except Refusal as no:
        if no.code is RejectCode.NOT_FOUND:
            return None
        raise


async def record_refund(api: WooApi, record: RefundRecord) -> bool:
    """See ``Platform.record_refund``.

    The gateway for Stripe hears of our refund by its own webhook and writes a record of the same amount, without paying
    (``class-wc-stripe-webhook-handler.php``, ``process_webhook_refund``). The first such record that stands for nothing
    yet is claimed for this leg, at the order, because refunds cannot be edited.
    """
    async with in_good_time(api):
        order = await _order(api, record.order_id)
        records = await refunds_of(api, record.order_id)
        taken = claims(order.meta_data)
        if record.leg_id in taken.values() or any(mark_of(each) == record.leg_id for each in records):
            return False
        check_not_under_way(api, order.meta_data, record.leg_id)
        for each in records:
            is_free = mark_of(each) is None and str(each.id) not in taken and not each.refunded_payment
            if is_free and abs(minor(each.amount, record.currency, "amount")) == record.amount:
                await mark(api, record.order_id, claimed_mark(record.leg_id), str(each.id))
                return False
        if record.amount > _left(order, records):
            return False  # staff have booked it back as a whole, or in another sum
        await mark_asked(api, record.order_id, record.leg_id)
    await post_refund(api, record.order_id, record.leg_id, _body(record, pays=False))
    return True


def _made(records: list[Record], refund: PlatformRefund) -> RefundFact | None:
    ours = next((record for record in records if mark_of(record) == refund.leg_id), None)
    return None if ours is None else _fact(ours, refund)


def _fact(record: Record, refund: PlatformRefund) -> RefundFact:
    try:
        amount = abs(minor(record.amount, refund.currency, "amount"))
        created_at = moment(record.date_created_gmt or record.date_created, "date_created_gmt", is_utc=True)
    except Unparseable as error:
        raise OutcomeStored(f"The store's refund cannot be read: {error}") from error
    is_paid = record.refunded_payment
    return RefundFact(
        id=str(record.id),
        payment_reference=refund.payment_id,
        amount=amount,
        currency=refund.currency,
        state=RefundState.SUCCEEDED if is_paid else RefundState.PENDING,
        created_at=created_at,
        leg_id=refund.leg_id,
        failure_reason=None if is_paid else "The store's gateway has not confirmed it.",
    )


async def _answer_to_failure(api: WooApi, refund: PlatformRefund, failed: Failed) -> Exception:
    """A gateway's no comes as a 500 with a code of WooCommerce's own; that it timed out is no no."""
    if failed.error != _GATEWAY_SAID_NO or _GATEWAY_TIMED_OUT.search(failed.reason):
        return OutcomeStored(failed.reason)
    await mark(api, refund.order_id, asked_mark(refund.leg_id), "")
    return Rejected(RejectCode.OTHER, failed.reason)


async def _order(api: WooApi, order_id: str) -> Order:
    try:
        order = await find_order(api, order_id)
    except Unparseable as error:
        raise OutcomeUnknown(f"The store's order cannot be read: {error}") from error
    if order is None:
        raise Rejected(RejectCode.NOT_FOUND, "The store does not know this order any more.")
    return order


def _left(order: Order, records: list[Record]) -> int:
    total = minor(order.total, order.currency, "total")
    return total - sum(abs(minor(record.amount, order.currency, "amount")) for record in records)


def _body(asked: PlatformRefund | RefundRecord, *, pays: bool) -> dict[str, object]:
    return {
        "amount": str(as_decimal(asked.amount, asked.currency)),
        "reason": reason_with(asked.note, asked.leg_id),
        "api_refund": pays,
        "api_restock": False,
        "meta_data": meta_body({MARK: asked.leg_id}),
    }
