"""The store is asked to put an order right, and its answer ends it: done, with what that gives back, or a person, and
what was paid for it goes back.

The same ask goes out under the same key until there is an answer; then the case moves once, whoever asked.
"""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from plugin.cases.models import Case
from plugin.cases.service import amounts_of, move
from plugin.cases.states import CaseState
from plugin.cases.store import get_case, keep_store_reason, lock_with_order
from plugin.core.points import point
from plugin.db import Transaction, transaction
from plugin.exchanges.store import collected_on_top
from plugin.journeys.ask_fix import COSTS_DIFFER, STORE_SAID_NO
from plugin.journeys.call_off import call_off
from plugin.journeys.fix_order import ask_goods
from plugin.journeys.giving import Due, refund
from plugin.journeys.pinned_fix import pinned
from plugin.journeys.resolve import MONEY_HAS
from plugin.journeys.tell import tell_case, tell_staff
from plugin.messages.parts import AlertKind
from plugin.orders.service import StoredOrder
from plugin.outbox import service as outbox
from plugin.outbox.service import Claim, Later, back_off
from plugin.ports.goods import FixAnswer, StoreStatus
from plugin.ports.runtime import Ports
from plugin.refunds.debits import DebitReason, let_off, write_debit
from plugin.shops.hours import person_answers_by
from plugin.shops.models import Shop
from plugin.shops.service import get_shop, settings_of

ASKED_AGAIN_AFTER_AT_MOST = timedelta(minutes=10)


async def apply_fix(ports: Ports, claim: Claim) -> None:
    """Work: ask the store for the correction of a case, and take its answer."""
    shop, found = await get_shop(claim.shop_id), await get_case(claim.shop_id, claim.ref)
    answer = None
    if _waits(found):
        claim.check_may_send()
        point("before store_updated")
        fix = replace(pinned(found).fix, collected=await collected_on_top(found.id))
        answer = await ask_goods(ports, shop, ports.goods.get(shop.storefront), fix)
        point("after store_updated")
        if answer.status is StoreStatus.UNKNOWN:
            raise Later(back_off(claim.attempts, ASKED_AGAIN_AFTER_AT_MOST), answer.reason or "the store is silent")
    async with transaction(ports.doorbell) as tx:
        order, case = await lock_with_order(tx, found.id)
        if answer is not None and _waits(case):
            await _take(tx, ports, shop, order, case, answer)
        await outbox.complete(tx, claim)


def _waits(case: Case) -> bool:
    return CaseState(case.state) is CaseState.AWAITING_STORE


async def _take(tx: Transaction, ports: Ports, shop: Shop, order: StoredOrder, case: Case, answer: FixAnswer) -> None:
    await keep_store_reason(tx, case, answer.reason)
    if answer.status is not StoreStatus.DONE:
        why = STORE_SAID_NO[answer.status]
        await fix_needs_a_person(tx, ports, shop, case, why)
        await call_off(tx, ports, shop, case, why=why)
    elif answer.costs != pinned(case).costs:
        await fix_needs_a_person(tx, ports, shop, case, COSTS_DIFFER)
    else:
        await _done(tx, ports, shop, order, case)


async def _done(tx: Transaction, ports: Ports, shop: Shop, order: StoredOrder, case: Case) -> None:
    """It is corrected; what it costs less goes back to where it came from, and what of it no page could collect (less
    than Stripe takes, or a fraction of its step in KWD) is written down and let off."""
    at = ports.clock.now()
    missing = pinned(case).costs - await collected_on_top(case.id)
    if missing > 0 and await write_debit(tx, case, missing, DebitReason.NOT_PAID_FOR, at=at):
        await let_off(tx, case, DebitReason.NOT_PAID_FOR, at=at)
    await tell_case(tx, case, "fix_done")
    if case.owed == 0:
        await move(tx, case, CaseState.DONE, at=at)
        return
    await move(tx, case, CaseState.EXECUTING, at=at, due_at=at + MONEY_HAS)
    await refund(tx, Due(ports, shop, order, case, (), amounts_of(case), 0))


async def fix_needs_a_person(tx: Transaction, ports: Ports, shop: Shop, case: Case, why: str) -> None:
    """The order is as it was, as far as we know; the shopper hears the truth and a date."""
    at = ports.clock.now()
    await move(tx, case, CaseState.WITH_PERSON, at=at, due_at=person_answers_by(settings_of(shop), at), why=why)
    await tell_case(tx, case, "fix_problem")
    await tell_staff(tx, case, AlertKind.REVIEW)
