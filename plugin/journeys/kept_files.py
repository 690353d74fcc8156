"""The files in the export of a person: listed in its document, their bytes beside it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable

from plugin.core.errors import NotFound
from plugin.files.kinds import MediaType
from plugin.files.service import content_of
from plugin.files.store import files_of_order, get_file
from plugin.journeys.kept import KeptFile
from plugin.ports.runtime import Ports

_ENDINGS = {MediaType.JPEG: "jpg", MediaType.PDF: "pdf"}


async def kept_files(order_id: str) -> tuple[KeptFile, ...]:
    return tuple(
        KeptFile(
            id=each.id, name=f"{each.id}.{_ENDINGS[MediaType(each.media_type)]}", purpose=each.purpose,
            media_type=each.media_type, size=each.size, sha256=each.sha256, added_at=each.added_at,
        )
        for each in await files_of_order(order_id)
    )  # fmt: skip


async def file_contents(ports: Ports, shop_id: str, files: Iterable[KeptFile]) -> AsyncIterator[tuple[str, bytes]]:
    """Each file's name and bytes; one that has gone meanwhile is left out."""
    for each in files:
        try:
            yield each.name, await content_of(ports, await get_file(shop_id, each.id))
        except NotFound:
            continue
