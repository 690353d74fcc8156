"""How a request is read: what no text of ours can be is refused here, once, before a route or the database sees it."""

from __future__ import annotations

import re
from typing import Any

from litestar import Request
from litestar.datastructures import FormMultiDict, State
from litestar.enums import ScopeType
from litestar.exceptions import ClientException, NotFoundException
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

_ESCAPED_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_NUL = "The request holds a NUL character."
_LONGEST_SEGMENT = 255  # bytes; no file system knows a longer name, and no id or token is as long


class ExactRequest(Request[Any, Any, State]):
    """A request whose JSON is UTF-8 and nested no deeper than our stack, and free of NUL, which no column can store."""

    async def json(self) -> Any:
        body = await self.body()
        if b"\\u0000" in body and _ESCAPED_NUL.search(body):
            raise ClientException(_NUL)
        try:
            return await super().json()
        except UnicodeDecodeError as error:
            raise ClientException("The body is not UTF-8.") from error
        except RecursionError as error:
            raise ClientException("The body is nested too deeply.") from error

    async def form(self) -> FormMultiDict:
        if b"%00" in await self.body():
            raise ClientException(_NUL)
        return await super().form()


class AddressCheck(ASGIMiddleware):
    """Refuses an address that can lead nowhere: one with a NUL, or with a segment longer than any name."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        if "\x00" in scope["path"] or b"%00" in scope["query_string"]:
            raise ClientException(_NUL)
        if any(len(segment) > _LONGEST_SEGMENT for segment in scope["path"].encode("utf-8", "replace").split(b"/")):
            raise NotFoundException
        await next_app(scope, receive, send)
