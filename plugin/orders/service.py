"""Keeping orders as the store placed them: newest version wins, amounts stay as they were frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

import msgspec

from plugin.core.errors import NotFound
from plugin.core.ids import new_id
from plugin.db import Transaction, rows
from plugin.orders.models import Order, Payment
from plugin.outbox.service import Later
from plugin.ports.orders import Custodian, LineCount, PaymentState, StoreOrder, StorePayment
from plugin.ports.payments import PaymentFact

NOTHING: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True)
class StoredOrder:
    """An order's row with its documents read: ``now`` the store's newest version, ``placement`` the frozen amounts."""

    row: Order
    now: StoreOrder
    placement: StoreOrder

    @property
    def id(self) -> str:
        return self.row.id


@dataclass(frozen=True)
class OrderChange:
    """What a version of the order brought. A stale one brought nothing."""

    order_id: str
    is_new: bool
    is_stale: bool
    is_edited: bool
    before: StoreOrder | None
    after: StoreOrder
    payments_to_read: tuple[str, ...] = ()


def read_order(document: object) -> StoreOrder:
    return msgspec.convert(document, StoreOrder)


def _stored(row: Order) -> StoredOrder:
    return StoredOrder(row, read_order(row.document), read_order(row.placement))


async def get_order(shop_id: str, order_id: str) -> StoredOrder:
    """The order of this shop; raises ``NotFound``."""
    row = await Order.get_or_none(id=order_id, shop_id=shop_id)
    if row is None:
        raise NotFound(detail="We could not find this order.", param="order_id")
    return _stored(row)


async def find_by_external_id(shop_id: str, external_id: str) -> StoredOrder | None:
    """The order by the store's own id."""
    row = await Order.get_or_none(shop_id=shop_id, external_id=external_id)
    return _stored(row) if row else None


async def find_id_by_number_and_email(shop_id: str, number: str, email: str) -> str | None:
    """The newest order with this number whose address is exactly this one, for a guest's lookup.

    Its id only: reading the order itself takes the longer the larger it is, and a stranger's clock would tell.
    """
    found = await rows(
        "SELECT id FROM orders WHERE shop_id = $1 AND number_key = $2 AND email = $3 ORDER BY placed_at DESC LIMIT 1",
        shop_id, number_key(number), email.strip().lower(),
    )  # fmt: skip
    return found[0]["id"] if found else None


async def lock_order(tx: Transaction, order_id: str) -> StoredOrder:
    """The order with its row locked until the transaction ends: the first lock of every journey."""
    row = await Order.filter(id=order_id).select_for_update().using_db(tx.connection).first()
    if row is None:
        raise NotFound(detail="We could not find this order.", param="order_id")
    return _stored(row)


async def payments_of(order_id: str) -> list[Payment]:
    """The order's payments, always in the same sequence."""
    return await Payment.filter(order_id=order_id).order_by("external_id")


async def payments_by_reference(shop_id: str, reference: str) -> list[Payment]:
    """The payments that are this PaymentIntent: more than one where a store has cloned an order with its payment.

    They come in the sequence of their orders.
    """
    query = Payment.filter(shop_id=shop_id, reference=reference, custodian=Custodian.STRIPE)
    return await query.order_by("order_id", "id")


def number_key(number: str) -> str:
    """An order number as a shopper may type it: without ``#``, blanks and dashes, in lower case."""
    return "".join(char for char in number.lower() if char.isalnum())[:80]


def _was_edited(placement: StoreOrder, after: StoreOrder) -> bool:
    """Whether the store changed lines or amounts; what ships, is refunded or cancelled is no edit."""

    def frozen(order: StoreOrder) -> object:
        lines = sorted((line.id, line.quantity, line.total, line.tax) for line in order.lines)
        extras = sorted((str(extra.kind), extra.total, extra.tax) for extra in order.extras)
        return lines, extras, order.shipping.total, order.shipping.tax, order.unexplained, order.currency

    return frozen(placement) != frozen(after)


async def store_order(
    tx: Transaction,
    *,
    shop_id: str,
    order: StoreOrder,
    customer_hash: str | None,
    at: datetime,
    by_hand: Mapping[str, int] = NOTHING,
) -> OrderChange:
    """Write a version of an order. An older or equal version than the stored one changes nothing (I10).

    ``by_hand`` is what people have paid back for our legs, by the store's id of the payment.
    """
    document = msgspec.to_builtins(order)
    order_id = new_id("ord")
    created = await tx.rows(
        "INSERT INTO orders (id, shop_id, external_id, number, number_key, sequence, state, currency, total, "
        "placed_at, email, customer_hash, revision, document, placement, audit_n, audit_head, received_at, changed_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 1, $13, $13, 0, '', $14, $14) "
        "ON CONFLICT (shop_id, external_id) DO NOTHING RETURNING id",
        order_id, shop_id, order.id, order.number, number_key(order.number), order.sequence, str(order.state),
        order.currency, order.total, order.placed_at, _address(order), customer_hash,
        msgspec.json.encode(document).decode(), at,
    )  # fmt: skip
    if created:
        to_read = await _store_payments(tx, shop_id, order_id, order, by_hand)
        return OrderChange(order_id, True, False, False, None, order, to_read)
    row = await Order.filter(shop_id=shop_id, external_id=order.id).select_for_update().using_db(tx.connection).get()
    stored = _stored(row)
    if order.sequence <= row.sequence:
        return OrderChange(row.id, False, True, False, stored.now, stored.now)
    edited = _was_edited(stored.placement, order)
    row.sequence, row.state, row.document, row.changed_at = order.sequence, str(order.state), document, at
    row.number, row.number_key, row.total = order.number, number_key(order.number), order.total
    row.email, row.customer_hash = _address(order), customer_hash
    if edited:
        row.revision, row.placement = row.revision + 1, document
    await row.save(using_db=tx.connection)
    to_read = await _store_payments(tx, shop_id, row.id, order, by_hand)
    return OrderChange(row.id, False, False, edited, stored.now, order, to_read)


