"""What an exchange is about, beside its case: the new goods, and the difference that is paid on top."""

from __future__ import annotations

from dataclasses import dataclass

from plugin.cases.models import Case
from plugin.exchanges.models import Difference, OutboundOrder
from plugin.exchanges.service import request_of
from plugin.exchanges.store import difference_of_case, given_back_on_top, outbound_of_case
from plugin.ports import goods


@dataclass(frozen=True)
class SeenExchange:
    """``request`` is what the store is asked for; ``difference`` None where nothing is paid on top, and ``given_back``
    what was and goes back, in minor units."""

    request: goods.OutboundOrder
    outbound: OutboundOrder
    difference: Difference | None
    given_back: int


async def see_exchange(case: Case) -> SeenExchange | None:
    """None where a case has no new goods."""
    outbound = await outbound_of_case(case.id)
    if outbound is None:
        return None
    given_back = await given_back_on_top(case.id)
    return SeenExchange(request_of(outbound), outbound, await difference_of_case(case.id), given_back)
