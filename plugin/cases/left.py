"""What is left of an order, by the store's counts and by ours: units of a line cannot be told apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from plugin.cases.facts import cancelled_by_the_store_itself
from plugin.cases.models import Case
from plugin.cases.service import facts_at_ask
from plugin.cases.states import CaseState
from plugin.cases.store import cases_of_order, units_by_case
from plugin.db import Transaction, read
from plugin.orders.service import StoredOrder, counted, fulfilled_by_line
from plugin.ports.orders import OrderState, StoreOrder

_ANSWER_NOTHING = (
    CaseState.REQUESTED, CaseState.IN_REVIEW, CaseState.REFUSED, CaseState.WITHDRAWN, CaseState.EXPIRED,
    CaseState.CONVERTED_TO_RETURN,
)  # fmt: skip


async def nothing_is_left(order: StoredOrder, case: Case) -> bool:
    """Whether nothing has shipped and every unit is cancelled: by our cases, and by the store itself before the ask.

    A fact of the order as it stands, whoever pays its shipping back. ``case`` is one of its cases.
    """
    if any(fulfilled_by_line(order.now).values()):
        return False
    if order.now.state is not OrderState.OPEN:
        return True
    at_store = counted(order.now.cancelled)
    before = {line.id: cancelled_by_the_store_itself(line) for line in facts_at_ask(case).lines}
    ours = (await units_by_case(order.id, "settled")).values()
    return all(
        max(at_store.get(line.id, 0), sum(units.get(line.id, 0) for units in ours) + before.get(line.id, 0))
        >= line.quantity
        for line in order.placement.lines
    )


async def answered_cases(tx: Transaction, order_id: str) -> list[Case]:
    """The cases of an order that answer for some of its money, by what they came to: none that is yet to be decided, or
    that came to nothing, and no correction."""
    return await read(
        Case, "WHERE order_id = $1 AND kind <> 'fix' AND state <> ALL($2)", order_id, _ANSWER_NOTHING, tx=tx
    )


def shipped_of(now: StoreOrder, gone: Mapping[str, int], wanted: Mapping[str, int]) -> dict[str, int]:
    """By line, how many of the ``wanted`` units cannot be cancelled any more; lines of which all can be are left out.

    ``gone`` are the units that are cancelled, or will be before these.
    """
    quantities, shipped = {line.id: line.quantity for line in now.lines}, fulfilled_by_line(now)
    missing = {
        line: min(n, gone.get(line, 0) + n + shipped.get(line, 0) - quantities.get(line, 0))
        for line, n in wanted.items()
    }
    return {line: n for line, n in missing.items() if n > 0}


async def shipped_meanwhile(order: StoredOrder, case: Case) -> dict[str, int]:
    """By line, how many of the case's open units have shipped: after what is cancelled or is being asked of the store.

    Units of cases that a person has yet to decide on are not counted: whoever is decided on first has what is there.
    """
    asked = {each.id for each in await cases_of_order(order.id) if each.state == CaseState.AWAITING_STORE}
    waiting, settled = await units_by_case(order.id, "open"), await units_by_case(order.id, "settled")
    gone = Counter[str]()
    for units in (*settled.values(), *(waiting.get(case_id, {}) for case_id in asked - {case.id})):
        gone.update(units)
    return shipped_of(order.now, gone, waiting.get(case.id, {}))
