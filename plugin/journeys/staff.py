"""What a person of the shop does with a case that waits for one. Every step is audited under that person's name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from plugin.audit import service as audit
from plugin.cases.goods import goods_of
from plugin.cases.models import Case
from plugin.cases.service import move
from plugin.cases.states import CaseKind, CaseState
from plugin.cases.store import (
    ask_anew,
    get_case,
    is_granted,
    lock_case,
    mark_units,
    release_units,
)
from plugin.cases.trust import Answer, keep_answer
from plugin.db import Transaction, transaction
from plugin.exchanges.store import given_back_on_top
from plugin.journeys.ask_fix import waits_for_the_store
from plugin.journeys.bring_code import code_is_given_back
from plugin.journeys.call_off import call_off, is_paid_on_top, owes_new_goods
from plugin.journeys.cancel import ASK_STORE, STORE_HAS, ask_for_it
from plugin.journeys.desk_refusals import (
    GoodsAreAccepted,
    MoneyHasMoved,
    NewGoodsAreOpen,
    NotWithAPerson,
    OrderIsFrozen,
    StillToDecide,
    StoreHasCancelled,
    WithdrawalStands,
)
from plugin.journeys.fix_desk import ask_for_fix_again, costs_more
from plugin.journeys.goods_back import goods_are_given_up
from plugin.journeys.holds import end_hold
from plugin.journeys.judging import WE_HAVE
from plugin.journeys.money_moved import ABOUT_MORE_THAN_REFUNDS, follow_up, waits_for_money
from plugin.journeys.on_desk import Desk, Less, check_not_shipped, pay_less, reserve_anew, take, take_for_the_store
from plugin.journeys.owed_again import SETTLE_LEG
from plugin.journeys.promises import promised_dates
from plugin.journeys.staff_exchange import exchange_goes_on
from plugin.journeys.store_answers import MONEY_HAS, store_cancelled
from plugin.journeys.store_books import case_is_done
from plugin.journeys.tell import tell_case
from plugin.journeys.way_back import go_on
from plugin.messages.parts import AlertKind
from plugin.orders.models import Payment
from plugin.orders.service import lock_order, unfreeze
from plugin.outbox import service as outbox
from plugin.policies.decision import Amounts
from plugin.policies.facts import Component
from plugin.ports.runtime import Ports
from plugin.refunds.plan import plan
from plugin.refunds.service import held_for_case, is_sent, move_leg, release, reserve
from plugin.refunds.states import SETTLED, LegState
from plugin.refunds.store import get_leg, legs_of_case, lock_leg, payables
from plugin.shops.models import Shop
from plugin.shops.service import settings_of

Answered = Callable[[Transaction], Awaitable[None]]
"""Called last inside the transaction of a step, to store an answer with what made it true."""
_MAY_PAY = (CaseState.WITH_PERSON, CaseState.EXECUTING, CaseState.DONE)  # the store has agreed, nobody has said no


async def unasked(tx: Transaction) -> None:
    """Nobody waits for an answer that is kept."""


async def approve(
    ports: Ports, shop: Shop, case_id: str, by: str, less: Less | None = None, *, unfreezes: bool = True,
    answered: Answered = unasked,
) -> None:  # fmt: skip
    """Say yes to a reviewed case: it goes on as if the policy had said so, or with a smaller sum.

    Raises ``NotEnoughToRefund`` with the gap where the payments cannot give what is owed: then only less will do; and
    ``HasShipped`` where units left meanwhile: the shopper, who asked for all of it, may ask again for what is left.
    Raises ``OrderIsFrozen`` where the order's money was stopped and this person may not let it flow (``unfreezes``).
    """
    async with transaction(ports.doorbell) as tx:
        desk = await take(tx, shop, case_id, CaseState.IN_REVIEW)
        if not unfreezes and desk.order.row.frozen_reason is not None:
            raise OrderIsFrozen()
        at = ports.clock.now()
        await _let_flow(tx, desk.case, by, at)
        await pay_less(tx, ports, shop, desk, less, by)
        await keep_answer(tx, desk.case, Answer.APPROVED if less is None else Answer.LESS)
        await GOES_ON[CaseKind(desk.case.kind)](tx, ports, shop, desk, by)
        await answered(tx)


async def cancel_goes_on(tx: Transaction, ports: Ports, shop: Shop, desk: Desk, by: str) -> None:
    """A cancellation that a person has granted is asked of the store, its money reserved."""
    await check_not_shipped(desk)
    await reserve_anew(tx, ports, shop, desk)
    at = ports.clock.now()
    await move(tx, desk.case, CaseState.APPROVED, at=at, due_at=at + STORE_HAS, actor=by, why="approved_by_person")
    await ask_for_it(tx, ports, desk.case)


async def return_goes_on(tx: Transaction, ports: Ports, shop: Shop, desk: Desk, by: str) -> None:
    """A return or a fault that a person has granted begins its way back, or is paid at once where nothing comes
    back."""
    at = ports.clock.now()
    await move(tx, desk.case, CaseState.APPROVED, at=at, due_at=at + WE_HAVE, actor=by, why="approved_by_person")
    await go_on(tx, ports, shop, desk.order, desk.case)
    is_fault = CaseKind(desk.case.kind) is CaseKind.FAULT
    await tell_case(tx, desk.case, "fault_approved" if is_fault else "return_approved")


GoesOn = Callable[[Transaction, Ports, Shop, Desk, str], Awaitable[None]]
GOES_ON: dict[CaseKind, GoesOn] = {
    CaseKind.CANCEL: cancel_goes_on, CaseKind.RETURN: return_goes_on, CaseKind.FAULT: return_goes_on,
    CaseKind.EXCHANGE: exchange_goes_on,
}  # fmt: skip
"""What a person's yes sets in motion, by the kind of case; a fix never waits for one (``cases.states.FIX``)."""


