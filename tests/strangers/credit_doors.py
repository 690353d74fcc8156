"""The doors of store credit: the checkout API beside the one of the codes."""

from __future__ import annotations

from tests.strangers.door import Door, Key, about

CART = {"id": "cart-of-a-stranger", "total": 900, "currency": "USD"}

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
}  # fmt: skip
