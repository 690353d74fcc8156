"""An exchange ends before its new goods are ordered: taken back, run out, refused or closed; or a correction is not
made. What was paid on top goes back, whole."""

from __future__ import annotations

from plugin.cases.goods import NOT_TAKEN, goods_of
from plugin.cases.models import Case
from plugin.cases.states import CaseKind
from plugin.db import Transaction
from plugin.exchanges.service import move_difference
from plugin.exchanges.states import UNQUOTED, DifferenceState, OutboundState
from plugin.exchanges.store import difference_of_case, is_outbound_open, outbound_of_case
from plugin.journeys.difference import give_back
from plugin.journeys.outbound import drop
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop

_STILL_GIVEN = (OutboundState.ASKING, OutboundState.ORDERED)


async def is_paid_on_top(case: Case) -> bool:
    """Whether the shopper has paid something on top of this case, be it that it is on its way back."""
    difference = await difference_of_case(case.id)
    return difference is not None and difference.payment_id is not None


async def are_new_goods_open(case: Case) -> bool:
    """Whether new goods are still to be ordered, or a person has to say what is given instead."""
    return case.person_reason in (UNQUOTED, NOT_TAKEN) or await is_outbound_open(case.id)


async def owes_new_goods(case: Case) -> bool:
    """Whether an exchange owes something for what went back, and the new goods for it are still to be ordered, or were
    called off before that came."""
    if CaseKind(case.kind) is not CaseKind.EXCHANGE or not await are_new_goods_open(case):
        return False
    is_owed = case.resolved_at is not None and case.owed > 0
    goods = await goods_of(case.id)
    return is_owed or bool(goods.accepted or goods.forgiven)


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
