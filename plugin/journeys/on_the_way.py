"""A shopper tells by which carrier, and under which number, a parcel comes back.

It is an announcement and no scan: money that waits for the first scan waits for the carrier's word or the shop's.
"""

from __future__ import annotations

from plugin.audit import service as audit
from plugin.cases.store import get_case, lock_case
from plugin.core.errors import DomainError
from plugin.db import transaction
from plugin.orders.service import lock_order
from plugin.parcels.states import ParcelState
from plugin.parcels.store import lock_parcel, parcels_of_case, set_tracking
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop

_STILL_TO_COME = (ParcelState.LABEL, ParcelState.IN_TRANSIT)


class NothingToSend(DomainError):
    status = 409
    code = "nothing_to_send"
    sentence = "No parcel is expected for this request. A person is glad to help."


async def announce_parcel(ports: Ports, shop: Shop, case_id: str, order_id: str, *, carrier: str, number: str) -> None:
    """Keep the carrier and its number; the last word counts. Raises ``NotFound`` and ``NothingToSend``."""
    await get_case(shop.id, case_id, order_id)
    carrier, number = carrier.strip(), number.strip()
    async with transaction(ports.doorbell) as tx:
        await lock_order(tx, order_id)
        await lock_case(tx, case_id)
        expected = [each for each in await parcels_of_case(case_id) if each.state in _STILL_TO_COME]
        if not expected:
            raise NothingToSend()
        parcel = await lock_parcel(tx, expected[-1].id)
        if (parcel.carrier, parcel.tracking_number) == (carrier, number):
            return
        await set_tracking(tx, parcel, carrier=carrier, number=number)
        await audit.record(
            tx, shop_id=shop.id, order_id=order_id, kind="parcel_announced", actor="shopper", at=ports.clock.now(),
            data={"case": case_id, "parcel": parcel.id},
        )  # fmt: skip
