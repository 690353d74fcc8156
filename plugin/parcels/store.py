"""All queries of parcels and of what was found in them."""

from __future__ import annotations

from plugin.core.errors import NotFound
from plugin.db import Transaction, read
from plugin.parcels.models import Parcel


async def parcels_of_case(case_id: str) -> list[Parcel]:
    """The case's ways back, the oldest first."""
    return await read(Parcel, "WHERE case_id = $1 ORDER BY created_at, id", case_id)


async def get_parcel(shop_id: str, parcel_id: str) -> Parcel:
    """Raises ``NotFound``."""
    found = await read(Parcel, "WHERE id = $1 AND shop_id = $2", parcel_id, shop_id)
    if not found:
        raise NotFound(detail="There is no such parcel of this shop.", param="parcel_id")
    return found[0]


async def lock_parcel(tx: Transaction, parcel_id: str) -> Parcel:
    """The parcel with its row locked, after the order and the case."""
    (parcel,) = await read(Parcel, "WHERE id = $1 FOR UPDATE", parcel_id, tx=tx)
    return parcel
