"""A case whose date has come: nothing waits for ever, and nobody is forgotten (I9)."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from plugin.cases.models import Case
from plugin.cases.service import move, postpone
from plugin.cases.states import CaseKind, CaseState
from plugin.cases.store import get_case, lock_case
from plugin.db import transaction
from plugin.journeys.apply_fix import fix_needs_a_person
from plugin.journeys.ask_fix import STORE_SILENT
from plugin.journeys.difference import payment_is_due
from plugin.journeys.goods_back import Bench
from plugin.journeys.goods_due import goods_are_due
from plugin.journeys.store_answers import store_stays_silent
from plugin.journeys.tell import tell_staff
from plugin.messages.parts import AlertKind
from plugin.orders.service import lock_order
from plugin.outbox import service as outbox
from plugin.outbox.service import Claim, Later
from plugin.parcels.store import parcels_of_case
from plugin.ports.runtime import Ports
from plugin.refunds.states import SETTLED, LegState
from plugin.refunds.store import legs_of_case
from plugin.shops.hours import person_answers_by
from plugin.shops.service import get_shop, settings_of


async def case_due(ports: Ports, claim: Claim) -> None:
    """Work: look at a case at its date; a case that is final is no business.

    Before the date the work waits on: the timer rings by the database's clock and the date is by ours, which may be
    behind, and a case must never lose its last timer (I9).
    """
    found = await get_case(claim.shop_id, claim.ref)
    shop = await get_shop(claim.shop_id)
    async with transaction(ports.doorbell) as tx:
        order = await lock_order(tx, found.order_id)
        case = await lock_case(tx, found.id)
        at = ports.clock.now()
        if case.due_at is not None and case.due_at > at:
            raise Later(case.due_at - at, "the case is not due yet")
        if case.due_at is not None:
            due = person_answers_by(settings_of(shop), at)
            match CaseState(case.state):
                case CaseState.AWAITING_STORE if case.kind == CaseKind.FIX:
                    await fix_needs_a_person(tx, ports, shop, case, STORE_SILENT)
                case CaseState.AWAITING_STORE:
                    await store_stays_silent(tx, ports, shop, case)
                case CaseState.AWAITING_PAYMENT:
                    await payment_is_due(tx, ports, case)
                case CaseState.EXECUTING if (promised := await _bank_has_until(case)) and promised > at:
                    await postpone(tx, case, promised)
                case CaseState.EXECUTING:
                    await move(tx, case, CaseState.WITH_PERSON, at=at, due_at=due, why="money_is_late")
                    await tell_staff(tx, case, AlertKind.REFUND_STUCK)
                case CaseState.AWAITING_GOODS | CaseState.INSPECTING:
                    parcels = await parcels_of_case(case.id)
                    await goods_are_due(tx, Bench(ports, shop, order, case, parcels, "comeback"))
                case _:
                    await postpone(tx, case, due)
                    await tell_staff(tx, case, AlertKind.OVERDUE)
        await outbox.complete(tx, claim)


async def _bank_has_until(case: Case) -> datetime | None:
    """The end of the promised day, while every leg that is not settled is with the bank; None if one is with us."""
    legs = [leg for leg in await legs_of_case(case.id) if LegState(leg.state) not in SETTLED]
    if not legs or any(LegState(leg.state) is not LegState.PENDING for leg in legs):
        return None
    return datetime.combine(max(leg.promised_for for leg in legs) + timedelta(days=1), time(0), UTC)
