"""A case on a person's desk: everything of it locked, what it owes lowered, and what it owes reserved anew."""

from __future__ import annotations

from dataclasses import dataclass

from plugin.audit import service as audit
from plugin.cases.left import shipped_meanwhile
from plugin.cases.models import Case
from plugin.cases.states import CaseState
from plugin.cases.store import (
    get_case,
    keep_reason,
    lock_case,
    owe,
    units_by_case,
)
from plugin.db import Transaction
from plugin.journeys.desk_refusals import (
    HasShipped,
    NotLess,
    NotWithAPerson,
    StoreHasCancelled,
)
from plugin.journeys.promises import promised_dates
from plugin.orders.service import StoredOrder, lock_order, payments_of
from plugin.policies.decision import Amounts
from plugin.policies.facts import Component
from plugin.ports.runtime import Ports
from plugin.refunds.models import RefundLeg
from plugin.refunds.plan import plan
from plugin.refunds.service import held_for_case, release, reserve
from plugin.refunds.store import legs_of_case, payables
from plugin.shops.models import Shop
from plugin.shops.service import pseudonym, settings_of


@dataclass(frozen=True)
class Less:
    """A person pays back less than was decided: ``amount`` in minor units of the case's currency, and why."""

    amount: int
    reason: str


@dataclass(frozen=True)
class Desk:
    """A case on a person's desk, everything locked."""

    order: StoredOrder
    case: Case
    legs: list[RefundLeg]


async def take(tx: Transaction, shop: Shop, case_id: str, *states: CaseState) -> Desk:
    found = await get_case(shop.id, case_id)
    order = await lock_order(tx, found.order_id)
    case = await lock_case(tx, case_id)
    if CaseState(case.state) not in states:
        raise NotWithAPerson(detail=f"Case {case.number} is {case.state}.", state=case.state)
    return Desk(order, case, await legs_of_case(case_id))


async def take_for_the_store(tx: Transaction, shop: Shop, case_id: str) -> Desk:
    """A case whose cancellation at the store is still open; raises ``StoreHasCancelled`` once it is not.

    Raises ``HasShipped``, unless the store said so already and this person knows better.
    """
    desk = await take(tx, shop, case_id, CaseState.WITH_PERSON)
    if not (await units_by_case(desk.order.id, "open")).get(case_id):
        raise StoreHasCancelled()
    if desk.case.person_reason != "store_too_late":
        await check_not_shipped(desk)
    return desk


async def check_not_shipped(desk: Desk) -> None:
    """What left while the case lay on the desk is no cancellation any more, and is not refunded as one (I1)."""
    if shipped := await shipped_meanwhile(desk.order, desk.case):
        raise HasShipped(detail=f"Shipped of case {desk.case.number}: {_in_words(desk.order, shipped)}.")


def _in_words(order: StoredOrder, units: dict[str, int]) -> str:
    titles = {line.id: line.title for line in order.now.lines}
    return ", ".join(f"{n} x {titles.get(line, line)}" for line, n in units.items())


async def reserve_anew(
    tx: Transaction, ports: Ports, shop: Shop, desk: Desk, amount: int | None = None
) -> list[RefundLeg]:
    """Reserve ``amount``, or what the case owes and no leg holds; the new legs. Raises ``NotEnoughToRefund``."""
    amount = max(0, desk.case.owed - held_for_case(desk.legs)) if amount is None else amount
    owed = Amounts(currency=desk.case.currency, goods=Component(amount))
    payments = await payments_of(desk.order.id)
    legs = plan(owed, await payables(payments), everything=desk.case.whole_order)
    at = ports.clock.now()
    promised = promised_dates(legs, payments, settings_of(shop), at)
    reserved = await reserve(tx, desk.case, legs, promised_for=promised, at=at)
    desk.legs.extend(reserved)
    return reserved


async def pay_less(tx: Transaction, ports: Ports, shop: Shop, desk: Desk, less: Less | None, by: str) -> None:
    """Lower what the case owes to what the person says, before anything of it is sent; raises ``NotLess``.

    The audit holds the reason's keyed hash only: it may speak of the shopper, and is erased with them from the case.
    """
    if less is None:
        return
    case, at = desk.case, ports.clock.now()
    if not 0 <= less.amount < case.owed or not less.reason.strip():
        raise NotLess(detail=f"Case {case.number} owes {case.owed} {case.currency} in minor units.", param="amount")
    await release(tx, desk.legs, at=at, why="less_by_person")
    reason = less.reason.strip()
    await owe(tx, case, less.amount, withheld=case.withheld + case.owed - less.amount)
    await keep_reason(tx, case, reason)
    await audit.record(
        tx, shop_id=case.shop_id, order_id=case.order_id, kind="case_owes_less", actor=by, at=at,
        data={
            "case": case.id, "owed": case.owed, "withheld": case.withheld, "currency": case.currency,
            "reason": pseudonym(ports.vault, shop, reason),
        },
    )  # fmt: skip
