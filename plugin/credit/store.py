"""All queries of store credit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from plugin.core.errors import NotFound
from plugin.core.ids import token_hash
from plugin.core.readable import normalised
from plugin.credit.ledger import spending_of
from plugin.credit.models import Credit, CreditEntry
from plugin.credit.refusals import CreditUnknown
from plugin.credit.states import CreditState
from plugin.db import Transaction, read, rows


async def get_credit(shop_id: str, text: str) -> Credit:
    """The credit of this shop that reads ``text``, however it was typed; raises ``CreditUnknown``."""
    letters = normalised(text)
    found = await Credit.get_or_none(shop_id=shop_id, code_hash=token_hash(letters)) if letters else None
    if found is None:
        raise CreditUnknown(param="code")
    return found


async def credit_of_id(shop_id: str, credit_id: str, *, tx: Transaction | None = None) -> Credit:
    """The credit of this shop by our own id of it; raises ``NotFound``."""
    found = await read(Credit, "WHERE id = $1 AND shop_id = $2", credit_id, shop_id, tx=tx)
    if not found:
        raise NotFound(detail="There is no such credit.", param="credit_id")
    return found[0]


async def find_credit_of_case(case_id: str, *, tx: Transaction | None = None) -> Credit | None:
    """The credit that a case was answered with."""
    found = await read(Credit, "WHERE case_id = $1 ORDER BY issued_at, id LIMIT 1", case_id, tx=tx)
    return found[0] if found else None


async def keep_store_answer(tx: Transaction, credit: Credit, reference: str | None) -> None:
    """The store keeps a locked credit under this reference; without one our own ledger does."""
    if reference is not None:
        credit.store_reference = reference[:120]
    else:
        credit.authority = "ledger"
    await credit.save(using_db=tx.connection, update_fields=["store_reference", "authority"])


async def is_underway(tx: Transaction, case_id: str) -> bool:
    """Whether the store has been asked for the credit of a case and has not said that it gave it."""
    return bool(
        await tx.rows(
            "SELECT 1 FROM credits WHERE case_id = $1 AND authority = 'store' AND store_reference IS NULL LIMIT 1",
            case_id,
        )
    )  # fmt: skip


@dataclass(frozen=True)
class Spending:
    """What an order has spent of a credit, and how much of that has come back, in minor units; both positive."""

    entry_id: str
    credit_id: str
    external_order_id: str
    amount: int
    given_back: int
    at: datetime

    @property
    def left(self) -> int:
        return self.amount - self.given_back


_SPENDINGS = (
    "SELECT s.id AS entry_id, s.credit_id, s.spent_on AS external_order_id, -s.amount AS amount, s.at, "
    "COALESCE((SELECT sum(b.amount) FROM credit_entries b WHERE b.credit_id = s.credit_id AND b.kind = 'give_back' "
    "AND b.spent_on = s.spent_on), 0)::bigint AS given_back FROM credit_entries s WHERE s.kind = 'spend' AND "
)


async def find_spending(tx: Transaction, credit_id: str, external_order_id: str) -> Spending | None:
    found = await tx.rows(
        _SPENDINGS + "s.credit_id = $1 AND s.purpose = $2", credit_id, spending_of(credit_id, external_order_id)
    )
    return Spending(**found[0]) if found else None


async def spendings_of(tx: Transaction, shop_id: str, external_order_id: str) -> list[Spending]:
    """What an order has spent of each credit, in the sequence of their ids."""
    found = await tx.rows(
        _SPENDINGS + "s.shop_id = $1 AND s.spent_on = $2 ORDER BY s.credit_id", shop_id, external_order_id
    )
    return [Spending(**row) for row in found]


async def timed_out_of(credit: Credit, at: datetime, cart_id: str | None) -> tuple[int, int]:
    """What carts hold past their time, and what this cart holds within it."""
    (found,) = await rows(
        "SELECT COALESCE(sum(amount) FILTER (WHERE until <= $2), 0)::bigint AS over, "
        "COALESCE(sum(amount) FILTER (WHERE until > $2 AND cart_id = $3::text), 0)::bigint AS own "
        "FROM credit_holds WHERE credit_id = $1 AND state = 'held'",
        credit.id, at, cart_id,
    )  # fmt: skip
    return found["over"], found["own"]


async def entries_of(credit_ids: Sequence[str]) -> dict[str, list[CreditEntry]]:
    """The entries of these credits, oldest first."""
    kept: dict[str, list[CreditEntry]] = {credit_id: [] for credit_id in credit_ids}
    for entry in await read(CreditEntry, "WHERE credit_id = ANY($1) ORDER BY at, id", list(credit_ids)):
        kept[entry.credit_id].append(entry)
    return kept


async def credits_of_order(order_id: str) -> list[Credit]:
    """The credits that cases of this order were answered with, oldest first."""
    return await read(Credit, "WHERE order_id = $1 ORDER BY issued_at, id", order_id)


async def credits_of_owner(shop_id: str, order_id: str, customer_hash: str | None) -> list[Credit]:
    """The credits of the customer of an order, newest first; of one whom nobody knows, what the order itself has
    earned. What the receiver of a gift was given has another owner."""
    return await read(
        Credit,
        "WHERE shop_id = $1 AND (customer_hash = $3 OR (order_id = $2 AND customer_hash IS NULL AND $3::text IS NULL)) "
        "ORDER BY issued_at DESC, id DESC",
        shop_id, order_id, customer_hash,
    )  # fmt: skip


async def credits_page(
    shop_id: str, state: CreditState | None, case_id: str | None, limit: int, after: tuple[datetime, str] | None = None
) -> Sequence[Credit]:
    """The credits of a shop, newest first; ``after`` is when the last of the page before was issued, and its id."""
    at, credit_id = after or (None, None)
    return await read(
        Credit,
        "WHERE shop_id = $1 AND ($2::timestamptz IS NULL OR (issued_at, id) < ($2, $3::text)) "
        "AND ($4::text IS NULL OR state = $4) AND ($5::text IS NULL OR case_id = $5) "
        "ORDER BY issued_at DESC, id DESC LIMIT $6",
        shop_id, at, credit_id, state, case_id, limit,
    )  # fmt: skip


async def credits_due(at: datetime, limit: int) -> list[Credit]:
    """Credits of which something is to be let go or ended by now; what open carts hold waits for them."""
    return await read(
        Credit,
        "WHERE authority = 'ledger' AND id IN (SELECT id FROM credits WHERE state = 'live' AND expires_at <= $1 "
        "AND (balance > held OR held = 0) UNION ALL SELECT credit_id FROM credit_holds WHERE state = 'held' "
        "AND until <= $1) ORDER BY id LIMIT $2",
        at, limit,
    )  # fmt: skip
