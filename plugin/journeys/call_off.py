"""An exchange ends before its new goods are ordered: taken back, run out, refused or closed; or a correction is not
made. What was paid on top goes back, whole."""

from __future__ import annotations

from plugin.cases.goods import goods_of
from plugin.cases.models import Case
from plugin.cases.states import CaseKind
from plugin.db import Transaction
from plugin.exchanges.service import move_difference
from plugin.exchanges.states import DifferenceState, OutboundState
from plugin.exchanges.store import difference_of_case, is_outbound_open, outbound_of_case
from plugin.journeys.difference import give_back
from plugin.journeys.outbound import drop
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop

_STILL_GIVEN = (OutboundState.ASKING, OutboundState.ORDERED)


async def is_paid_on_top(case: Case) -> bool:
    """Whether the shopper has paid something on top of this case, which nobody has given back."""
    difference = await difference_of_case(case.id)
    return difference is not None and DifferenceState(difference.state) is DifferenceState.PAID


async def owes_new_goods(case: Case) -> bool:
    """Whether an exchange owes something for what went back, and the new goods for it are still to be ordered."""
    if CaseKind(case.kind) is not CaseKind.EXCHANGE or not await is_outbound_open(case.id):
        return False
    is_owed = case.resolved_at is not None and case.owed > 0
    return is_owed or bool((await goods_of(case.id)).accepted)


async def call_off(tx: Transaction, ports: Ports, shop: Shop, case: Case, *, why: str, actor: str = "comeback") -> None:
    """Nothing where the new goods are ordered, or there are none. The order and the case are locked, its page is over
    (``end_payment``), and the case has been moved to where it ends: a refund that fails brings it to a person."""
    await drop(tx, ports, case, actor=actor, why=why)
    outbound = await outbound_of_case(case.id)
    if outbound is not None and OutboundState(outbound.state) in _STILL_GIVEN:
        return
    difference = await difference_of_case(case.id)
    if difference is None:
        return
    if DifferenceState(difference.state) is DifferenceState.AWAITING:
        await move_difference(tx, difference, DifferenceState.ENDED, at=ports.clock.now(), why=why)
    elif DifferenceState(difference.state) is DifferenceState.PAID:
        await give_back(tx, ports, shop, case, difference, why=why)
