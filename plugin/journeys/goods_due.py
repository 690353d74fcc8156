"""A case that waits for goods, at its date: reminders, and the end of the wait (I9).

| the parcel                                   | at its date                                                    |
|----------------------------------------------|----------------------------------------------------------------|
| not seen, before its last day                | the shopper is reminded, by day                                |
| not seen, and over                           | the return runs out; what came before it is paid               |
| not seen, and over, but paid for or announced, or a withdrawal | a person decides                             |
| under way, and not heard of for weeks        | a person looks for it, and the shopper is told                 |
| here, and nobody has looked                  | the staff are told, each time anew                             |
"""

from __future__ import annotations

from plugin.cases.goods import LOST, NOT_SENT, SILENT, goods_of
from plugin.cases.service import move, postpone
from plugin.cases.states import CaseState
from plugin.cases.store import release_units
from plugin.db import Transaction
from plugin.journeys.call_off import call_off
from plugin.journeys.goods_back import Bench, all_is_said, answers_by, to_a_person
from plugin.journeys.goods_dates import gives_up_at, lost_at, next_look, reminders
from plugin.journeys.parcel_moved import parcel_is_lost
from plugin.journeys.resolve import STATUTORY
from plugin.journeys.tell import tell_case, tell_staff
from plugin.messages.parts import AlertKind
from plugin.parcels.models import Parcel
from plugin.parcels.service import move_parcel
from plugin.parcels.states import ParcelState
from plugin.parcels.store import note_told


async def goods_are_due(tx: Transaction, bench: Bench) -> None:
    """The case awaits goods, or they are here to be looked at, and its date has come."""
    parcel = bench.awaited
    if CaseState(bench.case.state) is CaseState.AWAITING_GOODS and parcel is None:
        await parcel_is_lost(tx, bench, LOST)  # a person has given a lost one more time
    elif CaseState(bench.case.state) is CaseState.INSPECTING or parcel is None:
        await postpone(tx, bench.case, answers_by(bench))
        await tell_staff(tx, bench.case, AlertKind.TO_INSPECT)
    elif ParcelState(parcel.state) is ParcelState.IN_TRANSIT:
        await _look_for_it(tx, bench, parcel)
    elif gives_up_at(bench.shop, parcel) <= bench.at:
        await _it_is_over(tx, bench, parcel)
    else:
        await _remind(tx, bench, parcel)


async def _remind(tx: Transaction, bench: Bench, parcel: Parcel) -> None:
    """Of several that are due, as after a night of the machines, the last one says it all."""
    ahead = reminders(bench.shop, bench.order, parcel)
    due = sorted(days for days, moment in ahead.items() if moment <= bench.at)
    for days in due:
        await note_told(tx, parcel, days)
    if due and bench.at <= parcel.send_by:
        await tell_case(tx, bench.case, f"return_reminder.{len(bench.parcels)}.{parcel.extensions}.{due[0]}")
    await postpone(tx, bench.case, next_look(bench.shop, bench.order, parcel, bench.at))


async def _look_for_it(tx: Transaction, bench: Bench, parcel: Parcel) -> None:
    if lost_at(bench.shop, parcel) > bench.at:
        await postpone(tx, bench.case, lost_at(bench.shop, parcel))
        return
    await parcel_is_lost(tx, bench, SILENT)


async def _it_is_over(tx: Transaction, bench: Bench, parcel: Parcel) -> None:
    goods = await goods_of(bench.case.id)
    if parcel.tracking_number is not None:
        await parcel_is_lost(tx, bench, SILENT)
    elif bench.case.resolved_at is not None or bench.case.basis == STATUTORY:
        await to_a_person(tx, bench, NOT_SENT)
    elif goods.accepted or goods.rejected or goods.forgiven:
        await all_is_said(tx, bench, goods)
    else:
        await move_parcel(tx, parcel, ParcelState.CANCELLED, at=bench.at)
        await release_units(tx, bench.case.id)
        await move(tx, bench.case, CaseState.EXPIRED, at=bench.at, why="not_sent_in_time")
        await call_off(tx, bench.ports, bench.shop, bench.case, why="not_sent_in_time")
        await tell_case(tx, bench.case, f"return_expired.{parcel.extensions}")
