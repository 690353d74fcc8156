"""All queries of the ledger of codes and its counters.

A code's audit is on the chain of the order that earned it, so whoever changes a code locks that order first, and a
counter last (docs/architecture.md, "Locks").
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from plugin.codes.models import Code
from plugin.codes.refusals import CodeUnknown
from plugin.codes.rules import Standing, Terms
from plugin.codes.states import CODE, CodeState
from plugin.core.errors import NotFound
from plugin.core.ids import token_hash
from plugin.core.readable import normalised
from plugin.db import Transaction, read, rows
from plugin.ports.payments import PromotionKind

LIVE = (CodeState.MINTED, CodeState.RESERVED)


def terms_of(code: Code) -> Terms:
    """What this code gives."""
    return Terms(
        kind=PromotionKind(code.kind), currency=code.currency, expires_at=code.expires_at, percent=code.percent,
        amount=code.amount, minimum=code.minimum,
    )  # fmt: skip


def standing_of(code: Code) -> Standing:
    """How this code stands."""
    return Standing(CodeState(code.state), code.customer_hash, code.cart_id, code.reserved_until)


async def find_code(shop_id: str, text: str) -> Code | None:
    """The code of this shop that reads ``text``, however it was typed."""
    letters = normalised(text)
    return await Code.get_or_none(shop_id=shop_id, code_hash=token_hash(letters)) if letters else None


async def get_code(shop_id: str, text: str) -> Code:
    """The same; raises ``CodeUnknown``."""
    code = await find_code(shop_id, text)
    if code is None:
        raise CodeUnknown(param="code")
    return code


async def codes_in(tx: Transaction, shop_id: str, texts: Iterable[str]) -> list[Code]:
    """Which of the codes that an order carries are ours."""
    hashes = sorted({token_hash(letters) for text in texts if (letters := normalised(text))})
    if not hashes:
        return []
    return await Code.filter(shop_id=shop_id, code_hash__in=hashes).order_by("id").using_db(tx.connection)


async def codes_used_by(tx: Transaction, shop_id: str, external_order_id: str) -> list[Code]:
    """The codes that this order has redeemed and not given back."""
    return await read(
        Code, "WHERE shop_id = $1 AND redeemed_order = $2 AND state = 'redeemed' ORDER BY id", shop_id,
        external_order_id, tx=tx,
    )  # fmt: skip


async def has_used_code(shop_id: str, external_order_id: str) -> bool:
    """Whether this order has redeemed a code of ours, be it that it gave it back since: it does so once."""
    return bool(
        await rows("SELECT 1 FROM codes WHERE shop_id = $1 AND redeemed_order = $2 LIMIT 1", shop_id, external_order_id)
    )


async def lock_origin(tx: Transaction, code: Code) -> None:
    """Lock the order that earned the code: until the transaction ends, nobody redeems, revokes or reserves it."""
    await tx.rows("SELECT id FROM orders WHERE id = $1 FOR UPDATE", code.order_id)


async def lock_code(tx: Transaction, code: Code) -> Code:
    """The order that earned the code, then the code, both locked until the transaction ends; read anew."""
    await lock_origin(tx, code)
    return await Code.filter(id=code.id).select_for_update().using_db(tx.connection).get()


async def lock_codes(tx: Transaction, codes: Sequence[Code]) -> list[Code]:
    """The same for several: all their orders, from the newer to the older, then all the codes by their ids.

    Together and first, because what follows may take a counter, and nobody who holds one may wait for an order.
    """
    if not codes:
        return []
    await tx.rows(
        "SELECT id FROM orders WHERE id = ANY($1) ORDER BY id DESC FOR UPDATE", list({code.order_id for code in codes})
    )
    ours = Code.filter(id__in=[code.id for code in codes]).order_by("id")
    return await ours.select_for_update().using_db(tx.connection)


async def move(tx: Transaction, code: Code, to: CodeState) -> None:
    """Write a locked code's new state with its other fields; raises ``IllegalTransition``."""
    if code.state != to:
        CODE.check(CodeState(code.state), to)
    code.state = to.value
    await code.save(using_db=tx.connection)


@dataclass(frozen=True)
class Origin:
    """What minting asks of the order: the shopper's zone, and whether the order was itself bought with a code."""

    time_zone: str | None
    came_with_code: bool


async def origin_of(tx: Transaction, shop_id: str, order_id: str) -> Origin:
    """Read the order that may earn a code. The caller holds its lock."""
    found = await tx.rows(
        "SELECT document->>'time_zone' AS time_zone, ARRAY(SELECT jsonb_array_elements_text("
        "COALESCE(document->'discount_codes', '[]'))) AS carried, EXISTS (SELECT 1 FROM codes "
        "WHERE codes.shop_id = $2 AND redeemed_order = orders.external_id) AS redeemed "
        "FROM orders WHERE id = $1 AND shop_id = $2",
        order_id, shop_id,
    )  # fmt: skip
    row = found[0]
    return Origin(row["time_zone"], row["redeemed"] or bool(await codes_in(tx, shop_id, row["carried"])))


async def has_live_code(tx: Transaction, shop_id: str, customer_hash: str, at: datetime) -> bool:
    """Whether this customer holds a code that is still good."""
    live = await tx.rows(
        "SELECT 1 FROM codes WHERE shop_id = $1 AND customer_hash = $2 AND state = ANY($3) AND expires_at > $4 LIMIT 1",
        shop_id, customer_hash, [str(state) for state in LIVE], at,
    )  # fmt: skip
    return bool(live)


