"""The doors of store credit: the checkout API beside the one of the codes."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from plugin.access.roles import Permission
from plugin.db import rows
from tests.strangers.desk_doors import staff
from tests.strangers.door import Ask, Call, Door, Key, about, constant
from tests.strangers.town import Placed

CART = {"id": "cart-of-a-stranger", "total": 900, "currency": "USD"}


def about_credit(step: str = "", body: Any = None) -> Ask:
    async def ask(order: Placed) -> Call:
        (credit,) = await rows("SELECT id FROM credits WHERE case_id = $1", order.case_id)
        return Call(f"/v1/admin/credits/{credit['id']}{step}", body, headers={"Idempotency-Key": uuid4().hex})

    return ask


CREDIT_DOORS: dict[str, Door] = {
    "POST /v1/credits/quote": Door(
        Key.PAGE, about(lambda o: "/v1/credits/quote", lambda o: {"code": o.credit, "cart": CART}), names_order=True
    ),
    "POST /v1/credits/reserve": Door(
        Key.SERVER,
        about(lambda o: "/v1/credits/reserve", lambda o: {"code": o.credit, "cart": CART, "amount": 1}),
        names_order=True,
    ),
    "POST /v1/credits/release": Door(
        Key.SERVER,
        about(lambda o: "/v1/credits/release", lambda o: {"code": o.credit, "cart_id": CART["id"]}),
        names_order=True,
    ),
    "POST /v1/credits/redeem": Door(
        Key.SERVER,
        about(
            lambda o: "/v1/credits/redeem",
            lambda o: {
                "code": o.credit, "cart_id": CART["id"], "order_id": f"after-{o.order.id}", "amount": 1,
                "currency": "USD",
            },
        ),
        names_order=True,
    ),
    "GET /v1/order/credits": Door(Key.SESSION, constant("/v1/order/credits")),
    "GET /order/credits": Door(Key.COOKIE, constant("/order/credits")),
    "GET /v1/admin/credits": staff(constant("/v1/admin/credits"), Permission.READ_CASES),
    "GET /v1/admin/credits/{credit_id}": staff(about_credit(), Permission.READ_CASES, names_order=True),
    "POST /v1/admin/credits/{credit_id}/revoke": staff(
        about_credit("/revoke", {}), Permission.MOVE_MONEY, names_order=True
    ),
}  # fmt: skip
