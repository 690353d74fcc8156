"""What the custodian says of a payment: we are told that something changed, and read the object again.

Events come late, twice and out of order; only what is read now counts. Refunds that began elsewhere lower what the
payment can still give; refunds of ours end in the same function as Stripe's own reply to us.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta

from plugin.audit import service as audit
from plugin.cases.store import cases_of_order, lock_case
from plugin.core.transitions import IllegalTransition
from plugin.db import Transaction, transaction
from plugin.inbox.events import EventState, close_event
from plugin.inbox.models import InboxEvent
from plugin.journeys.money_moved import take_refund_fact
from plugin.journeys.owed_again import give_back_excess
from plugin.journeys.tell import tell_staff
from plugin.messages.parts import AlertKind
from plugin.orders.models import Payment
from plugin.orders.service import (
    ReportedMeanwhile,
    freeze,
    lock_order,
    payments_by_reference,
    store_payment_fact,
)
from plugin.outbox import service as outbox
from plugin.outbox.service import Claim, Later, back_off
from plugin.ports.orders import Custodian, PaymentState
from plugin.ports.payments import OutcomeStored, OutcomeUnknown, PaymentFact, RejectCode, Rejected
from plugin.ports.runtime import Ports
from plugin.ports.storefronts import Unparseable
from plugin.refunds.store import leg_ids_of_payment, legs_on_payment, lock_leg, paid_by_hand, payables
from plugin.shops.models import Shop
from plugin.shops.service import get_shop, payment_account

READ_PAYMENT = "read_payment"
ORDER_MAY_FOLLOW = timedelta(minutes=10)

CONCERNS_US = (
    "charge.refunded", "charge.refund.", "refund.", "charge.dispute.", "charge.captured", "charge.expired",
    "payment_intent.succeeded", "payment_intent.canceled", "payment_intent.amount_capturable_updated",
)  # fmt: skip


async def read_gateway_event(ports: Ports, claim: Claim, shop: Shop, event: InboxEvent) -> None:
    """A stored Stripe event: find what it paid for by its reference and read it again."""
    at = ports.clock.now()
    try:
        reference = ports.payments.read_event(bytes(event.body)).payment_reference
    except Unparseable as unreadable:
        await _close(ports, claim, event, EventState.SET_ASIDE, str(unreadable.args[0]))
        return
    payments = await payments_by_reference(shop.id, reference) if reference else []
    if not event.topic.startswith(CONCERNS_US):
        await _close(ports, claim, event, EventState.IGNORED, f"{event.topic} does not concern orders.")
    elif reference is None:
        await _close(ports, claim, event, EventState.SET_ASIDE, "The event names no PaymentIntent.")
    elif not payments and at - event.received_at < ORDER_MAY_FOLLOW:
        raise Later(timedelta(seconds=15), "the order of this payment has not come in yet")
    elif not payments:
        await _close(ports, claim, event, EventState.IGNORED, "No order here was paid with this PaymentIntent.")
    else:

        async def handled(tx: Transaction) -> None:
            await close_event(tx, event.id, EventState.HANDLED, at)
            await outbox.complete(tx, claim)

        *clones, last = payments
        for clone in clones:  # each in a transaction of its own: it locks another order
            await _take_report(ports, shop, clone, claim)
        await _take_report(ports, shop, last, claim, handled)


async def _close(ports: Ports, claim: Claim, event: InboxEvent, state: EventState, reason: str) -> None:
    async with transaction(ports.doorbell) as tx:
        await close_event(tx, event.id, state, ports.clock.now(), reason)
        await outbox.complete(tx, claim)


async def read_payment(ports: Ports, claim: Claim) -> None:
    """Work: read one payment at its custodian and take over what it says."""
    payment = await Payment.get(id=claim.ref, shop_id=claim.shop_id)

    async def done(tx: Transaction) -> None:
        await outbox.complete(tx, claim)

    await _take_report(ports, await get_shop(claim.shop_id), payment, claim, done)


async def _nothing_more(tx: Transaction) -> None: ...


async def _take_report(
    ports: Ports,
    shop: Shop,
    payment: Payment,
    claim: Claim,
    then: Callable[[Transaction], Awaitable[None]] = _nothing_more,
) -> None:
    """Read the payment at its custodian and take over what it says; ``then`` commits with it.

    A report that another has overtaken is read again. Overtaken twice there is nothing to add: reports are stored one
    after the other, so the second of those was read after we began.
    """
    for _ in range(2):
        fact = await _read(ports, shop, payment, claim)
        if fact is None:
            break
        with suppress(ReportedMeanwhile):
            async with transaction(ports.doorbell) as tx:
                await take_payment_fact(tx, ports, shop, payment, fact)
                await then(tx)
            return
        payment = await Payment.get(id=payment.id)
    async with transaction(ports.doorbell) as tx:
        await then(tx)


async def refresh_payments(ports: Ports, shop: Shop, payments: list[Payment]) -> None:
    """Read what Stripe holds before money is planned; without an answer the last report stands."""
    account = payment_account(ports.vault, shop)
    for payment in payments:
        if account is None or payment.custodian != Custodian.STRIPE or not payment.reference:
            continue
        try:
            fact = await ports.payments.read(account, payment.reference)
        except (OutcomeUnknown, OutcomeStored, Rejected):
            continue  # the leg re-reads before money moves, and Stripe itself refuses to give more than there is
        with suppress(ReportedMeanwhile):  # then somebody else has just read it for us
            async with transaction(ports.doorbell) as tx:
                await take_payment_fact(tx, ports, shop, payment, fact)


async def _read(ports: Ports, shop: Shop, payment: Payment, claim: Claim) -> PaymentFact | None:
    """The custodian's report; None where there is none to have, and ``Later`` where it may come."""
    account = payment_account(ports.vault, shop)
    if account is None or not payment.reference:
        return None
    claim.check_may_send()
    try:
        return await ports.payments.read(account, payment.reference)
    except (OutcomeUnknown, OutcomeStored) as unknown:
        raise Later(back_off(claim.attempts), str(unknown)) from unknown
    except Rejected as no:
        if no.code is RejectCode.BAD_CREDENTIALS:
            raise Later(timedelta(minutes=10), no.reason) from no
        return None


