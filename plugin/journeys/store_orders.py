"""The store is asked for an order of new goods, and its answer decides what the shopper gets.

ordered -> the case ends once the goods that go back are settled; sold out -> what was paid on top and what went back is
refunded, or credited where the shopper had rather; unknown -> asked again under the same key, with a growing pause, and
after a while a person; a store that cannot -> a person, who makes the order in its admin.
"""

from __future__ import annotations

from datetime import timedelta

from plugin.cases.models import Case
from plugin.cases.service import amounts_of, note_resolved
from plugin.cases.store import lock_with_order, owe, units_of_case
from plugin.core.points import point
from plugin.db import Transaction, transaction
from plugin.exchanges.models import OutboundOrder
from plugin.exchanges.service import ask_of, move_outbound, request_of
from plugin.exchanges.states import EXCHANGE, SOLD_OUT, STUCK, DifferenceState, OutboundState
from plugin.exchanges.store import (
    collected_on_top,
    count_silence,
    difference_of_case,
    get_outbound,
    given_back_on_top,
    link_new_order,
    lock_outbound,
    quote_of,
)
from plugin.journeys.difference import give_back
from plugin.journeys.giving import Due, give_money, hand_over
from plugin.journeys.resolve import FORMS, goods_are_settled
from plugin.journeys.tell import tell_case
from plugin.messages.parts import AlertKind
from plugin.orders.service import StoredOrder
from plugin.outbox import service as outbox
from plugin.outbox.service import Claim, Later, back_off
from plugin.parcels.worth import amounts_for
from plugin.policies.reasons import Resolution
from plugin.ports.goods import OutboundAnswer, StoreStatus
from plugin.ports.runtime import Ports
from plugin.refunds.debits import DebitReason, let_off, write_debit
from plugin.refunds.service import held_for_case
from plugin.refunds.store import legs_of_case
from plugin.shops.models import Shop
from plugin.shops.service import get_shop, store_connection

ASKS = 8  # unanswered calls until a person looks: about a quarter of an hour
PAUSE = timedelta(minutes=5)


async def make_order(ports: Ports, claim: Claim) -> None:
    """Work: have the store make the order, or find the one that it made under this key."""
    shop = await get_shop(claim.shop_id)
    found = await get_outbound(claim.shop_id, claim.ref)
    if OutboundState(found.state) is not OutboundState.ASKING:
        async with transaction(ports.doorbell) as tx:
            await outbox.complete(tx, claim)
        return
    adapter = ports.goods.get(shop.storefront)
    answer = OutboundAnswer(status=StoreStatus.UNSUPPORTED)
    if adapter is not None:
        store = store_connection(ports.vault, shop, allow_private_address=ports.allow_private_addresses)
        claim.check_may_send()
        point("before store_updated")
        answer = await adapter.make_order(store, request_of(found))
        point("after store_updated")
    await _take_answer(ports, claim, shop, found, answer)


async def _take_answer(ports: Ports, claim: Claim, shop: Shop, found: OutboundOrder, answer: OutboundAnswer) -> None:
    asks_again = False
    async with transaction(ports.doorbell, step="store_result_committed") as tx:
        order, case = await lock_with_order(tx, found.case_id)
        outbound = await lock_outbound(tx, found.id)
        if OutboundState(outbound.state) is OutboundState.ASKING:
            match answer.status:
                case StoreStatus.DONE if answer.order_id:
                    await ordered(tx, ports, shop, case, outbound, answer.order_id, answer.order_number)
                case StoreStatus.OUT_OF_STOCK:
                    await _sold_out(tx, ports, shop, order, case, outbound, answer.reason)
                case StoreStatus.UNKNOWN if outbound.asks + 1 < ASKS:
                    await count_silence(tx, outbound)
                    asks_again = True
                case _:
                    await _to_a_person(tx, ports, shop, case, outbound, answer.reason or str(answer.status))
        if not asks_again:
            await outbox.complete(tx, claim)
    if asks_again:
        raise Later(back_off(claim.attempts, PAUSE), f"the store's answer is {answer.status}")


