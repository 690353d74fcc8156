"""The refund that happens once (DESIGN §5).

Transaction A moves the leg to ``submitting`` with frozen parameters. Stripe is called outside any transaction, with
the row's key. Transaction B takes the result over, with the work that follows. After a crash the leg is found in
``submitting``: younger than 23 hours, the same key and the same parameters again; older, or after a stored error, the
payment's refunds are listed and matched by our metadata. A new key is never minted automatically.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from plugin.cases.models import Case
from plugin.cases.service import facts_at_ask
from plugin.cases.states import CaseState
from plugin.cases.store import lock_with_order
from plugin.core.points import point
from plugin.db import Transaction, read, transaction
from plugin.journeys.money_moved import (
    IN_FLIGHT,
    follow_up,
    hand_to_person,
    money_failed,
    take_refund_fact,
)
from plugin.journeys.owed_again import give_back_excess, plan_again
from plugin.journeys.payment_reported import refresh_payments
from plugin.messages.parts import AlertKind
from plugin.orders.models import Payment
from plugin.orders.service import StoredOrder, store_payment_fact
from plugin.outbox import service as outbox
from plugin.outbox.service import MONEY_WAITS_AT_MOST, Claim, Later, back_off
from plugin.ports.orders import Custodian, PaymentState
from plugin.ports.payments import (
    OutcomeStored,
    OutcomeUnknown,
    PaymentAccount,
    PaymentFact,
    RefundFact,
    RejectCode,
    Rejected,
)
from plugin.ports.runtime import Ports
from plugin.refunds.models import RefundLeg
from plugin.refunds.plan import LegKind
from plugin.refunds.service import move_leg
from plugin.refunds.states import LegState
from plugin.refunds.store import (
    LOWERING,
    capture_ceiling,
    get_leg_and_payment,
    leg_ids_of_payment,
    lock_leg,
    paid_back_before,
    paid_by_hand,
    was_absent_before,
)  # fmt: skip
from plugin.shops.models import Shop
from plugin.shops.service import get_shop, payment_account

SAME_KEY_FOR = timedelta(hours=23)
LIST_AGAIN_AFTER = timedelta(minutes=10)
REPORT_IS_FRESH_FOR = timedelta(minutes=1)


@dataclass(frozen=True)
class _Call:
    """Everything that a call at the custodian needs, frozen and committed before it is made."""

    leg: RefundLeg
    payment: Payment
    account: PaymentAccount
    reference: str
    capture_at_most: int


async def settle_leg(ports: Ports, claim: Claim) -> None:
    """Work: bring one leg to its end, or as far as it goes now."""
    shop = await get_shop(claim.shop_id)
    found, payment = await get_leg_and_payment(claim.shop_id, claim.ref)
    await _read_again(ports, shop, claim, found, payment)
    call = await _prepare(ports, claim, shop, found)
    if call is None:
        return
    try:
        if LegState(call.leg.state) is LegState.UNKNOWN:
            await _reconcile(ports, claim, shop, call)
        else:
            claim.check_may_send()
            point("before bytes_sent_to_stripe")
            fact = await _send(ports, call)
            point("after answer_read")
            await _take_result(ports, claim, shop, call, fact)
    except OutcomeUnknown as unknown:
        delay = timedelta(seconds=unknown.retry_after) if unknown.retry_after else None
        raise Later(delay or back_off(claim.attempts, MONEY_WAITS_AT_MOST), unknown.reason) from unknown
    except OutcomeStored as stored:
        await _not_known(ports, call, why="stored_error")
        raise Later(timedelta(0), str(stored)) from stored
    except Rejected as no:
        if no.code is RejectCode.BAD_CREDENTIALS or LegState(call.leg.state) is LegState.UNKNOWN:
            # A key that opens nothing tells nothing of the refund: it may have been made before the key was taken away.
            raise Later(LIST_AGAIN_AFTER, str(no.code)) from no
        await _take_no(ports, claim, shop, call, no)


async def _read_again(ports: Ports, shop: Shop, claim: Claim, leg: RefundLeg, payment: Payment) -> None:
    """Hours may lie between the ask and the store's answer, or a back-up may have been restored: what was given back
    meanwhile is known before we pay. Nothing is sent on an older report, also while Stripe cannot be read."""
    stale = payment.read_at is None or ports.clock.now() - payment.read_at > REPORT_IS_FRESH_FOR
    if LegState(leg.state) is LegState.RESERVED and stale and not await refresh_payments(ports, shop, [payment]):
        raise Later(back_off(claim.attempts, MONEY_WAITS_AT_MOST), "the payment could not be read")


async def _prepare(ports: Ports, claim: Claim, shop: Shop, found: RefundLeg) -> _Call | None:
    """Transaction A. None when there is nothing to call for: then the work is done."""
    at = ports.clock.now()
    async with transaction(ports.doorbell, step="refund_submitting_committed") as tx:
        order, case = await lock_with_order(tx, found.case_id)
        leg = await lock_leg(tx, found.id)
        state = LegState(leg.state)
        if state not in IN_FLIGHT:
            await outbox.complete(tx, claim)
            return None
        if state is LegState.RESERVED and CaseState(case.state) is CaseState.AWAITING_STORE:
            await outbox.complete(tx, claim)  # a person has asked the store once more: its answer sends the leg again
            return None
        (payment,) = await read(Payment, "WHERE id = $1", leg.payment_id, tx=tx)
        account = payment_account(ports.vault, shop)
        if LegKind(leg.kind) in LOWERING and payment.custodian == Custodian.MANUAL:
            # Cash that has not been collected: the store, which has agreed, collects the less, and nobody is called.
            # If it was collected since the ask, it is owed back, by hand.
            await move_leg(tx, leg, LegState.SUBMITTING, at=at)
            await move_leg(tx, leg, LegState.SUCCEEDED, at=at, why="not_collected")
            await give_back_excess(tx, ports, payment)
            await follow_up(tx, ports, shop, case)
            await outbox.complete(tx, claim)
            return None
        if LegKind(leg.kind) in (LegKind.MANUAL, LegKind.STOREFRONT) or account is None or not payment.reference:
            await hand_to_person(tx, ports, shop, case, leg, "manual_refund", AlertKind.MANUAL_REFUND)
            await outbox.complete(tx, claim)
            return None
        if state is LegState.RESERVED:
            if (why := _why_not_to_pay(order, case, payment)) is not None:
                await hand_to_person(tx, ports, shop, case, leg, why, AlertKind.REFUND_STUCK)
                await outbox.complete(tx, claim)
                return None
            before = await paid_back_before(payment.id, leg.id)
            await move_leg(tx, leg, LegState.SUBMITTING, at=at, refunded_before=before)
        elif state is LegState.SUBMITTING and leg.submitted_at and at - leg.submitted_at > SAME_KEY_FOR:
            await move_leg(tx, leg, LegState.UNKNOWN, at=at, why="key_too_old")
        ceiling = await capture_ceiling(payment, case.id) if leg.kind == LegKind.LOWER_CAPTURE else 0
    return _Call(leg, payment, account, payment.reference, ceiling)


def _why_not_to_pay(order: StoredOrder, case: Case, payment: Payment) -> str | None:
    """What has come up since the ask that a person must see before money moves."""
    if order.row.frozen_reason is not None:
        return "order_frozen"
    if case.person_reason == AlertKind.SHIPPED_AFTER_CANCEL:
        return str(AlertKind.SHIPPED_AFTER_CANCEL)
    return "refunded_elsewhere" if payment.external_refunded > facts_at_ask(case).unattributed else None


async def _send(ports: Ports, call: _Call) -> RefundFact | PaymentFact:
    leg, gateway = call.leg, ports.payments
    match LegKind(leg.kind):
        case LegKind.VOID:
            return await gateway.void(call.account, reference=call.reference, leg_id=leg.id, key=leg.key)
        case LegKind.LOWER_CAPTURE if call.capture_at_most == 0:
            # The last of several cases that the store granted one after the other: nothing is left to capture.
            return await gateway.void(call.account, reference=call.reference, leg_id=leg.id, key=leg.key)
        case LegKind.LOWER_CAPTURE:
            # A ceiling is absolute, and another cancellation may have lowered it since: the key names what is written.
            return await gateway.limit_capture(
                call.account, reference=call.reference, at_most=call.capture_at_most, currency=leg.currency,
                leg_id=leg.id, key=f"{leg.key}-{call.capture_at_most}",
            )  # fmt: skip
        case _:
            return await gateway.refund(
                call.account, reference=call.reference, amount=leg.amount, currency=leg.currency, leg_id=leg.id,
                key=leg.key, refunded_before=leg.refunded_before or 0,
            )  # fmt: skip


async def _take_result(ports: Ports, claim: Claim, shop: Shop, call: _Call, fact: RefundFact | PaymentFact) -> None:
    """Transaction B: the result, and what follows from it."""
    at = ports.clock.now()
    async with transaction(ports.doorbell, step="result_committed") as tx:
        case, leg = await _lock(tx, call.leg)
        if isinstance(fact, RefundFact):
            # An answer older than the report that overtook it: the bank has taken the refund back since.
            if LegState(leg.state) is not LegState.FAILED:
                await take_refund_fact(tx, ports, shop, case, leg, fact)
        else:
            ours = await leg_ids_of_payment(call.payment.id)
            by_hand = await paid_by_hand(call.payment.id)
            await store_payment_fact(tx, call.payment, fact, ours=ours, by_hand=by_hand, at=at)
            await move_leg(tx, leg, LegState.SUCCEEDED, at=at, provider_id=fact.reference)
            await follow_up(tx, ports, shop, case)
        await outbox.complete(tx, claim)


async def _not_known(ports: Ports, call: _Call, *, why: str) -> None:
    async with transaction(ports.doorbell) as tx:
        _, leg = await _lock(tx, call.leg)
        if LegState(leg.state) is LegState.SUBMITTING:
            await move_leg(tx, leg, LegState.UNKNOWN, at=ports.clock.now(), why=why)


async def _reconcile(ports: Ports, claim: Claim, shop: Shop, call: _Call) -> None:
    """List what the payment gave back and match ours. Absent twice, ten minutes apart: a person, never a new key."""
    found = await _find(ports, call)
    if found is not None:
        await _take_result(ports, claim, shop, call, found)
        return
    async with transaction(ports.doorbell) as tx:
        case, leg = await _lock(tx, call.leg)
        if await was_absent_before(tx, leg.id, LIST_AGAIN_AFTER):
            await hand_to_person(tx, ports, shop, case, leg, "refund_not_found", AlertKind.REFUND_STUCK)
            await outbox.complete(tx, claim)
            return
    raise Later(LIST_AGAIN_AFTER, "not listed at the custodian yet")


async def _find(ports: Ports, call: _Call) -> RefundFact | PaymentFact | None:
    if LegKind(call.leg.kind) is LegKind.REFUND:
        return await ports.payments.find_refund(call.account, reference=call.reference, leg_id=call.leg.id)
    if LegKind(call.leg.kind) is LegKind.LOWER_CAPTURE:
        return await _send(ports, call)  # writing a ceiling down twice is writing it down once
    fact = await ports.payments.read(call.account, call.reference)
    return fact if fact.state is PaymentState.VOIDED else None


async def _take_no(ports: Ports, claim: Claim, shop: Shop, call: _Call, no: Rejected) -> None:
    """A definitive no: nothing happened. Find out whether it is paid already, or must be paid in another way."""
    if no.code is RejectCode.ALREADY_REFUNDED:
        found = await _find(ports, call)
        if found is not None:
            await _take_result(ports, claim, shop, call, found)
            return
    fact: PaymentFact | None = None
    if no.code in (RejectCode.ALREADY_REFUNDED, RejectCode.UNEXPECTED_STATE):
        fact = await ports.payments.read(call.account, call.reference)
    at = ports.clock.now()
    async with transaction(ports.doorbell) as tx:
        case, leg = await _lock(tx, call.leg)
        if fact is not None:
            ours = await leg_ids_of_payment(call.payment.id)
            by_hand = await paid_by_hand(call.payment.id)
            payment = await store_payment_fact(tx, call.payment, fact, ours=ours, by_hand=by_hand, at=at)
        if fact is not None and fact.state is PaymentState.VOIDED and LegKind(leg.kind) in LOWERING:
            # Lapsed or voided elsewhere: the shopper was never charged, which is all that this leg was to bring about.
            await move_leg(tx, leg, LegState.SUCCEEDED, at=at, why="voided_elsewhere", provider_id=fact.reference)
            await follow_up(tx, ports, shop, case)
        elif fact is not None and fact.state is PaymentState.CAPTURED and LegKind(leg.kind) in LOWERING:
            # The store heard the ceiling in our ask and may have kept to it: only what it took above it is owed.
            await move_leg(tx, leg, LegState.SUCCEEDED, at=at, why="captured_meanwhile", provider_id=fact.reference)
            await give_back_excess(tx, ports, payment)
            await follow_up(tx, ports, shop, case)
        elif LegState(leg.state) in (LegState.SUBMITTING, LegState.UNKNOWN):
            await move_leg(tx, leg, LegState.FAILED, at=at, why=str(no.code))
            again = no.code is RejectCode.UNEXPECTED_STATE and leg.attempt < 3
            if not (again and await plan_again(tx, ports, case, leg)):
                await money_failed(tx, ports, shop, case, str(no.code))
                await follow_up(tx, ports, shop, case)
        await outbox.complete(tx, claim)


async def _lock(tx: Transaction, leg: RefundLeg) -> tuple[Case, RefundLeg]:
    """Order, case, leg: always in this sequence."""
    _, case = await lock_with_order(tx, leg.case_id)
    return case, await lock_leg(tx, leg.id)
