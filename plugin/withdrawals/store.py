"""All queries of declarations of withdrawal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from plugin.core.errors import NotFound
from plugin.core.ids import token_hash
from plugin.db import Transaction, read, rows
from plugin.orders.service import number_key
from plugin.withdrawals.models import Withdrawal
from plugin.withdrawals.states import WithdrawalState

ENDED = (WithdrawalState.DONE, WithdrawalState.LAPSED, WithdrawalState.INEFFECTIVE)
_OPEN = "state IN ('confirmed', 'with_person', 'in_effect')"


async def get_withdrawal(shop_id: str, withdrawal_id: str) -> Withdrawal:
    """The declaration of this shop; raises ``NotFound``."""
    found = await read(Withdrawal, "WHERE id = $1 AND shop_id = $2", withdrawal_id, shop_id)
    if not found:
        raise NotFound(detail="There is no such declaration.", param="withdrawal_id")
    return found[0]


async def lock_withdrawal(tx: Transaction, withdrawal_id: str) -> Withdrawal:
    """The declaration with its row locked, after its order and its cases."""
    (found,) = await read(Withdrawal, "WHERE id = $1 FOR UPDATE", withdrawal_id, tx=tx)
    return found


async def find_by_token(token: str) -> Withdrawal | None:
    """The declaration that this link of a mail is about, whichever of the two."""
    found = await read(Withdrawal, "WHERE token_hash = $1 OR order_token_hash = $1", token_hash(token))
    return found[0] if found else None


async def orders_meant(shop_id: str, order_number: str, contact: str) -> Sequence[str]:
    """The ids of the orders that a declaration may mean: those of this number, or the one among them whose address is
    the one given."""
    found = await rows(
        "SELECT id, email FROM orders WHERE shop_id = $1 AND number_key = $2 ORDER BY placed_at DESC LIMIT 20",
        shop_id, number_key(order_number),
    )  # fmt: skip
    own = [row["id"] for row in found if row["email"] == contact.strip().lower()]
    return own[:1] if len(own) == 1 else [row["id"] for row in found]


async def is_withdrawal_open(order_id: str) -> bool:
    """Whether a declaration about this order stands and is not carried out: then nothing is offered (DESIGN §8)."""
    return bool(await rows(f"SELECT 1 FROM withdrawals WHERE order_id = $1 AND {_OPEN} LIMIT 1", order_id))  # noqa: S608


async def withdrawals_of_order(order_id: str) -> list[Withdrawal]:
    """All declarations that are about this order, the newest first."""
    return await read(Withdrawal, "WHERE order_id = $1 ORDER BY declared_at DESC, id DESC", order_id)


async def withdrawals_of_contact(shop_id: str, contact: str) -> list[Withdrawal]:
    """Those of this address that are no order's: about none that we know, or nobody has shown that they are its
    customer's. The newest first."""
    return await read(
        Withdrawal,
        "WHERE shop_id = $1 AND lower(contact) = $2 AND (order_id IS NULL OR verified_at IS NULL) "
        "ORDER BY declared_at DESC, id DESC",
        shop_id, contact.strip().lower(),
    )  # fmt: skip


async def withdrawals_of_no_order(shop_id: str) -> list[Withdrawal]:
    """The same of everybody, as far as they still name a person."""
    return await read(
        Withdrawal, "WHERE shop_id = $1 AND contact <> '' AND (order_id IS NULL OR verified_at IS NULL) ORDER BY id",
        shop_id,
    )  # fmt: skip


async def withdrawals_of_case(case_id: str) -> list[Withdrawal]:
    """The declarations that became this case, among others, or belong to it: the first confirmed one first."""
    return await read(
        Withdrawal,
        "WHERE order_id = (SELECT order_id FROM cases WHERE id = $1) AND cases::jsonb ? $1 ORDER BY confirmed_at, id",
        case_id,
    )


async def withdrawals_waiting(
    shop_id: str, state: WithdrawalState | None, limit: int, before: tuple[datetime, str] | None
) -> list[Withdrawal]:
    """The shop's declarations, the last declared first; those that were never confirmed only where asked for."""
    at, ref = before or (None, None)
    return await read(
        Withdrawal,
        "WHERE shop_id = $1 AND ($2::text IS NULL AND state NOT IN ('declared', 'lapsed') OR state = $2) "
        "AND ($3::timestamptz IS NULL OR (declared_at, id) < ($3, $4)) ORDER BY declared_at DESC, id DESC LIMIT $5",
        shop_id, state and str(state), at, ref, limit,
    )  # fmt: skip


async def open_number(tx: Transaction, order_id: str) -> str | None:
    """The number of a declaration about this order that stands and has not come to its end, if there is any."""
    found = await tx.rows(f"SELECT number FROM withdrawals WHERE order_id = $1 AND {_OPEN} ORDER BY id", order_id)  # noqa: S608
    return found[0]["number"] if found else None


async def keep_order(tx: Transaction, withdrawal: Withdrawal, order_id: str) -> None:
    """Which order a locked declaration means; whose it is may still be unknown."""
    withdrawal.order_id = order_id
    await tx.execute("UPDATE withdrawals SET order_id = $2 WHERE id = $1", withdrawal.id, order_id)


async def keep_proof(tx: Transaction, withdrawal: Withdrawal, order_id: str, at: datetime) -> None:
    """That a locked declaration is this order's customer's, and since when that is known."""
    withdrawal.order_id, withdrawal.verified_at = order_id, at
    await tx.execute(
        "UPDATE withdrawals SET order_id = $2, verified_at = $3 WHERE id = $1", withdrawal.id, order_id, at
    )


async def add_case(tx: Transaction, withdrawal: Withdrawal, case_id: str) -> None:
    """One more case that a locked declaration has become."""
    withdrawal.cases = [*withdrawal.cases, case_id]
    await tx.execute("UPDATE withdrawals SET cases = cases || to_jsonb($2::text) WHERE id = $1", withdrawal.id, case_id)


async def forget_words(tx: Transaction, withdrawal_id: str) -> None:
    """Take the person out of a declaration that has come to its end: who declared, and in which words, the number of
    the order as they wrote it among them. What was declared when, and what became of it, stays."""
    await tx.execute(
        "UPDATE withdrawals SET name = '', contact = '', order_number = '', items = NULL, token_hash = NULL, "
        "order_token_hash = NULL WHERE id = $1",
        withdrawal_id,
    )


async def ended_before(
    tx: Transaction, shop_id: str, before: datetime, limit: int, *, lapsed: bool
) -> list[Withdrawal]:
    """Declarations that ended before and still name a person: those that were never confirmed, or those that are no
    order's."""
    return await read(
        Withdrawal,
        "WHERE shop_id = $1 AND closed_at < $2 AND contact <> '' AND (state = 'lapsed') = $3 "
        "AND (state = 'lapsed' OR order_id IS NULL OR verified_at IS NULL) ORDER BY closed_at LIMIT $4 FOR UPDATE",
        shop_id, before, lapsed, limit, tx=tx,
    )  # fmt: skip
