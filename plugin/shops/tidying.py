"""Which shops are gone through for what is old, and that it was done."""

from __future__ import annotations

from datetime import datetime

from plugin.db import Transaction, read
from plugin.shops.models import Shop


async def shops_to_tidy(since: datetime, limit: int) -> list[Shop]:
    """Shops that were gone through by then at the latest, or never: those first, then the longest ago."""
    return await read(
        Shop, "WHERE tidied_at IS NULL OR tidied_at <= $1 ORDER BY tidied_at NULLS FIRST, id LIMIT $2", since, limit
    )


async def note_tidied(tx: Transaction, shop: Shop, at: datetime) -> None:
    """That a shop was gone through. Nothing where another process has done that since it was read."""
    await tx.execute(
        "UPDATE shops SET tidied_at = $2 WHERE id = $1 AND tidied_at IS NOT DISTINCT FROM $3",
        shop.id, at, shop.tidied_at,
    )  # fmt: skip
