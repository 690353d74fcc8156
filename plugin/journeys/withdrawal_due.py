"""A declaration whose date has come, or one of whose cases has ended: none waits for ever, nobody is forgotten (I9)."""

from __future__ import annotations

from datetime import timedelta

from plugin.cases.goods import UNSEEN
from plugin.cases.models import Case
from plugin.cases.states import CLOSED, CaseState
from plugin.cases.store import cases_of_order
from plugin.db import Transaction, transaction
from plugin.journeys.alerts import alert_shop
from plugin.journeys.letters_withdraw import ask_who_declared
from plugin.journeys.promises import REFUND_WITHIN
from plugin.journeys.withdraw import WITHDRAWAL_GOES_ON
from plugin.journeys.withdrawal_carried_out import NOT_VERIFIED, to_a_person
from plugin.journeys.withdrawal_sentences import WHY_WITH_PERSON
from plugin.messages.outbox import find_by_purpose
from plugin.messages.parts import AlertKind
from plugin.orders.service import StoredOrder, lock_order
from plugin.outbox import service as outbox
from plugin.outbox.service import Claim, Later
from plugin.parcels.store import parcels_of_case
from plugin.ports.runtime import Ports
from plugin.shops.hours import person_answers_by
from plugin.shops.models import Shop
from plugin.shops.service import get_shop, settings_of
from plugin.withdrawals.models import Withdrawal
from plugin.withdrawals.service import move, postpone
from plugin.withdrawals.states import WithdrawalState
from plugin.withdrawals.store import get_withdrawal, lock_withdrawal, withdrawals_of_case

AFTER_REMINDER = timedelta(hours=48)
LOOK_AGAIN = timedelta(days=1)
_OF_ITS_CASES = ("sending_told", "refund_late", "ended_otherwise")  # a person has it only until they have ended well
_DONE = (CaseState.DONE, CaseState.CONVERTED_TO_RETURN)


async def withdrawal_due(ports: Ports, claim: Claim) -> None:
    """Work: look at a declaration at its date. Before the date the work waits on, as that of a case does."""
    shop = await get_shop(claim.shop_id)
    found = await get_withdrawal(shop.id, claim.ref)
    async with transaction(ports.doorbell) as tx:
        order = await lock_order(tx, found.order_id) if found.order_id else None
        withdrawal = await lock_withdrawal(tx, found.id)
        at = ports.clock.now()
        if withdrawal.due_at is not None and withdrawal.due_at > at:
            raise Later(withdrawal.due_at - at, "the declaration is not due yet")
        if withdrawal.due_at is not None:
            match WithdrawalState(withdrawal.state):
                case WithdrawalState.DECLARED:
                    await move(tx, withdrawal, WithdrawalState.LAPSED, at=at, why="never_confirmed")
                case WithdrawalState.CONFIRMED:
                    await _still_unverified(tx, ports, shop, order, withdrawal)
                case WithdrawalState.IN_EFFECT:
                    await _money_is_due(tx, ports, shop, order, withdrawal)
                case _:
                    await _still_with_a_person(tx, ports, shop, order, withdrawal)
        await outbox.complete(tx, claim)


async def _still_unverified(
    tx: Transaction, ports: Ports, shop: Shop, order: StoredOrder | None, withdrawal: Withdrawal
) -> None:
    """Remind the order's own address once; then a person asks, for the law's time runs from the declaration."""
    at = ports.clock.now()
    if withdrawal.verified_at is not None or withdrawal.order_id is None:
        await outbox.add(tx, shop_id=shop.id, kind=WITHDRAWAL_GOES_ON, ref=withdrawal.id)
        await postpone(tx, withdrawal, at + LOOK_AGAIN)
    elif (
        order is None
        or order.row.email is None
        or await find_by_purpose(shop.id, f"{withdrawal.id}:who_declared:again")
    ):
        await to_a_person(tx, ports, shop, withdrawal, NOT_VERIFIED, order)
    else:
        await ask_who_declared(tx, ports, shop, order, withdrawal, again=True)
        await postpone(tx, withdrawal, at + AFTER_REMINDER)


