"""What an exchange is about, beside its case: the new goods, and the difference that is paid on top; and what a
correction costs more, which has no new goods."""

from __future__ import annotations

from dataclasses import dataclass

from plugin.cases.models import Case
from plugin.cases.states import CaseKind
from plugin.exchanges.models import Difference, OutboundOrder, Quote
from plugin.exchanges.service import request_of
from plugin.exchanges.store import difference_of_case, get_quote, given_back_on_top, outbound_of_case
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


@dataclass(frozen=True)
class DearerFix:
    """``quote`` says what is paid for, ``difference`` where that stands."""

    quote: Quote
    difference: Difference


async def see_dearer_fix(case: Case) -> DearerFix | None:
    """None where a case is no correction, or one that costs nothing more."""
    if case.kind != CaseKind.FIX:
        return None
    difference = await difference_of_case(case.id)
    if difference is None:
        return None
    return DearerFix(await get_quote(case.shop_id, case.order_id, difference.quote_id), difference)
