"""A person has what is owed paid after all: the order's payments could not give it when it was due, and now they can
(a dispute was won, a payment became known), or less is paid."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from plugin.cases.models import Case
from plugin.cases.service import move
from plugin.cases.states import CaseKind, CaseState
from plugin.cases.store import get_case
from plugin.credit.store import find_credit_of_case
from plugin.db import Transaction, transaction
from plugin.exchanges.service import request_of
from plugin.exchanges.states import OutboundState
from plugin.exchanges.store import given_back_on_top, outbound_of_case
from plugin.journeys.desk_refusals import NotWithAPerson
from plugin.journeys.giving import NOT_ENOUGH
from plugin.journeys.on_desk import Less, pay_less, reserve_anew, take
from plugin.journeys.owed_again import SETTLE_LEG
from plugin.journeys.payment_reported import refresh_payments
from plugin.journeys.resolve import MONEY_HAS
from plugin.orders.service import payments_of
from plugin.outbox import service as outbox
from plugin.ports.runtime import Ports
from plugin.refunds.service import held_for_case
from plugin.shops.models import Shop

Answered = Callable[[Transaction], Awaitable[None]]
"""Called last inside the transaction, to store an answer with what made it true."""


async def unasked(tx: Transaction) -> None:
    """Nobody waits for an answer that is kept."""


async def pay_owed(
    ports: Ports, shop: Shop, case_id: str, by: str, less: Less | None = None, *, answered: Answered = unasked
) -> None:
    """Plan what the case still owes in money, or ``less`` than all that it owes, and send it.

    Raises ``NotWithAPerson`` where the case is not here for that, ``NotEnoughToRefund`` with the gap where the payments
    still cannot give it, and ``NotLess``.
    """
    found = await get_case(shop.id, case_id)
    await refresh_payments(ports, shop, await payments_of(found.order_id))
    async with transaction(ports.doorbell) as tx:
        desk = await take(tx, shop, case_id, CaseState.WITH_PERSON)
        await pay_less(tx, ports, shop, desk, less, by)
        unpaid = await _owed_in_money(desk.case) - held_for_case(desk.legs)
        if desk.case.person_reason != NOT_ENOUGH or unpaid <= 0:
            raise NotWithAPerson(detail=f"Case {desk.case.number} has no money that is still to be planned.")
        at = ports.clock.now()
        await move(tx, desk.case, CaseState.EXECUTING, at=at, due_at=at + MONEY_HAS, actor=by, why="paid_by_person")
        for leg in await reserve_anew(tx, ports, shop, desk, unpaid):
            await outbox.add(tx, shop_id=shop.id, kind=SETTLE_LEG, ref=leg.id)
        await answered(tx)


async def _owed_in_money(case: Case) -> int:
    """What the case owes by now, less what is given for it in goods or in credit, and what was paid on top of it and
    goes back, in minor units."""
    on_top = await given_back_on_top(case.id)
    is_due = case.resolved_at is not None or CaseKind(case.kind) is CaseKind.FIX
    if not is_due or await find_credit_of_case(case.id) is not None:
        return on_top
    outbound = await outbound_of_case(case.id)
    is_given = outbound is not None and outbound.state not in (OutboundState.CANCELLED, OutboundState.OUT_OF_STOCK)
    in_goods = request_of(outbound).credited if outbound is not None and is_given else 0
    in_money: int = case.owed - in_goods
    return on_top + max(0, in_money)
