"""All queries of what is known of uploaded files."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from plugin.core.errors import NotFound
from plugin.db import Transaction, read, rows
from plugin.files.models import StoredFile


async def get_file(shop_id: str, file_id: str, order_id: str | None = None, *, for_shopper: bool = False) -> StoredFile:
    """The file of this shop (and order); raises ``NotFound``. A shopper sees none of the shop's inspection photos."""
    found = await read(
        StoredFile, "WHERE id = $1 AND shop_id = $2 AND order_id = COALESCE($3, order_id)", file_id, shop_id, order_id
    )
    if not found or (for_shopper and found[0].purpose == "inspection"):
        raise NotFound(detail="We could not find this file.", param="file_id")
    return found[0]


async def files_of_order(order_id: str) -> list[StoredFile]:
    """All files about an order, oldest first."""
    return await read(StoredFile, "WHERE order_id = $1 ORDER BY added_at, id", order_id)


async def files_of_case(case_id: str) -> list[StoredFile]:
    """The shopper's photos, the shop's, and labels; oldest first."""
    return await read(StoredFile, "WHERE case_id = $1 ORDER BY added_at, id", case_id)


async def loose_photos(order_id: str, ids: Sequence[str]) -> list[StoredFile]:
    """Those of these photos that a shopper sent for this order and that no case has yet, in the order of ``ids``."""
    found = await read(
        StoredFile,
        "WHERE order_id = $1 AND id = ANY($2) AND case_id IS NULL AND purpose = 'evidence'",
        order_id,
        list(ids),
    )
    by_id = {file.id: file for file in found}
    return [by_id[file_id] for file_id in ids if file_id in by_id]


async def give_to_case(tx: Transaction, order_id: str, case_id: str, ids: Sequence[str]) -> int:
    """Make loose photos of the order the case's; how many of them there were."""
    return await tx.execute(
        "UPDATE stored_files SET case_id = $2 WHERE order_id = $1 AND id = ANY($3) AND case_id IS NULL "
        "AND purpose = 'evidence'",
        order_id, case_id, list(ids),
    )  # fmt: skip


async def drop_loose(tx: Transaction, file_id: str) -> None:
    """Forget the photo if no case has it."""
    await tx.execute("DELETE FROM stored_files WHERE id = $1 AND case_id IS NULL AND purpose = 'evidence'", file_id)


async def is_known(tx: Transaction, file_id: str) -> bool:
    return bool(await tx.rows("SELECT 1 FROM stored_files WHERE id = $1", file_id))


async def drop_files(tx: Transaction, order_id: str) -> list[str]:
    """Forget everything about an order's files; their ids."""
    gone = await tx.rows("DELETE FROM stored_files WHERE order_id = $1 RETURNING id", order_id)
    return [row["id"] for row in gone]


async def drop_files_of_closed(tx: Transaction, shop_id: str, closed_before: datetime, limit: int) -> list[str]:
    """Forget everything about files of cases that were closed before; their ids."""
    gone = await tx.rows(
        "DELETE FROM stored_files WHERE id IN (SELECT f.id FROM stored_files f JOIN cases c ON c.id = f.case_id "
        "WHERE f.shop_id = $1 AND c.closed_at < $2 LIMIT $3) RETURNING id",
        shop_id, closed_before, limit,
    )  # fmt: skip
    return [row["id"] for row in gone]


async def leave_files_of_shop(tx: Transaction, shop_id: str, sweeping: str) -> None:
    """Note what a shop that is removed has uploaded, also where the upload broke off and only the work (of the kind
    ``sweeping``) knows of it."""
    await tx.execute(
        "INSERT INTO unwanted_files (key) SELECT $1 || '/' || id FROM (SELECT id FROM stored_files WHERE shop_id = $1 "
        "UNION SELECT ref FROM work WHERE shop_id = $1 AND kind = $2 AND state <> 'done') AS uploaded (id)",
        shop_id, sweeping,
    )  # fmt: skip


async def unwanted_files(limit: int) -> list[str]:
    """Keys of bytes that nobody wants any more."""
    return [row["key"] for row in await rows("SELECT key FROM unwanted_files ORDER BY key LIMIT $1", limit)]


async def is_deleted(key: str) -> None:
    """The bytes are gone."""
    await rows("DELETE FROM unwanted_files WHERE key = $1", key)
