"""What the routes of the desk share: how a page goes on, how a step is done once, and failures that all can have."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated

from litestar import Response
from litestar.params import QueryParameter

from handlers.idempotent import Remember, answer_once
from plugin.access.staff import Member
from plugin.core.errors import DomainError
from plugin.ports.runtime import Ports

KNOWN = {401: "Nobody is signed in by this token.", 403: "Your role may not do this; `code` says what is missing."}
FRESH = KNOWN | {403: "Your role may not do this, or show again who you are: `reauthenticate`."}
ONCE = {
    400: "No Idempotency-Key, or a body that is not exact.",
    422: "The Idempotency-Key was used with another body.",
}

PageSize = Annotated[int, QueryParameter(ge=1, le=100, description="How many at most.")]
After = Annotated[
    str | None, QueryParameter(max_length=200, description="The `next` of the page before; without it, the first page.")
]


class BadCursor(DomainError):
    status = 400
    code = "bad_cursor"
    sentence = "This is not the `next` of a page. Begin without `after`."


class BadMoment(DomainError):
    status = 422
    code = "bad_moment"
    sentence = "This moment lies outside all calendars."


def in_utc(moment: datetime) -> datetime:
    """The moment in UTC, as which it is read where it names no zone; raises ``BadMoment``."""
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError as error:
        raise BadMoment() from error


def cursor_of(at: datetime, ref: str) -> str:
    """Where a page ended, as the text that asks for the one after it."""
    return base64.urlsafe_b64encode(f"{at.isoformat()} {ref}".encode()).decode().rstrip("=")


def place_of(cursor: str) -> tuple[datetime, str]:
    """The moment and the id that a cursor holds; raises ``BadCursor``."""
    try:
        moment, _, ref = base64.b64decode(f"{cursor}===", altchars=b"-_").decode().partition(" ")
        at = datetime.fromisoformat(moment)
        if at.tzinfo is None:
            raise BadCursor(param="after")
        at = at.astimezone(UTC)
    except (binascii.Error, ValueError, OverflowError) as error:
        raise BadCursor(param="after") from error
    if not ref or len(ref) > 40 or "\0" in ref:
        raise BadCursor(param="after")
    return at, ref


async def once(
    ports: Ports, member: Member, route: str, ref: str, key: str | None, body: bytes,
    use_case: Callable[[Remember], Awaitable[None]], *, status: int = 200,
) -> Response[bytes]:  # fmt: skip
    """One step of this member about one thing of ours, whose id is known to be one; ``route`` has at most 16 letters.

    The answers are kept for a day: they hold ids, states and amounts, and nothing that speaks of a shopper.
    """
    return await answer_once(
        shop_id=member.shop_id, scope=f"{route}:{ref}:{member.id}", key=key, request=body, status=status,
        use_case=use_case,
    )  # fmt: skip
