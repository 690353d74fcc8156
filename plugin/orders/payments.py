"""What is known of an order's payments: the store's word on those it collected, the custodian's own on all others."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from plugin.core.ids import new_id
from plugin.db import Transaction, read
from plugin.orders.models import Payment
from plugin.outbox.service import Later
from plugin.ports.orders import Custodian, PaymentState, StoreOrder, StorePayment
from plugin.ports.payments import PaymentFact


async def payments_named(tx: Transaction, order_id: str) -> list[Payment]:
    """The payments that are this very order's, as the transaction sees them."""
    return await read(Payment, "WHERE order_id = $1", order_id, tx=tx)


async def get_payment(tx: Transaction, payment_id: str | None) -> Payment:
    """The payment that a row of ours names, as the transaction sees it; raises ``DoesNotExist`` where it names none."""
    return await Payment.filter(id=payment_id).using_db(tx.connection).get()


async def write_payment(tx: Transaction, payment: Payment) -> None:
    """Keep a payment that no store names, as one of its order's."""
    await payment.save(using_db=tx.connection)


async def store_payments(
    tx: Transaction, shop_id: str, order_id: str, order: StoreOrder, ours: Mapping[str, int]
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
            _take_stores_word(payment, paid, ours.get(paid.id, 0))
            await payment.save(using_db=tx.connection)
            known[paid.id] = payment
        elif payment.read_at is None or payment.reference != paid.reference:
            if payment.reference != paid.reference:  # what was read, or is being read, is another payment's
                payment.read_at, payment.readings = None, payment.readings + 1
            _take_stores_word(payment, paid, ours.get(paid.id, 0))
            await payment.save(using_db=tx.connection)
        if payment.custodian == Custodian.STRIPE and payment.reference and payment.read_at is None:
            to_read.append(payment.id)
    named = {paid.id for paid in order.payments}
    for payment in known.values():
        if payment.external_id not in named and not (payment.custodian == Custodian.STRIPE and payment.reference):
            # The store's word is all that we have of it, and the store names another payment in its place.
            payment.state, payment.capturable = str(PaymentState.VOIDED), 0
            await payment.save(using_db=tx.connection)
    return tuple(to_read)


def _take_stores_word(payment: Payment, paid: StorePayment, ours: int) -> None:
    """``ours`` was paid for our legs: the store's record of it is no second refund (DESIGN §3)."""
    # A store may lower what it still collects when it hears of our cancellation: our legs are counted from the whole.
    payment.amount = max(payment.amount, paid.amount)
    payment.custodian, payment.instrument, payment.reference = str(paid.custodian), str(paid.instrument), paid.reference
    payment.label = paid.label and paid.label[:120]
    payment.state, payment.captured = str(paid.state), paid.captured
    uncollected = paid.state in (PaymentState.AUTHORISED, PaymentState.PENDING)
    payment.capturable = paid.amount if uncollected else 0
    payment.external_refunded = 0 if paid.custodian == Custodian.STRIPE else max(0, paid.refunded - ours)


class Overtaken(Later):
    """Another report was taken over since this one was asked for, and this one may be the older: it is read again."""

    def __init__(self) -> None:
        super().__init__(timedelta(0), "another report on this payment was faster")


async def store_payment_fact(
    tx: Transaction, seen: Payment, fact: PaymentFact, *, ours: frozenset[str], by_hand: int, at: datetime
) -> Payment:
    """Take over the custodian's report. ``ours`` are the ids of our legs; every other refund began elsewhere, but for
    what a person paid ``by_hand`` for one of our legs.

    A report carries no version, and refunds and disputes come and go: which of two is newer, only the sequence of our
    own questions tells. ``seen`` is the payment as it was before we asked; raises ``Overtaken`` if another report was
    taken over since, so that each one that is stored was asked for after the one before it. The caller holds the
    order's lock.
    """
    (payment,) = await read(Payment, "WHERE id = $1 FOR UPDATE", seen.id, tx=tx)
    if payment.readings != seen.readings:
        raise Overtaken()
    payment.state, payment.captured, payment.capturable = str(fact.state), fact.captured, fact.capturable
    payment.amount, payment.label = fact.authorised or payment.amount, fact.label or payment.label
    elsewhere = [
        (refund.id, refund.amount)
        for refund in fact.refunds
        if refund.leg_id not in ours and refund.state not in ("failed", "cancelled")
    ]
    payment.external_refunds = elsewhere
    payment.external_refunded = max(0, sum(amount for _, amount in elsewhere) - by_hand)
    payment.disputed = sum(dispute.amount for dispute in fact.disputes if dispute.holds_money)
    payment.read_at, payment.readings = at, payment.readings + 1
    await payment.save(using_db=tx.connection)
    return payment
