"""A shopper takes a request back before anything was sent or given: its units may be asked about again."""

from __future__ import annotations

from collections.abc import Sequence

from plugin.cases.models import Case
from plugin.cases.service import move
from plugin.cases.states import CaseKind, CaseState
from plugin.cases.store import get_case, lock_case, release_units
from plugin.core.errors import DomainError
from plugin.db import Transaction, transaction
from plugin.exchanges.store import difference_of_case
from plugin.journeys.call_off import call_off
from plugin.journeys.difference import PaymentNotKnown, end_payment
from plugin.journeys.tell import tell_case
from plugin.orders.service import lock_order
from plugin.parcels.models import Parcel
from plugin.parcels.service import move_parcel
from plugin.parcels.states import ParcelState
from plugin.parcels.store import lock_parcel, parcels_of_case
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop

_KINDS = (CaseKind.RETURN, CaseKind.EXCHANGE, CaseKind.FAULT)


class TooLateToTakeBack(DomainError):
    status = 409
    code = "too_late_to_take_back"
    sentence = "This request has gone too far to take it back here. A person is glad to help."


async def take_back(ports: Ports, shop: Shop, case_id: str, order_id: str) -> None:
    """Withdraw the case of this order; one that is withdrawn stays so.

    A page on which it could still be paid is ended first. What was paid meanwhile goes back with the rest, where that
    has not let the new goods go. Raises ``NotFound``, ``TooLateToTakeBack`` and ``PaymentNotKnown``.
    """
    seen = await get_case(shop.id, case_id, order_id)
    ended = await end_payment(ports, shop, seen) if _awaits_payment(seen) else None
    async with transaction(ports.doorbell) as tx:
        await lock_order(tx, order_id)
        case = await lock_case(tx, case_id)
        if CaseState(case.state) is CaseState.WITHDRAWN:
            return
        parcels = [await lock_parcel(tx, parcel.id) for parcel in await parcels_of_case(case_id)]
        if not can_be_taken_back(case, parcels):
            raise TooLateToTakeBack(state=case.state)
        if _awaits_payment(case) and await _page_of(case) != ended:
            raise PaymentNotKnown()  # the page came while we asked
        await cancel_parcels(tx, ports, parcels, actor="shopper")
        await release_units(tx, case.id)
        await move(tx, case, CaseState.WITHDRAWN, at=ports.clock.now(), actor="shopper", why="taken_back")
        await call_off(tx, ports, shop, case, why="taken_back", actor="shopper")
        await tell_case(tx, case, "return_withdrawn")


def can_be_taken_back(case: Case, parcels: Sequence[Parcel]) -> bool:
    """Whether nothing was sent, and nothing given for it: a person looks at it, or it waits for a payment or for the
    goods to be sent."""
    if CaseKind(case.kind) not in _KINDS or case.resolved_at is not None:
        return False
    if CaseState(case.state) is CaseState.IN_REVIEW or _awaits_payment(case):
        return True
    nothing_left = all(parcel.state == ParcelState.LABEL for parcel in parcels)
    return CaseState(case.state) is CaseState.AWAITING_GOODS and nothing_left


def _awaits_payment(case: Case) -> bool:
    return CaseState(case.state) is CaseState.AWAITING_PAYMENT


async def _page_of(case: Case) -> str | None:
    difference = await difference_of_case(case.id)
    return difference.page_id if difference else None


async def cancel_parcels(tx: Transaction, ports: Ports, parcels: Sequence[Parcel], *, actor: str) -> None:
    """Nothing is expected any more of the ways back that nobody has used."""
    for parcel in parcels:
        if ParcelState(parcel.state) is ParcelState.LABEL:
            await move_parcel(tx, parcel, ParcelState.CANCELLED, at=ports.clock.now(), actor=actor)
