"""An approved case goes on: something is sent back, or nothing has to be.

What is sent back gets a parcel, with its payer and the last day to send it; the case waits for it. The trigger that the
policy names sets the money in motion (``resolve``), at once where that is the approval.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta

from plugin.cases.goods import keep
from plugin.cases.models import Case
from plugin.cases.service import decision_of, move
from plugin.cases.states import CaseState
from plugin.cases.store import mark_units
from plugin.db import Transaction
from plugin.journeys.goods_dates import next_look
from plugin.journeys.resolve import goods_are_settled, resolve
from plugin.orders.service import StoredOrder
from plugin.parcels.service import open_parcel
from plugin.policies.decide import SEND_WITHIN
from plugin.policies.decision import Decision
from plugin.policies.reasons import Payer, Trigger
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop
from plugin.shops.service import settings_of, zone_of


def sends_back(decision: Decision) -> bool:
    """Whether any line of it has to be sent back."""
    return len(decision.stays) < len(decision.lines)


def last_day(decision: Decision, order: StoredOrder, shop: Shop, at: datetime) -> datetime:
    """The end of the last day to send it, in the shopper's zone: the shortest that a line gives."""
    days = min((line.send_within or SEND_WITHIN for line in decision.lines if line.label), default=SEND_WITHIN)
    zone = zone_of(settings_of(shop), order.now.time_zone)
    return datetime.combine(at.astimezone(zone).date() + timedelta(days=days), time(23, 59), zone)


async def go_on(tx: Transaction, ports: Ports, shop: Shop, order: StoredOrder, case: Case) -> None:
    """From ``approved``: open the way back, or give at once what is owed. The order and the case are locked."""
    at, decision = ports.clock.now(), decision_of(case)
    if sends_back(decision):
        payer = Payer.SHOP if any(line.label is Payer.SHOP for line in decision.lines) else Payer.SHOPPER
        send_by = last_day(decision, order, shop, at)
        parcel = await open_parcel(tx, case, payer=payer, send_by=send_by, at=at)
        await keep(tx, case.id, [line.line_id for line in decision.stays])
        await move(tx, case, CaseState.AWAITING_GOODS, at=at, due_at=next_look(shop, order, parcel, at))
        await resolve(tx, ports, shop, order, case, Trigger.APPROVAL)
        return
    await mark_units(tx, case.id, "settled")
    await resolve(tx, ports, shop, order, case, Trigger.APPROVAL)
    await goods_are_settled(tx, ports, shop, case)
