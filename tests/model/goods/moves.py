"""Everything that may happen next to goods that come back, each as a sentence of the story and the world after it.

``is_fair`` marks what happens by itself once everything has healed: answers, refunds, and dates that come. What people
do, news of parcels, and all that goes wrong are not.
"""

from __future__ import annotations

from collections.abc import Iterator

from tests.model.goods.money import of_money
from tests.model.goods.new import of_pages, of_stores
from tests.model.goods.parcels import of_parcels
from tests.model.goods.people import of_shoppers, of_staff
from tests.model.goods.world import P, Parcel, World, replace
from tests.model.move import Move

MOST_PARCELS = 2  # the rest of a rest would come as the first one does


def moves(world: World) -> Iterator[Move[World]]:
    """All that may follow."""
    for source in (of_shoppers, of_pages, of_stores, of_parcels, of_money, of_staff):
        for move in source(world):
            if len(move.after.parcels) <= MOST_PARCELS:
                yield move._replace(after=_without_the_past(move.after))


def _without_the_past(world: World) -> World:
    """What is known of a parcel makes no difference once it is here."""
    if all(parcel.state not in (P.RECEIVED, P.INSPECTED) for parcel in world.parcels):
        return world
    here = (P.RECEIVED, P.INSPECTED)
    parcels = (Parcel(parcel.state) if parcel.state in here else parcel for parcel in world.parcels)
    return replace(world, parcels=tuple(parcels))
