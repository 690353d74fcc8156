"""How something stands: what was looked at, whether it is well, and how to mend it where it is not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from enum import StrEnum

from msgspec import Struct

LIMIT = 8.0  # seconds for one look: longer than any part should need, short enough to wait for all of them


class Health(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


class Finding(Struct, frozen=True):
    """One thing that was looked at. ``mend`` is empty where nothing is to be done."""

    what: str
    health: Health
    says: str
    mend: str = ""


def ok(what: str, says: str) -> Finding:
    return Finding(what, Health.OK, says)


def warning(what: str, says: str, mend: str) -> Finding:
    return Finding(what, Health.WARNING, says, mend)


def fault(what: str, says: str, mend: str) -> Finding:
    return Finding(what, Health.FAULT, says, mend)


def one_line(error: Exception) -> str:
    """What an error of somebody else's says, its line breaks taken out."""
    return " ".join(str(error).split())


async def within(what: str, mend: str, look: Awaitable[Finding]) -> Finding:
    """The finding, or that there was none in time: the doctor never hangs on who does."""
    try:
        async with asyncio.timeout(LIMIT):
            return await look
    except TimeoutError:
        return fault(what, f"It took the call and said nothing for {LIMIT:.0f} s.", mend)


async def all_within(what: str, mend: str, looks: AsyncIterator[Finding]) -> AsyncIterator[Finding]:
    """The findings as they come, each in its time."""
    while True:
        try:
            async with asyncio.timeout(LIMIT):
                finding = await anext(looks)
        except StopAsyncIteration:
            return
        except TimeoutError:
            yield fault(what, f"It took the call and said nothing for {LIMIT:.0f} s.", mend)
            return
        yield finding
