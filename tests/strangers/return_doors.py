"""The doors of goods on their way back."""

from __future__ import annotations

from collections.abc import Callable

from plugin.db import transaction
from tests.strangers.door import Ask, Call, Door, Key, about, constant, posting
from tests.strangers.town import Placed

WHOLE = {"whole": True}
TRACKING = {"carrier": "DHL", "number": "JD0146000"}


def form_about(path: Callable[[Placed], str], **form: str) -> Ask:
    """A form of our own pages about this order's case."""

    async def ask(order: Placed) -> Call:
        return Call(path(order), form=form)

    return ask


def sending(path: str) -> Ask:
    """A call about a case for which something is to be sent back, with a label of the shop."""

    async def ask(order: Placed) -> Call:
        async with transaction(order.world.ports.doorbell) as tx:  # other doors have moved the parcel since
            await tx.execute(
                "UPDATE parcels SET state = 'label', label_file = $2 WHERE case_id = $1", order.case_id, order.photo_id
            )
        return Call(path.format(case=order.case_id))

    return ask


RETURN_DOORS: dict[str, Door] = {
    "POST /v1/order/returns/preview": Door(Key.SESSION, constant("/v1/order/returns/preview", WHOLE)),
    "POST /v1/order/returns": Door(
        Key.SESSION, about(lambda o: "/v1/order/returns", lambda o: {**WHOLE, "digest": "0" * 64})
    ),
    "POST /v1/cases/{case_id}/withdraw": Door(
        Key.SESSION, about(lambda o: f"/v1/cases/{o.case_id}/withdraw", lambda o: {}), names_order=True
    ),
    "POST /v1/cases/{case_id}/tracking": Door(
        Key.SESSION, about(lambda o: f"/v1/cases/{o.case_id}/tracking", lambda o: TRACKING), names_order=True
    ),
    "GET /v1/cases/{case_id}/slip.pdf": Door(Key.SESSION, sending("/v1/cases/{case}/slip.pdf"), names_order=True),
    "GET /v1/cases/{case_id}/qr.svg": Door(Key.SESSION, sending("/v1/cases/{case}/qr.svg"), names_order=True),
    "GET /o/{token}/cases/{case_id}": Door(Key.SECRET, about(lambda o: f"/o/{o.link}/cases/{o.case_id}")),
    "POST /o/{token}/cases/{case_id}": Door(Key.SECRET, about(lambda o: f"/o/{o.link}/cases/{o.case_id}")),
    "GET /order/return": Door(Key.COOKIE, constant("/order/return")),
    "POST /order/return/preview": Door(Key.COOKIE, posting("/order/return/preview", whole="yes")),
    "POST /order/return": Door(
        Key.COOKIE, posting("/order/return", whole="yes", digest="0" * 64, key="the-key-of-a-stranger")
    ),
    "POST /order/cases/{case_id}/withdraw": Door(
        Key.COOKIE, form_about(lambda o: f"/order/cases/{o.case_id}/withdraw"), names_order=True
    ),
    "POST /order/cases/{case_id}/tracking": Door(
        Key.COOKIE, form_about(lambda o: f"/order/cases/{o.case_id}/tracking", **TRACKING), names_order=True
    ),
    "GET /order/cases/{case_id}/slip": Door(Key.COOKIE, sending("/order/cases/{case}/slip"), names_order=True),
    "GET /order/cases/{case_id}/slip.pdf": Door(Key.COOKIE, sending("/order/cases/{case}/slip.pdf"), names_order=True),
    "GET /order/cases/{case_id}/label": Door(Key.COOKIE, sending("/order/cases/{case}/label"), names_order=True),
}
