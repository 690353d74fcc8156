"""The store's record of a refund that we had it pay: it settles its leg, and counts once (DESIGN §3).

The record may come before the platform's answer, after it, or in its place.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from plugin.cases.store import lock_case
from plugin.db import Transaction
from plugin.journeys.owed_again import SETTLE_LEG
from plugin.journeys.tell import tell_staff
from plugin.messages.parts import AlertKind
from plugin.orders.models import Payment
from plugin.orders.service import freeze
from plugin.outbox import service as outbox
from plugin.ports.orders import StoreOrder, StoreRefund
from plugin.ports.runtime import Ports
from plugin.refunds.models import RefundLeg
from plugin.refunds.plan import LegKind
from plugin.refunds.service import move_leg
from plugin.refunds.states import HOLDS_MONEY, LegState
from plugin.refunds.store import LOWERING, lock_leg

Legs = Sequence[tuple[RefundLeg, Payment]]


def ours_of(order: StoreOrder, legs: Legs) -> dict[str, int]:
    """What the store's own count of refunds has of our legs, by its id of the payment: its records of those that it
    paid, and what people paid for the others. A leg that we hold for unpaid takes nothing off."""
    ours: dict[str, int] = defaultdict(int)
    for leg, payment in legs:
        if LegKind(leg.kind) in LOWERING or LegState(leg.state) not in HOLDS_MONEY:
            continue
        recorded = sum(record.amount for record in order.refunds if _is_of(record, leg))
        is_by_hand = LegState(leg.state) is LegState.SUCCEEDED and leg.provider_id is None
        ours[payment.external_id] += recorded or (leg.amount if is_by_hand else 0)
    return ours


def _is_of(record: StoreRefund, leg: RefundLeg) -> bool:
    """By our own mark; a webhook's short form of the record has only its id."""
    return record.leg_id == leg.id or (
        leg.provider_id is not None and leg.provider_id in (record.id, record.gateway_refund_id)
    )


async def settle_echoes(tx: Transaction, ports: Ports, order: StoreOrder, legs: Legs) -> None:
    """The store has a record of a storefront leg that has not come to its end here: its word on it is asked for at
    once. The record alone is none, because a store may write it before its gateway has paid. The order is locked.

    A leg that counts as unpaid and has a record all the same stops the order's money (I7), unless it is the very one
    of which the store has said that its gateway failed: a platform may keep it, as one of nothing.
    """
    records = {record.leg_id: record for record in order.refunds if record.leg_id is not None}
    for seen, _ in legs:
        record = records.get(seen.id)
        if record is None or LegKind(seen.kind) is not LegKind.STOREFRONT or seen.state == LegState.SUCCEEDED:
            continue
        case = await lock_case(tx, seen.case_id)
        leg, at = await lock_leg(tx, seen.id), ports.clock.now()
        if LegState(leg.state) is LegState.RESERVED:  # only a restored back-up explains it
            await move_leg(tx, leg, LegState.SUBMITTING, at=at, why="found_at_custodian")
            await move_leg(tx, leg, LegState.UNKNOWN, at=at, why="found_at_custodian")
        if LegState(leg.state) in HOLDS_MONEY:
            await outbox.add(tx, shop_id=leg.shop_id, kind=SETTLE_LEG, ref=leg.id)
            await outbox.hasten(tx, kind=SETTLE_LEG, ref=leg.id)
            continue
        if record.amount == 0 and record.id == leg.provider_id:
            continue
        fact = f"the store's refund {record.id} has paid {leg.id}, which is {leg.state}"
        if await freeze(tx, leg.order_id, "custodian_contradicts_us", fact):
            await tell_staff(tx, case, AlertKind.AMOUNTS_DISAGREE)
