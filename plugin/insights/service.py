"""Noting what happened, in the transaction in which it did."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from plugin.core.ids import new_id
from plugin.db import Transaction


async def happened(
    tx: Transaction,
    *,
    shop_id: str,
    kind: str,
    at: datetime,
    order_id: str | None = None,
    case_id: str | None = None,
    **data: Any,
) -> None:
    """Append to the event log. ``data`` holds numbers and stable words, never a person's."""
    await tx.execute(
        "INSERT INTO happenings (id, shop_id, order_id, case_id, kind, at, data) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        new_id("hap"),
        shop_id,
        order_id,
        case_id,
        kind,
        at,
        msgspec.json.encode(data).decode(),
    )
