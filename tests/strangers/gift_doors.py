"""The doors of a gift: who ordered makes its link, and its receiver comes in by that and sees nothing else (I15)."""

from __future__ import annotations

from typing import Any

from tests.strangers.door import Call, Door, Key, about, constant, posting
from tests.strangers.town import Placed

EMAIL = "receiver@mail.example"


def some_line(order: Placed) -> list[dict[str, Any]]:
    return [{"line_id": order.order.lines[0].id, "quantity": 1}]


async def preview_page(order: Placed) -> Call:
    return Call("/gift/preview", form={"line": order.order.lines[0].id, "quantity": "1"})


async def return_page(order: Placed) -> Call:
    form = {"line": order.order.lines[0].id, "quantity": "1", "email": EMAIL, "digest": "0" * 64, "key": "a-strangers"}
    return Call("/gift/return", form=form)


GIFT_DOORS: dict[str, Door] = {
    "POST /v1/order/gift-link": Door(Key.SESSION, constant("/v1/order/gift-link"), tries=4),
    "POST /order/gift-link": Door(Key.COOKIE, posting("/order/gift-link"), tries=4),
    "GET /v1/gift": Door(Key.GIFT, constant("/v1/gift")),
    "POST /v1/gift/returns/preview": Door(
        Key.GIFT, about(lambda o: "/v1/gift/returns/preview", lambda o: {"lines": some_line(o)})
    ),
    "POST /v1/gift/returns": Door(
        Key.GIFT,
        about(lambda o: "/v1/gift/returns", lambda o: {"lines": some_line(o), "email": EMAIL, "digest": "0" * 64}),
    ),
    "GET /gift": Door(Key.GIFT_COOKIE, constant("/gift")),
    "POST /gift/preview": Door(Key.GIFT_COOKIE, preview_page),
    "POST /gift/return": Door(Key.GIFT_COOKIE, return_page),
    "GET /o/{token}/credits": Door(Key.SECRET, about(lambda o: f"/o/{o.link}/credits")),
    "POST /o/{token}/credits": Door(Key.SECRET, about(lambda o: f"/o/{o.link}/credits")),
}
