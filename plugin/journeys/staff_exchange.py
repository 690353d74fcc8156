"""What a person of the shop does about new goods: grants the exchange, has them ordered again, makes their order by
hand, or gives them up, and then the shopper gets the money. Every step is audited under that person's name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

from plugin.cases.goods import NOT_TAKEN
from plugin.cases.models import Case
from plugin.cases.service import move
from plugin.cases.states import CaseState
from plugin.core.errors import DomainError
from plugin.db import Transaction, transaction
from plugin.exchanges.models import OutboundOrder
from plugin.exchanges.service import move_outbound
from plugin.exchanges.states import NOT_ACCEPTED, OutboundState
from plugin.exchanges.store import lock_outbound, outbound_of_case, quote_of
from plugin.journeys.exchange import begin
from plugin.journeys.on_desk import Desk, take
from plugin.journeys.outbound import release
from plugin.journeys.store_orders import fall_back, ordered
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop

Answered = Callable[[Transaction], Awaitable[None]]
WE_HAVE, ORDER_HAS = timedelta(minutes=10), timedelta(days=1)


class NothingToOrder(DomainError):
    """The case has no new goods that wait for a person."""

    status = 409
    code = "nothing_to_order"
    sentence = "No new goods of this request wait for a person."


async def exchange_goes_on(tx: Transaction, ports: Ports, shop: Shop, desk: Desk, by: str) -> None:
    """A granted exchange honours what was quoted, also after the quote's end; a difference is paid first."""
    at = ports.clock.now()
    outbound = await outbound_of_case(desk.case.id)
    quote = await quote_of(outbound) if outbound else None
    if quote is None:
        raise NothingToOrder()
    await move(tx, desk.case, CaseState.APPROVED, at=at, due_at=at + WE_HAVE, actor=by, why="approved_by_person")
    await begin(tx, ports, shop, desk.order, desk.case, quote)


async def order_by_hand(
    ports: Ports, shop: Shop, case_id: str, by: str, *, external_id: str, number: str, answered: Answered
) -> None:
    """A person has made the order in the store's own admin: this is its id there, and its number."""
    async with transaction(ports.doorbell) as tx:
        desk = await take(tx, shop, case_id, CaseState.WITH_PERSON)
        outbound = await _on_desk(tx, desk.case)
        await _back_to_ordering(tx, ports, desk.case, by)
        await ordered(tx, ports, shop, desk.case, outbound, external_id, number, actor=by)
        await answered(tx)


async def order_again(ports: Ports, shop: Shop, case_id: str, by: str, *, answered: Answered) -> None:
    """What kept the store from it is mended: it is asked once more, under the same key."""
    async with transaction(ports.doorbell) as tx:
        desk = await take(tx, shop, case_id, CaseState.WITH_PERSON)
        outbound = await _on_desk(tx, desk.case)
        await tx.execute("UPDATE outbound_orders SET asks = 0 WHERE id = $1", outbound.id)
        await _back_to_ordering(tx, ports, desk.case, by)
        await release(tx, ports, outbound, actor=by)
        await answered(tx)


async def give_up_new_goods(ports: Ports, shop: Shop, case_id: str, by: str, *, answered: Answered) -> None:
    """There will be no new goods: the shopper gets back what was paid on top, and the worth of what went back, or of
    as much of it as was accepted."""
    async with transaction(ports.doorbell) as tx:
        desk = await take(tx, shop, case_id, CaseState.WITH_PERSON)
        outbound = await _on_desk(tx, desk.case, may_wait=desk.case.person_reason in (NOT_TAKEN, NOT_ACCEPTED))
        await move_outbound(tx, outbound, OutboundState.CANCELLED, at=ports.clock.now(), actor=by, why="given_up")
        await _back_to_ordering(tx, ports, desk.case, by)
        await fall_back(tx, ports, shop, desk.order, desk.case, outbound)
        await answered(tx)


async def _on_desk(tx: Transaction, case: Case, *, may_wait: bool = False) -> OutboundOrder:
    found = await outbound_of_case(case.id)
    if found is None:
        raise NothingToOrder()
    outbound = await lock_outbound(tx, found.id)
    is_waiting = may_wait and OutboundState(outbound.state) is OutboundState.WAITING
    if not is_waiting and OutboundState(outbound.state) is not OutboundState.WITH_PERSON:
        raise NothingToOrder(state=outbound.state)
    return outbound


async def _back_to_ordering(tx: Transaction, ports: Ports, case: Case, by: str) -> None:
    at = ports.clock.now()
    await move(tx, case, CaseState.ORDERING, at=at, due_at=at + ORDER_HAS, actor=by, why="decided")
