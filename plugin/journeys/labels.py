"""The shop's own label for a parcel, which its shopper fetches and sticks on."""

from __future__ import annotations

from plugin.audit import service as audit
from plugin.cases.store import lock_case
from plugin.core.errors import NotFound
from plugin.db import transaction
from plugin.files.models import StoredFile
from plugin.files.service import LABEL
from plugin.files.store import files_of_case
from plugin.journeys.goods_back import NothingAwaited
from plugin.journeys.parcel_moved import Answered, nobody_waits
from plugin.orders.service import lock_order
from plugin.parcels.states import ParcelState
from plugin.parcels.store import get_parcel, lock_parcel, set_label
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop


async def give_label(
    ports: Ports, shop: Shop, parcel_id: str, file_id: str, actor: str, *, answered: Answered = nobody_waits
) -> None:
    """Raises ``NotFound`` for a parcel that is none, and a file that is no label of its case; ``NothingAwaited`` where
    it is on its way already."""
    found = await get_parcel(shop.id, parcel_id)
    async with transaction(ports.doorbell) as tx:
        await lock_order(tx, found.order_id)
        await lock_case(tx, found.case_id)
        parcel = await lock_parcel(tx, parcel_id)
        if ParcelState(parcel.state) is not ParcelState.LABEL:
            raise NothingAwaited(detail=f"This parcel is {parcel.state}.", state=parcel.state)
        if not any(_is_label(each, file_id) for each in await files_of_case(found.case_id)):
            raise NotFound(detail="This case has no such label.", param="file_id")
        await set_label(tx, parcel, file_id)
        await audit.record(
            tx, shop_id=shop.id, order_id=found.order_id, kind="parcel_labelled", actor=actor, at=ports.clock.now(),
            data={"case": found.case_id, "parcel": parcel_id, "file": file_id},
        )  # fmt: skip
        await answered(tx, parcel)


def _is_label(file: StoredFile, file_id: str) -> bool:
    return file.id == file_id and file.purpose == LABEL
