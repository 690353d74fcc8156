"""The ledger itself: ``balance`` is the sum of the entries, ``0 <= held <= balance``, each purpose once in a shop.

Whoever changes a credit locks the order that earned it and then the credit (its audit is on that order's chain), so
that carts are judged one after the other; each sum is moved by one guarded UPDATE all the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from plugin.audit.service import record
from plugin.core.ids import new_id
from plugin.credit.models import Credit, CreditHold
from plugin.credit.refusals import CreditInsufficient
from plugin.credit.states import CreditState, EntryKind, HoldState
from plugin.db import Transaction

GOOD_AGAIN_FOR = timedelta(days=30)  # what comes back near the credit's end, or after it, can still be spent
_AUDITED = {
    EntryKind.GRANT: "credit_issued",
    EntryKind.BONUS: "credit_issued",
    EntryKind.SPEND: "credit_spent",
    EntryKind.GIVE_BACK: "credit_given_back",
    EntryKind.EXPIRY: "credit_expired",
    EntryKind.TAKE_BACK: "credit_taken_back",
}


async def lock_credit(tx: Transaction, credit: Credit) -> Credit:
    """The order that earned the credit, then the credit, both locked until the transaction ends; read anew."""
    await tx.rows("SELECT id FROM orders WHERE id = $1 FOR UPDATE", credit.order_id)
    return await Credit.filter(id=credit.id).select_for_update().using_db(tx.connection).get()


async def lock_credits(tx: Transaction, credit_ids: Sequence[str]) -> dict[str, Credit]:
    """The same for several: all their orders, from the newer to the older, then all the credits by their ids."""
    await tx.rows(
        "SELECT id FROM orders WHERE id IN (SELECT order_id FROM credits WHERE id = ANY($1)) "
        "ORDER BY id DESC FOR UPDATE",
        list(credit_ids),
    )
    ours = Credit.filter(id__in=list(credit_ids)).order_by("id").select_for_update().using_db(tx.connection)
    return {credit.id: credit for credit in await ours}


async def enter(
    tx: Transaction,
    credit: Credit,
    kind: EntryKind,
    amount: int,
    purpose: str,
    *,
    at: datetime,
    actor: str = "comeback",
    spent_on: str | None = None,
) -> str | None:
    """Write an entry and move the balance by it; the entry's id, or None where its purpose was entered already.

    Raises ``CreditInsufficient`` where less than that is free. The credit is locked.
    """
    entry_id = new_id("cent")
    written = await tx.rows(
        "INSERT INTO credit_entries (id, shop_id, credit_id, kind, amount, purpose, spent_on, at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (shop_id, purpose) DO NOTHING RETURNING id",
        entry_id, credit.shop_id, credit.id, str(kind), amount, purpose, spent_on, at,
    )  # fmt: skip
    if not written:
        return None
    await shift(tx, credit, balance=amount)
    await record(
        tx, shop_id=credit.shop_id, order_id=credit.order_id, kind=_AUDITED[kind], actor=actor, at=at,
        data={"credit": credit.id, "case": credit.case_id, "entry": str(kind), "amount": amount,
              "currency": credit.currency, "order": spent_on},
    )  # fmt: skip
    return entry_id


async def shift(tx: Transaction, credit: Credit, *, balance: int = 0, held: int = 0) -> None:
    """Move the two sums of a locked credit; raises ``CreditInsufficient`` where they would break their bounds."""
    moved = await tx.rows(
        "UPDATE credits SET balance = balance + $2, held = held + $3 WHERE id = $1 "
        "AND held + $3 >= 0 AND held + $3 <= balance + $2 RETURNING balance, held",
        credit.id, balance, held,
    )  # fmt: skip
    if not moved:
        raise CreditInsufficient(param="amount", available=credit.balance - credit.held)
    credit.balance, credit.held = moved[0]["balance"], moved[0]["held"]


async def bring_up_to_date(tx: Transaction, credit: Credit, at: datetime) -> None:
    """Let go of holds whose time is over, then end what is not held of a credit whose day has come. It is locked."""
    freed = await tx.rows(
        "UPDATE credit_holds SET state = 'released' WHERE credit_id = $1 AND state = 'held' AND until <= $2 "
        "RETURNING amount",
        credit.id, at,
    )  # fmt: skip
    if freed:
        await shift(tx, credit, held=-sum(row["amount"] for row in freed))
    await _end_if_due(tx, credit, at)


async def _end_if_due(tx: Transaction, credit: Credit, at: datetime) -> None:
    if credit.state != CreditState.LIVE or credit.expires_at is None or at < credit.expires_at:
        return
    left = credit.balance - credit.held
    if left:
        counted = await tx.rows("SELECT count(*) AS n FROM credit_entries WHERE credit_id = $1", credit.id)
        await enter(tx, credit, EntryKind.EXPIRY, -left, f"expiry:{credit.id}:{counted[0]['n']}", at=at)
    if not credit.held:
        await _set_state(tx, credit, CreditState.EXPIRED)


async def hold(tx: Transaction, credit: Credit, cart_id: str, amount: int, until: datetime) -> None:
    """Reserve ``amount`` for a cart in place of what it holds now; raises ``CreditInsufficient``. It is locked."""
    before = await find_hold(tx, credit, cart_id)
    held = before.amount if before and before.state == HoldState.HELD else 0
    await shift(tx, credit, held=amount - held)
    await _write_hold(tx, credit, cart_id, amount, HoldState.HELD, until)


async def let_go(tx: Transaction, credit: Credit, cart_id: str, at: datetime) -> None:
    """Free what a cart holds; nothing where it holds nothing. The credit is locked."""
    before = await find_hold(tx, credit, cart_id)
    if before is None or before.state != HoldState.HELD:
        return
    await tx.execute("UPDATE credit_holds SET state = 'released' WHERE id = $1", before.id)
    await shift(tx, credit, held=-before.amount)
    await _end_if_due(tx, credit, at)


async def spend(
    tx: Transaction, credit: Credit, cart_id: str, external_order_id: str, amount: int, at: datetime
) -> str | None:
    """Pay an order: what the cart holds is let go first, and what it does not take of it is free again."""
    before = await find_hold(tx, credit, cart_id)
    if before is not None and before.state == HoldState.HELD:
        await shift(tx, credit, held=-before.amount)
    entry_id = await enter(
        tx, credit, EntryKind.SPEND, -amount, spending_of(credit.id, external_order_id), at=at, actor="store",
        spent_on=external_order_id,
    )  # fmt: skip
    await _write_hold(tx, credit, cart_id, amount, HoldState.SPENT, at)
    await _end_if_due(tx, credit, at)
    return entry_id


def spending_of(credit_id: str, external_order_id: str) -> str:
    """The purpose of what an order spends of a credit."""
    return f"spend:{credit_id}:{external_order_id}"


async def put_back(
    tx: Transaction, credit: Credit, amount: int, purpose: str, external_order_id: str, at: datetime
) -> bool:
    """What an order had spent comes back, once for each purpose; False where it has. The credit is locked.

    It can be spent for thirty days at least, whatever day the credit had. From a credit that a person has taken back it
    is taken back as well, and the statement says both.
    """
    entered = await enter(
        tx, credit, EntryKind.GIVE_BACK, amount, purpose, at=at, spent_on=external_order_id
    )  # fmt: skip
    if entered is None:
        return False
    if credit.state == CreditState.REVOKED:
        await enter(tx, credit, EntryKind.TAKE_BACK, -amount, f"take_back:{purpose}", at=at, spent_on=external_order_id)
        return True
    if credit.expires_at is not None:
        credit.expires_at = max(credit.expires_at, at + GOOD_AGAIN_FOR)
        await tx.execute("UPDATE credits SET expires_at = $2 WHERE id = $1", credit.id, credit.expires_at)
    await _set_state(tx, credit, CreditState.LIVE)
    return True


async def take_back(tx: Transaction, credit: Credit, *, actor: str, at: datetime) -> bool:
    """A person takes back what is left, and carts that hold some of it lose it; False where it is over already."""
    if credit.state != CreditState.LIVE:
        return False
    await tx.execute("UPDATE credit_holds SET state = 'released' WHERE credit_id = $1 AND state = 'held'", credit.id)
    await shift(tx, credit, held=-credit.held)
    if credit.balance:
        await enter(tx, credit, EntryKind.TAKE_BACK, -credit.balance, f"take_back:{credit.id}", at=at, actor=actor)
    await _set_state(tx, credit, CreditState.REVOKED)
    return True


async def find_hold(tx: Transaction, credit: Credit, cart_id: str) -> CreditHold | None:
    return await CreditHold.filter(credit_id=credit.id, cart_id=cart_id).using_db(tx.connection).first()


async def _write_hold(
    tx: Transaction, credit: Credit, cart_id: str, amount: int, state: HoldState, until: datetime
) -> None:
    await tx.execute(
        "INSERT INTO credit_holds (id, shop_id, credit_id, cart_id, amount, state, until) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (credit_id, cart_id) "
        "DO UPDATE SET amount = EXCLUDED.amount, state = EXCLUDED.state, until = EXCLUDED.until",
        new_id("chold"), credit.shop_id, credit.id, cart_id, amount, str(state), until,
    )  # fmt: skip


async def _set_state(tx: Transaction, credit: Credit, state: CreditState) -> None:
    if credit.state != state:
        before, credit.state = credit.state, state.value
        await tx.execute("UPDATE credits SET state = $2 WHERE id = $1 AND state = $3", credit.id, str(state), before)