async def _let_flow(tx: Transaction, case: Case, by: str, at: datetime) -> None:
    if await unfreeze(tx, case.order_id):
        await audit.record(
            tx, shop_id=case.shop_id, order_id=case.order_id, kind="order_unfrozen", actor=by, at=at,
            data={"case": case.id},
        )  # fmt: skip


async def let_money_flow(ports: Ports, shop: Shop, case_id: str, by: str, *, answered: Answered = unasked) -> None:
    """The person has looked at an order whose automatic money was stopped: let it flow again."""
    found = await get_case(shop.id, case_id)
    async with transaction(ports.doorbell) as tx:
        await lock_order(tx, found.order_id)
        await _let_flow(tx, await lock_case(tx, case_id), by, ports.clock.now())
        await answered(tx)


async def refuse(ports: Ports, shop: Shop, case_id: str, by: str, *, answered: Answered = unasked) -> None:
    """Say no: nothing was paid, the units are free again, and the shopper is told what is possible instead.

    What the store has cancelled is owed, whatever became of the refund, unless it left all the same; raises
    ``StoreHasCancelled``.
    """
    async with transaction(ports.doorbell) as tx:
        desk = await take(tx, shop, case_id, CaseState.IN_REVIEW, CaseState.WITH_PERSON)
        if desk.case.basis == "statutory":
            raise WithdrawalStands()
        is_dear_fix = costs_more(desk.case)
        if not is_dear_fix:
            if any(leg.state not in (LegState.RELEASED, LegState.FAILED) and is_sent(leg) for leg in desk.legs):
                raise MoneyHasMoved()
            if await is_paid_on_top(desk.case):
                raise MoneyHasMoved(detail="The shopper has paid on top: give the new goods up, or close the case.")
        is_cancel = CaseKind(desk.case.kind) is CaseKind.CANCEL
        if not is_cancel and desk.case.resolved_at is not None:
            raise MoneyHasMoved()
        if is_cancel and desk.case.person_reason != AlertKind.SHIPPED_AFTER_CANCEL and await is_granted(case_id):
            raise StoreHasCancelled()
        if (await goods_of(case_id)).accepted:
            raise GoodsAreAccepted()
        at = ports.clock.now()
        if not is_dear_fix:  # what was paid for it is on its way back, or goes there now
            await release(tx, desk.legs, at=at, why="refused_by_person")
        await goods_are_given_up(tx, ports, shop, desk.order, desk.case, by)
        await release_units(tx, desk.case.id)
        await code_is_given_back(tx, desk.order, desk.case, at)
        if CaseState(desk.case.state) is CaseState.IN_REVIEW:
            await keep_answer(tx, desk.case, Answer.REFUSED)
        await move(tx, desk.case, CaseState.REFUSED, at=at, actor=by, why="refused_by_person")
        await call_off(tx, ports, shop, desk.case, why="refused_by_person", actor=by)
        await end_hold(tx, ports, shop, desk.case)
        await tell_case(tx, desk.case, "refused")
        await answered(tx)


