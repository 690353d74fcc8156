"""Calls to a store that go wrong on the way, and processes of ours that die over them; the same for every platform."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum

import httpx

from tests.properties.honest_stripe import Killed


class Mishap(StrEnum):
    NOT_SENT = "the call never arrived"
    ANSWER_LOST = "it was carried out and the answer was lost"
    DONE_LATE = "we stop listening, and only then it is carried out"
    KILLED_BEFORE = "our process dies before the call arrives"
    KILLED_AFTER = "our process dies before it reads the answer"


@dataclass(frozen=True)
class Strike:
    """A mishap of the call that comes after so many; ``at_changes``: only calls that change the store count."""

    mishap: Mishap
    after: int
    at_changes: bool


class MortalCalls(httpx.AsyncBaseTransport):
    """``next`` is what befalls a call, and ``late`` are calls still under way. ``changes`` tells the calls that change
    the store from those that only look."""

    def __init__(self, changes: Callable[[httpx.Request], bool]) -> None:
        self._changes = changes
        self._inner = httpx.AsyncHTTPTransport()
        self.next: Strike | None = None
        self.late: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        mishap = self._mishap(request)
        if mishap is Mishap.KILLED_BEFORE:
            raise Killed()
        if mishap is Mishap.NOT_SENT:
            raise httpx.ConnectError("nobody is there")
        if mishap is Mishap.DONE_LATE:
            self.late.append(request)
            raise httpx.ReadTimeout("no answer in time")
        response = await self._inner.handle_async_request(request)
        if mishap is None:
            return response
        await response.aread()
        if mishap is Mishap.KILLED_AFTER:
            raise Killed()
        raise httpx.ReadError("the answer broke off")

    async def carry_out_late(self) -> None:
        """What we stopped listening to comes to its end at the store."""
        late, self.late = self.late, []
        for request in late:
            with suppress(httpx.TransportError):  # nobody reads the answer, be it one or none
                response = await self._inner.handle_async_request(request)
                await response.aread()
                await response.aclose()

    async def aclose(self) -> None:
        await self._inner.aclose()

    def _mishap(self, request: httpx.Request) -> Mishap | None:
        strike = self.next
        if strike is None or (strike.at_changes and not self._changes(request)):
            return None
        self.next = replace(strike, after=strike.after - 1) if strike.after else None
        return None if strike.after else strike.mishap
