"""Opening a case and moving it through its table, each step a compare-and-set with its audit row and its timer."""

from __future__ import annotations

from datetime import datetime

import msgspec
from msgspec import structs

from plugin.audit import service as audit
from plugin.cases.models import Case
from plugin.cases.states import CLOSED, TABLES, WAITS_ON, CaseKind, CaseState
from plugin.cases.store import own_units
from plugin.core.ids import new_id, readable_code
from plugin.core.transitions import IllegalTransition
from plugin.db import Transaction
from plugin.orders.service import StoredOrder
from plugin.outbox import service as outbox
from plugin.policies.decision import Amounts, Decision, digest
from plugin.policies.facts import Ask, Component, OrderFacts
from plugin.policies.live import LivePolicy
from plugin.policies.reasons import Outcome

CASE_DUE = "case_due"
STATUTORY_CASE_CLOSED = "statutory_case_closed"
_PREFIX = {
    CaseKind.CANCEL: "C", CaseKind.RETURN: "R", CaseKind.EXCHANGE: "E", CaseKind.FAULT: "F", CaseKind.FIX: "X",
}  # fmt: skip


async def open_case(
    tx: Transaction,
    *,
    order: StoredOrder,
    ask: Ask,
    facts: OrderFacts,
    decision: Decision,
    policy: LivePolicy,
    locale: str,
    asked_by: str,
    at: datetime,
    due_at: datetime,
    basis: str = "policy",
    contact: str | None = None,
    kind: CaseKind | None = None,
) -> Case:
    """Write the case with all that was known and decided, and give it its units. The order is locked by the caller.

    Raises ``UnitsTaken`` where another case owns one of the units. The case is ``requested``: what follows from the
    decision is the journey's to do, in the same transaction. ``kind`` is that of the ask's action, if it is not given.
    """
    kind = kind or CaseKind(ask.action)
    case = Case(
        id=new_id("case"),
        shop_id=order.row.shop_id,
        order_id=order.id,
        number=f"{_PREFIX[kind]}-{readable_code(7)}",
        kind=str(kind),
        basis=basis,
        resolution=decision.resolution and str(decision.resolution),
        fault=ask.fault and str(ask.fault),
        contact=contact,
        state=str(CaseState.REQUESTED),
        waiting_on=str(WAITS_ON[CaseState.REQUESTED]),
        due_at=due_at,
        asked_by=asked_by,
        reason=ask.reason,
        locale=locale,
        currency=decision.amounts.currency,
        owed=decision.amounts.total,
        whole_order=decision.everything,
        takes_shipping=decision.everything,
        revision=order.row.revision,
        policy_id=policy.id,
        digest=digest(decision),
        facts=msgspec.to_builtins(facts),
        decision=msgspec.to_builtins(decision),
        asked_at=at,
        changed_at=at,
    )
    await case.save(using_db=tx.connection)
    if decision.outcome is not Outcome.REFUSE:
        await own_units(tx, case, order, decision)
    await audit.record(
        tx,
        shop_id=case.shop_id,
        order_id=case.order_id,
        kind="case_requested",
        actor=asked_by,
        at=at,
        data={
            "case": case.id,
            "decision": str(decision.outcome),
            "reason": str(decision.reason),
            "owed": case.owed,
            "currency": case.currency,
            "policy": policy.hash,
            "digest": case.digest,
        },
    )
    return case


async def date_back(tx: Transaction, case: Case, asked_at: datetime) -> None:
    """A case counts as asked for when it was, if it could only be opened later."""
    case.asked_at = asked_at
    await tx.execute("UPDATE cases SET asked_at = $2 WHERE id = $1", case.id, asked_at)


def decision_of(case: Case) -> Decision:
    """The decision that was pinned when the case was opened."""
    return msgspec.convert(case.decision, Decision)


def amounts_of(case: Case) -> Amounts:
    """What the case comes to, by component: as it was decided, but with shipping and extras only if it takes them.

    ``case.owed`` is its total, less what a person withholds.
    """
    return _amounts(case, takes_shipping=case.takes_shipping)


def not_accepted_of(case: Case) -> int:
    """How much less the case owes than was decided, because not all that was sent back was accepted."""
    goes_back = CaseKind(case.kind) in (CaseKind.RETURN, CaseKind.FAULT)
    return max(0, amounts_of(case).total - case.withheld - case.owed) if goes_back and case.resolved_at else 0


def worth_of_shipping(case: Case) -> int:
    """What shipping and extras add to what the case comes to, less the fee that only they can bear."""
    return _amounts(case, takes_shipping=True).total - _amounts(case, takes_shipping=False).total


