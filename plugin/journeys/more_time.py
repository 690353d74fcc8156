"""A person gives more time: to send it, to find it, or by taking what came after the end. An expired return goes on."""

from __future__ import annotations

from datetime import timedelta

from plugin.audit import service as audit
from plugin.cases.goods import CAME_LATE, WRONG_ITEM, goods_of, take_back_units
from plugin.cases.service import move, postpone
from plugin.cases.states import CaseState
from plugin.db import Transaction, transaction
from plugin.journeys.goods_back import Bench, go_on_with_goods, is_about_goods, take_goods
from plugin.journeys.goods_dates import end_of_day, inspected_by, next_look
from plugin.journeys.parcel_moved import catch_up
from plugin.journeys.receive import Answered, unasked
from plugin.parcels.service import move_parcel
from plugin.parcels.states import ParcelState
from plugin.parcels.store import give_until
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop
from plugin.shops.service import settings_of


async def extend(
    ports: Ports, shop: Shop, case_id: str, days: int, actor: str, *, answered: Answered = unasked
) -> None:
    """So many days from today, or from the last day where that is later. What is here by now is looked at. Who has the
    case for its money keeps it.

    Raises ``NothingAwaited``, and ``UnitsTaken`` where another case has the goods of an expired one by now.
    """
    async with transaction(ports.doorbell) as tx:
        bench = await take_goods(tx, ports, shop, case_id, actor)
        if CaseState(bench.case.state) is CaseState.EXPIRED or bench.case.person_reason == CAME_LATE:
            await take_back_units(tx, case_id)
        await _give(tx, bench, days)
        await audit.record(
            tx, shop_id=shop.id, order_id=bench.order.id, kind="return_extended", actor=actor, at=bench.at,
            data={"case": case_id, "days": days},
        )  # fmt: skip
        is_expired = CaseState(bench.case.state) is CaseState.EXPIRED
        if is_expired or (is_about_goods(bench.case) and CaseState(bench.case.state) is not CaseState.INSPECTING):
            await _wait_again(tx, bench, days)
        await answered(tx, bench.case)


async def _give(tx: Transaction, bench: Bench, days: int) -> None:
    """More days for what is not on its way yet. What was called off is awaited again."""
    for parcel in bench.parcels:
        if ParcelState(parcel.state) is ParcelState.CANCELLED and parcel is bench.parcels[-1]:
            await move_parcel(tx, parcel, ParcelState.LABEL, at=bench.at, actor=bench.actor)
        if ParcelState(parcel.state) is ParcelState.LABEL:
            since = max(parcel.send_by, bench.at)
            await give_until(tx, parcel, end_of_day(bench.shop, bench.order, since, days))


async def _wait_again(tx: Transaction, bench: Bench, days: int) -> None:
    case, at = bench.case, bench.at
    is_wrong = case.person_reason == WRONG_ITEM
    is_here = bool((await goods_of(case.id)).here) or (
        not is_wrong and any(ParcelState(each.state) is ParcelState.RECEIVED for each in bench.parcels)
    )
    if is_here:
        due = inspected_by(settings_of(bench.shop), at)
        await move(tx, case, CaseState.INSPECTING, at=at, due_at=due, actor=bench.actor, why="taken_late")
        return
    parcel = bench.awaited
    due = at + timedelta(days=days)
    if parcel is not None and ParcelState(parcel.state) is ParcelState.LABEL:
        due = next_look(bench.shop, bench.order, parcel, at)
    if not await move(tx, case, CaseState.AWAITING_GOODS, at=at, due_at=due, actor=bench.actor, why="more_time"):
        await postpone(tx, case, due)
    if is_wrong:
        await go_on_with_goods(tx, bench)
    elif parcel is not None:
        await catch_up(tx, bench, parcel)
