"""All queries of cases and of the units that they own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
from msgspec import Struct
from tortoise.exceptions import IntegrityError

from plugin.cases.facts import Ownership
from plugin.cases.models import Case, CaseUnit
from plugin.core.errors import DomainError, NotFound
from plugin.core.money import unit_worth
from plugin.db import Transaction, read, read_both, rows
from plugin.orders.models import Order
from plugin.orders.origins import origin
from plugin.orders.service import StoredOrder, locked
from plugin.policies.decision import Decision


class UnitsTaken(DomainError):
    """Another case owns one of these units (I2): two tabs, or an older ask that is still open."""

    status = 409
    code = "already_asked"
    sentence = "A request for these items is already on its way."


async def get_case(shop_id: str, case_id: str, order_id: str | None = None) -> Case:
    """The case of this shop (and order, for a shopper); raises ``NotFound``."""
    found = await read(
        Case, "WHERE id = $1 AND shop_id = $2 AND order_id = COALESCE($3, order_id)", case_id, shop_id, order_id
    )
    if not found:
        raise NotFound(detail="We could not find this request.", param="case_id")
    return found[0]


async def case_of_number(shop_id: str, number: str) -> Case:
    """The case of this shop that people call by this number; raises ``NotFound``."""
    case = await Case.filter(number=number, shop_id=shop_id).first()
    if case is None:
        raise NotFound(detail="There is no such case of this shop.", param="case")
    return case


async def case_numbers(case_ids: Sequence[str]) -> dict[str, str]:
    """The numbers that people read, by the cases' ids."""
    found = await rows("SELECT id, number FROM cases WHERE id = ANY($1)", list(case_ids))
    return {row["id"]: row["number"] for row in found}


async def lock_case(tx: Transaction, case_id: str) -> Case:
    """The case with its row locked. The order's lock comes first, always."""
    (case,) = await read(Case, "WHERE id = $1 FOR UPDATE", case_id, tx=tx)
    return case


_ITS_ORDER = "(SELECT order_id FROM cases WHERE id = $1)"


async def lock_with_order(tx: Transaction, case_id: str) -> tuple[StoredOrder, Case]:
    """The case's order, then the case, both locked and read as they are then; raises ``NotFound``.

    The order is locked while the CTE is read, the case above the join, and so after it. A row that somebody changed
    while we waited for its lock is read anew (PostgreSQL, "Read Committed"); other tables must be read by a later
    statement.
    """
    found = await read_both(
        Order, Case, "FROM a, cases b WHERE b.id = $1 FOR UPDATE OF b", case_id, tx=tx,
        start="WITH payer AS MATERIALIZED (SELECT 1 FROM orders "  # noqa: S608 - our own names
        f"WHERE id = {origin(_ITS_ORDER)} FOR UPDATE), "
        f"a AS MATERIALIZED (SELECT * FROM orders WHERE id = {_ITS_ORDER} AND (SELECT count(*) FROM payer) >= 0 "
        "FOR UPDATE)",
    )  # fmt: skip
    if not found:
        raise NotFound(detail="We could not find this request.", param="case_id")
    ((row, case),) = found
    return locked(tx, row), case


async def cases_of_order(order_id: str) -> list[Case]:
    """All cases of an order, newest first."""
    return await read(Case, "WHERE order_id = $1 ORDER BY asked_at DESC, id DESC", order_id)


async def open_cases_of(tx: Transaction, order_id: str, states: Sequence[str]) -> list[Case]:
    """Cancellations of a locked order in these states, oldest first."""
    return (
        await Case.filter(order_id=order_id, kind="cancel", state__in=list(states))
        .select_for_update()
        .using_db(tx.connection)
        .order_by("id")
    )