def _amounts(case: Case, *, takes_shipping: bool) -> Amounts:
    decided = decision_of(case)
    if takes_shipping == decided.everything:
        return decided.amounts
    facts, nothing = facts_at_ask(case), Component(0)
    shipping, extras = (facts.shipping, facts.extras) if takes_shipping else (nothing, nothing)
    amounts = structs.replace(decided.amounts, shipping=shipping, extras=extras)
    return structs.replace(amounts, fee=max(0, min(amounts.fee, amounts.before_fee)))


def facts_at_ask(case: Case) -> OrderFacts:
    """The facts that were pinned when the case was opened."""
    return msgspec.convert(case.facts, OrderFacts)


async def move(
    tx: Transaction,
    case: Case,
    wanted: CaseState,
    *,
    at: datetime,
    due_at: datetime | None = None,
    actor: str = "comeback",
    why: str | None = None,
) -> bool:
    """Take one step of its kind's table; False for a repetition, which changes nothing. Raises ``IllegalTransition``.

    A state that waits needs ``due_at``, when somebody will look if nothing happens; a final one has none. ``why`` is a
    stable word that says what brought it here, and is kept while a person has the case.
    """
    state, table = CaseState(case.state), TABLES[CaseKind(case.kind)]
    if table.is_repeat(state, wanted):
        return False
    table.check(state, wanted)
    is_final = wanted in CLOSED
    waiting_on = None if is_final else str(WAITS_ON[wanted])
    due = None if is_final else due_at or at
    moved = await tx.execute(
        "UPDATE cases SET state = $2, waiting_on = $3, due_at = $4, changed_at = $5, closed_at = $6, "
        "person_reason = $7 WHERE id = $1 AND state = $8",
        case.id, str(wanted), waiting_on, due, at, at if is_final else None,
        why if waiting_on == "staff" else None, str(state),
    )  # fmt: skip
    if not moved:
        raise IllegalTransition(detail="Somebody else has moved this case a moment ago.")
    case.state, case.waiting_on, case.due_at, case.changed_at = str(wanted), waiting_on, due, at
    case.closed_at, case.person_reason = (at if is_final else None), (why if waiting_on == "staff" else None)
    await audit.record(
        tx,
        shop_id=case.shop_id,
        order_id=case.order_id,
        kind=f"case_{wanted}",
        actor=actor,
        at=at,
        data={"case": case.id, "from": str(state), "why": why},
    )
    if due is not None:
        await outbox.reschedule(tx, shop_id=case.shop_id, kind=CASE_DUE, ref=case.id, at=due)
    elif case.basis == "statutory":
        await outbox.add(tx, shop_id=case.shop_id, kind=STATUTORY_CASE_CLOSED, ref=case.id)
    return True


async def note_resolved(tx: Transaction, case: Case, *, on: str, at: datetime) -> bool:
    """What the case owes by now is given from here on, in its form: once a case. False where it was given before.

    ``on`` is the stable word of what let it go: a trigger of the policy's, or that there are no new goods.
    """
    if not await tx.execute("UPDATE cases SET resolved_at = $2 WHERE id = $1 AND resolved_at IS NULL", case.id, at):
        return False
    case.resolved_at = at
    await audit.record(
        tx, shop_id=case.shop_id, order_id=case.order_id, kind="case_resolved", actor="comeback", at=at,
        data={"case": case.id, "on": on, "owed": case.owed, "currency": case.currency, "form": case.resolution},
    )  # fmt: skip
    return True


async def say_why_anew(tx: Transaction, case: Case, why: str, *, at: datetime) -> bool:
    """A graver reason has come up for a case that a person has already; False when it is the reason already."""
    before = case.person_reason
    if before == why:
        return False
    await tx.execute("UPDATE cases SET person_reason = $2 WHERE id = $1 AND waiting_on = 'staff'", case.id, why)
    case.person_reason = why
    await audit.record(
        tx, shop_id=case.shop_id, order_id=case.order_id, kind="case_reason_changed", actor="comeback", at=at,
        data={"case": case.id, "from": before, "why": why},
    )  # fmt: skip
    return True


async def postpone(tx: Transaction, case: Case, due_at: datetime) -> None:
    """Set the timer of a waiting case anew."""
    await tx.execute("UPDATE cases SET due_at = $2 WHERE id = $1 AND due_at IS NOT NULL", case.id, due_at)
    case.due_at = due_at
    await outbox.reschedule(tx, shop_id=case.shop_id, kind=CASE_DUE, ref=case.id, at=due_at)
