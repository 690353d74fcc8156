"""Opening a parcel and moving it through its table. The caller holds the locks of the order and the case."""

from __future__ import annotations

from datetime import datetime

from plugin.audit import service as audit
from plugin.cases.models import Case
from plugin.core.ids import new_id
from plugin.core.transitions import IllegalTransition
from plugin.db import Transaction
from plugin.parcels.models import Parcel
from plugin.parcels.states import PARCEL, ParcelState
from plugin.policies.reasons import Payer


async def open_parcel(tx: Transaction, case: Case, *, payer: Payer, send_by: datetime, at: datetime) -> Parcel:
    """A way back for the case's units, to be on its way by ``send_by``."""
    parcel = Parcel(
        id=new_id("par"), shop_id=case.shop_id, order_id=case.order_id, case_id=case.id,
        state=str(ParcelState.LABEL), payer=str(payer), send_by=send_by, was_told=[], created_at=at,
    )  # fmt: skip
    await parcel.save(using_db=tx.connection)
    return parcel


def _stamps(parcel: Parcel, wanted: ParcelState, at: datetime) -> tuple[datetime | None, ...]:
    """When it was first in each of these states, and now in the wanted one."""
    if wanted is ParcelState.IN_TRANSIT:
        parcel.sent_at = parcel.sent_at or at
    elif wanted is ParcelState.RECEIVED:
        parcel.received_at = parcel.received_at or at
    elif wanted is ParcelState.INSPECTED:
        parcel.inspected_at = parcel.inspected_at or at
    elif wanted is ParcelState.LOST:
        parcel.lost_at = parcel.lost_at or at
    return parcel.sent_at, parcel.received_at, parcel.inspected_at, parcel.lost_at


async def move_parcel(
    tx: Transaction, parcel: Parcel, wanted: ParcelState, *, at: datetime, actor: str = "comeback"
) -> bool:
    """Take one step; False for a repetition. Raises ``IllegalTransition``."""
    state = ParcelState(parcel.state)
    if PARCEL.is_repeat(state, wanted):
        return False
    PARCEL.check(state, wanted)
    moved = await tx.execute(
        "UPDATE parcels SET state = $2, sent_at = $4, received_at = $5, inspected_at = $6, lost_at = $7 "
        "WHERE id = $1 AND state = $3",
        parcel.id, str(wanted), str(state), *_stamps(parcel, wanted, at),
    )  # fmt: skip
    if not moved:
        raise IllegalTransition(detail="Somebody else has moved this parcel a moment ago.")
    parcel.state = str(wanted)
    await audit.record(
        tx, shop_id=parcel.shop_id, order_id=parcel.order_id, kind=f"parcel_{wanted}", actor=actor, at=at,
        data={"case": parcel.case_id, "parcel": parcel.id, "from": str(state)},
    )  # fmt: skip
    return True
