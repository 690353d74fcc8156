"""Giving what was agreed for goods that are sent back, replaced or made good: once a case, when its trigger has come.

``resolve`` is called under the locks of the order and the case, at each of the moments that a policy may name: the
approval, the parcel's first scan, its arrival, the inspection. The first call that is due sets ``resolved_at``; the
others change nothing. What each form of it does is a row of ``FORMS``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from plugin.cases.goods import goods_of, let_go_rejected
from plugin.cases.models import Case, CaseUnit
from plugin.cases.service import amounts_of, decision_of, move, note_resolved
from plugin.cases.states import CaseState
from plugin.cases.store import owe, units_of_case
from plugin.credit.store import is_underway
from plugin.db import Transaction
from plugin.exchanges.states import NOT_ACCEPTED, STUCK, OutboundState
from plugin.exchanges.store import outbound_of_case
from plugin.journeys.give_credit import credit
from plugin.journeys.giving import Due, Form, hand_over, refund
from plugin.journeys.outbound import exchange
from plugin.journeys.reship import reship
from plugin.journeys.store_books import case_is_done
from plugin.messages.parts import AlertKind
from plugin.orders.service import StoredOrder
from plugin.parcels.states import ParcelState, Verdict
from plugin.parcels.store import parcels_of_case
from plugin.parcels.worth import amounts_for, bonus_for
from plugin.policies.decision import Amounts, Decision
from plugin.policies.reasons import Resolution, Trigger
from plugin.ports.runtime import Ports
from plugin.refunds.states import SETTLED, LegState
from plugin.refunds.store import legs_of_case
from plugin.shops.models import Shop

STATUTORY = "statutory"  # the basis of a case that is a withdrawal
MONEY_HAS = ORDER_HAS = timedelta(days=1)
_ORDER = {Trigger.APPROVAL: 0, Trigger.IN_TRANSIT: 1, Trigger.RECEIVED: 2, Trigger.INSPECTED: 3}
_GOODS_OPEN = (CaseState.AWAITING_GOODS, CaseState.INSPECTING, CaseState.AWAITING_PAYMENT)


def trigger_of(case: Case) -> Trigger:
    """What has to have happened to the goods of the case first.

    After a withdrawal a proof of sending is enough, whatever the policy says (Directive 2011/83/EU, Article 13(3)).
    """
    latest = waits_for(decision_of(case))
    return min(latest, Trigger.IN_TRANSIT, key=_ORDER.__getitem__) if case.basis == STATUTORY else latest


def waits_for(decision: Decision) -> Trigger:
    """What has to have happened to the goods first: the latest that a line asks for."""
    named = [line.pays_on for line in decision.lines if line.pays_on is not None]
    return max(named, key=_ORDER.__getitem__, default=Trigger.APPROVAL)


def pays_at_once(decision: Decision) -> bool:
    """Whether what was decided is given with the approval, before anything is sent back."""
    return waits_for(decision) is Trigger.APPROVAL


async def resolve(tx: Transaction, ports: Ports, shop: Shop, order: StoredOrder, case: Case, now: Trigger) -> bool:
    """Give what was agreed if ``now`` is what the policy waits for, or later; whether it was given by this call.

    Where nothing is accepted, nothing is given, in whatever form.
    """
    if case.resolved_at is not None or _ORDER[now] < _ORDER[trigger_of(case)]:
        return False
    asked = await units_of_case(case.id)
    units, amounts = await say_what_is_owed(tx, ports, case, asked, now)
    bonus = bonus_for(sum(line.bonus for line in decision_of(case).lines), amounts_of(case), units)
    if units or not asked:
        form = FORMS[Resolution(case.resolution or Resolution.REFUND)]
        await form(tx, Due(ports, shop, order, case, tuple(units), amounts, bonus))
    return True


async def say_what_is_owed(
    tx: Transaction, ports: Ports, case: Case, asked: Sequence[CaseUnit], now: Trigger
) -> tuple[list[CaseUnit], Amounts]:
    """The case is resolved from now on: for which of the units that were ``asked`` about, and what they come to.

    After an inspection what is accepted is what is owed, with what a person gives for although it never came; before
    it, what was decided.
    """
    units = [unit for unit in asked if unit.state != "released" and unit.inspection != Verdict.REJECTED]
    if now is not Trigger.INSPECTED:
        await let_go_rejected(tx, case.id)  # nobody pays for it, so that nobody has to pay it back
    else:
        units = [unit for unit in units if unit.state == "settled" or unit.inspection == Verdict.ACCEPTED]
    amounts = amounts_for(amounts_of(case), units)
    withheld = min(case.withheld, amounts.total)
    await owe(tx, case, amounts.total - withheld, withheld=withheld)
    await note_resolved(tx, case, on=str(now), at=ports.clock.now())
    return units, amounts


FORMS: dict[Resolution, Form] = {
    Resolution.REFUND: refund, Resolution.STORE_CREDIT: credit, Resolution.EXCHANGE: exchange,
    Resolution.RESHIPMENT: reship,
}  # fmt: skip


async def goods_are_settled(tx: Transaction, ports: Ports, shop: Shop, case: Case) -> None:
    """Nothing more comes back: the case is done, or waits for its new goods or its money alone. A person who has it
    keeps it, and gets it where new goods or a refund are theirs to see to.

    Where something does come, and its new goods were a person's meanwhile, it waits for that again.
    """
    if CaseState(case.state) not in (*_GOODS_OPEN, CaseState.APPROVED, CaseState.ORDERING):
        return
    at = ports.clock.now()
    if (await goods_of(case.id)).are_open:
        if CaseState(case.state) is CaseState.ORDERING:
            await wait_for_goods(tx, case, at, why="ordered_already")
        return
    outbound = await outbound_of_case(case.id)
    new_goods = OutboundState(outbound.state) if outbound else None
    if new_goods is OutboundState.ASKING:
        await move(tx, case, CaseState.ORDERING, at=at, due_at=at + ORDER_HAS)
        return
    if new_goods in (OutboundState.WAITING, OutboundState.WITH_PERSON):
        why = STUCK if new_goods is OutboundState.WITH_PERSON else NOT_ACCEPTED
        await hand_over(tx, ports, shop, case, why, AlertKind.REVIEW)
        return
    legs = await legs_of_case(case.id)
    replaced = {leg.replaces for leg in legs}
    if any(LegState(leg.state) is LegState.FAILED and leg.id not in replaced for leg in legs):
        await hand_over(tx, ports, shop, case, "refund_failed", AlertKind.REFUND_STUCK)
        return
    open_legs = [leg for leg in legs if LegState(leg.state) not in SETTLED]
    if not open_legs and not await is_underway(tx, case.id):
        await move(tx, case, CaseState.DONE, at=at)
        await case_is_done(tx, ports, shop, case)
        return
    await move(tx, case, CaseState.EXECUTING, at=at, due_at=at + MONEY_HAS)


async def wait_for_goods(tx: Transaction, case: Case, at: datetime, *, why: str) -> None:
    """What is given is given, and the case goes on waiting for its goods, or for whoever looks at them. Its date is
    now, and says what comes next: of a lost parcel, that a person has it."""
    await move(tx, case, CaseState.AWAITING_GOODS, at=at, due_at=at, why=why)
    if any(ParcelState(parcel.state) is ParcelState.RECEIVED for parcel in await parcels_of_case(case.id)):
        await move(tx, case, CaseState.INSPECTING, at=at, due_at=at, why=why)
