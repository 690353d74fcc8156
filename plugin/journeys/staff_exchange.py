"""What a person of the shop does about new goods: grants the exchange, has them ordered again, makes their order by
hand, or gives them up, and then the shopper gets the money. Every step is audited under that person's name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

from plugin.cases.goods import LOST, NOT_SENT, NOT_TAKEN, SILENT, WRONG_ITEM
from plugin.cases.models import Case
from plugin.cases.service import move
from plugin.cases.states import CaseState
from plugin.cases.store import units_of_case
from plugin.core.errors import DomainError
from plugin.db import Transaction, transaction
from plugin.exchanges.models import OutboundOrder
from plugin.exchanges.service import move_outbound
from plugin.exchanges.states import NO_PAGE, NOT_ACCEPTED, UNQUOTED, OutboundState
from plugin.exchanges.store import collected_on_top, lock_outbound, outbound_of_case, quote_of, start_asking_anew
from plugin.journeys.desk_refusals import NotPaidFor
from plugin.journeys.exchange import begin
from plugin.journeys.goods_back import goods_are_given_up
from plugin.journeys.on_desk import Desk, take
from plugin.journeys.outbound import release, settle_price
from plugin.journeys.resolve import say_what_is_owed
from plugin.journeys.store_orders import fall_back, ordered
from plugin.journeys.tell import tell_case
from plugin.journeys.way_back import go_on
from plugin.policies.reasons import Trigger
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop

Answered = Callable[[Transaction], Awaitable[None]]
_WAIT_IS_OVER = (NOT_TAKEN, NOT_ACCEPTED, LOST, SILENT, NOT_SENT, WRONG_ITEM)
"""Why a person has goods that new ones wait for, so that they may say what becomes of those."""
_CAME_LATE = (UNQUOTED, NOT_TAKEN)
WE_HAVE, ORDER_HAS = timedelta(minutes=10), timedelta(days=1)


class NothingToOrder(DomainError):
    """The case has no new goods that wait for a person."""

    status = 409
    code = "nothing_to_order"
    sentence = "No new goods of this request wait for a person."


class NothingToGive(DomainError):
    """Nothing of it was accepted, and nothing was paid on top."""

    status = 409
    code = "nothing_to_give"
    sentence = "Nothing of this request was accepted or paid for. Refuse it, or order the new goods all the same."


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
    ports: Ports, shop: Shop, case_id: str, by: str, *, external_id: str, number: str, may_give: bool,
    answered: Answered,
) -> None:  # fmt: skip
    """A person has made the order in the store's own admin: this is its id there, and its number. ``may_give`` and
    ``NotPaidFor`` as in ``order_again``."""
    async with transaction(ports.doorbell) as tx:
        desk = await take(tx, shop, case_id, CaseState.WITH_PERSON)
        outbound, is_new = await _on_desk(tx, ports, shop, desk, by)
        await _back_to_ordering(tx, ports, desk.case, by)
        if is_new:
            _check_may_give(may_give)
            await settle_price(tx, ports, shop, desk.case, outbound)
        await ordered(tx, ports, shop, desk.case, outbound, external_id, number, actor=by)
        await answered(tx)


async def order_again(ports: Ports, shop: Shop, case_id: str, by: str, *, may_give: bool, answered: Answered) -> None:
    """What kept the store from it is mended: it is asked once more, under the same key.

    New goods that wait for old ones which were not accepted, or never came, are ordered all the same: what those would
    have paid for is a debit, and nobody is charged. A difference that no page could collect is let off; then the goods
    go back first, as agreed. Raises ``NotPaidFor`` for both where this person may not give money away (``may_give``).
    """
    async with transaction(ports.doorbell) as tx:
        desk = await take(tx, shop, case_id, CaseState.WITH_PERSON)
        if desk.case.person_reason == NO_PAGE:
            _check_may_give(may_give)
            await _back_to_ordering(tx, ports, desk.case, by)
            await go_on(tx, ports, shop, desk.order, desk.case)
            await tell_case(tx, desk.case, "exchange_approved")
        else:
            outbound, is_new = await _on_desk(tx, ports, shop, desk, by)
            await start_asking_anew(tx, outbound)
            await _back_to_ordering(tx, ports, desk.case, by)
            if is_new:
                _check_may_give(may_give)
                await settle_price(tx, ports, shop, desk.case, outbound)
            await release(tx, ports, outbound, actor=by)
        await answered(tx)


async def give_up_new_goods(ports: Ports, shop: Shop, case_id: str, by: str, *, answered: Answered) -> None:
    """There will be no new goods: the shopper gets back what was paid on top, and the worth of what went back, or of
    as much of it as was accepted. Raises ``NothingToGive`` where nothing was accepted, and nothing paid."""
    async with transaction(ports.doorbell) as tx:
        desk = await take(tx, shop, case_id, CaseState.WITH_PERSON)
        if desk.case.person_reason == NO_PAGE:
            raise NothingToGive()
        outbound, is_new = await _on_desk(tx, ports, shop, desk, by)
        if is_new and not desk.case.owed + desk.case.withheld + await collected_on_top(desk.case.id):
            raise NothingToGive()
        await move_outbound(tx, outbound, OutboundState.CANCELLED, at=ports.clock.now(), actor=by, why="given_up")
        await _back_to_ordering(tx, ports, desk.case, by)
        await fall_back(tx, ports, shop, desk.order, desk.case, outbound)
        await answered(tx)


async def _on_desk(tx: Transaction, ports: Ports, shop: Shop, desk: Desk, by: str) -> tuple[OutboundOrder, bool]:
    """The new goods that are this person's to decide on, and whether the store was never asked for them.

    Those wait for goods that are lost or were not accepted: the person's word ends that wait, and what was accepted is
    what is owed. New goods that were called off before the old ones came can only be given up.
    """
    case = desk.case
    found = await outbound_of_case(case.id)
    if found is None:
        raise NothingToOrder()
    outbound = await lock_outbound(tx, found.id)
    is_new = OutboundState(outbound.state) is OutboundState.WAITING and case.person_reason in _WAIT_IS_OVER
    if is_new:
        if case.resolved_at is None:
            await goods_are_given_up(tx, ports, shop, desk.order, case, by)
            await say_what_is_owed(tx, ports, case, await units_of_case(case.id), Trigger.INSPECTED)
        await move_outbound(tx, outbound, OutboundState.WITH_PERSON, at=ports.clock.now(), actor=by, why="decided")
    was_called_off = OutboundState(outbound.state) is OutboundState.CANCELLED and case.person_reason in _CAME_LATE
    if OutboundState(outbound.state) is not OutboundState.WITH_PERSON and not was_called_off:
        raise NothingToOrder(state=outbound.state)
    return outbound, is_new


def _check_may_give(may_give: bool) -> None:
    if not may_give:
        raise NotPaidFor()


async def _back_to_ordering(tx: Transaction, ports: Ports, case: Case, by: str) -> None:
    at = ports.clock.now()
    await move(tx, case, CaseState.ORDERING, at=at, due_at=at + ORDER_HAS, actor=by, why="decided")
