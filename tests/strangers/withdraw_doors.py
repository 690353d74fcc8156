"""The doors of a withdrawal: public ones that tell nothing, those of a session, and those of the desk."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from plugin.access.roles import Permission
from plugin.db import transaction
from plugin.withdrawals.models import Withdrawal
from plugin.withdrawals.service import Statement, declare, give_token
from tests.strangers.desk_doors import staff
from tests.strangers.door import Ask, Call, Door, Key, about, constant, posting
from tests.strangers.town import Placed

P = Permission
STATED = {"name": "A stranger", "order_number": "#0", "contact": "stranger@mail.example"}


async def declared(order: Placed) -> Withdrawal:
    """A declaration about the order that was never confirmed: it lapses, and moves nothing."""
    world = order.world
    said = Statement(name="A stranger", order_number="#0", contact="stranger@mail.example", locale="en")
    async with transaction(world.ports.doorbell) as tx:
        return await declare(tx, shop_id=order.shop_id, said=said, order_id=order.order_id, at=world.ports.clock.now())


def about_declared(path: str, json: Any = None, form: dict[str, str] | None = None) -> Ask:
    async def ask(order: Placed) -> Call:
        made = await declared(order)
        at = path.replace("{shop}", order.shop_id).replace("{id}", made.id)
        return Call(at, json, form, headers={"Idempotency-Key": uuid4().hex})

    return ask


async def by_link(order: Placed) -> Call:
    made = await declared(order)
    async with transaction(order.world.ports.doorbell) as tx:
        token = await give_token(tx, made, to_the_order=False)
    return Call(f"/withdrawals/{token}")


async def assigned(order: Placed) -> Call:
    made = await declared(order)
    key = {"Idempotency-Key": uuid4().hex}
    return Call(f"/v1/admin/withdrawals/{made.id}/assign", {"order_id": order.order_id}, headers=key)


_STEPS: dict[str, dict[str, Any]] = {
    "take-effect": {},
    "ineffective": {"reason": "out_of_time"},
    "reopen": {},
    "close": {},
}
_HERE = "/v1/order/withdrawals"

WITHDRAW_DOORS: dict[str, Door] = {
    "POST /v1/shops/{shop_id}/withdrawals": Door(
        Key.PUBLIC, about(lambda o: f"/v1/shops/{o.shop_id}/withdrawals", lambda o: STATED)
    ),
    "POST /v1/shops/{shop_id}/withdrawals/{withdrawal_id}/confirm": Door(
        Key.SECRET, about_declared("/v1/shops/{shop}/withdrawals/{id}/confirm")
    ),
    "GET /shops/{shop_id}/withdraw": Door(Key.PUBLIC, about(lambda o: f"/shops/{o.shop_id}/withdraw")),
    "POST /shops/{shop_id}/withdraw": Door(Key.PUBLIC, about(lambda o: f"/shops/{o.shop_id}/withdraw")),
    "POST /shops/{shop_id}/withdraw/{withdrawal_id}": Door(Key.SECRET, about_declared("/shops/{shop}/withdraw/{id}")),
    "GET /withdrawals/{token}": Door(Key.SECRET, by_link),
    "POST /withdrawals/{token}": Door(Key.SECRET, by_link),
    f"GET {_HERE}": Door(Key.SESSION, constant(_HERE)),
    f"POST {_HERE}": Door(Key.SESSION, constant(_HERE, {}), tries=4),
    f"POST {_HERE}/{{withdrawal_id}}/verify": Door(
        Key.SESSION, about_declared(f"{_HERE}/{{id}}/verify"), names_order=True, tries=2
    ),
    f"POST {_HERE}/{{withdrawal_id}}/confirm": Door(
        Key.SESSION, about_declared(f"{_HERE}/{{id}}/confirm"), names_order=True, tries=2
    ),
    "GET /order/withdraw": Door(Key.COOKIE, constant("/order/withdraw")),
    "POST /order/withdraw": Door(
        Key.COOKIE, posting("/order/withdraw", name="A stranger", contact="stranger@mail.example"), tries=4
    ),
    "POST /order/withdraw/{withdrawal_id}/verify": Door(
        Key.COOKIE, about_declared("/order/withdraw/{id}/verify", form={}), names_order=True, tries=2
    ),
    "POST /order/withdraw/{withdrawal_id}": Door(
        Key.COOKIE, about_declared("/order/withdraw/{id}", form={}), names_order=True, tries=2
    ),
    "POST /v1/admin/withdrawals/{withdrawal_id}/assign": staff(assigned, P.DECIDE_CASES, names_order=True),
    "GET /v1/admin/withdrawals": staff(constant("/v1/admin/withdrawals"), P.READ_CASES),
    "GET /v1/admin/withdrawals/{withdrawal_id}": staff(
        about_declared("/v1/admin/withdrawals/{id}"), P.READ_CASES, names_order=True
    ),
    **{
        f"POST /v1/admin/withdrawals/{{withdrawal_id}}/{step}": staff(
            about_declared(f"/v1/admin/withdrawals/{{id}}/{step}", body), P.DECIDE_CASES, names_order=True
        )
        for step, body in _STEPS.items()
    },
}
