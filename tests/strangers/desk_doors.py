"""The doors of the desk: cases, refunds and the switch, and what each needs of a person of the shop."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from plugin.access.roles import Permission
from plugin.db import rows
from tests.strangers.door import Ask, Call, Door, Key, about, constant, sending
from tests.strangers.town import Placed

P = Permission
_STEPS: dict[str, tuple[Permission, dict[str, Any]]] = {
    "approve": (P.DECIDE_CASES, {}),
    "refuse": (P.DECIDE_CASES, {}),
    "ask-again": (P.DECIDE_CASES, {}),
    "close": (P.DECIDE_CASES, {}),
    "ordered-by-hand": (P.DECIDE_CASES, {"order_id": "1057", "number": "#1057"}),
    "order-again": (P.DECIDE_CASES, {}),
    "give-up-new-goods": (P.MOVE_MONEY, {}),
    "notes": (P.DECIDE_CASES, {"text": "Looked at it."}),
    "override": (P.MOVE_MONEY, {"reason": "Kindness"}),
    "store-cancelled": (P.MOVE_MONEY, {}),
    "pay": (P.MOVE_MONEY, {}),
    "unfreeze": (P.MOVE_MONEY, {}),
}


def staff(ask: Ask, needs: Permission, *, names_order: bool = False) -> Door:
    return Door(Key.STAFF, ask, names_order=names_order, needs=needs)


def about_refund(step: str = "") -> Ask:
    async def ask(order: Placed) -> Call:
        (leg,) = await rows("SELECT id FROM refund_legs WHERE case_id = $1", order.case_id)
        said: dict[str, Any] | None = {} if step else None
        return Call(f"/v1/admin/refunds/{leg['id']}{step}", said, headers={"Idempotency-Key": uuid4().hex})

    return ask


def about_case(step: str, body: dict[str, Any]) -> Ask:
    return about(lambda o: f"/v1/admin/cases/{o.case_id}/{step}", lambda o: body)


DESK_DOORS: dict[str, Door] = {
    "GET /v1/admin/cases": staff(constant("/v1/admin/cases?open=false"), P.READ_CASES),
    "GET /v1/admin/cases/{case_id}": staff(
        about(lambda o: f"/v1/admin/cases/{o.case_id}"), P.READ_CASES, names_order=True
    ),
    **{
        f"POST /v1/admin/cases/{{case_id}}/{step}": staff(about_case(step, body), needs, names_order=True)
        for step, (needs, body) in _STEPS.items()
    },
    "GET /v1/admin/cases/{case_id}/files": staff(
        about(lambda o: f"/v1/admin/cases/{o.case_id}/files"), P.READ_CASES, names_order=True
    ),
    "POST /v1/admin/cases/{case_id}/files": staff(
        sending(lambda o: f"/v1/admin/cases/{o.case_id}/files"), P.DECIDE_CASES, names_order=True
    ),
    "GET /v1/admin/files/{file_id}": staff(
        about(lambda o: f"/v1/admin/files/{o.photo_id}"), P.READ_CASES, names_order=True
    ),
    "GET /v1/admin/refunds": staff(constant("/v1/admin/refunds"), P.READ_CASES),
    "GET /v1/admin/refunds/{refund_id}": staff(about_refund(), P.READ_CASES, names_order=True),
    "POST /v1/admin/refunds/{refund_id}/retry": staff(about_refund("/retry"), P.MOVE_MONEY, names_order=True),
    "POST /v1/admin/refunds/{refund_id}/paid": staff(about_refund("/paid"), P.MOVE_MONEY, names_order=True),
    "GET /v1/admin/switch": staff(constant("/v1/admin/switch"), P.READ_CASES),
    "POST /v1/admin/switch/pause": staff(constant("/v1/admin/switch/pause"), P.PAUSE),
    "POST /v1/admin/switch/stop": staff(constant("/v1/admin/switch/stop"), P.PAUSE),
    "POST /v1/admin/switch/resume": staff(constant("/v1/admin/switch/resume"), P.PAUSE),
}
