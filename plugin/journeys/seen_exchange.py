"""What an exchange is about, beside its case: the new goods, and the difference that is paid on top."""

from __future__ import annotations

from dataclasses import dataclass

from plugin.cases.models import Case
from plugin.exchanges.models import Difference, OutboundOrder
from plugin.exchanges.service import request_of
from plugin.exchanges.store import difference_of_case, outbound_of_case
from plugin.ports import goods


@dataclass(frozen=True)
class SeenExchange:
    """``request`` is what the store is asked for; ``difference`` None where nothing is paid on top."""

    request: goods.OutboundOrder
    outbound: OutboundOrder
    difference: Difference | None


async def see_exchange(case: Case) -> SeenExchange | None:
    """None where a case has no new goods."""
    outbound = await outbound_of_case(case.id)
    if outbound is None:
        return None
    return SeenExchange(request_of(outbound), outbound, await difference_of_case(case.id))
