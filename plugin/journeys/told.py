"""What the shopper was told about a case already, and what of it has turned out otherwise since."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from plugin.cases.models import Case
from plugin.messages import outbox as mails
from plugin.refunds.models import RefundLeg
from plugin.refunds.states import LegState


async def was_told(case: Case, template: str) -> bool:
    """Whether this mail about the case was composed already."""
    return await when_told(case, template) is not None


async def when_told(case: Case, template: str) -> datetime | None:
    """When this mail about the case was composed; None if it was not."""
    mail = await mails.find_by_purpose(case.shop_id, f"{case.id}:{template}")
    return mail.created_at if mail else None


async def paid_again(case: Case, legs: Sequence[RefundLeg]) -> frozenset[str]:
    """The ids of those of the case's legs, given oldest first, that pay again what failed after its "refunded" mail."""
    failed = {leg.id: leg.settled_at for leg in legs if leg.state == LegState.FAILED and leg.settled_at}
    told = await when_told(case, "refunded") if failed else None
    came_back = {leg_id for leg_id, moment in failed.items() if told and moment >= told}
    again: set[str] = set()
    for leg in legs:
        if leg.replaces in came_back | again:
            again.add(leg.id)
    return frozenset(again)
