"""Calls to a store that go wrong on the way, and processes of ours that die over them; the same for every platform."""

from __future__ import annotations

from enum import StrEnum

import httpx

from tests.properties.honest_stripe import Killed


class Mishap(StrEnum):
    NOT_SENT = "the call never arrived"
    ANSWER_LOST = "it was carried out and the answer was lost"
    DONE_LATE = "we stop listening, and only then it is carried out"
    KILLED_BEFORE = "our process dies before the call arrives"
    KILLED_AFTER = "our process dies before it reads the answer"


class MortalCalls(httpx.AsyncBaseTransport):
    """``next`` is what befalls a call and how many calls go well before; ``late`` are calls still under way."""

    def __init__(self) -> None:
        self._inner = httpx.AsyncHTTPTransport()
        self.next: tuple[int, Mishap] | None = None
        self.late: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        mishap = self._mishap()
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
            response = await self._inner.handle_async_request(request)
            await response.aread()
            await response.aclose()

    async def aclose(self) -> None:
        await self._inner.aclose()

    def _mishap(self) -> Mishap | None:
        if self.next is None:
            return None
        to_go, mishap = self.next
        self.next = (to_go - 1, mishap) if to_go else None
        return None if to_go else mishap
