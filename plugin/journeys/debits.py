"""What a person does with a debit: it was paid back, or is let off. Nobody is ever charged for one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from plugin.cases.goods import let_go_not_sent, let_go_rejected
from plugin.cases.models import Case
from plugin.cases.service import decision_of
from plugin.cases.store import lock_case
from plugin.db import Transaction, transaction
from plugin.journeys.call_off import are_new_goods_open
from plugin.journeys.desk_refusals import NewGoodsAreOpen
from plugin.orders.service import lock_order
from plugin.ports.runtime import Ports
from plugin.refunds.debits import DebitReason, DebitState, close_debit, get_debit
from plugin.refunds.models import Debit
from plugin.shops.models import Shop

Answered = Callable[[Transaction, Debit], Awaitable[None]]
"""Called last inside the transaction with the debit, to store an answer with what made it true."""


async def unasked(tx: Transaction, debit: Debit) -> None:
    """Nobody waits for an answer that is kept."""


async def settle_debit(ports: Ports, shop: Shop, debit_id: str, by: str, *, answered: Answered = unasked) -> None:
    """The shopper has paid it back: what was not accepted is theirs, and may be asked for again.

    Raises ``NotFound``, ``IllegalTransition`` where the debit was closed before, and ``NewGoodsAreOpen`` while new
    goods of the case may still fall back to money: the shopper would have paid, and get nothing for it.
    """
    await _close(ports, shop, debit_id, DebitState.SETTLED, by, answered)


async def waive_debit(ports: Ports, shop: Shop, debit_id: str, by: str, *, answered: Answered = unasked) -> None:
    """The shop lets it off; raises as ``settle_debit``. What was paid for once is not paid for again."""
    await _close(ports, shop, debit_id, DebitState.WAIVED, by, answered)


async def _close(ports: Ports, shop: Shop, debit_id: str, state: DebitState, by: str, answered: Answered) -> None:
    found = await get_debit(shop.id, debit_id)
    async with transaction(ports.doorbell) as tx:
        await lock_order(tx, found.order_id)
        case = await lock_case(tx, found.case_id)
        debit = await get_debit(shop.id, debit_id)
        if state is DebitState.SETTLED and await are_new_goods_open(case):
            raise NewGoodsAreOpen()
        await close_debit(tx, debit, state, by=by, at=ports.clock.now())
        if state is DebitState.SETTLED:
            await _let_go(tx, case, debit)
        await answered(tx, debit)


async def _let_go(tx: Transaction, case: Case, debit: Debit) -> None:
    if debit.reason == DebitReason.REJECTED:
        await let_go_rejected(tx, case.id, state="settled")
    elif debit.reason == DebitReason.NOT_SENT:
        await let_go_not_sent(tx, case.id, stays=[line.line_id for line in decision_of(case).stays])
