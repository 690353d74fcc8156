"""What a person of the shop looks at before they decide: a case with everything behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from plugin.audit.models import AuditEvent
from plugin.cases.models import Case, CaseNote, CaseUnit
from plugin.cases.notes import notes_of_case
from plugin.cases.store import get_case, units_of_case
from plugin.cases.trust import seen_by_staff
from plugin.db import read
from plugin.journeys.seen_exchange import DearerFix, SeenExchange, see_dearer_fix, see_exchange
from plugin.journeys.view_order import SeenCase
from plugin.orders.models import Payment
from plugin.orders.service import StoredOrder, get_order, payments_of
from plugin.parcels.models import Parcel
from plugin.parcels.store import parcels_of_case
from plugin.policies.decision import Decision
from plugin.refunds.models import RefundLeg
from plugin.refunds.store import legs_of_case
from plugin.shops.models import Shop


@dataclass(frozen=True)
class WholeCase:
    """``decision`` is as staff may see it now (``seen_by_staff``); ``events`` are those that name the case or a leg of
    it, oldest first."""

    case: Case
    order: StoredOrder
    decision: Decision
    legs: Sequence[RefundLeg]
    payments: dict[str, Payment]
    notes: Sequence[CaseNote]
    events: Sequence[AuditEvent]
    parcels: list[Parcel]
    units: Sequence[CaseUnit]
    exchange: SeenExchange | None
    dearer: DearerFix | None

    def as_shopper(self) -> SeenCase:
        """As the shopper sees it, but for the code, which is theirs alone."""
        return SeenCase(
            self.case, list(self.legs), self.payments, None, self.parcels, exchange=self.exchange, dearer=self.dearer
        )


async def see_case_whole(shop: Shop, case_id: str) -> WholeCase:
    """The case of this shop with everything behind it; raises ``NotFound``."""
    case = await get_case(shop.id, case_id)
    legs = await legs_of_case(case_id)
    events = await read(
        AuditEvent,
        "WHERE order_id = $1 AND (canonical::jsonb -> 'data' ->> 'case' = $2 "
        "OR canonical::jsonb -> 'data' ->> 'refund' = ANY($3)) ORDER BY n",
        case.order_id, case_id, [leg.id for leg in legs],
    )  # fmt: skip
    return WholeCase(
        case, await get_order(shop.id, case.order_id), seen_by_staff(case), legs,
        {payment.id: payment for payment in await payments_of(case.order_id)}, await notes_of_case(case_id), events,
        await parcels_of_case(case_id), await units_of_case(case_id), await see_exchange(case),
        await see_dearer_fix(case),
    )  # fmt: skip
