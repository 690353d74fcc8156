"""How a request is read: what no text of ours can be is refused here, once, before a route or the database sees it."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import msgspec
from litestar import Request
from litestar.datastructures import FormMultiDict, State
from litestar.enums import RequestEncodingType, ScopeType
from litestar.exceptions import (
    ClientException,
    HTTPException,
    InternalServerException,
    NotFoundException,
    ValidationException,
)
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

_ESCAPED_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_NUL = "The request holds a NUL character."
_LONGEST_SEGMENT = 255  # bytes; no file system knows a longer name, and no id or token is as long


class ExactRequest(Request[Any, Any, State]):
    """A request whose JSON is UTF-8 and nested no deeper than our stack, and free of NUL, which no column can store.

    Its JSON has the very types that the route declares: "1" is no number and 1 is no truth, which Litestar would let
    pass. Its body arrives within ``patience`` seconds, or those of its route's ``opt``, or is not waited for.
    """

    patience = 30.0

    async def body(self) -> bytes:
        try:
            async with asyncio.timeout(self.scope["route_handler"].opt.get("patience", self.patience)):
                return await super().body()
        except TimeoutError as error:
            raise HTTPException(status_code=408) from error
        except InternalServerException as error:  # Litestar's answer to a caller who leaves in the middle
            raise ClientException("The body broke off.") from error

    async def json(self) -> Any:
        body = await self.body()
        if b"\\u0000" in body and _ESCAPED_NUL.search(body):
            raise ClientException(_NUL)
        try:
            return self._exactly(await super().json())
        except UnicodeDecodeError as error:
            raise ClientException("The body is not UTF-8.") from error
        except RecursionError as error:
            raise ClientException("The body is nested too deeply.") from error

    def _exactly(self, value: Any) -> Any:
        declared = self.scope["route_handler"].parsed_data_field
        if declared is None:
            return value
        try:
            return msgspec.convert(_with_whole_numbers(value), declared.annotation)
        except msgspec.ValidationError as error:
            message, _, where = str(error).partition(" - at `$")
            fault = {"message": message, "key": where.strip(".`") or "data", "source": "body"}
            raise ValidationException(extra=[fault]) from error

    async def form(self) -> FormMultiDict:
        if b"%00" in await self.body() and self.content_type[0] == RequestEncodingType.URL_ENCODED:
            raise ClientException(_NUL)
        form = await super().form()
        if any(isinstance(value, str) and "\0" in value for _, value in form.multi_items()):
            raise ClientException(_NUL)
        return form


def _with_whole_numbers(value: Any) -> Any:
    """``value`` with each ``469.0`` as 469, which JSON Schema calls an integer; beyond 2^53 a float may be inexact."""
    if isinstance(value, float) and value.is_integer() and abs(value) <= 2**53:
        return int(value)
    if isinstance(value, list):
        return [_with_whole_numbers(one) for one in value]
    if isinstance(value, dict):
        return {name: _with_whole_numbers(one) for name, one in value.items()}
    return value


class AddressCheck(ASGIMiddleware):
    """Refuses an address that can lead nowhere: one with a NUL, or with a segment longer than any name."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        if "\x00" in scope["path"] or b"%00" in scope["query_string"]:
            raise ClientException(_NUL)
        if any(len(segment) > _LONGEST_SEGMENT for segment in scope["path"].encode("utf-8", "replace").split(b"/")):
            raise NotFoundException
        await next_app(scope, receive, send)
