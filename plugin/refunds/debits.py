"""What was paid before the goods were seen, and more than was owed: written down, shown to staff, never charged."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from plugin.audit import service as audit
from plugin.cases.models import Case
from plugin.core.errors import NotFound
from plugin.core.ids import new_id
from plugin.core.transitions import IllegalTransition
from plugin.db import Transaction, read
from plugin.refunds.models import Debit


class DebitState(StrEnum):
    OPEN = "open"
    SETTLED = "settled"  # the shopper has paid it back, or it was set off by agreement
    WAIVED = "waived"


class DebitReason(StrEnum):
    REJECTED = "rejected"  # what came was not accepted
    NOT_SENT = "not_sent"  # some of it never came
    NOT_PAID_FOR = "not_paid_for"  # new goods that were worth more than what was accepted and paid for them


async def write_debit(tx: Transaction, case: Case, amount: int, reason: DebitReason, *, at: datetime) -> bool:
    """Write it once a case and reason; False where it was written before."""
    written = await tx.rows(
        "INSERT INTO debits (id, shop_id, order_id, case_id, amount, currency, reason, state, created_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, 'open', $8) ON CONFLICT (case_id, reason) DO NOTHING RETURNING id",
        new_id("deb"), case.shop_id, case.order_id, case.id, amount, case.currency, str(reason), at,
    )  # fmt: skip
    if written:
        await audit.record(
            tx, shop_id=case.shop_id, order_id=case.order_id, kind="debit_written", actor="comeback", at=at,
            data={
                "case": case.id, "debit": written[0]["id"], "amount": amount, "currency": case.currency,
                "reason": str(reason),
            },
        )  # fmt: skip
    return bool(written)


async def close_debit(tx: Transaction, debit: Debit, state: DebitState, *, by: str, at: datetime) -> None:
    """A person settles or waives it; raises ``IllegalTransition`` where that was done before."""
    closed = await tx.execute(
        "UPDATE debits SET state = $2, closed_at = $3, closed_by = $4 WHERE id = $1 AND state = 'open'",
        debit.id, str(state), at, by,
    )  # fmt: skip
    if not closed:
        raise IllegalTransition(detail=f"This debit is {debit.state}.", state=debit.state)
    debit.state, debit.closed_at, debit.closed_by = str(state), at, by
    await audit.record(
        tx, shop_id=debit.shop_id, order_id=debit.order_id, kind=f"debit_{state}", actor=by, at=at,
        data={"case": debit.case_id, "debit": debit.id, "amount": debit.amount, "currency": debit.currency},
    )  # fmt: skip


async def let_off(tx: Transaction, case: Case, reason: DebitReason, *, at: datetime) -> None:
    """What was just written for this reason is asked back from nobody."""
    (debit,) = [each for each in await debits_of_case(case.id) if each.reason == reason]
    await close_debit(tx, debit, DebitState.WAIVED, by="comeback", at=at)


async def get_debit(shop_id: str, debit_id: str) -> Debit:
    """The debit of this shop; raises ``NotFound``."""
    found = await read(Debit, "WHERE id = $1 AND shop_id = $2", debit_id, shop_id)
    if not found:
        raise NotFound(detail="There is no such debit of this shop.", param="debit_id")
    return found[0]


async def debits_of_case(case_id: str) -> list[Debit]:
    """The oldest first."""
    return await read(Debit, "WHERE case_id = $1 ORDER BY created_at, id", case_id)


async def debits_in(shop_id: str, state: str, limit: int, after: tuple[datetime, str] | None = None) -> list[Debit]:
    """The shop's debits in this state, the oldest first; ``after`` is the last of the page before."""
    at, debit_id = after or (None, None)
    return await read(
        Debit,
        "WHERE shop_id = $1 AND state = $2 AND ($3::timestamptz IS NULL OR (created_at, id) > ($3, $4::text)) "
        "ORDER BY created_at, id LIMIT $5",
        shop_id, state, at, debit_id, limit,
    )  # fmt: skip
