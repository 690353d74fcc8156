"""The doors of exchanges."""

from __future__ import annotations

from tests.strangers.door import Door, Key, about, constant, posting

ASK = {"lines": [{"line_id": "line-1", "quantity": 1}], "wanted": [{"product_id": "coat"}]}

EXCHANGE_DOORS: dict[str, Door] = {
    "GET /v1/order/exchange/goods": Door(Key.SESSION, constant("/v1/order/exchange/goods?product_id=coat")),
    "POST /v1/order/exchanges/quote": Door(Key.SESSION, constant("/v1/order/exchanges/quote", ASK)),
    "POST /v1/order/exchanges": Door(
        Key.SESSION, about(lambda o: "/v1/order/exchanges", lambda o: {"quote": "quo_1", "digest": "0" * 64})
    ),
    "GET /order/exchange": Door(Key.COOKIE, constant("/order/exchange")),
    "POST /order/exchange/quote": Door(
        Key.COOKIE, posting("/order/exchange/quote", line="coat", quantity="1", wanted="coat")
    ),
    "POST /order/exchange": Door(
        Key.COOKIE, posting("/order/exchange", quote="quo_1", digest="0" * 64, key="the-key-of-a-stranger")
    ),
    "GET /order/cases/{case_id}/paid": Door(
        Key.COOKIE, about(lambda o: f"/order/cases/{o.case_id}/paid"), names_order=True
    ),
}