async def _money_is_due(
    tx: Transaction, ports: Ports, shop: Shop, order: StoredOrder | None, withdrawal: Withdrawal
) -> None:
    """The law's time is nearly over, or is: a person looks, unless the goods are still the shopper's to send.

    Where the shopper has told the number of a parcel that nobody has seen, a person finds out whether it is a proof of
    sending (Directive 2011/83/EU, Art. 13(3)) before that time is over.
    """
    cases, at = await _cases(withdrawal), ports.clock.now()
    if await _ended(tx, ports, shop, withdrawal, cases, order):
        return
    waiting = [case for case in cases if case.resolved_at is None and _awaits_goods(case)]
    waits_for_goods = all(case in waiting or CaseState(case.state) in _DONE for case in cases)
    by_law = (withdrawal.confirmed_at or at) + REFUND_WITHIN
    if any([parcel.tracking_number for case in waiting for parcel in await parcels_of_case(case.id)]):
        await to_a_person(tx, ports, shop, withdrawal, "sending_told", order)
    elif at < by_law:
        await postpone(tx, withdrawal, min(at + LOOK_AGAIN, by_law))
    elif waits_for_goods:
        await postpone(tx, withdrawal, at + LOOK_AGAIN)
    else:
        await to_a_person(tx, ports, shop, withdrawal, "refund_late", order)


def _awaits_goods(case: Case) -> bool:
    """Whether its goods are still the shopper's to send, be it that a person has the case since they were not."""
    is_unseen = CaseState(case.state) is CaseState.WITH_PERSON and case.person_reason in UNSEEN
    return is_unseen or CaseState(case.state) is CaseState.AWAITING_GOODS


async def _still_with_a_person(
    tx: Transaction, ports: Ports, shop: Shop, order: StoredOrder | None, withdrawal: Withdrawal
) -> None:
    at = ports.clock.now()
    due = person_answers_by(settings_of(shop), at)
    await postpone(tx, withdrawal, due)
    await alert_shop(
        tx, ports, shop, purpose=f"{withdrawal.id}:overdue:{at:%Y-%m-%d}", alert=AlertKind.WITHDRAWAL,
        why=WHY_WITH_PERSON["overdue"], order=order, due_at=due,
    )  # fmt: skip


async def statutory_case_closed(ports: Ports, claim: Claim) -> None:
    """Work: a case on the statutory basis has ended; the withdrawals that it belongs to may be done."""
    shop = await get_shop(claim.shop_id)
    found = await withdrawals_of_case(claim.ref)
    async with transaction(ports.doorbell) as tx:
        order = await lock_order(tx, found[0].order_id) if found and found[0].order_id else None
        for each in sorted(found, key=lambda each: each.id):  # as whoever else locks several
            withdrawal = await lock_withdrawal(tx, each.id)
            await _ended(tx, ports, shop, withdrawal, await _cases(withdrawal), order)
        await outbox.complete(tx, claim)


async def _cases(withdrawal: Withdrawal) -> list[Case]:
    known = await cases_of_order(withdrawal.order_id or "")
    return [case for case in known if case.id in withdrawal.cases]


async def _ended(
    tx: Transaction, ports: Ports, shop: Shop, withdrawal: Withdrawal, cases: list[Case], order: StoredOrder | None
) -> bool:
    """Whether all of its cases have: then it is done, or a person looks at what ended without its money."""
    state = WithdrawalState(withdrawal.state)
    is_ours = state is WithdrawalState.IN_EFFECT or withdrawal.person_reason in _OF_ITS_CASES
    if not is_ours or any(CaseState(case.state) not in CLOSED for case in cases):
        return False
    if all(CaseState(case.state) in _DONE for case in cases):
        await move(tx, withdrawal, WithdrawalState.DONE, at=ports.clock.now())
    elif state is WithdrawalState.IN_EFFECT:
        await to_a_person(tx, ports, shop, withdrawal, "ended_otherwise", order)
    return True
