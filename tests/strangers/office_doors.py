"""The doors of the office: the audit's sealed days, and the erasure of a person."""

from __future__ import annotations

from plugin.access.roles import Permission
from plugin.db import rows
from tests.strangers.desk_doors import staff
from tests.strangers.door import Call, Door, about, constant
from tests.strangers.town import Placed

P = Permission
A_DAY = "2026-01-01"


async def a_sealed_day(order: Placed) -> Call:
    await rows(
        "INSERT INTO audit_roots (id, shop_id, day, events, root) VALUES ($1, $2, $3::text::date, 1, '-') "
        "ON CONFLICT (shop_id, day) DO NOTHING",
        f"root_{order.shop_id[-26:]}", order.shop_id, A_DAY,
    )  # fmt: skip
    return Call(f"/v1/admin/audit/days/{A_DAY}/verify")


OFFICE_DOORS: dict[str, Door] = {
    "GET /v1/admin/audit/days": staff(constant("/v1/admin/audit/days"), P.READ_AUDIT),
    "GET /v1/admin/audit/days/{day}/verify": staff(a_sealed_day, P.READ_AUDIT),
    "POST /v1/admin/persons/erase": staff(
        about(lambda o: "/v1/admin/persons/erase", lambda o: {"orders": ["an-order-that-never-was"]}), P.EXPORT
    ),
}
