"""The refund that happens once (DESIGN §5).

Transaction A moves the leg to ``submitting`` with frozen parameters. The money's custodian (Stripe, or the store's own
platform: ``custodians``) is called outside any transaction, with the row's key. Transaction B takes the result over,
with the work that follows. After a crash the leg is found in ``submitting``: younger than 23 hours, the same key and
the same parameters again; older, or after a stored error, the payment's refunds are listed and matched by our mark. A
new key is never minted automatically.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from plugin.cases.facts import shipping_left
from plugin.cases.models import Case
from plugin.cases.service import decision_of, facts_at_ask
from plugin.cases.states import CaseState
from plugin.cases.store import lock_with_order
from plugin.core.points import point
from plugin.db import Transaction, read, transaction
from plugin.journeys.custodians import Caller, caller_of, read_before_paying
from plugin.journeys.money_moved import IN_FLIGHT, follow_up, hand_to_person, money_failed, take_refund_fact
from plugin.journeys.order_fetched import waits_for
from plugin.journeys.owed_again import SETTLE_LEG, give_back_excess, plan_again
from plugin.journeys.spend_credit import paid_to_credit
from plugin.messages.parts import AlertKind
from plugin.orders.attribution import unattributed, units_by_hand
from plugin.orders.models import Payment
from plugin.orders.payments import store_payment_fact
from plugin.orders.service import StoredOrder, payer_of
from plugin.outbox import service as outbox
from plugin.outbox.service import MONEY_WAITS_AT_MOST, Claim, Later, back_off
from plugin.policies.facts import OrderFacts
from plugin.ports.orders import Custodian, PaymentState
from plugin.ports.payments import OutcomeStored, OutcomeUnknown, PaymentFact, RefundFact, RejectCode, Rejected
from plugin.ports.runtime import Ports
from plugin.refunds.models import RefundLeg
from plugin.refunds.plan import LegKind
from plugin.refunds.service import is_sent, move_leg
from plugin.refunds.states import LegState
from plugin.refunds.store import (
    LOWERING,
    get_leg_and_payment,
    leg_ids_of_payment,
    lock_leg,
    paid_back_before,
    paid_by_hand,
    was_absent_before,
)
from plugin.shops.models import Shop
from plugin.shops.platforms import note_problem
from plugin.shops.service import get_shop

SAME_KEY_FOR = timedelta(hours=23)
LIST_AGAIN_AFTER = timedelta(minutes=10)
REPORT_IS_FRESH_FOR = timedelta(minutes=1)
_AT_THE_BANK = frozenset({LegState.PENDING, LegState.REQUIRES_ACTION})
# What was sent is asked about and never sent again, also while a person has it.
_SENT = frozenset({LegState.UNKNOWN, LegState.PENDING, LegState.REQUIRES_ACTION, LegState.WITH_PERSON})


@dataclass(frozen=True)
class _Call:
    """Everything that a call at the custodian needs, frozen and committed before it is made."""

    leg: RefundLeg
    payment: Payment
    caller: Caller


async def settle_leg(ports: Ports, claim: Claim) -> None:
    """Work: bring one leg to its end, or as far as it goes now."""
    shop = await get_shop(claim.shop_id)
    found, payment = await get_leg_and_payment(claim.shop_id, claim.ref)
    if shop.money_stopped and LegState(found.state) is LegState.RESERVED:
        raise Later(MONEY_WAITS_AT_MOST, "the shop has stopped all its money")
    await _read_again(ports, shop, claim, found, payment)
    call = await _prepare(ports, claim, shop, found)
    if call is None:
        return
    try:
        if LegState(call.leg.state) in _SENT:
            await _reconcile(ports, claim, shop, call)
        else:
            await _send(ports, claim, shop, call)
    except OutcomeUnknown as unknown:
        raise waits_for(claim, unknown) from unknown
    except OutcomeStored as stored:
        await _not_known(ports, call, why="stored_error")
        was_known = LegState(call.leg.state) not in _SENT
        raise Later(timedelta(0) if was_known else back_off(claim.attempts), str(stored)) from stored
    except Rejected as no:
        if no.code is RejectCode.BAD_CREDENTIALS and LegKind(call.leg.kind) is LegKind.STOREFRONT:
            async with transaction(ports.doorbell) as tx:
                await note_problem(tx, shop.id, f"The store refuses to refund: {no.reason}")
        # A key that opens nothing tells nothing of the refund: it may have been made before the key was taken away.
        raise Later(LIST_AGAIN_AFTER, str(no.code)) from no


async def _send(ports: Ports, claim: Claim, shop: Shop, call: _Call) -> None:
    """A no to the refund itself is definitive; one to what is read after it is not."""
    claim.check_may_send()
    point("before bytes_sent_to_stripe")
    try:
        fact = await call.caller.send()
    except Rejected as no:
        if no.code is RejectCode.BAD_CREDENTIALS:
            raise
        await _take_no(ports, claim, shop, call, no)
        return
    point("after answer_read")
    await _take_result(ports, claim, shop, call, fact)


async def _read_again(ports: Ports, shop: Shop, claim: Claim, leg: RefundLeg, payment: Payment) -> None:
    """Hours may lie between the ask and the store's answer, or a back-up may have been restored: what was given back
    meanwhile is known before we pay. Nothing is sent on an older report, also while its custodian cannot be read."""
    stale = payment.read_at is None or ports.clock.now() - payment.read_at > REPORT_IS_FRESH_FOR
    if LegState(leg.state) is LegState.RESERVED and stale and not await read_before_paying(ports, shop, payment):
        raise Later(back_off(claim.attempts, MONEY_WAITS_AT_MOST), "the payment could not be read")


async def _prepare(ports: Ports, claim: Claim, shop: Shop, found: RefundLeg) -> _Call | None:
    """Transaction A. None when there is nothing to call for: then the work is done."""
    at = ports.clock.now()
    async with transaction(ports.doorbell, step="refund_submitting_committed") as tx:
        order, case = await lock_with_order(tx, found.case_id)
        leg = await lock_leg(tx, found.id)
        state = LegState(leg.state)
        is_reserved, is_at_store = state is LegState.RESERVED, LegKind(leg.kind) is LegKind.STOREFRONT
        if state not in IN_FLIGHT and not (is_at_store and state in _SENT and is_sent(leg)):
            await outbox.complete(tx, claim)
            return None
        if is_reserved and CaseState(case.state) is CaseState.AWAITING_STORE:
            await outbox.complete(tx, claim)  # a person has asked the store once more: its answer sends the leg again
            return None
        (payment,) = await read(Payment, "WHERE id = $1", leg.payment_id, tx=tx)
        paid = await payer_of(order, payment)
        if LegKind(leg.kind) in LOWERING and payment.custodian != Custodian.STRIPE:
            # Nothing has been collected yet: the store, which has agreed, collects the less, and nobody is called.
            # If it was collected since the ask, it is owed back.
            await move_leg(tx, leg, LegState.SUBMITTING, at=at)
            await move_leg(tx, leg, LegState.SUCCEEDED, at=at, why="not_collected")
            await give_back_excess(tx, ports, payment)
            await follow_up(tx, ports, shop, case)
            await outbox.complete(tx, claim)
            return None
        if is_reserved and is_at_store and _was_never_charged(paid, payment):
            await move_leg(tx, leg, LegState.SUBMITTING, at=at)
            await move_leg(tx, leg, LegState.SUCCEEDED, at=at, why="voided_elsewhere")
            await follow_up(tx, ports, shop, case)
            await outbox.complete(tx, claim)
            return None
        caller = await caller_of(ports, shop, paid, case, leg, payment)
        if caller is None:
            why = _why_not_to_pay(order, paid, case, payment)
            if is_reserved and why is None and await paid_to_credit(tx, order, leg, payment, at):
                await follow_up(tx, ports, shop, case)
            elif is_reserved:
                await hand_to_person(tx, ports, shop, case, leg, "manual_refund", AlertKind.MANUAL_REFUND)
            elif state is not LegState.WITH_PERSON:  # it may have been paid before the account was taken away
                await hand_to_person(tx, ports, shop, case, leg, "refund_not_found", AlertKind.REFUND_STUCK)
            await outbox.complete(tx, claim)
            return None
        if is_reserved:
            if (why := _why_not_to_pay(order, paid, case, payment)) is not None:
                await hand_to_person(tx, ports, shop, case, leg, why, AlertKind.REFUND_STUCK)
                await outbox.complete(tx, claim)
                return None
            if (await tx.rows("SELECT money_stopped FROM shops WHERE id = $1", shop.id))[0]["money_stopped"]:
                raise Later(MONEY_WAITS_AT_MOST, "the shop has stopped all its money meanwhile")
            before = await paid_back_before(payment.id, leg.id)
            await move_leg(tx, leg, LegState.SUBMITTING, at=at, refunded_before=before)
        elif state is LegState.SUBMITTING and leg.submitted_at and at - leg.submitted_at > SAME_KEY_FOR:
            await move_leg(tx, leg, LegState.UNKNOWN, at=at, why="key_too_old")
    return _Call(leg, payment, caller)


def _was_never_charged(order: StoredOrder, payment: Payment) -> bool:
    """Whether the store says that it let go of what the shopper had only authorised."""
    named = [paid for paid in order.now.payments if paid.id == payment.external_id]
    return any(paid.state is PaymentState.VOIDED and not paid.captured for paid in named)


def _why_not_to_pay(order: StoredOrder, paid: StoredOrder, case: Case, payment: Payment) -> str | None:
    """What has come up since the ask that a person must see before money moves."""
    if case.person_reason == AlertKind.SHIPPED_AFTER_CANCEL:
        return str(AlertKind.SHIPPED_AFTER_CANCEL)
    asked = facts_at_ask(case)
    is_unexplained = unattributed(paid.now, payment) > asked.unattributed
    if is_unexplained or _was_refunded_by_hand(order, case, asked):
        return "refunded_elsewhere"
    return "order_frozen" if order.row.frozen_reason or paid.row.frozen_reason else None


def _was_refunded_by_hand(order: StoredOrder, case: Case, asked: OrderFacts) -> bool:
    """Whether somebody has given back some of what this case pays since it was asked for. Units of a line cannot be
    told apart: one that was refunded by hand may be this case's."""
    units = units_by_hand(order.now)
    mine = {line.line_id for line in decision_of(case).lines}
    if any(units[line.id] > line.refunded_by_hand for line in asked.lines if line.id in mine):
        return True
    return case.takes_shipping and shipping_left(order).amount < asked.shipping.amount