async def ordered(
    tx: Transaction, ports: Ports, shop: Shop, case: Case, outbound: OutboundOrder, external_id: str,
    number: str | None, *, actor: str = "comeback",
) -> None:  # fmt: skip
    """The store has made it, or a person has: the shopper is told, and the case may be done."""
    await move_outbound(
        tx, outbound, OutboundState.ORDERED, at=ports.clock.now(), actor=actor, external_id=external_id, number=number
    )
    await link_new_order(tx, shop.id, external_id)
    if request_of(outbound).reason == EXCHANGE:
        await _note_unpaid(tx, ports, case, outbound)
    await tell_case(tx, case, "exchange_ordered")
    await goods_are_settled(tx, ports, shop, case)


async def _note_unpaid(tx: Transaction, ports: Ports, case: Case, outbound: OutboundOrder) -> None:
    """New goods that cost more than what was accepted for them and paid on top are written down as a debit.

    Where the goods were all accepted, it is what no page could collect of the difference: that is let off at once.
    """
    at, missing = ports.clock.now(), request_of(outbound).price - case.owed - await collected_on_top(case.id)
    if missing <= 0 or not await write_debit(tx, case, missing, DebitReason.NOT_PAID_FOR, at=at):
        return
    if case.owed + case.withheld == amounts_of(case).total:
        await let_off(tx, case, DebitReason.NOT_PAID_FOR, at=at)


async def _to_a_person(
    tx: Transaction, ports: Ports, shop: Shop, case: Case, outbound: OutboundOrder, why: str
) -> None:
    await move_outbound(tx, outbound, OutboundState.WITH_PERSON, at=ports.clock.now(), why=why)
    await hand_over(tx, ports, shop, case, STUCK, AlertKind.REVIEW)


async def _sold_out(
    tx: Transaction, ports: Ports, shop: Shop, order: StoredOrder, case: Case, outbound: OutboundOrder,
    why: str | None,
) -> None:  # fmt: skip
    await move_outbound(tx, outbound, OutboundState.OUT_OF_STOCK, at=ports.clock.now(), why=why)
    if request_of(outbound).reason != EXCHANGE:
        await hand_over(tx, ports, shop, case, SOLD_OUT, AlertKind.REVIEW)
        return
    await fall_back(tx, ports, shop, order, case, outbound)


async def fall_back(
    tx: Transaction, ports: Ports, shop: Shop, order: StoredOrder, case: Case, outbound: OutboundOrder
) -> None:
    """There are no new goods: what was paid on top goes back, and what went back is worth money, or credit.

    The fee of the exchange is not kept, for it is the shop that could not deliver; what a person withholds is.
    """
    units = tuple(unit for unit in await units_of_case(case.id) if unit.state != "released")
    amounts, legs = amounts_for(amounts_of(case), units), await legs_of_case(case.id)
    withheld = min(case.withheld, amounts.before_fee)
    await owe(tx, case, amounts.before_fee - withheld, withheld=withheld)
    given_already = max(0, held_for_case(legs) - await given_back_on_top(case.id))  # what was paid on top is no worth
    worth = case.owed - given_already
    await note_resolved(tx, case, on="no_new_goods", at=ports.clock.now())
    difference = await difference_of_case(case.id)
    if difference is not None and DifferenceState(difference.state) is DifferenceState.PAID:
        await give_back(tx, ports, shop, case, difference, why="sold_out")
    quote = await quote_of(outbound)
    form = FORMS.get(ask_of(quote).otherwise) if quote else None
    if form is not None and quote and ask_of(quote).otherwise is Resolution.STORE_CREDIT and not given_already:
        await form(tx, Due(ports, shop, order, case, units, amounts, 0))
    elif worth:
        await give_money(tx, ports, shop, case, worth)
    await tell_case(tx, case, "exchange_fallback")
    await goods_are_settled(tx, ports, shop, case)