async def ownership_of(order: StoredOrder, *, since: datetime) -> Ownership:
    """Which units are owned, whether shipping is taken, and how many cases this customer had since ``since``."""
    kept: dict[tuple[bool, str], dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    # One round trip; each part by an index of its own, where one join would read every case of the shop.
    (found,) = await rows(
        "SELECT ARRAY(SELECT (line_id, ordinal, state, kind) FROM case_units WHERE order_id = $1 "
        "AND state IN ('open', 'settled')) AS units, "
        "(SELECT count(*) FROM cases c WHERE c.order_id = $1 AND c.takes_shipping AND EXISTS "
        "(SELECT 1 FROM case_units u WHERE u.case_id = c.id AND u.state <> 'released')) AS shipping, "
        "(SELECT count(*) FROM orders o JOIN cases c ON c.order_id = o.id WHERE o.shop_id = $2 "
        "AND o.customer_hash = $3 AND o.id <> $1 AND c.asked_at > $4) AS prior, "
        "(SELECT COALESCE(sum(c.owed), 0)::bigint FROM cases c WHERE c.order_id = $1 AND c.kind = 'fix' "
        "AND c.basis = 'goodwill' AND c.state <> 'refused') AS forgotten_code",
        order.id,
        order.row.shop_id,
        order.row.customer_hash,
        since,
    )
    for line_id, ordinal, state, kind in found["units"]:
        kept[kind == "cancel", state][line_id].add(ordinal)

    def units(is_cancel: bool, state: str) -> dict[str, frozenset[int]]:
        return {line: frozenset(ordinals) for line, ordinals in kept[is_cancel, state].items()}

    return Ownership(
        units(True, "open"),
        units(True, "settled"),
        found["shipping"] > 0,
        found["prior"],
        coming_back=units(False, "open"),
        returned=units(False, "settled"),
        forgotten_code=found["forgotten_code"],
    )


async def own_units(tx: Transaction, case: Case, order: StoredOrder, decision: Decision) -> None:
    """Give the decision's units to the case; raises ``UnitsTaken`` where another case owns one (I2)."""
    lines = {line.id: line for line in order.placement.lines}
    units = [
        CaseUnit(
            shop_id=case.shop_id,
            order_id=case.order_id,
            case_id=case.id,
            kind=case.kind,
            line_id=decided.line_id,
            ordinal=ordinal,
            revision=order.row.revision,
            worth=unit_worth(lines[decided.line_id].total, lines[decided.line_id].quantity, ordinal),
            tax=unit_worth(lines[decided.line_id].tax, lines[decided.line_id].quantity, ordinal),
            state="open",
        )
        for decided in decision.lines
        for ordinal in decided.units
    ]
    try:
        await CaseUnit.bulk_create(units, using_db=tx.connection)
    except IntegrityError as error:
        raise UnitsTaken() from error


async def pin_request(tx: Transaction, case: Case, request: Struct) -> None:
    """Keep what the store is asked from now on, under the ask's own number."""
    await tx.execute(
        "UPDATE cases SET store_request = $2, store_asks = store_asks + 1 WHERE id = $1",
        case.id,
        msgspec.json.encode(request).decode(),
    )


async def keep_store_reason(tx: Transaction, case: Case, reason: str | None) -> None:
    """The store's own words about its answer, for the shop's people."""
    await tx.execute("UPDATE cases SET store_reason = $2 WHERE id = $1", case.id, (reason or "")[:500] or None)


async def is_asked_for(order_id: str, *, but_by: str = "") -> bool:
    """Whether any (other) ask of this order is under way: what it waits for would change with the order."""
    other = "SELECT 1 FROM cases WHERE order_id = $1 AND id <> $2 AND closed_at IS NULL LIMIT 1"
    return bool(await rows(other, order_id, but_by))


async def is_being_fixed(order_id: str) -> bool:
    """Whether the store is asked to put this order right and has not answered."""
    asking = "kind = 'fix' AND state IN ('approved', 'awaiting_store')"
    return bool(await rows(f"SELECT 1 FROM cases WHERE order_id = $1 AND {asking} LIMIT 1", order_id))  # noqa: S608


async def ask_anew(tx: Transaction, case_id: str) -> None:
    """Let go of the last ask, which the store has answered for good: the next one has its own id and content."""
    await tx.execute("UPDATE cases SET store_request = NULL WHERE id = $1", case_id)


async def owe(tx: Transaction, case: Case, owed: int, *, withheld: int) -> None:
    """Set what the case pays back, and what of its amounts a person keeps back."""
    case.owed, case.withheld = owed, withheld
    await tx.execute(
        "UPDATE cases SET owed = $2, withheld = $3, takes_shipping = $4 WHERE id = $1",
        case.id, owed, withheld, case.takes_shipping,
    )  # fmt: skip


async def keep_reason(tx: Transaction, case: Case, reason: str) -> None:
    """Keep why a person pays less, after what was kept before."""
    await tx.execute(
        "UPDATE cases SET withheld_reason = concat_ws(E'\\n', withheld_reason, $2::text) WHERE id = $1", case.id, reason
    )


async def is_shipping_taken(order_id: str, *, but_by: str) -> bool:
    """Whether another case of the order, open or settled, pays shipping back."""
    return bool(
        await rows(
            "SELECT 1 FROM cases c WHERE c.order_id = $1 AND c.id <> $2 AND c.takes_shipping AND EXISTS "
            "(SELECT 1 FROM case_units u WHERE u.case_id = c.id AND u.state <> 'released') LIMIT 1",
            order_id,
            but_by,
        )
    )


async def mark_units(tx: Transaction, case_id: str, state: str) -> None:
    """Settle the case's open units, or release them to be asked for again."""
    await tx.execute("UPDATE case_units SET state = $2 WHERE case_id = $1 AND state = 'open'", case_id, state)


async def is_granted(case_id: str) -> bool:
    """Whether the store has cancelled units of this case, be it that it took them out of the order since."""
    granted = "SELECT 1 FROM case_units WHERE case_id = $1 AND state IN ('settled', 'edited_out') LIMIT 1"
    return bool(await rows(granted, case_id))


async def units_of_case(case_id: str) -> list[CaseUnit]:
    """All units that the case owns or ever owned, by line and ordinal."""
    return await read(CaseUnit, "WHERE case_id = $1 ORDER BY line_id, ordinal", case_id)


async def edit_out(tx: Transaction, order_id: str, line_id: str, taken: int, *, still_counted: int) -> None:
    """The store has taken ``taken`` units out of a line and counts ``still_counted`` of the rest as cancelled.

    Settled units that are not among those any more were the ones that it took out. They are nobody's from now on: the
    line's quantity is without them, and counting them again would make a unit uncancellable that is still there.
    """
    await tx.execute(
        "UPDATE case_units SET state = 'edited_out' WHERE id IN (SELECT id FROM case_units WHERE order_id = $1 "
        "AND line_id = $2 AND state = 'settled' AND kind = 'cancel' ORDER BY ordinal DESC "
        "LIMIT LEAST($3::int, GREATEST(0, (SELECT count(*) FROM case_units WHERE order_id = $1 "
        "AND line_id = $2 AND state = 'settled' AND kind = 'cancel') - $4::int)))",
        order_id, line_id, taken, still_counted,
    )  # fmt: skip


async def release_units(tx: Transaction, case_id: str) -> None:
    """Give back all units of a case that a person has refused: those that wait, and those that were settled."""
    await tx.execute("UPDATE case_units SET state = 'released' WHERE case_id = $1", case_id)


async def units_by_case(order_id: str, state: str) -> dict[str, dict[str, int]]:
    """By cancellation and line, how many units of an order are in this state: open, or settled."""
    found = await rows(
        "SELECT case_id, line_id, count(*) AS n FROM case_units WHERE order_id = $1 AND state = $2 "
        "AND kind = 'cancel' GROUP BY 1, 2",
        order_id,
        state,
    )
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    for row in found:
        counts[row["case_id"]][row["line_id"]] = row["n"]
    return counts


async def units_by_line(case: Case) -> tuple[dict[str, int], dict[str, int]]:
    """By line: how many units the case owns and has not given back, and how many any open cancellation is promised."""
    found = await rows(
        "SELECT line_id, count(*) FILTER (WHERE case_id = $2 AND state <> 'released') AS mine, "
        "count(*) FILTER (WHERE state = 'open' AND kind = 'cancel') AS open "
        "FROM case_units WHERE order_id = $1 GROUP BY line_id",
        case.order_id,
        case.id,
    )
    mine = {row["line_id"]: row["mine"] for row in found if row["mine"]}
    return mine, {row["line_id"]: row["open"] for row in found if row["open"]}


async def waiting_for_staff(shop_id: str, limit: int = 100) -> list[Case]:
    """The queue of a person: what waits on staff, the most urgent first."""
    return await Case.filter(shop_id=shop_id, waiting_on="staff").order_by("due_at").limit(limit)


PRIOR_WINDOW = timedelta(days=365)


async def open_case_number(tx: Transaction, order_id: str) -> str | None:
    """The number of a case of this order that is not closed, if there is any."""
    found = await tx.rows("SELECT number FROM cases WHERE order_id = $1 AND closed_at IS NULL ORDER BY id", order_id)
    return found[0]["number"] if found else None