async def _take_result(ports: Ports, claim: Claim, shop: Shop, call: _Call, fact: RefundFact | PaymentFact) -> None:
    """Transaction B: the result, and what follows from it."""
    at, looks_again = ports.clock.now(), False
    async with transaction(ports.doorbell, step="result_committed") as tx:
        _, case, leg = await _lock(tx, call.leg)
        if isinstance(fact, RefundFact):
            # An answer older than the report that overtook it: the bank has taken the refund back since.
            if LegState(leg.state) is not LegState.FAILED:
                await take_refund_fact(tx, ports, shop, case, leg, fact)
            looks_again = LegKind(leg.kind) is LegKind.STOREFRONT and LegState(leg.state) in _AT_THE_BANK
        else:
            ours = await leg_ids_of_payment(call.payment.id)
            by_hand = await paid_by_hand(call.payment.id)
            await store_payment_fact(tx, call.payment, fact, ours=ours, by_hand=by_hand, at=at)
            await move_leg(tx, leg, LegState.SUCCEEDED, at=at, provider_id=fact.reference)
            await follow_up(tx, ports, shop, case)
        await outbox.complete(tx, claim)
        if looks_again:  # no webhook of a platform's tells how its refund fares
            await outbox.add(tx, shop_id=shop.id, kind=SETTLE_LEG, ref=leg.id, delay=LIST_AGAIN_AFTER)