async def take_payment_fact(tx: Transaction, ports: Ports, shop: Shop, payment: Payment, fact: PaymentFact) -> None:
    """The one function in which every report on a payment ends. ``payment`` is as it stood before it was read.

    Raises ``ReportedMeanwhile`` where it is to be read again.
    """
    at = ports.clock.now()
    order = await lock_order(tx, payment.order_id)
    if fact.currency != order.row.currency:
        await _stop(tx, shop, payment, "payment_in_another_currency")
        return
    before = (payment.captured, payment.external_refunded, payment.disputed)
    stored = await store_payment_fact(
        tx, payment, fact, ours=await leg_ids_of_payment(payment.id), by_hand=await paid_by_hand(payment.id), at=at
    )
    legs = {leg.id: leg for leg in await legs_on_payment(payment.id)}
    for refund in fact.refunds:
        leg = legs.get(refund.leg_id or "")
        if leg is None:
            continue
        case = await lock_case(tx, leg.case_id)
        try:
            await take_refund_fact(tx, ports, shop, case, await lock_leg(tx, leg.id), refund)
        except IllegalTransition:
            await _stop(tx, shop, payment, "custodian_contradicts_us")
    after = (stored.captured, stored.external_refunded, stored.disputed)
    if after != before:
        await audit.record(
            tx,
            shop_id=shop.id,
            order_id=payment.order_id,
            kind="payment_reported",
            actor="stripe",
            at=at,
            data={
                "payment": payment.id,
                "captured": stored.captured,
                "external_refunded": stored.external_refunded,
                "disputed": stored.disputed,
                "state": stored.state,
            },
        )
    await give_back_excess(tx, ports, stored)
    (payable,) = await payables([stored])
    if stored.state == PaymentState.CAPTURED and payable.refundable < 0:
        await _stop(tx, shop, payment, "more_given_back_than_captured")


async def _stop(tx: Transaction, shop: Shop, payment: Payment, reason: str) -> None:
    """A fact from outside breaks an invariant: freeze the order and alert, never clamp it away (I7)."""
    if not await freeze(tx, payment.order_id, reason):
        return
    cases = await cases_of_order(payment.order_id)
    if cases:
        await tell_staff(tx, cases[0], AlertKind.AMOUNTS_DISAGREE)