async def confirmed_by_hand(
    ports: Ports, shop: Shop, case_id: str, by: str, less: Less | None = None, *, answered: Answered = unasked
) -> None:  # fmt: skip
    """The person has cancelled in the store's own admin: the money may go, all of it or less."""
    async with transaction(ports.doorbell) as tx:
        desk = await take_for_the_store(tx, shop, case_id)
        await pay_less(tx, ports, shop, desk, less, by)
        await reserve_anew(tx, ports, shop, desk)
        await store_cancelled(tx, ports, shop, desk.order, desk.case, actor=by)
        await answered(tx)


async def ask_again(
    ports: Ports, shop: Shop, case_id: str, by: str, less: Less | None = None, *, answered: Answered = unasked
) -> None:  # fmt: skip
    """Ask the store once more, after whatever kept it from answering is mended.

    A store that has said no is asked anew. One that never answered may have cancelled: its ask stays the same one, or
    it would cancel twice.
    """
    found = await get_case(shop.id, case_id)
    async with transaction(ports.doorbell) as tx:
        if CaseKind(found.kind) is CaseKind.FIX:
            desk = await take(tx, shop, case_id, CaseState.WITH_PERSON)
            await pay_less(tx, ports, shop, desk, less, by)
            await ask_for_fix_again(tx, ports, desk, by)
            await answered(tx)
            return
        desk = await take_for_the_store(tx, shop, case_id)
        if desk.case.person_reason != "store_silent":
            await ask_anew(tx, case_id)
        await pay_less(tx, ports, shop, desk, less, by)
        await reserve_anew(tx, ports, shop, desk)
        at = ports.clock.now()
        await move(tx, desk.case, CaseState.AWAITING_STORE, at=at, due_at=at + STORE_HAS, actor=by, why="asked_again")
        await outbox.add(tx, shop_id=shop.id, kind=ASK_STORE, ref=case_id)
        await answered(tx)


async def close(ports: Ports, shop: Shop, case_id: str, by: str, *, answered: Answered = unasked) -> None:
    """Everything about this case is in order; raises ``MoneyHasMoved`` while a refund is still on its way,
    ``NewGoodsAreOpen`` while goods that were accepted are paid for with new ones that nobody has decided on, and
    ``GoodsAreAccepted`` while nothing at all was given for them."""
    async with transaction(ports.doorbell) as tx:
        desk = await take(tx, shop, case_id, CaseState.WITH_PERSON)
        if any(LegState(leg.state) not in SETTLED for leg in desk.legs):
            raise MoneyHasMoved(detail="A refund of this case has not come to its end yet.")
        if await owes_new_goods(desk.case):
            raise NewGoodsAreOpen()
        if desk.case.resolved_at is None and (await goods_of(case_id)).accepted:
            raise GoodsAreAccepted()
        if desk.case.kind == CaseKind.CANCEL:
            await mark_units(tx, desk.case.id, "released")  # those that the store never cancelled, if any
        else:
            await goods_are_given_up(tx, ports, shop, desk.order, desk.case, by)
        if waits_for_the_store(desk.case):  # the person has changed the order by hand
            await tell_case(tx, desk.case, "fix_done")
        await move(tx, desk.case, CaseState.DONE, at=ports.clock.now(), actor=by, why="closed_by_person")
        if not costs_more(desk.case):  # an order that was put right by hand keeps what was paid for it
            await call_off(tx, ports, shop, desk.case, why="closed_by_person", actor=by)
        await end_hold(tx, ports, shop, desk.case)
        await case_is_done(tx, ports, shop, desk.case)
        await answered(tx)