def _address(order: StoreOrder) -> str | None:
    return order.customer.email.strip().lower() if order.customer.email else None


async def _store_payments(
    tx: Transaction, shop_id: str, order_id: str, order: StoreOrder, by_hand: Mapping[str, int]
) -> tuple[str, ...]:
    """Write the payments that the store names; money held by Stripe is counted from Stripe's reports only."""
    known = {
        payment.external_id: payment for payment in await Payment.filter(order_id=order_id).using_db(tx.connection)
    }
    to_read = []
    for paid in order.payments:
        payment = known.get(paid.id)
        if payment is None:
            payment = Payment(id=new_id("pay"), shop_id=shop_id, order_id=order_id, external_id=paid.id)
            payment.currency, payment.amount = order.currency, paid.amount
            _take_stores_word(payment, paid, by_hand.get(paid.id, 0))
            await payment.save(using_db=tx.connection)
            known[paid.id] = payment
        elif payment.read_at is None or payment.reference != paid.reference:
            _take_stores_word(payment, paid, by_hand.get(paid.id, 0))
            await payment.save(using_db=tx.connection)
        if payment.custodian == Custodian.STRIPE and payment.reference and payment.read_at is None:
            to_read.append(payment.id)
    return tuple(to_read)


def _take_stores_word(payment: Payment, paid: StorePayment, by_hand: int) -> None:
    """``by_hand`` is what a person has paid for our legs: the store's record of it is no second refund (DESIGN §3)."""
    # A store may lower what it still collects when it hears of our cancellation: our legs are counted from the whole.
    payment.amount = max(payment.amount, paid.amount)
    payment.custodian, payment.instrument, payment.reference = str(paid.custodian), str(paid.instrument), paid.reference
    payment.label = paid.label and paid.label[:120]
    payment.state, payment.captured = str(paid.state), paid.captured
    uncollected = paid.state in (PaymentState.AUTHORISED, PaymentState.PENDING)
    payment.capturable = paid.amount if uncollected else 0
    payment.external_refunded = 0 if paid.custodian == Custodian.STRIPE else max(0, paid.refunded - by_hand)


class ReportedMeanwhile(Later):
    """Another report was stored since the custodian was asked, and may be the newer one: it must be asked again."""

    def __init__(self) -> None:
        super().__init__(timedelta(0), "another report on the payment came in between")


async def store_payment_fact(
    tx: Transaction, known: Payment, fact: PaymentFact, *, ours: frozenset[str], by_hand: int, at: datetime
) -> Payment:
    """Take over the custodian's report. ``ours`` are the ids of our legs; every other refund began elsewhere, but for
    what a person paid ``by_hand`` for one of our legs.

    The caller holds the order's lock. ``known`` is the payment as it stood before the custodian was asked, so that
    reports are stored in the order in which they were read; raises ``ReportedMeanwhile``.
    """
    payment = await Payment.filter(id=known.id).select_for_update().using_db(tx.connection).get()
    if payment.read_at != known.read_at:
        raise ReportedMeanwhile
    payment.state, payment.captured, payment.capturable = str(fact.state), fact.captured, fact.capturable
    payment.amount, payment.label = fact.authorised or payment.amount, fact.label or payment.label
    elsewhere = sum(
        refund.amount
        for refund in fact.refunds
        if refund.leg_id not in ours and refund.state not in ("failed", "cancelled")
    )
    payment.external_refunded = max(0, elsewhere - by_hand)
    payment.disputed = sum(dispute.amount for dispute in fact.disputes if dispute.holds_money)
    payment.read_at = at
    await payment.save(using_db=tx.connection)
    return payment


async def freeze(tx: Transaction, order_id: str, reason: str) -> bool:
    """Stop all automatic money on the order until a person has looked; False when it is stopped already."""
    return bool(
        await tx.execute(
            "UPDATE orders SET frozen_reason = $2 WHERE id = $1 AND frozen_reason IS NULL", order_id, reason
        )
    )


async def unfreeze(tx: Transaction, order_id: str) -> bool:
    """Let automatic money flow again, after a person has looked."""
    return bool(
        await tx.execute("UPDATE orders SET frozen_reason = NULL WHERE id = $1 AND frozen_reason IS NOT NULL", order_id)
    )


def counted(counts: tuple[LineCount, ...]) -> dict[str, int]:
    """Quantities by line, repetitions added up."""
    total: dict[str, int] = {}
    for count in counts:
        total[count.line_id] = total.get(count.line_id, 0) + count.quantity
    return total


def fulfilled_by_line(order: StoreOrder) -> dict[str, int]:
    """How many units of each line have left, over all parcels."""
    return counted(tuple(count for fulfilment in order.fulfilments for count in fulfilment.lines))
