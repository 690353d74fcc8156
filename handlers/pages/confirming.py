"""What the pages of every ask share when it is confirmed: two clicks of one shopper are one request."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
from litestar import Response
from litestar.response import Redirect
from msgspec import Struct

from handlers.pages.visit import Visit
from plugin.cases.store import UnitsTaken
from plugin.inbox.idempotency import CallStillRunning, IdempotencyKeyReused
from plugin.journeys.judging import DecisionChanged, Preview
from plugin.journeys.view_order import newest_case
from plugin.policies.reasons import Reason

ASKED_ALREADY = (Reason.IN_OPEN_CASE, Reason.ALREADY_CANCELLED, Reason.ORDER_CANCELLED, Reason.ALREADY_RETURNED)
TWIN_WAITS, TWIN_LOOKS = 0.1, 50  # a double click's second answer is the first one's: worth five seconds


class Confirmed(Struct):
    """The one member of the answer that a page needs: which request it became."""

    id: str


async def confirmed(
    visit: Visit, confirm: Callable[[], Awaitable[Response[bytes]]], show: Callable[[Preview], Response[str]]
) -> Response[str] | Redirect:
    """On to the request that it became; ``show`` says what has changed since the preview, where it has."""
    try:
        return to_case(await in_turn(confirm))
    except DecisionChanged as changed:
        if changed.now.decision.reason not in ASKED_ALREADY:
            return show(changed.now)
        return await _to_newest_case(visit)
    except (UnitsTaken, IdempotencyKeyReused):
        return await _to_newest_case(visit)


async def in_turn(confirm: Callable[[], Awaitable[Response[bytes]]]) -> str:
    """The id of the request; the second click of two waits for the first one's."""
    for _ in range(TWIN_LOOKS):
        try:
            answer = await confirm()
        except CallStillRunning:
            await asyncio.sleep(TWIN_WAITS)
        else:
            return msgspec.json.decode(answer.content, type=Confirmed).id
    raise CallStillRunning()


async def _to_newest_case(visit: Visit) -> Redirect:
    """Asked already, in another tab or by an older page: here is what became of it."""
    case_id = await newest_case(visit.order.id)
    return to_case(case_id) if case_id else Redirect("/order", status_code=303)


def to_case(case_id: str) -> Redirect:
    return Redirect(f"/order/cases/{case_id}", status_code=303)