async def mark_paid(ports: Ports, shop: Shop, leg_id: str, by: str, *, answered: Answered = unasked) -> None:
    """The person has paid this leg by hand: only now does anybody call it refunded."""
    found = await get_leg(shop.id, leg_id)
    async with transaction(ports.doorbell) as tx:
        await lock_order(tx, found.order_id)
        case = await lock_case(tx, found.case_id)
        leg = await lock_leg(tx, leg_id)
        if LegState(leg.state) is not LegState.WITH_PERSON:
            raise NotWithAPerson(detail=f"This refund is {leg.state}.", state=leg.state)
        at = ports.clock.now()
        sent = leg.submitted_at or at  # a leg that we never sent was sent by this person
        await move_leg(tx, leg, LegState.SUCCEEDED, at=at, actor=by, why="paid_by_hand", submitted_at=sent)
        await tx.execute(  # the custodian may have reported it as a refund from elsewhere already
            "UPDATE payments SET external_refunded = GREATEST(0, external_refunded - $2) WHERE id = $1",
            leg.payment_id,
            leg.amount,
        )
        await follow_up(tx, ports, shop, case)
        await answered(tx)


async def retry(ports: Ports, shop: Shop, leg_id: str, by: str, *, answered: Answered = unasked) -> str:
    """A failed leg once more, as a new leg with a new key, because a person says so; returns the new leg's id.

    Raises ``StillToDecide`` where a person has the case for more than its refunds: it would be done, and undecided.
    """
    found = await get_leg(shop.id, leg_id)
    async with transaction(ports.doorbell) as tx:
        await lock_order(tx, found.order_id)
        case = await lock_case(tx, found.case_id)
        leg = await lock_leg(tx, leg_id)
        if LegState(leg.state) is not LegState.FAILED:
            raise NotWithAPerson(detail=f"This refund is {leg.state}, not failed.", state=leg.state)
        if case.person_reason in ABOUT_MORE_THAN_REFUNDS:
            raise StillToDecide()
        if any(other.replaces == leg.id for other in await legs_of_case(case.id)):
            raise NotWithAPerson(detail="This refund has been tried again already.", state=leg.state)
        legs = await legs_of_case(case.id)
        may_pay = case.owed + await given_back_on_top(case.id)
        if CaseState(case.state) not in _MAY_PAY or held_for_case(legs) + leg.amount > may_pay:
            raise NotWithAPerson(detail=f"Case {case.number} is {case.state} and owes no more.", state=case.state)
        payment = await Payment.filter(id=leg.payment_id).using_db(tx.connection).get()
        owed = Amounts(currency=leg.currency, goods=Component(leg.amount))
        planned = plan(owed, await payables([payment]), everything=case.whole_order)
        at = ports.clock.now()
        promised = promised_dates(planned, [payment], settings_of(shop), at)
        (fresh,) = await reserve(tx, case, planned, promised_for=promised, at=at, replaces=leg)
        if CaseState(case.state) is CaseState.DONE:  # closed too early: its money is watched again
            await move(tx, case, CaseState.WITH_PERSON, at=at, due_at=at + MONEY_HAS, actor=by, why="retried_by_person")
        if CaseState(case.state) is CaseState.WITH_PERSON and waits_for_money(case):
            await move(tx, case, CaseState.EXECUTING, at=at, due_at=at + MONEY_HAS, actor=by, why="retried_by_person")
        await outbox.add(tx, shop_id=shop.id, kind=SETTLE_LEG, ref=fresh.id)
        await answered(tx)
    return fresh.id
