"""The doors of what a shop looks after beside its cases: webhooks set aside, codes, settings, texts."""

from __future__ import annotations

from uuid import uuid4

from plugin.access.roles import Permission
from plugin.db import rows
from tests.strangers.desk_doors import staff
from tests.strangers.door import Ask, Call, Door, about, constant
from tests.strangers.town import Placed

P = Permission
_OTHER = {"If-Match": "0" * 64}  # the settings of nobody: who may change them is told that they are other ones


def about_webhook(step: str = "") -> Ask:
    async def ask(order: Placed) -> Call:
        (event,) = await rows("SELECT id FROM inbox_events WHERE shop_id = $1 ORDER BY id LIMIT 1", order.shop_id)
        path = f"/v1/admin/webhooks/{event['id']}{step}"
        return Call(path, {}, headers={"Idempotency-Key": uuid4().hex}) if step else Call(path)

    return ask


async def about_code(order: Placed) -> Call:
    (code,) = await rows("SELECT id FROM codes WHERE case_id = $1", order.case_id)
    return Call(f"/v1/admin/codes/{code['id']}/revoke", {}, headers={"Idempotency-Key": uuid4().hex})


SHOP_DOORS: dict[str, Door] = {
    "GET /v1/admin/webhooks": staff(constant("/v1/admin/webhooks"), P.READ_CASES),
    "GET /v1/admin/webhooks/{event_id}": staff(about_webhook(), P.READ_CASES, names_order=True),
    "POST /v1/admin/webhooks/{event_id}/replay": staff(about_webhook("/replay"), P.MANAGE_SHOP, names_order=True),
    "POST /v1/admin/webhooks/replay": staff(about(lambda o: "/v1/admin/webhooks/replay", lambda o: {}), P.MANAGE_SHOP),
    "GET /v1/admin/codes": staff(constant("/v1/admin/codes"), P.READ_CASES),
    "GET /v1/admin/codes/report": staff(constant("/v1/admin/codes/report"), P.READ_CASES),
    "PUT /v1/admin/codes/offer": staff(constant("/v1/admin/codes/offer", {}, **_OTHER), P.MANAGE_CODES),
    "GET /v1/admin/settings": staff(constant("/v1/admin/settings"), P.READ_POLICIES),
    "PUT /v1/admin/settings": staff(constant("/v1/admin/settings", {}, **_OTHER), P.MANAGE_SHOP),
    "PUT /v1/admin/messages/snippets": staff(
        constant("/v1/admin/messages/snippets", {"snippets": {}}, **_OTHER), P.WRITE_POLICIES
    ),
    "POST /v1/admin/messages/preview": staff(constant("/v1/admin/messages/preview", {}), P.READ_POLICIES),
    "POST /v1/admin/codes/{code_id}/revoke": staff(about_code, P.MANAGE_CODES, names_order=True),
}
