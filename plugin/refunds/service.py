"""Reserving the legs of a plan, and moving each through its table. No call to a custodian is made here.

The caller holds the order's lock, then the case's; a leg is moved by compare-and-set, with its audit row, in the
transaction that commits whatever follows from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from plugin.audit import service as audit
from plugin.cases.models import Case
from plugin.core.ids import new_id
from plugin.core.transitions import IllegalTransition
from plugin.db import Transaction
from plugin.ports.payments import RefundFact, RefundState
from plugin.refunds.models import RefundLeg
from plugin.refunds.plan import PlannedLeg
from plugin.refunds.states import HOLDS_MONEY, LEG, SETTLED, LegState

STATE_OF_FACT = {
    RefundState.PENDING: LegState.PENDING,
    RefundState.REQUIRES_ACTION: LegState.REQUIRES_ACTION,
    RefundState.SUCCEEDED: LegState.SUCCEEDED,
    RefundState.FAILED: LegState.FAILED,
    RefundState.CANCELLED: LegState.FAILED,
}


async def reserve(
    tx: Transaction,
    case: Case,
    planned: Sequence[PlannedLeg],
    *,
    promised_for: Sequence[date],
    at: datetime,
    replaces: RefundLeg | None = None,
) -> list[RefundLeg]:
    """Write the legs of a plan as reserved, each with the key under which it may move money once."""
    legs = []
    for plan, promise in zip(planned, promised_for, strict=True):
        leg_id = new_id("ref")
        leg = RefundLeg(
            id=leg_id,
            shop_id=case.shop_id,
            order_id=case.order_id,
            case_id=case.id,
            payment_id=plan.payment_id,
            kind=str(plan.kind),
            amount=plan.amount,
            currency=case.currency,
            state=str(LegState.RESERVED),
            key=f"comeback-{leg_id}",
            attempt=replaces.attempt + 1 if replaces else 1,
            replaces=replaces.id if replaces else None,
            promised_for=promise,
            created_at=at,
        )
        await leg.save(using_db=tx.connection)
        await _note(tx, leg, "refund_reserved", at, "comeback", {"kind": leg.kind, "replaces": leg.replaces})
        legs.append(leg)
    return legs


async def move_leg(
    tx: Transaction,
    leg: RefundLeg,
    wanted: LegState,
    *,
    at: datetime,
    actor: str = "comeback",
    why: str | None = None,
    **values: object,
) -> bool:
    """Take one step; False for a repetition. ``values`` are further columns that the step sets."""
    state = LegState(leg.state)
    if LEG.is_repeat(state, wanted):
        return False
    LEG.check(state, wanted)
    changes: dict[str, object] = {"state": str(wanted), **values}
    if wanted is LegState.SUBMITTING:
        changes["submitted_at"] = at
    if wanted in SETTLED:
        changes["settled_at"] = at
    if wanted is LegState.FAILED and why:
        changes["failure"] = why
    moved = await RefundLeg.filter(id=leg.id, state=str(state)).using_db(tx.connection).update(**changes)
    if not moved:
        raise IllegalTransition(detail="Somebody else has moved this refund a moment ago.")
    for name, value in changes.items():
        setattr(leg, name, value)
    await _note(tx, leg, f"refund_{wanted}", at, actor, {"from": str(state), "why": why})
    return True


async def take_fact(tx: Transaction, leg: RefundLeg, fact: RefundFact, *, at: datetime) -> bool:
    """The one place where Stripe's reply, its webhook and a reconciliation end; False when it was known already.

    Facts come late, twice and out of order: a pending that arrives after the success is a repetition, a failure after
    it is a late reversal that reopens the debt.
    """
    wanted = STATE_OF_FACT[fact.state]
    if LegState(leg.state) is LegState.RESERVED:
        # The custodian knows a refund with our id that we never sent: only a restored back-up explains it.
        await move_leg(tx, leg, LegState.SUBMITTING, at=at, why="found_at_custodian")
    reference = {"bank_reference": fact.bank_reference} if fact.bank_reference else {}
    moved = await move_leg(tx, leg, wanted, at=at, why=fact.failure_reason, provider_id=fact.id, **reference)
    if fact.bank_reference and leg.bank_reference != fact.bank_reference:
        await RefundLeg.filter(id=leg.id).using_db(tx.connection).update(bank_reference=fact.bank_reference)
    return moved


def is_sent(leg: RefundLeg) -> bool:
    """Whether a call may have moved this leg's money. One that a person was given before it was sent has not."""
    return leg.submitted_at is not None or LegState(leg.state) is LegState.SUCCEEDED


def held_for_case(legs: Sequence[RefundLeg]) -> int:
    """What the legs of a case have paid or may yet pay of what it owes. A leg that was replaced counts no more."""
    replaced = {leg.replaces for leg in legs}
    return sum(leg.amount for leg in legs if LegState(leg.state) in HOLDS_MONEY and leg.id not in replaced)


async def release(tx: Transaction, legs: Sequence[RefundLeg], *, at: datetime, why: str) -> None:
    """Give back what was reserved and never sent, also where a person has it."""
    for leg in legs:
        if LegState(leg.state) in (LegState.RESERVED, LegState.WITH_PERSON) and not is_sent(leg):
            await move_leg(tx, leg, LegState.RELEASED, at=at, why=why)


async def _note(
    tx: Transaction, leg: RefundLeg, kind: str, at: datetime, actor: str, data: dict[str, str | None]
) -> None:
    """Money moved if and only if an audit row says so (I14)."""
    await audit.record(
        tx,
        shop_id=leg.shop_id,
        order_id=leg.order_id,
        kind=kind,
        actor=actor,
        at=at,
        data={
            "refund": leg.id,
            "case": leg.case_id,
            "payment": leg.payment_id,
            "amount": leg.amount,
            "currency": leg.currency,
            **data,
        },
    )
