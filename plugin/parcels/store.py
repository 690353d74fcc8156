"""All queries of parcels and of what was found in them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from plugin.cases.models import Case
from plugin.core.errors import NotFound
from plugin.db import Transaction, read, read_both
from plugin.parcels.models import Finding, Parcel, ParcelEvent


async def parcels_of_case(case_id: str) -> list[Parcel]:
    """The case's ways back, the oldest first."""
    return await read(Parcel, "WHERE case_id = $1 ORDER BY created_at, id", case_id)


async def parcels_of_order(order_id: str) -> list[Parcel]:
    """The ways back of all cases of an order, the oldest first."""
    return await read(Parcel, "WHERE order_id = $1 ORDER BY created_at, id", order_id)


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


async def parcels_of_tracking(shop_id: str, tracking_number: str) -> list[Parcel]:
    """The parcels that this number may mean: all that are still to come under it, else the newest, which came.

    Carriers use numbers again, and shoppers type them: two cases may claim the same one.
    """
    found = await read(
        Parcel, "WHERE shop_id = $1 AND tracking_number = $2 ORDER BY created_at DESC, id DESC",
        shop_id, tracking_number,
    )  # fmt: skip
    return [parcel for parcel in found if parcel.state in ("label", "in_transit", "lost")] or found[:1]


async def find_parcel(shop_id: str, parcel_id: str) -> Parcel | None:
    """The parcel of this shop by a name that a carrier has written."""
    found = await read(Parcel, "WHERE id = $1 AND shop_id = $2", parcel_id, shop_id)
    return found[0] if found else None


async def add_event(
    tx: Transaction, parcel: Parcel, *, source: str, event_id: str, kind: str, happened_at: datetime, at: datetime
) -> bool:
    """Keep what was told of a parcel; False where this (source, event) was told before (I10)."""
    written = await tx.rows(
        "INSERT INTO parcel_events (shop_id, parcel_id, source, event_id, kind, happened_at, received_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (shop_id, source, event_id) DO NOTHING RETURNING id",
        parcel.shop_id, parcel.id, source, event_id, kind, happened_at, at,
    )  # fmt: skip
    return bool(written)


async def events_of(parcel_id: str) -> list[ParcelEvent]:
    """All that was told of a parcel, by when it happened."""
    return await read(ParcelEvent, "WHERE parcel_id = $1 ORDER BY happened_at, id", parcel_id)


async def write_moments(
    tx: Transaction, parcel: Parcel, *, sent_at: datetime | None, received_at: datetime | None, lost_at: datetime | None
) -> None:
    """When it was sent, came and was lost, as far as anybody has told."""
    parcel.sent_at, parcel.received_at = sent_at or parcel.sent_at, received_at or parcel.received_at
    parcel.lost_at = lost_at or parcel.lost_at
    await tx.execute(
        "UPDATE parcels SET sent_at = $2, received_at = $3, lost_at = $4 WHERE id = $1",
        parcel.id, parcel.sent_at, parcel.received_at, parcel.lost_at,
    )  # fmt: skip


async def set_tracking(tx: Transaction, parcel: Parcel, *, carrier: str, number: str) -> None:
    """By which carrier, and under which number, a locked parcel travels."""
    await tx.execute("UPDATE parcels SET carrier = $2, tracking_number = $3 WHERE id = $1", parcel.id, carrier, number)


async def set_label(tx: Transaction, parcel: Parcel, file_id: str) -> None:
    """The shop's label for it."""
    parcel.label_file = file_id
    await tx.execute("UPDATE parcels SET label_file = $2 WHERE id = $1", parcel.id, file_id)


async def give_until(tx: Transaction, parcel: Parcel, send_by: datetime) -> None:
    """More time to send it: its reminders begin anew."""
    parcel.send_by, parcel.was_told, parcel.extensions = send_by, [], parcel.extensions + 1
    await tx.execute(
        "UPDATE parcels SET send_by = $2, was_told = '[]', extensions = extensions + 1 WHERE id = $1",
        parcel.id, send_by,
    )  # fmt: skip


async def note_told(tx: Transaction, parcel: Parcel, days: int) -> None:
    """That the reminder of so many days before the end went out."""
    parcel.was_told = [*parcel.was_told, days]
    await tx.execute("UPDATE parcels SET was_told = was_told || to_jsonb($2::int) WHERE id = $1", parcel.id, days)


async def write_finding(tx: Transaction, finding: Finding) -> None:
    """Keep what came and was not asked."""
    await finding.save(using_db=tx.connection)


async def findings_of_case(case_id: str) -> list[Finding]:
    """What came with a case's goods and was not asked, the oldest first."""
    return await read(Finding, "WHERE case_id = $1 ORDER BY found_at, id", case_id)


async def forget_parcels(tx: Transaction, order_id: str) -> None:
    """Take the person out of a locked order's parcels: the number (the carrier knows an address by it), and people's
    words about what came."""
    await tx.execute("UPDATE parcels SET carrier = NULL, tracking_number = NULL WHERE order_id = $1", order_id)
    await tx.execute("UPDATE findings SET note = NULL WHERE order_id = $1", order_id)


async def forget_old_tracking(tx: Transaction, shop_id: str, before: datetime, limit: int) -> int:
    """Forget the carrier's number of some parcels of cases that were closed before; how many."""
    return await tx.execute(
        "UPDATE parcels SET carrier = NULL, tracking_number = NULL WHERE id IN (SELECT id FROM parcels "
        "WHERE shop_id = $1 AND tracking_number IS NOT NULL "
        "AND case_id IN (SELECT id FROM cases WHERE shop_id = $1 AND closed_at < $2) LIMIT $3)",
        shop_id, before, limit,
    )  # fmt: skip


async def parcels_awaited(
    shop_id: str, states: Sequence[str], limit: int, after: tuple[datetime, str] | None = None
) -> list[tuple[Parcel, Case]]:
    """Parcels in these states with their cases, those that are to be sent soonest first."""
    at, parcel_id = after or (None, None)
    return await read_both(
        Parcel, Case,
        "FROM parcels a JOIN cases b ON b.id = a.case_id WHERE a.shop_id = $1 AND a.state = ANY($2) "
        "AND ($3::timestamptz IS NULL OR (a.send_by, a.id) > ($3, $4::text)) ORDER BY a.send_by, a.id LIMIT $5",
        shop_id, list(states), at, parcel_id, limit,
    )  # fmt: skip
