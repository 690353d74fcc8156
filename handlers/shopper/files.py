"""Photos that a shopper sends as evidence: one call each, before the request that they belong to."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from msgspec import Meta, Struct

from handlers.dependencies import Guest, PublicId
from handlers.problems import problem_responses
from handlers.shopper.visit import GUEST, SECURITY
from handlers.uploads import LIMIT, TAKES_A_FILE, UploadOperation, download, uploaded
from plugin.access import rate
from plugin.files.models import StoredFile
from plugin.files.service import content_of, keep_photo
from plugin.files.store import get_file
from plugin.ports.runtime import Ports

PHOTOS_AN_HOUR = 40

PhotoIds = Annotated[
    list[Annotated[str, Meta(min_length=1, max_length=40, examples=["file_01jd3x"])]], Meta(max_length=100)
]


class FileKept(Struct, frozen=True, kw_only=True):
    """What was kept: the photo written anew, without its metadata. ``size`` is in bytes."""

    id: str
    media_type: str
    size: int
    added_at: datetime

    @classmethod
    def of(cls, row: StoredFile) -> FileKept:
        return cls(id=row.id, media_type=row.media_type, size=row.size, added_at=row.added_at)


async def photo_sent(ports: Ports, guest: Guest, content: bytes, declared: str) -> StoredFile:
    """Keep one photo of this visitor's order, for API and pages alike; raises ``TooMany`` after many an hour."""
    order_id = guest.visitor.order_id
    await rate.count(f"photo:{order_id}", limit=PHOTOS_AN_HOUR, at=ports.clock.now())
    return await keep_photo(
        ports, shop_id=guest.shop.id, order_id=order_id, content=content, declared=declared, by="shopper"
    )


@post(
    "/v1/order/files",
    status_code=201,
    dependencies=GUEST,
    security=SECURITY,
    tags=["order page"],
    summary="Send a photo",
    description="JPEG, PNG or WebP of at most 5 MB, in the field `file`. It is kept as a new JPEG without metadata. "
    "Name its `id` in the request that it belongs to; a photo that no request names within a day is deleted.",
    opt=TAKES_A_FILE,
    request_max_body_size=LIMIT,
    operation_class=UploadOperation,
    responses=problem_responses(
        {
            401: "The session has ended.",
            413: "It is larger than 5 MB, or has more than 30 megapixels.",
            415: "The body is no multipart form.",
            422: "This is no photo, or not of the type that it is declared as.",
            429: "Too many photos; see Retry-After.",
        }
    ),
)
async def send_photo(
    request: Request[object, object, State], ports: NamedDependency[Ports], guest: NamedDependency[Guest]
) -> FileKept:
    content, declared = await uploaded(request)
    return FileKept.of(await photo_sent(ports, guest, content, declared))


@get(
    "/v1/order/files/{file_id:str}",
    dependencies=GUEST,
    security=SECURITY,
    tags=["order page"],
    summary="Fetch a file of the order",
    description="A photo that was sent, or a label of the shop: always as a download.",
    media_type="application/octet-stream",
    responses={200: ResponseSpec(bytes, media_type="application/octet-stream", description="The file.")}
    | problem_responses({401: "The session has ended.", 404: "The order has no such file."}),
)
async def fetch_file(
    ports: NamedDependency[Ports], guest: NamedDependency[Guest], file_id: PublicId
) -> Response[bytes]:
    row = await shoppers_file(guest, file_id)
    return download(row, await content_of(ports, row))


async def shoppers_file(guest: Guest, file_id: str) -> StoredFile:
    """A file that this visitor may see; raises ``NotFound``. What the shop photographed is for its staff."""
    return await get_file(guest.shop.id, file_id, guest.visitor.order_id, for_shopper=True)


file_routes = [send_photo, fetch_file]
