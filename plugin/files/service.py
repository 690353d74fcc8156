"""Keeping what people upload: bytes first, then the row that makes them known, and a sweep for what comes to nothing.

Before the bytes are put, work is written that looks after a day: a file without a row, because its upload broke off or
its person was erased, has its bytes deleted, and so has a photo that no case has taken. An upload ends within
minutes, so that a day is no race.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Protocol

from plugin.core.errors import DomainError, NotFound
from plugin.core.ids import new_id
from plugin.db import Transaction, transaction
from plugin.files import store
from plugin.files.kinds import MediaType, clean_label, clean_photo
from plugin.files.models import StoredFile
from plugin.outbox import service as outbox
from plugin.outbox.service import Claim
from plugin.ports.files import FileGone, FileStore
from plugin.ports.runtime import Ports

SWEEP_FILE = "sweep_file"
PHOTOS_AN_ASK = 10
DELETED_AT_ONCE = 200
UNUSED_FOR = timedelta(days=1)
EVIDENCE, INSPECTION, LABEL = "evidence", "inspection", "label"


class NoUploads(DomainError):
    status = 503
    code = "no_uploads"
    sentence = "Files cannot be uploaded here at the moment. Please write to a person of the shop."


class UnknownPhoto(DomainError):
    status = 422
    code = "unknown_photo"
    sentence = "We could not find one of these photos. Please send it once more."


class TooManyPhotos(DomainError):
    status = 422
    code = "too_many_photos"
    sentence = "Ten photos are the most for one request. Please leave some out."


class OwnedByOrder(Protocol):
    """A ``plugin.cases.models.Case``, or as much of one."""

    id: str
    order_id: str


async def keep_photo(
    ports: Ports, *, shop_id: str, order_id: str, content: bytes, declared: str, by: str, case_id: str | None = None
) -> StoredFile:
    """A shopper's photo of an order, or with ``case_id`` the shop's of what it has inspected.

    Raises ``NotAPhoto``, ``PhotoTooLarge`` and ``NoUploads``.
    """
    purpose = EVIDENCE if case_id is None else INSPECTION
    photo = await clean_photo(content, declared)
    return await _keep(ports, _row(shop_id, order_id, case_id, purpose, MediaType.JPEG, photo, by), photo)


async def keep_label(
    ports: Ports, *, shop_id: str, order_id: str, case_id: str, content: bytes, declared: str, by: str
) -> StoredFile:
    """A label of the shop for a case's parcel; raises ``NotALabel`` and ``NoUploads``."""
    label, media_type = await clean_label(content, declared)
    return await _keep(ports, _row(shop_id, order_id, case_id, LABEL, media_type, label, by), label)


def _row(
    shop_id: str, order_id: str, case_id: str | None, purpose: str, media_type: MediaType, content: bytes, by: str
) -> StoredFile:
    return StoredFile(
        id=new_id("file"), shop_id=shop_id, order_id=order_id, case_id=case_id, purpose=purpose,
        media_type=str(media_type), size=len(content), sha256=sha256(content).hexdigest(), added_by=by,
    )  # fmt: skip


async def _keep(ports: Ports, row: StoredFile, content: bytes) -> StoredFile:
    files = _files(ports)
    async with transaction(ports.doorbell) as tx:
        await outbox.add(tx, shop_id=row.shop_id, kind=SWEEP_FILE, ref=row.id, delay=UNUSED_FOR)
    await files.put(key_of(row.shop_id, row.id), content)
    row.added_at = ports.clock.now()
    async with transaction(ports.doorbell) as tx:
        await row.save(using_db=tx.connection)
    return row


async def photos_of(order_id: str, ids: Sequence[str]) -> tuple[StoredFile, ...]:
    """The photos that an ask about this order names, each once.

    Raises ``TooManyPhotos``, and ``UnknownPhoto`` where one is not this order's or another case has it.
    """
    named = tuple(dict.fromkeys(ids))
    if len(named) > PHOTOS_AN_ASK:
        raise TooManyPhotos(param="photos")
    found = await store.loose_photos(order_id, named) if named else []
    if len(found) != len(named):
        raise UnknownPhoto(param="photos")
    return tuple(found)


async def attach(tx: Transaction, case: OwnedByOrder, ids: Sequence[str]) -> None:
    """Give photos of its order to a case that was opened in this transaction; raises ``UnknownPhoto``."""
    named = tuple(dict.fromkeys(ids))
    if named and await store.give_to_case(tx, case.order_id, case.id, named) != len(named):
        raise UnknownPhoto(param="photos")


async def content_of(ports: Ports, row: StoredFile) -> bytes:
    """The bytes of a file; raises ``NotFound`` where they are gone."""
    try:
        return await _files(ports).get(key_of(row.shop_id, row.id))
    except FileGone as error:
        raise NotFound(detail="We could not find this file.", param="file_id") from error


async def forget_files(tx: Transaction, shop_id: str, order_id: str) -> None:
    """Forget all files of an order; their bytes go by work of this transaction."""
    for file_id in await store.drop_files(tx, order_id):
        await outbox.add(tx, shop_id=shop_id, kind=SWEEP_FILE, ref=file_id)


async def forget_files_of_cases(tx: Transaction, shop_id: str, closed_before: datetime, limit: int) -> int:
    """Forget some files of cases that were closed before, as ``forget_files`` does; how many."""
    gone = await store.drop_files_of_closed(tx, shop_id, closed_before, limit)
    for file_id in gone:
        await outbox.add(tx, shop_id=shop_id, kind=SWEEP_FILE, ref=file_id)
    return len(gone)


async def forget_files_of_shop(tx: Transaction, shop_id: str) -> None:
    """Note a removed shop's files before its rows go; ``delete_unwanted`` deletes their bytes."""
    await store.leave_files_of_shop(tx, shop_id, SWEEP_FILE)


async def delete_unwanted(ports: Ports) -> None:
    """Housekeeping: delete the bytes of removed shops, some at a time; what fails is tried again next time."""
    if ports.files is None:
        return
    for key in await store.unwanted_files(DELETED_AT_ONCE):
        await ports.files.delete(key)
        await store.is_deleted(key)


async def sweep_file(ports: Ports, claim: Claim) -> None:
    """Work: delete the bytes of a file that nobody knows, or that no case has taken in time."""
    async with transaction(ports.doorbell) as tx:
        await store.drop_loose(tx, claim.ref)
        known = await store.is_known(tx, claim.ref)
    if not known and ports.files is not None:
        await ports.files.delete(key_of(claim.shop_id, claim.ref))
    async with transaction(ports.doorbell) as tx:
        await outbox.complete(tx, claim)


def key_of(shop_id: str, file_id: str) -> str:
    """Where the bytes lie: both are ids of ours."""
    return f"{shop_id}/{file_id}"


def _files(ports: Ports) -> FileStore:
    if ports.files is None:
        raise NoUploads()
    return ports.files
