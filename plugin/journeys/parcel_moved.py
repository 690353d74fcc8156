"""A parcel on its way back was seen: by its carrier, or by a person of the shop.

1. What is told is kept once a source and event; where the parcel is follows from all of it (``plugin.parcels.told``),
   so that news that are late, doubled or out of order end alike.
2. What its new place means to the case and its money: sent, here, or lost. News of a parcel that nobody waits for any
   more go to a person.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from plugin.audit import service as audit
from plugin.cases.goods import ABOUT_GOODS, CAME_LATE, LOST, UNSEEN
from plugin.cases.service import move, postpone
from plugin.cases.states import CLOSED, CaseState
from plugin.cases.store import lock_case
from plugin.db import Transaction, transaction
from plugin.journeys.goods_back import Bench, to_a_person
from plugin.journeys.goods_dates import inspected_by, next_look
from plugin.journeys.resolve import resolve
from plugin.journeys.tell import tell_case, tell_staff
from plugin.messages.parts import AlertKind
from plugin.orders.service import lock_order
from plugin.parcels.models import Parcel
from plugin.parcels.service import move_parcel
from plugin.parcels.states import ParcelState, Seen
from plugin.parcels.store import (
    add_event,
    events_of,
    get_parcel,
    lock_parcel,
    parcels_of_case,
    write_moments,
)
from plugin.parcels.told import told
from plugin.policies.reasons import Trigger
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop
from plugin.shops.service import settings_of

CARRIER, STAFF = "carrier", "staff"  # who tells

Answered = Callable[[Transaction, Parcel], Awaitable[None]]
"""Called last inside the transaction, to store an answer with what made it true."""


@dataclass(frozen=True)
class News:
    """What somebody tells of a parcel. ``source`` and ``event_id`` name it: told twice, it happens once (I10)."""

    seen: Seen
    source: str
    event_id: str
    happened_at: datetime


async def nobody_waits(tx: Transaction, parcel: Parcel) -> None:
    """Nobody waits for an answer that is kept."""


async def parcel_seen(
    ports: Ports, shop: Shop, parcel_id: str, news: News, actor: str, *, answered: Answered = nobody_waits
) -> None:
    """Take the news in; raises ``NotFound``. What was told before changes nothing."""
    async with transaction(ports.doorbell) as tx:
        bench, parcel = await _take(tx, ports, shop, parcel_id, actor)
        await take_news(tx, bench, parcel, news)
        await answered(tx, parcel)


async def _take(tx: Transaction, ports: Ports, shop: Shop, parcel_id: str, actor: str) -> tuple[Bench, Parcel]:
    found = await get_parcel(shop.id, parcel_id)
    order = await lock_order(tx, found.order_id)
    case = await lock_case(tx, found.case_id)
    parcel = await lock_parcel(tx, parcel_id)
    others = [each if each.id != parcel_id else parcel for each in await parcels_of_case(case.id)]
    return Bench(ports, shop, order, case, others, actor), parcel


async def take_news(tx: Transaction, bench: Bench, parcel: Parcel, news: News) -> None:
    """Keep the news, and do what follows from where the parcel is by all that is known. Everything is locked."""
    happened_at = min(news.happened_at, bench.at)
    is_new = await add_event(
        tx,
        parcel,
        source=news.source,
        event_id=news.event_id,
        kind=str(news.seen),
        happened_at=happened_at,
        at=bench.at,
    )
    if not is_new:
        return
    await audit.record(
        tx, shop_id=parcel.shop_id, order_id=parcel.order_id, kind="parcel_seen", actor=bench.actor, at=bench.at,
        data={"case": parcel.case_id, "parcel": parcel.id, "seen": str(news.seen), "source": news.source},
    )  # fmt: skip
    await catch_up(tx, bench, parcel)
    if news.seen is Seen.IN_TRANSIT and _is_running(bench) and bench.case.person_reason != CAME_LATE:
        await resolve(tx, bench.ports, bench.shop, bench.order, bench.case, Trigger.IN_TRANSIT)


async def catch_up(tx: Transaction, bench: Bench, parcel: Parcel) -> None:
    """Bring the parcel to where all that was told has it, and its case after it."""
    known = told(await events_of(parcel.id))
    await write_moments(tx, parcel, sent_at=known.sent_at, received_at=known.received_at, lost_at=known.lost_at)
    state = ParcelState(parcel.state)
    if known.state is None or state in (known.state, ParcelState.RECEIVED, ParcelState.INSPECTED):
        return
    if state is ParcelState.CANCELLED and known.state is not ParcelState.RECEIVED:
        await _nobody_waits_for_it(tx, bench)
        return
    if state is ParcelState.LOST and known.state is ParcelState.IN_TRANSIT:
        return  # called lost by its silence, or seen before it was lost: found is what is here
    await move_parcel(tx, parcel, known.state, at=bench.at, actor=bench.actor)
    match known.state:
        case ParcelState.IN_TRANSIT:
            await _is_under_way(tx, bench, parcel)
        case ParcelState.LOST:
            await parcel_is_lost(tx, bench, LOST)
        case _:
            await _is_here(tx, bench)


def _is_running(bench: Bench) -> bool:
    return CaseState(bench.case.state) not in CLOSED


async def _is_under_way(tx: Transaction, bench: Bench, parcel: Parcel) -> None:
    """It is waited for. Who has the case because nobody had seen its parcel has nothing to decide any more."""
    case, due = bench.case, next_look(bench.shop, bench.order, parcel, bench.at)
    if CaseState(case.state) is CaseState.AWAITING_GOODS:
        await postpone(tx, case, due)
    elif CaseState(case.state) is CaseState.WITH_PERSON and case.person_reason in UNSEEN:
        await move(tx, case, CaseState.AWAITING_GOODS, at=bench.at, due_at=due, actor=bench.actor, why="sent_after_all")


async def parcel_is_lost(tx: Transaction, bench: Bench, why: str) -> None:
    """A person decides what the shopper gets, and the shopper hears that somebody is on it."""
    if CaseState(bench.case.state) in (CaseState.AWAITING_GOODS, CaseState.INSPECTING):
        await to_a_person(tx, bench, why)
        await tell_case(tx, bench.case, "return_lost")


async def _is_here(tx: Transaction, bench: Bench) -> None:
    """It lies at the shop's door; what is in it is for a person to say."""
    case = bench.case
    if not _is_running(bench):
        await _nobody_waits_for_it(tx, bench)
        return
    if case.person_reason == CAME_LATE:
        return  # its units are not the case's any more, until whoever has it takes them back
    was_lost = CaseState(case.state) is CaseState.WITH_PERSON and case.person_reason in ABOUT_GOODS
    if was_lost or CaseState(case.state) is CaseState.AWAITING_GOODS:
        due = inspected_by(settings_of(bench.shop), bench.at)
        await move(tx, case, CaseState.INSPECTING, at=bench.at, due_at=due, actor=bench.actor, why="delivered")
    await tell_case(tx, case, f"return_received.{len(bench.parcels)}")
    await resolve(tx, bench.ports, bench.shop, bench.order, case, Trigger.RECEIVED)


async def _nobody_waits_for_it(tx: Transaction, bench: Bench) -> None:
    """The return ran out, was taken back or refused, and it comes all the same."""
    if CaseState(bench.case.state) is CaseState.EXPIRED:
        await to_a_person(tx, bench, CAME_LATE)
    else:
        await tell_staff(tx, bench.case, AlertKind.CAME_UNASKED)
