"""The doors of what people of the shop read and take out: the audit, exports, back-tests."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import msgspec

from plugin.access.roles import Permission
from plugin.journeys.backtest_jobs import cancel_backtest, start_backtest
from plugin.policies.ready import default_policy
from tests.strangers.desk_doors import staff
from tests.strangers.door import Ask, Call, Door, about, constant
from tests.strangers.town import Placed

P = Permission
PERIOD = {"since": "2020-01-01T00:00:00Z", "until": "2099-01-01T00:00:00Z"}
_TRIAL: dict[str, Any] = {"policy": msgspec.to_builtins(default_policy()), "days": 1}


def about_backtest(step: str = "") -> Ask:
    async def ask(order: Placed) -> Call:
        world = order.world
        job = await start_backtest(world.ports, world.shop, default_policy(), days=1, by="tests")
        await cancel_backtest(world.ports, world.shop.id, job.id)
        path = f"/v1/admin/policies/backtests/{job.id}{step}"
        return Call(path, {}, headers={"Idempotency-Key": uuid4().hex}) if step else Call(path)

    return ask


READING_DOORS: dict[str, Door] = {
    "GET /v1/admin/audit": staff(constant("/v1/admin/audit"), P.READ_AUDIT),
    "GET /v1/admin/audit/verify": staff(
        about(lambda o: f"/v1/admin/audit/verify?order_id={o.order_id}"), P.READ_AUDIT, names_order=True
    ),
    "POST /v1/admin/exports/person": staff(
        about(lambda o: "/v1/admin/exports/person", lambda o: {"orders": ["none"]}), P.EXPORT
    ),
    "POST /v1/admin/exports/cases": staff(about(lambda o: "/v1/admin/exports/cases", lambda o: PERIOD), P.EXPORT),
    "POST /v1/admin/exports/refunds": staff(about(lambda o: "/v1/admin/exports/refunds", lambda o: PERIOD), P.EXPORT),
    "GET /v1/admin/policies/backtests/{backtest_id}": staff(about_backtest(), P.READ_POLICIES, names_order=True),
    "POST /v1/admin/policies/backtests/{backtest_id}/cancel": staff(
        about_backtest("/cancel"), P.WRITE_POLICIES, names_order=True
    ),
    # Last, for the one that it begins still runs then.
    "POST /v1/admin/policies/backtests": staff(
        about(lambda o: "/v1/admin/policies/backtests", lambda o: _TRIAL), P.WRITE_POLICIES
    ),
}
