"""How an upload is read, and how a file is given out: as a download that no browser runs, whatever is in it."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response
from litestar.datastructures import FormMultiDict, UploadFile
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody, Schema
from litestar.openapi.spec.enums import OpenAPIType

from plugin.files.kinds import PHOTO_BYTES
from plugin.files.models import StoredFile

MULTIPART = "multipart/form-data"
FIELD = "file"
ENVELOPE = 16 * 1024  # what surrounds the bytes in the body
PATIENCE = 120.0  # seconds for a photo over a slow phone line
# What a route that takes one file says of itself; it reads the body itself, once it knows who calls.
TAKES_A_FILE: dict[str, Any] = {"accepts": (MULTIPART,), "patience": PATIENCE}
LIMIT = PHOTO_BYTES + ENVELOPE

_ENDINGS = {"image/jpeg": "jpg", "application/pdf": "pdf"}


class UploadOperation(Operation):
    """The description of a route that takes one file in the field ``file``."""

    def __post_init__(self) -> None:
        file = Schema(type=OpenAPIType.STRING, content_media_type="application/octet-stream")
        body = Schema(type=OpenAPIType.OBJECT, properties={FIELD: file}, required=[FIELD])
        self.request_body = RequestBody(content={MULTIPART: OpenAPIMediaType(schema=body)}, required=True)


async def uploaded(request: Request[Any, Any, Any]) -> tuple[bytes, str]:
    """The one file of a body and its declared type; nothing at all where the field holds none."""
    found = await files_in(await request.form())
    return found[0] if found else (b"", "")


async def files_in(form: FormMultiDict, name: str = FIELD) -> list[tuple[bytes, str]]:
    """The files of a form, with the types that they are declared as. A browser sends an empty one for no file."""
    found = [(await each.read(), each.content_type) for each in form.getall(name, []) if isinstance(each, UploadFile)]
    return [(content, declared) for content, declared in found if content]


def download(row: StoredFile, content: bytes) -> Response[bytes]:
    """The bytes under a type that we have made sure of; sandboxed, and never shown in place."""
    name = f"{row.id}.{_ENDINGS[row.media_type]}"
    return Response(
        content,
        media_type=row.media_type,
        headers={
            "content-disposition": f'attachment; filename="{name}"',
            "content-security-policy": "default-src 'none'; sandbox",
            "cross-origin-resource-policy": "same-origin",
        },
    )
