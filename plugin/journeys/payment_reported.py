"""What the custodian says of a payment: we are told that something changed, and read the object again.

Events come late, twice and out of order; only what is read now counts. Refunds that began elsewhere lower what the
payment can still give; refunds of ours end in the same function as Stripe's own reply to us.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec import structs

from plugin.audit import service as audit
from plugin.cases.store import cases_of_order, lock_case
from plugin.core.transitions import IllegalTransition
from plugin.db import Transaction, rows, transaction
from plugin.exchanges.store import difference_at
from plugin.inbox.events import EventState, close_event
from plugin.inbox.models import InboxEvent
from plugin.journeys.disputes import tell_of_disputes
from plugin.journeys.money_moved import take_refund_fact
from plugin.journeys.owed_again import give_back_excess
from plugin.journeys.tell import tell_staff
from plugin.messages.parts import AlertKind
from plugin.orders.models import Payment
from plugin.orders.payments import Overtaken, store_payment_fact
from plugin.orders.people import is_erased
from plugin.orders.service import freeze, lock_order, payments_by_reference
from plugin.outbox import service as outbox
from plugin.outbox.service import MONEY_WAITS_AT_MOST, Claim, Later, back_off
from plugin.ports.orders import Custodian, PaymentState
from plugin.ports.payments import OutcomeStored, OutcomeUnknown, PaymentFact, RejectCode, Rejected
from plugin.ports.runtime import Ports
from plugin.ports.storefronts import Unparseable
from plugin.refunds.store import legs_on_payment, lock_leg, paid_by_hand, payables
from plugin.shops.models import Shop
from plugin.shops.service import get_shop, payment_account

READ_PAYMENT, READ_DIFFERENCE = "read_payment", "read_difference"
ORDER_MAY_FOLLOW = timedelta(minutes=10)

CONCERNS_US = (
    "charge.refunded", "charge.refund.", "refund.", "charge.dispute.", "charge.captured", "charge.expired",
    "payment_intent.succeeded", "payment_intent.canceled", "payment_intent.amount_capturable_updated",
)  # fmt: skip


async def read_gateway_event(ports: Ports, claim: Claim, shop: Shop, event: InboxEvent) -> None:
    """A stored Stripe event: find what it paid for by its reference and read it again."""
    at = ports.clock.now()
    try:
        told = ports.payments.read_event(bytes(event.body))
    except Unparseable as unreadable:
        await _close(ports, claim, event, EventState.SET_ASIDE, str(unreadable.args[0]))
        return
    reference = told.payment_reference
    payments = await payments_by_reference(shop.id, reference) if reference else []
    if (difference := await difference_at(shop.id, told.object_id, reference)) and not payments:
        await _read_page(ports, claim, event, difference, reference)
        return
    if not event.topic.startswith(CONCERNS_US):
        reason = f"{event.topic} does not concern orders."
        await _close(ports, claim, event, EventState.IGNORED, reason, reference)
    elif reference is None:
        await _close(ports, claim, event, EventState.SET_ASIDE, "The event names no PaymentIntent.")
    elif not payments and at - event.received_at < ORDER_MAY_FOLLOW:
        raise Later(timedelta(seconds=15), "the order of this payment has not come in yet")
    elif not payments:
        reason = "No order here was paid with this PaymentIntent."
        await _close(ports, claim, event, EventState.IGNORED, reason, reference)
    else:
        fact = await _read(ports, shop, payments[0], claim)
        if fact is not None:
            for (
                payment
            ) in payments:  # a transaction each: it locks an order, and nobody locks one while holding another
                async with transaction(ports.doorbell) as tx:
                    await take_payment_fact(tx, ports, shop, payment, fact)
        await _close(ports, claim, event, EventState.HANDLED, None, reference)


async def _read_page(ports: Ports, claim: Claim, event: InboxEvent, difference: str, reference: str | None) -> None:
    """News of a page on which a difference is paid: it is read again, like every object that an event names."""
    async with transaction(ports.doorbell) as tx:
        if not await outbox.is_open(tx, kind=READ_DIFFERENCE, ref=difference):
            await outbox.add(tx, shop_id=event.shop_id, kind=READ_DIFFERENCE, ref=difference)
        await close_event(tx, event.id, EventState.HANDLED, ports.clock.now(), subject=reference)
        await outbox.complete(tx, claim)


async def _close(
    ports: Ports, claim: Claim, event: InboxEvent, state: EventState, reason: str | None, about: str | None = None
) -> None:
    at = ports.clock.now()
    async with transaction(ports.doorbell) as tx:
        forget = about is not None and await is_erased(tx, event.shop_id, about)
        await close_event(tx, event.id, state, at, reason, subject=about, forget_body=forget)
        await outbox.complete(tx, claim)


async def read_payment(ports: Ports, claim: Claim) -> None:
    """Work: read one payment at its custodian and take over what it says."""
    payment = await Payment.get(id=claim.ref, shop_id=claim.shop_id)
    shop = await get_shop(claim.shop_id)
    fact = await _read(ports, shop, payment, claim)
    async with transaction(ports.doorbell) as tx:
        if fact is not None:
            await take_payment_fact(tx, ports, shop, payment, fact)
        await outbox.complete(tx, claim)


async def refresh_payments(ports: Ports, shop: Shop, payments: list[Payment]) -> bool:
    """Read what Stripe holds before money is planned. False where Stripe gave no answer: the last report stands, which
    is enough to decide on and not to pay on."""
    account = payment_account(ports.vault, shop)
    answered = True
    for payment in payments:
        if account is None or payment.custodian != Custodian.STRIPE or not payment.reference:
            continue
        try:
            fact = await ports.payments.read(account, payment.reference)
        except (OutcomeUnknown, OutcomeStored):
            answered = False
            continue
        except Rejected:
            continue  # a definitive no, which the refund itself will be given as well
        if await _confirmed(payment, fact, ports.clock.now()):
            continue
        try:
            async with transaction(ports.doorbell) as tx:
                await take_payment_fact(tx, ports, shop, payment, fact)
        except Overtaken:
            continue  # somebody else has read it in the same moment
    return answered


async def _confirmed(payment: Payment, fact: PaymentFact, at: datetime) -> bool:
    """Write that the payment was read at this time, if its report says nothing new and nothing was ever given back of
    it; False, and nothing written, for any other report. One statement, under the order's lock like every report."""
    if fact.refunds or fact.disputes:
        return False
    return bool(
        await rows(
            "WITH locked AS MATERIALIZED (SELECT id FROM orders WHERE id = $2 FOR UPDATE) "
            "UPDATE payments SET read_at = $3, readings = readings + 1 FROM locked "
            "WHERE payments.id = $1 AND payments.order_id = locked.id AND readings = $4 AND currency = $5 "
            "AND state = $6 AND captured = $7 AND capturable = $8 AND amount = $9 "
            "AND ($10::text IS NULL OR label = $10) AND external_refunded = 0 AND disputed = 0 "
            "AND NOT EXISTS (SELECT 1 FROM refund_legs WHERE payment_id = $1) RETURNING payments.id",
            payment.id, payment.order_id, at, payment.readings, fact.currency, str(fact.state), fact.captured,
            fact.capturable, fact.authorised or payment.amount, fact.label,
        )
    )  # fmt: skip


