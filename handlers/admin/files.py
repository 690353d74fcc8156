"""Files of a case, for the people of the shop: the shopper's evidence, photos of an inspection, labels to print."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import QueryParameter
from msgspec import Struct

from handlers.admin.entrance import SECURITY, STAFF, may
from handlers.admin.frame import KNOWN
from handlers.dependencies import AnyRequest, PublicId
from handlers.problems import problem_responses
from handlers.uploads import LIMIT, TAKES_A_FILE, UploadOperation, download, uploaded
from plugin.access.roles import Permission
from plugin.access.staff import Member
from plugin.cases.store import get_case
from plugin.files.models import StoredFile
from plugin.files.service import content_of, keep_label, keep_photo
from plugin.files.store import files_of_case, get_file
from plugin.ports.runtime import Ports

TAGS = ["Cases"]

Purpose = Annotated[
    Literal["inspection", "label"], QueryParameter(description="A photo of what came, or a label to send it with.")
]


class FileView(Struct, frozen=True, kw_only=True):
    """What is known of a file; ``purpose`` is evidence, inspection or label, ``size`` in bytes."""

    id: str
    purpose: str
    media_type: str
    size: int
    added_by: str
    added_at: datetime

    @classmethod
    def of(cls, row: StoredFile) -> FileView:
        return cls(**{name: getattr(row, name) for name in cls.__struct_fields__})


class FileList(Struct, frozen=True):
    files: tuple[FileView, ...]


@get(
    "/v1/admin/cases/{case_id:str}/files",
    dependencies=STAFF,
    guards=[may(Permission.READ_CASES)],
    security=SECURITY,
    tags=TAGS,
    summary="The files of a case",
    responses=problem_responses(KNOWN | {404: "The shop has no such case."}),
)
async def list_files(member: NamedDependency[Member], case_id: PublicId) -> FileList:
    case = await get_case(member.shop_id, case_id)
    return FileList(tuple(FileView.of(row) for row in await files_of_case(case.id)))


@post(
    "/v1/admin/cases/{case_id:str}/files",
    status_code=201,
    dependencies=STAFF,
    guards=[may(Permission.DECIDE_CASES)],
    security=SECURITY,
    tags=TAGS,
    summary="Add a photo or a label to a case",
    description="In the field `file`: a photo of an inspection as JPEG, PNG or WebP (5 MB), or a label, which may be a "
    "PDF (2 MB) and which the shopper can fetch.",
    opt=TAKES_A_FILE,
    request_max_body_size=LIMIT,
    operation_class=UploadOperation,
    responses=problem_responses(
        KNOWN
        | {
            404: "The shop has no such case.",
            413: "It is too large.",
            415: "The body is no multipart form.",
            422: "It is of no type that we take, or not of the one that it is declared as.",
        }
    ),
)
async def add_file(
    request: AnyRequest, ports: NamedDependency[Ports], member: NamedDependency[Member], case_id: PublicId,
    purpose: Purpose = "inspection",
) -> FileView:  # fmt: skip
    case = await get_case(member.shop_id, case_id)
    content, declared = await uploaded(request)
    keep = keep_label if purpose == "label" else keep_photo
    row = await keep(
        ports, shop_id=case.shop_id, order_id=case.order_id, case_id=case.id, content=content, declared=declared,
        by=member.actor,
    )  # fmt: skip
    return FileView.of(row)


@get(
    "/v1/admin/files/{file_id:str}",
    dependencies=STAFF,
    guards=[may(Permission.READ_CASES)],
    security=SECURITY,
    tags=TAGS,
    summary="Fetch a file",
    description="Always as a download.",
    media_type="application/octet-stream",
    responses={200: ResponseSpec(bytes, media_type="application/octet-stream", description="The file.")}
    | problem_responses(KNOWN | {404: "The shop has no such file."}),
)
async def fetch_file(
    ports: NamedDependency[Ports], member: NamedDependency[Member], file_id: PublicId
) -> Response[bytes]:
    row = await get_file(member.shop_id, file_id)
    return download(row, await content_of(ports, row))


file_routes = [list_files, add_file, fetch_file]
