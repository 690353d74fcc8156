"""Taking a declaration in and moving it through its table: each step a compare-and-set with its audit row and timer.

Times are our clock's. Until it is known which order is meant, the shop's own chain keeps the audit: so that the steps
before that are the same statements whether or not there is such an order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from plugin.audit import service as audit
from plugin.core.ids import new_id, new_token, readable_code, token_hash
from plugin.core.transitions import IllegalTransition
from plugin.db import Transaction
from plugin.messages.tidy import tidy
from plugin.outbox import service as outbox
from plugin.withdrawals.models import Withdrawal
from plugin.withdrawals.states import WITHDRAWAL, WithdrawalState
from plugin.withdrawals.store import ENDED

WITHDRAWAL_DUE = "withdrawal_due"
CONFIRM_WITHIN = timedelta(hours=24)
LONGEST_ITEM = 200
_WAITS_ON = {
    WithdrawalState.DECLARED: "shopper",
    WithdrawalState.CONFIRMED: "shopper",
    WithdrawalState.WITH_PERSON: "staff",
    WithdrawalState.IN_EFFECT: "us",
}


@dataclass(frozen=True)
class Statement:
    """What a consumer declares: who they are, which contract, where the acknowledgement goes, and which part of it.

    ``lines`` are quantities by line id, ``items`` the same in the consumer's own words; neither is the whole contract.
    """

    name: str
    order_number: str
    contact: str
    locale: str
    items: str | None = None
    lines: Mapping[str, int] | None = None


async def declare(tx: Transaction, *, shop_id: str, said: Statement, order_id: str | None, at: datetime) -> Withdrawal:
    """Write the first step down. ``order_id`` is the order of the session that it was made in, if any."""
    items = "\n".join(line for raw in (said.items or "").splitlines() if (line := tidy(raw, LONGEST_ITEM)))
    made = Withdrawal(
        id=new_id("wd"), shop_id=shop_id, order_id=order_id, number=f"W-{readable_code(7)}",
        state=str(WithdrawalState.DECLARED), waiting_on="shopper", due_at=at + CONFIRM_WITHIN,
        name=tidy(said.name, 200), contact=said.contact.strip(), order_number=tidy(said.order_number, 80),
        items=items or None,
        lines=dict(said.lines) if said.lines else None, locale=said.locale, declared_at=at, cases=[],
    )  # fmt: skip
    await made.save(using_db=tx.connection)
    await outbox.reschedule(tx, shop_id=shop_id, kind=WITHDRAWAL_DUE, ref=made.id, at=at + CONFIRM_WITHIN)
    return made


async def give_token(tx: Transaction, withdrawal: Withdrawal, *, to_the_order: bool) -> str:
    """A fresh token for a link in a mail; only its hash is kept, and the one before it opens nothing any more."""
    token = new_token("wl")
    column = "order_token_hash" if to_the_order else "token_hash"
    await tx.execute(f"UPDATE withdrawals SET {column} = $2 WHERE id = $1", withdrawal.id, token_hash(token))  # noqa: S608
    setattr(withdrawal, column, token_hash(token))
    return token


async def move(
    tx: Transaction,
    withdrawal: Withdrawal,
    wanted: WithdrawalState,
    *,
    at: datetime,
    due_at: datetime | None = None,
    actor: str = "comeback",
    why: str | None = None,
) -> bool:
    """Take one step; False for a repetition, which changes nothing. Raises ``IllegalTransition``."""
    state = WithdrawalState(withdrawal.state)
    if WITHDRAWAL.is_repeat(state, wanted):
        return False
    WITHDRAWAL.check(state, wanted)
    is_over = wanted in ENDED
    due = None if is_over else due_at or at
    waiting_on = None if is_over else _WAITS_ON[wanted]
    person_reason = why if waiting_on == "staff" else None
    moved = await tx.execute(
        "UPDATE withdrawals SET state = $2, waiting_on = $3, due_at = $4, closed_at = $5, person_reason = $6, "
        "order_id = $7, confirmed_at = $8, verified_at = $9, cases = $10, ineffective_reason = $11, "
        "ineffective_by = $12 WHERE id = $1 AND state = $13",
        withdrawal.id, str(wanted), waiting_on, due, at if is_over else None, person_reason, withdrawal.order_id,
        withdrawal.confirmed_at, withdrawal.verified_at, msgspec.json.encode(withdrawal.cases).decode(),
        withdrawal.ineffective_reason, withdrawal.ineffective_by, str(state),
    )  # fmt: skip
    if not moved:
        raise IllegalTransition(detail="Somebody else has moved this declaration a moment ago.")
    withdrawal.state, withdrawal.waiting_on, withdrawal.due_at = str(wanted), waiting_on, due
    withdrawal.closed_at, withdrawal.person_reason = (at if is_over else None), person_reason
    await note(tx, withdrawal, f"withdrawal_{wanted}", actor=actor, at=at, why=why, was=str(state))
    if due is not None:
        await outbox.reschedule(tx, shop_id=withdrawal.shop_id, kind=WITHDRAWAL_DUE, ref=withdrawal.id, at=due)
    return True


async def note(
    tx: Transaction, withdrawal: Withdrawal, kind: str, *, actor: str, at: datetime, why: str | None, was: str
) -> None:
    """Write the audit: on the order's chain once it is known whose declaration it is, else on the shop's own."""
    await audit.record(
        tx, shop_id=withdrawal.shop_id, order_id=withdrawal.order_id if withdrawal.verified_at else None, kind=kind,
        actor=actor, at=at,
        data={"withdrawal": withdrawal.id, "from": was, "why": why, "cases": list(withdrawal.cases)},
    )  # fmt: skip


async def postpone(tx: Transaction, withdrawal: Withdrawal, due_at: datetime) -> None:
    """Set the timer of a declaration anew."""
    await tx.execute("UPDATE withdrawals SET due_at = $2 WHERE id = $1 AND due_at IS NOT NULL", withdrawal.id, due_at)
    withdrawal.due_at = due_at
    await outbox.reschedule(tx, shop_id=withdrawal.shop_id, kind=WITHDRAWAL_DUE, ref=withdrawal.id, at=due_at)