async def code_of_id(shop_id: str, code_id: str, *, tx: Transaction | None = None) -> Code:
    """The code of this shop by our own id of it; raises ``NotFound``."""
    found = await read(Code, "WHERE id = $1 AND shop_id = $2", code_id, shop_id, tx=tx)
    if not found:
        raise NotFound(detail="There is no such code.", param="code_id")
    return found[0]


@dataclass(frozen=True)
class Sought:
    """Which codes; None is any. ``customer`` is the pseudonym of a customer."""

    state: CodeState | None = None
    customer: str | None = None
    case_id: str | None = None


async def codes_page(
    shop_id: str, sought: Sought, limit: int, after: tuple[datetime, str] | None = None
) -> Sequence[Code]:
    """The codes of a shop, newest first; ``after`` is when the last of the page before was minted, and its id."""
    at, code_id = after or (None, None)
    return await read(
        Code,
        "WHERE shop_id = $1 AND ($2::timestamptz IS NULL OR (minted_at, id) < ($2, $3::text)) "
        "AND ($4::text IS NULL OR state = $4) AND ($5::text IS NULL OR customer_hash = $5) "
        "AND ($6::text IS NULL OR case_id = $6) ORDER BY minted_at DESC, id DESC LIMIT $7",
        shop_id, at, code_id, sought.state, sought.customer, sought.case_id, limit,
    )  # fmt: skip


async def codes_of_case(shop_id: str, case_id: str) -> list[Code]:
    """The codes that a case has earned, oldest first."""
    return await read(Code, "WHERE shop_id = $1 AND case_id = $2 ORDER BY minted_at, id", shop_id, case_id)


async def find_code_of_case(case_id: str) -> Code | None:
    """The newest code that a case has earned."""
    return await Code.filter(case_id=case_id).order_by("-minted_at").first()


async def codes_of_cases(case_ids: Sequence[str]) -> dict[str, Code]:
    """The newest code of each case that has earned one."""
    found = await Code.filter(case_id__in=list(case_ids)).order_by("minted_at")
    return {code.case_id: code for code in found}


def money_counters_of(customer_hash: str) -> str:
    """How the keys of the counters of a customer's money begin: they are forgotten with the customer."""
    return f"money:of:{customer_hash}:"


async def count_up(tx: Transaction, shop_id: str, key: str, by: int, cap: int) -> bool:
    """Add to a counter unless that would exceed its cap; the row stays locked until the transaction ends."""
    if by > cap:
        return False
    counted = await tx.rows(
        "INSERT INTO counters (shop_id, key, n) VALUES ($1, $2, $3) ON CONFLICT (shop_id, key) "
        "DO UPDATE SET n = counters.n + $3 WHERE counters.n + $3 <= $4 RETURNING n",
        shop_id, key, by, cap,
    )  # fmt: skip
    return bool(counted)


async def charge(tx: Transaction, shop_id: str, key: str, by: int) -> int:
    """Add to a counter what has been spent already, cap or not; returns what it comes to."""
    counted = await tx.rows(
        "INSERT INTO counters (shop_id, key, n) VALUES ($1, $2, $3) ON CONFLICT (shop_id, key) "
        "DO UPDATE SET n = counters.n + $3 RETURNING n",
        shop_id, key, by,
    )  # fmt: skip
    return int(counted[0]["n"])


async def counted(shop_id: str, keys: Sequence[str]) -> dict[str, int]:
    """What these counters have come to; one that was never counted up is left out."""
    found = await rows("SELECT key, n FROM counters WHERE shop_id = $1 AND key = ANY($2)", shop_id, list(keys))
    return {row["key"]: row["n"] for row in found}


async def count_down(tx: Transaction, shop_id: str, key: str, by: int) -> None:
    """Give back to a counter, never below zero."""
    await tx.execute("UPDATE counters SET n = GREATEST(n - $3, 0) WHERE shop_id = $1 AND key = $2", shop_id, key, by)


async def time_out_reservations(tx: Transaction, at: datetime) -> int:
    """Free the codes whose cart let its time pass; the cart stays on the row, so that a late redemption is known."""
    return await tx.execute(
        "UPDATE codes SET state = 'minted' WHERE id IN (SELECT id FROM codes WHERE state = 'reserved' "
        "AND reserved_until <= $1 FOR UPDATE SKIP LOCKED)",
        at,
    )


@dataclass(frozen=True)
class Lapsed:
    """A code that nobody used in time, and what it had taken from the budget of its month."""

    shop_id: str
    currency: str
    budget: int
    minted_at: datetime


async def expire(tx: Transaction, at: datetime, limit: int) -> Sequence[Lapsed]:
    """Expire up to ``limit`` unused codes; a code in a live reservation is left to its cart."""
    lapsed = await tx.rows(
        "UPDATE codes SET state = 'expired' WHERE id IN (SELECT id FROM codes WHERE state = 'minted' "
        "AND expires_at <= $1 ORDER BY expires_at FOR UPDATE SKIP LOCKED LIMIT $2) "
        "RETURNING shop_id, currency, budget, minted_at",
        at, limit,
    )  # fmt: skip
    return [Lapsed(**row) for row in lapsed]
