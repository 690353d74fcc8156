"""A promise that is missed: the shopper hears it from us first, with an apology, and the staff with them.

A leg's promise is over with its day, by the clock of the world's last zone to end it. Of money that the custodian calls
refunded nobody here can see when it arrives: that is the bank's, and the mail says by which reference it finds it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from plugin.audit import service as audit
from plugin.cases.store import lock_with_order
from plugin.db import transaction
from plugin.journeys.tell import tell_case, tell_staff
from plugin.messages.parts import AlertKind
from plugin.ports.runtime import Ports
from plugin.refunds.store import note_late, promises_missed

AT_ONCE = 100
_DAY_IS_OVER = timedelta(days=1, hours=12)  # at UTC-12 a day ends at noon (UTC) of the next one


async def tell_of_late_money(ports: Ports) -> int:
    """Find promises that are over and unkept, and tell each of them once; how many cases it were."""
    at = ports.clock.now()
    found = await promises_missed((at - _DAY_IS_OVER).date(), AT_ONCE)
    for case_id, leg_ids in found:
        await _tell(ports, case_id, leg_ids, at)
    return len(found)


async def _tell(ports: Ports, case_id: str, leg_ids: list[str], at: datetime) -> None:
    async with transaction(ports.doorbell) as tx:
        _, case = await lock_with_order(tx, case_id)
        still = await note_late(tx, leg_ids, at)
        if not still:
            return  # it has arrived since we looked
        await audit.record(
            tx, shop_id=case.shop_id, order_id=case.order_id, kind="promise_missed", actor="comeback", at=at,
            data={"case": case.id, "legs": list(still), "amount": sum(still.values())},
        )  # fmt: skip
        await tell_case(tx, case, "promise_missed")
        await tell_staff(tx, case, AlertKind.PROMISE_MISSED)
