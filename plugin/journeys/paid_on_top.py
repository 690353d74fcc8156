"""What a payment on top is for, by the kind of its case: what goes on once it is paid, and what its shopper is told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from plugin.cases.models import Case
from plugin.cases.states import CaseKind
from plugin.cases.store import is_asked_for
from plugin.db import Transaction
from plugin.journeys.ask_fix import ask_for_fix
from plugin.journeys.tell import tell_case
from plugin.journeys.way_back import go_on
from plugin.orders.service import StoredOrder
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop


@dataclass(frozen=True)
class OnTop:
    """``to_pay`` and ``ended`` are the mails that there is something to pay, and that it was not paid in time. Paid for
    what is not wanted any more, it goes back."""

    to_pay: str
    ended: str
    goes_on: Callable[[Transaction, Ports, Shop, StoredOrder, Case], Awaitable[None]]
    is_still_wanted: Callable[[Case], Awaitable[bool]]


async def _exchange_goes_on(tx: Transaction, ports: Ports, shop: Shop, order: StoredOrder, case: Case) -> None:
    await go_on(tx, ports, shop, order, case)
    await tell_case(tx, case, "exchange_approved")


async def _is_agreed(case: Case) -> bool:
    return True


async def _fix_goes_on(tx: Transaction, ports: Ports, shop: Shop, order: StoredOrder, case: Case) -> None:
    await ask_for_fix(tx, ports, case)


async def _is_the_only_ask(case: Case) -> bool:
    """An order that its shopper has asked to cancel meanwhile is not made dearer first."""
    return not await is_asked_for(case.order_id, but_by=case.id)


ON_TOP: Mapping[CaseKind, OnTop] = {
    CaseKind.EXCHANGE: OnTop("exchange_payment", "exchange_expired", _exchange_goes_on, _is_agreed),
    CaseKind.FIX: OnTop("fix_payment", "fix_expired", _fix_goes_on, _is_the_only_ask),
}


def on_top_of(case: Case) -> OnTop:
    """What is paid on top of this case; only those that are named have such a payment."""
    return ON_TOP[CaseKind(case.kind)]