async def _not_known(ports: Ports, call: _Call, *, why: str) -> None:
    async with transaction(ports.doorbell) as tx:
        _, _, leg = await _lock(tx, call.leg)
        if LegState(leg.state) is LegState.SUBMITTING:
            await move_leg(tx, leg, LegState.UNKNOWN, at=ports.clock.now(), why=why)


async def _reconcile(ports: Ports, claim: Claim, shop: Shop, call: _Call) -> None:
    """List what the payment gave back and match ours. Absent twice, ten minutes apart: a person, never a new key."""
    found = await call.caller.find()
    if found is not None:
        await _take_result(ports, claim, shop, call, found)
        return
    async with transaction(ports.doorbell) as tx:
        _, case, leg = await _lock(tx, call.leg)
        if LegState(leg.state) is LegState.WITH_PERSON:
            await outbox.complete(tx, claim)
            return
        if await was_absent_before(tx, leg.id, LIST_AGAIN_AFTER):
            await hand_to_person(tx, ports, shop, case, leg, "refund_not_found", AlertKind.REFUND_STUCK)
            await outbox.complete(tx, claim)
            return
    raise Later(LIST_AGAIN_AFTER, "not listed at the custodian yet")


async def _take_no(ports: Ports, claim: Claim, shop: Shop, call: _Call, no: Rejected) -> None:
    """A definitive no: nothing happened. Find out whether it is paid already, or must be paid in another way."""
    if no.code is RejectCode.ALREADY_REFUNDED:
        found = await call.caller.find()
        if found is not None:
            await _take_result(ports, claim, shop, call, found)
            return
    fact: PaymentFact | None = None
    if no.code in (RejectCode.ALREADY_REFUNDED, RejectCode.UNEXPECTED_STATE):
        fact = await call.caller.look()
    at = ports.clock.now()
    async with transaction(ports.doorbell) as tx:
        order, case, leg = await _lock(tx, call.leg)
        paid = await payer_of(order, call.payment)
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
        elif LegKind(leg.kind) is LegKind.STOREFRONT and _was_never_charged(paid, call.payment):
            await move_leg(tx, leg, LegState.SUCCEEDED, at=at, why="voided_elsewhere")
            await follow_up(tx, ports, shop, case)
        elif LegState(leg.state) in (LegState.SUBMITTING, LegState.UNKNOWN):
            await move_leg(tx, leg, LegState.FAILED, at=at, why=str(no.code))
            again = no.code is RejectCode.UNEXPECTED_STATE and leg.attempt < 3
            if not (again and await plan_again(tx, ports, case, leg)):
                await money_failed(tx, ports, shop, case, str(no.code))
                await follow_up(tx, ports, shop, case)
        await outbox.complete(tx, claim)


async def _lock(tx: Transaction, leg: RefundLeg) -> tuple[StoredOrder, Case, RefundLeg]:
    """Order, case, leg: always in this sequence."""
    order, case = await lock_with_order(tx, leg.case_id)
    return order, case, await lock_leg(tx, leg.id)
