"""Parcels on their way back, and the dates of who waits for them: carriers, the shopper's own word, and timers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from typing import NamedTuple

from plugin.cases.goods import ABOUT_GOODS, CAME_LATE, LOST, NOT_SENT, SILENT, UNSEEN
from plugin.parcels.states import ParcelState, Seen
from plugin.parcels.told import told
from tests.model.goods.back import all_is_said, awaited_parcel, release_units, resolve
from tests.model.goods.money import hand_over
from tests.model.goods.new import call_off
from tests.model.goods.world import PARCELS, C, P, T, World, put, replace
from tests.model.move import Move

_STORIES = {
    Seen.IN_TRANSIT: "is seen on its way",
    Seen.DELIVERED: "is delivered",
    Seen.LOST: "is said to be lost",
}
_MEANT = {None: (), P.IN_TRANSIT: (Seen.IN_TRANSIT,), P.LOST: (Seen.LOST,), P.RECEIVED: (Seen.DELIVERED,)}


class _Event(NamedTuple):
    kind: str
    happened_at: datetime = datetime.min.replace(tzinfo=UTC)


@cache
def told_of(before: ParcelState | None, news: Seen) -> ParcelState | None:
    """Where a parcel is by all that was told, by the real rule."""
    return told(_Event(kind) for kind in (*_MEANT[before], news)).state


def take_news(world: World, n: int, news: Seen) -> World:
    """Mirrors ``journeys.parcel_moved.take_news``; told twice by one source it happens once."""
    parcel = world.parcels[n]
    known = replace(world, parcels=put(world.parcels, n, parcel._replace(told=told_of(parcel.told, news))))
    moved = catch_up(known, n)
    if news is Seen.IN_TRANSIT and not moved.is_over and moved.why != CAME_LATE:
        return resolve(moved, T.IN_TRANSIT)
    return moved


def catch_up(world: World, n: int) -> World:
    """Mirrors ``journeys.parcel_moved.catch_up``."""
    state, known = world.parcels[n].state, world.parcels[n].told
    if known is None or state in (known, P.RECEIVED, P.INSPECTED):
        return world
    if state is P.CANCELLED and known is not P.RECEIVED:
        return _nobody_waits_for_it(world)
    if state is P.LOST and known is P.IN_TRANSIT:
        return world
    world = world.step_parcel(n, known)
    if known is P.RECEIVED:
        return _is_here(world)
    return parcel_is_lost(world, LOST) if known is P.LOST else _is_under_way(world)


def _is_under_way(world: World) -> World:
    is_unseen = world.case is C.WITH_PERSON and world.why in UNSEEN
    return world.step(C.AWAITING_GOODS, "sent_after_all") if is_unseen else world


def parcel_is_lost(world: World, why: str) -> World:
    """Mirrors ``journeys.parcel_moved.parcel_is_lost``."""
    return hand_over(world, why) if world.case in (C.AWAITING_GOODS, C.INSPECTING) else world


def _is_here(world: World) -> World:
    if world.is_over:
        return _nobody_waits_for_it(world)
    if world.why == CAME_LATE:
        return world
    was_lost = world.case is C.WITH_PERSON and world.why in ABOUT_GOODS
    if was_lost or world.case is C.AWAITING_GOODS:
        world = world.step(C.INSPECTING, "delivered")
    return resolve(world, T.RECEIVED)


def _nobody_waits_for_it(world: World) -> World:
    return hand_over(world, CAME_LATE) if world.case is C.EXPIRED else world


def goods_are_due(world: World) -> Iterator[Move[World]]:
    """Mirrors ``journeys.goods_due.goods_are_due``, but for reminders, which change nothing."""
    n = awaited_parcel(world)
    if world.case is C.AWAITING_GOODS and n is None:
        yield Move("A parcel that was lost has had more time.", parcel_is_lost(world, LOST))
    elif world.case is C.AWAITING_GOODS and n is not None:
        if world.parcels[n].state is P.IN_TRANSIT:
            yield Move("Nobody has heard of the parcel for weeks.", parcel_is_lost(world, SILENT))
        else:
            yield Move("Its last day is over.", _it_is_over(world, n))


def _it_is_over(world: World, n: int) -> World:
    """Mirrors ``journeys.goods_due._it_is_over``."""
    if world.parcels[n].is_named:
        return parcel_is_lost(world, SILENT)
    if world.is_paid or world.terms.by_law:
        return hand_over(world, NOT_SENT)
    if any(unit.verdict for unit in world.units):
        return all_is_said(world)
    expired = release_units(world.step_parcel(n, P.CANCELLED)).step(C.EXPIRED)
    return call_off(expired)


def of_parcels(world: World) -> Iterator[Move[World]]:
    """What is told of each parcel, early, late, again and out of order; and what time brings."""
    for n, parcel in enumerate(world.parcels):
        is_rough = PARCELS in world.terms.troubles
        for news, story in _STORIES.items():
            if news is Seen.LOST and not is_rough:
                continue
            yield Move(f"Parcel {n + 1} {story}.", take_news(world, n, news), is_fair=False)
        if is_rough and parcel.state in (P.LABEL, P.IN_TRANSIT) and not parcel.is_named:
            named = replace(world, parcels=put(world.parcels, n, parcel._replace(is_named=True)))
            yield Move(f"The shopper names the carrier of parcel {n + 1}.", named, is_fair=False)
    yield from goods_are_due(world)
