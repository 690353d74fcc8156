"""The doors of goods on their way back: parcels, counting in, inspection and debits, and what each needs."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from plugin.access.roles import Permission
from plugin.db import rows
from tests.strangers.desk_doors import about_case, staff
from tests.strangers.door import Call, Door, about, constant
from tests.strangers.town import Placed

P = Permission
_JUDGED = {"line_id": "l1", "verdict": "accepted", "grade": "as_new", "disposition": "restock"}
_STEPS: dict[str, tuple[Permission, dict[str, Any]]] = {
    "receive": (P.DECIDE_CASES, {"came": [{"line_id": "l1", "quantity": 1}]}),
    "inspect": (P.DECIDE_CASES, {"judged": [_JUDGED]}),
    "extend": (P.DECIDE_CASES, {"days": 7}),
    "close-short": (P.DECIDE_CASES, {}),
    "give-anyway": (P.MOVE_MONEY, {}),
}


async def scanned(order: Placed) -> Call:
    """A scan of the return number of the order's own case."""
    (case,) = await rows("SELECT number FROM cases WHERE id = $1", order.case_id)
    body = {"number": case["number"], "code": "l1"}
    return Call("/v1/admin/returns/scan", body, headers={"Idempotency-Key": uuid4().hex})


GOODS_DOORS: dict[str, Door] = {
    "GET /v1/admin/carrier-secret": staff(constant("/v1/admin/carrier-secret"), P.MANAGE_SHOP),
    "GET /v1/admin/parcels": staff(constant("/v1/admin/parcels"), P.READ_CASES),
    "POST /v1/admin/parcels/{parcel_id}/seen": staff(
        about(lambda o: f"/v1/admin/parcels/{o.parcel_id}/seen", lambda o: {"seen": "lost"}),
        P.DECIDE_CASES, names_order=True,
    ),
    "POST /v1/admin/parcels/{parcel_id}/label": staff(
        about(lambda o: f"/v1/admin/parcels/{o.parcel_id}/label", lambda o: {"file_id": o.photo_id}),
        P.DECIDE_CASES, names_order=True,
    ),
    "GET /v1/admin/cases/{case_id}/goods": staff(
        about(lambda o: f"/v1/admin/cases/{o.case_id}/goods"), P.READ_CASES, names_order=True
    ),
    **{
        f"POST /v1/admin/cases/{{case_id}}/{step}": staff(about_case(step, body), needs, names_order=True)
        for step, (needs, body) in _STEPS.items()
    },
    "POST /v1/admin/returns/scan": staff(scanned, P.DECIDE_CASES, names_order=True),
    "GET /v1/admin/debits": staff(constant("/v1/admin/debits"), P.READ_CASES),
    **{
        f"POST /v1/admin/debits/{{debit_id}}/{step}": staff(
            about(lambda o, step=step: f"/v1/admin/debits/{o.debit_id}/{step}", lambda o: {}),  # type: ignore[misc]
            P.MOVE_MONEY, names_order=True,
        )
        for step in ("settle", "waive")
    },
}  # fmt: skip