async def _read(ports: Ports, shop: Shop, payment: Payment, claim: Claim) -> PaymentFact | None:
    """The custodian's report; None where there is none to have, and ``Later`` where it may come."""
    account = payment_account(ports.vault, shop)
    if account is None or not payment.reference:
        return None
    claim.check_may_send()
    try:
        return await ports.payments.read(account, payment.reference)
    except (OutcomeUnknown, OutcomeStored) as unknown:
        raise Later(back_off(claim.attempts, MONEY_WAITS_AT_MOST), str(unknown)) from unknown
    except Rejected as no:
        if no.code is RejectCode.BAD_CREDENTIALS:
            raise Later(timedelta(minutes=10), no.reason) from no
        return None


async def take_payment_fact(tx: Transaction, ports: Ports, shop: Shop, payment: Payment, fact: PaymentFact) -> None:
    """The one function in which every report on a payment ends."""
    at = ports.clock.now()
    order = await lock_order(tx, payment.order_id)
    if fact.currency != order.row.currency:
        await _stop(tx, payment, "payment_in_another_currency", f"{payment.id} is in {fact.currency}")
        return
    if order.row.erased_at is not None:
        fact = structs.replace(fact, label=None)
    before = (payment.captured, payment.external_refunded, payment.disputed)
    legs = {leg.id: leg for leg in await legs_on_payment(payment.id)}
    by_hand = await paid_by_hand(payment.id) if legs else 0
    stored = await store_payment_fact(tx, payment, fact, ours=frozenset(legs), by_hand=by_hand, at=at)
    for refund in fact.refunds:
        leg = legs.get(refund.leg_id or "")
        if leg is None:
            continue
        if leg.order_id != payment.order_id:  # of new goods that were paid for with this order
            await lock_order(tx, leg.order_id)
        case = await lock_case(tx, leg.case_id)
        try:
            await take_refund_fact(tx, ports, shop, case, await lock_leg(tx, leg.id), refund)
        except IllegalTransition:
            await _stop(tx, payment, "custodian_contradicts_us", f"{refund.id} is {refund.state}")
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
    await tell_of_disputes(tx, ports, shop, order, fact)
    if legs:
        await give_back_excess(tx, ports, stored)
    await stop_if_overdrawn(tx, stored)


async def stop_if_overdrawn(tx: Transaction, payment: Payment) -> None:
    """More was given back elsewhere, or is disputed, than our own refunds leave of the payment (I7)."""
    (payable,) = await payables([payment])
    if payment.state == PaymentState.CAPTURED and payable.refundable < 0:
        seen = f"captured {payment.captured}, elsewhere {payment.external_refunded}, disputed {payment.disputed}"
        await _stop(tx, payment, "more_given_back_than_captured", f"{payment.id}: {seen}")


async def _stop(tx: Transaction, payment: Payment, reason: str, fact: str) -> None:
    """A fact from outside breaks an invariant: freeze the order and alert, never clamp it away (I7)."""
    if not await freeze(tx, payment.order_id, reason, fact):
        return
    cases = await cases_of_order(payment.order_id)
    if cases:
        await tell_staff(tx, cases[0], AlertKind.AMOUNTS_DISAGREE)
