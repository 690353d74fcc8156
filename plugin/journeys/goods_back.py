"""The goods' side of a case that is sent back: it waits for them, has them looked at, and comes to its end.

Whoever counts, looks at, or gives up goods ends in ``go_on_with_goods``: while something is here that nobody has looked
at, a person has it; while something is still to come, the shopper has; else all is said, and what was accepted is what
is owed. All is done under the locks of the order and the case.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from plugin.cases.goods import ABOUT_GOODS, CAME_LATE, NOT_TAKEN, Goods, end_units, goods_of
from plugin.cases.models import Case
from plugin.cases.service import amounts_of, move, postpone
from plugin.cases.states import CaseKind, CaseState
from plugin.cases.store import get_case, lock_case, units_of_case
from plugin.core.errors import DomainError
from plugin.db import Transaction
from plugin.exchanges.store import has_fallen_back
from plugin.journeys.goods_dates import inspected_by, next_look, rest_by
from plugin.journeys.resolve import goods_are_settled, resolve
from plugin.journeys.restock import RESTOCK
from plugin.journeys.tell import tell_case, tell_staff
from plugin.messages.parts import AlertKind
from plugin.orders.service import StoredOrder, lock_order
from plugin.outbox import service as outbox
from plugin.parcels.models import Parcel
from plugin.parcels.service import move_parcel, open_parcel
from plugin.parcels.states import Disposition, ParcelState
from plugin.parcels.store import parcels_of_case
from plugin.parcels.worth import amounts_for
from plugin.policies.reasons import Payer, Trigger
from plugin.ports.runtime import Ports
from plugin.refunds.debits import DebitReason, write_debit
from plugin.shops.hours import person_answers_by
from plugin.shops.models import Shop
from plugin.shops.service import settings_of

_GOODS_MAY_COME = (
    CaseState.AWAITING_GOODS, CaseState.INSPECTING, CaseState.WITH_PERSON, CaseState.ORDERING, CaseState.EXPIRED,
)  # fmt: skip


class NothingAwaited(DomainError):
    status = 409
    code = "nothing_awaited"
    sentence = "Nothing of this request is to be sent back (any more)."


@dataclass(frozen=True)
class Bench:
    """A case whose goods somebody has in hand, locked with its order; ``actor`` is who, as the audit names them."""

    ports: Ports
    shop: Shop
    order: StoredOrder
    case: Case
    parcels: list[Parcel]
    actor: str

    @property
    def at(self) -> datetime:
        return self.ports.clock.now()

    @property
    def awaited(self) -> Parcel | None:
        """The parcel that is to come, the oldest first; None where none is."""
        return next((each for each in self.parcels if each.state in ("label", "in_transit")), None)


async def take_goods(tx: Transaction, ports: Ports, shop: Shop, case_id: str, actor: str) -> Bench:
    """Raises ``NotFound``, and ``NothingAwaited`` where no goods of this case can come, or can still be judged: who has
    it for its money has nothing to count."""
    found = await get_case(shop.id, case_id)
    order = await lock_order(tx, found.order_id)
    case = await lock_case(tx, case_id)
    parcels = await parcels_of_case(case_id)
    is_late = CaseState(case.state) is CaseState.EXPIRED or case.person_reason == CAME_LATE  # its units are let go
    may_come = is_late or any(unit.state == "open" for unit in await units_of_case(case_id))
    if not parcels or not may_come or CaseState(case.state) not in _GOODS_MAY_COME:
        raise NothingAwaited(detail=f"Case {case.number} is {case.state}.", state=case.state)
    return Bench(ports, shop, order, case, parcels, actor)


def answers_by(bench: Bench) -> datetime:
    return person_answers_by(settings_of(bench.shop), bench.at)


async def to_a_person(tx: Transaction, bench: Bench, why: str) -> None:
    """Somebody must decide about the goods. Who has the case for another reason keeps it for that one."""
    await move(tx, bench.case, CaseState.WITH_PERSON, at=bench.at, due_at=answers_by(bench), why=why)
    await tell_staff(tx, bench.case, AlertKind.REVIEW)


async def go_on_with_goods(tx: Transaction, bench: Bench) -> None:
    """The case goes where its units are; see this module."""
    goods = await goods_of(bench.case.id)
    if goods.here:
        await _wait_for_inspection(tx, bench)
    elif goods.awaited:
        await _wait_for_the_rest(tx, bench)
    else:
        await all_is_said(tx, bench, goods)


def is_about_goods(case: Case) -> bool:
    """Whether the case is about its goods now: not with a person for its money, say, nor asked of the store."""
    state = CaseState(case.state)
    about_goods = state is CaseState.WITH_PERSON and case.person_reason in ABOUT_GOODS
    return about_goods or state in (CaseState.AWAITING_GOODS, CaseState.INSPECTING)


async def _wait_for_inspection(tx: Transaction, bench: Bench) -> None:
    if is_about_goods(bench.case):
        due = inspected_by(settings_of(bench.shop), bench.at)
        await move(tx, bench.case, CaseState.INSPECTING, at=bench.at, due_at=due, actor=bench.actor, why="received")


async def _wait_for_the_rest(tx: Transaction, bench: Bench) -> None:
    """What has not come yet is in another parcel, which has a last day of its own."""
    await _inspected(tx, bench)
    parcel = bench.awaited
    if parcel is None:
        last = bench.parcels[-1]
        send_by = rest_by(bench.shop, bench.order, last, bench.at)
        parcel = await open_parcel(tx, bench.case, payer=Payer(last.payer), send_by=send_by, at=bench.at)
        bench.parcels.append(parcel)
    if is_about_goods(bench.case):
        due = next_look(bench.shop, bench.order, parcel, bench.at)
        moved = await move(tx, bench.case, CaseState.AWAITING_GOODS, at=bench.at, due_at=due, why="rest_is_awaited")
        if not moved:
            await postpone(tx, bench.case, due)


async def _inspected(tx: Transaction, bench: Bench) -> None:
    for parcel in bench.parcels:
        if ParcelState(parcel.state) is ParcelState.RECEIVED:
            await move_parcel(tx, parcel, ParcelState.INSPECTED, at=bench.at, actor=bench.actor)


async def _call_off(tx: Transaction, bench: Bench) -> None:
    for parcel in bench.parcels:
        if ParcelState(parcel.state) in (ParcelState.LABEL, ParcelState.IN_TRANSIT):
            await move_parcel(tx, parcel, ParcelState.CANCELLED, at=bench.at, actor=bench.actor)


async def all_is_said(tx: Transaction, bench: Bench, goods: Goods) -> None:
    """Every unit is accepted, rejected, forgiven or given up: the money, the store and the shopper hear of it."""
    case = bench.case
    await _inspected(tx, bench)
    await _call_off(tx, bench)
    was_paid = case.resolved_at is not None
    await end_units(tx, case.id, keeps=was_paid)
    if is_about_goods(case) and CaseState(case.state) is CaseState.WITH_PERSON:
        due = answers_by(bench)
        await move(tx, case, CaseState.INSPECTING, at=bench.at, due_at=due, actor=bench.actor, why="decided")
    if was_paid:
        await _note_shortage(tx, bench, goods)
    elif case.kind == CaseKind.EXCHANGE and (goods.rejected or not (goods.accepted or goods.forgiven)):
        await to_a_person(tx, bench, NOT_TAKEN)  # new goods for old ones that are not taken are nobody's to promise
    else:
        await resolve(tx, bench.ports, bench.shop, bench.order, case, Trigger.INSPECTED)
    if any(unit.disposition == Disposition.RESTOCK for unit in goods.accepted):
        await outbox.add(tx, shop_id=case.shop_id, kind=RESTOCK, ref=case.id)
    await tell_case(tx, case, "return_settled")
    await goods_are_settled(tx, bench.ports, bench.shop, case)


async def _note_shortage(tx: Transaction, bench: Bench, goods: Goods) -> None:
    """It was paid early, and perhaps more than it turned out to be: a person sees to that, and nobody is charged.

    What was rejected and what never came stand apart, for each is the shopper's again when it is paid back. What was
    rejected before the money left was not paid for (``resolve``).
    """
    case = bench.case
    good = (*goods.accepted, *goods.forgiven)
    came = (*good, *[unit for unit in goods.rejected if unit.state != "released"])
    keeps_fee = case.kind != CaseKind.EXCHANGE or not await has_fallen_back(case.id)
    amounts = (amounts_for(amounts_of(case), each) for each in (good, came))
    owed, if_accepted = (max(0, (each.total if keeps_fee else each.before_fee) - case.withheld) for each in amounts)
    short = {DebitReason.REJECTED: if_accepted - owed, DebitReason.NOT_SENT: case.owed - if_accepted}
    written = [await write_debit(tx, case, n, reason, at=bench.at) for reason, n in short.items() if n > 0]
    if any(written):
        await tell_staff(tx, case, AlertKind.PAID_TOO_MUCH)


async def goods_are_given_up(
    tx: Transaction, ports: Ports, shop: Shop, order: StoredOrder, case: Case, by: str
) -> None:
    """A person closes or refuses the case: what is still to come is awaited no more, and what is here has been seen."""
    bench = Bench(ports, shop, order, case, await parcels_of_case(case.id), by)
    await _inspected(tx, bench)
    await _call_off(tx, bench)
    await end_units(tx, case.id, keeps=case.resolved_at is not None)
