"""What each route allows: which credential opens it, and a good call of it about a given order.

A route that stands in no table here fails the tests: whoever adds one says first whom it lets in.
"""

from __future__ import annotations

from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from handlers.web import build_app
from plugin.db import rows, transaction
from plugin.insights.effort import ask_once
from plugin.settings import Settings
from tests.strangers.credit_doors import CREDIT_DOORS
from tests.strangers.desk_doors import DESK_DOORS
from tests.strangers.door import Call, Door, Key, about, constant, posting, sending
from tests.strangers.exchange_doors import EXCHANGE_DOORS
from tests.strangers.gift_doors import GIFT_DOORS
from tests.strangers.goods_doors import GOODS_DOORS
from tests.strangers.office_doors import OFFICE_DOORS
from tests.strangers.policy_doors import POLICY_DOORS
from tests.strangers.reading_doors import READING_DOORS
from tests.strangers.return_doors import RETURN_DOORS
from tests.strangers.shop_doors import SHOP_DOORS
from tests.strangers.staff_doors import STAFF_DOORS
from tests.strangers.town import Placed
from tests.strangers.withdraw_doors import WITHDRAW_DOORS


async def open_mailed(order: Placed) -> Call:
    lookup_id, code = await order.fresh_lookup()
    return Call(f"/v1/lookups/{lookup_id}/open", {"code": code})


async def effort_token(order: Placed) -> str:
    """The secret of the question about the order's case, asked anew."""
    await rows("DELETE FROM effort_questions WHERE case_id = $1", order.case_id)
    async with transaction(order.world.ports.doorbell) as tx:
        token = await ask_once(
            tx, shop_id=order.shop_id, order_id=order.order_id, case_id=order.case_id,
            at=order.world.ports.clock.now(),
        )  # fmt: skip
    return str(token)


async def look_at_the_question(order: Placed) -> Call:
    return Call(f"/effort/{await effort_token(order)}")


async def tap_on_the_case(order: Placed) -> Call:
    return Call(f"/order/cases/{order.case_id}/effort", form={"score": "7"})


async def answer_the_question(order: Placed) -> Call:
    return Call(f"/effort/{await effort_token(order)}", form={"score": "7"})


CART = {"id": "cart-of-a-stranger", "subtotal": 9000, "shipping": 500, "currency": "USD"}
WHOLE = {"whole": True}
BROKEN = {"kind": "damaged", "lines": [{"line_id": "scarf", "quantity": 1}]}
MOVED = {"address": {"name": "Grace Hall", "line1": "7 Oak St", "city": "Portland", "country": "US"}}

DOORS: dict[str, Door] = {
    "POST /hooks/{shop_id}/{source}": Door(
        Key.SIGNATURE, about(lambda o: f"/hooks/{o.shop_id}/standard", lambda o: {})
    ),
    "POST /v1/sessions": Door(
        Key.SERVER, about(lambda o: "/v1/sessions", lambda o: {"order_id": o.order.id}), names_order=True
    ),
    "POST /v1/links": Door(
        Key.SERVER, about(lambda o: "/v1/links", lambda o: {"order_id": o.order.id}), names_order=True
    ),
    "POST /v1/sessions/exchange": Door(
        Key.SECRET, about(lambda o: "/v1/sessions/exchange", lambda o: {"link": o.link})
    ),
    "POST /v1/lookups": Door(
        Key.PAGE,
        about(
            lambda o: "/v1/lookups", lambda o: {"order_number": o.order.number, "email": str(o.order.customer.email)}
        ),
        names_order=True,
        is_blind=True,
        tries=4,
    ),
    "POST /v1/lookups/{lookup_id}/open": Door(Key.PAGE, open_mailed, names_order=True),
    "GET /v1/order": Door(Key.SESSION, constant("/v1/order")),
    "POST /v1/order/cancellations/preview": Door(Key.SESSION, constant("/v1/order/cancellations/preview", WHOLE)),
    "POST /v1/order/cancellations": Door(
        Key.SESSION, about(lambda o: "/v1/order/cancellations", lambda o: {**WHOLE, "digest": "0" * 64})
    ),
    "GET /v1/order/money": Door(Key.SESSION, constant("/v1/order/money")),
    "POST /v1/cases/{case_id}/effort": Door(
        Key.SESSION, about(lambda o: f"/v1/cases/{o.case_id}/effort", lambda o: {"score": 7}), names_order=True
    ),
    "POST /v1/order/fixes/preview": Door(Key.SESSION, constant("/v1/order/fixes/preview", MOVED)),
    "POST /v1/order/fixes": Door(
        Key.SESSION, about(lambda o: "/v1/order/fixes", lambda o: {**MOVED, "digest": "0" * 64})
    ),
    "POST /v1/order/fixes/code/preview": Door(
        Key.SESSION, about(lambda o: "/v1/order/fixes/code/preview", lambda o: {"code": o.code})
    ),
    "POST /v1/order/fixes/code": Door(
        Key.SESSION, about(lambda o: "/v1/order/fixes/code", lambda o: {"code": o.code, "digest": "0" * 64})
    ),
    "GET /v1/cases/{case_id}": Door(Key.SESSION, about(lambda o: f"/v1/cases/{o.case_id}"), names_order=True),
    "GET /v1/cases/{case_id}/events": Door(
        Key.SESSION, about(lambda o: f"/v1/cases/{o.case_id}/events"), names_order=True
    ),
    "POST /v1/order/person": Door(Key.SESSION, constant("/v1/order/person", {"message": "Hello?"}), tries=4),
    "POST /v1/order/faults/preview": Door(Key.SESSION, constant("/v1/order/faults/preview", BROKEN)),
    "POST /v1/order/faults": Door(
        Key.SESSION, about(lambda o: "/v1/order/faults", lambda o: {**BROKEN, "digest": "0" * 64})
    ),
    "POST /v1/order/give-back/preview": Door(Key.SESSION, constant("/v1/order/give-back/preview", WHOLE)),
    "POST /v1/order/give-back": Door(
        Key.SESSION, about(lambda o: "/v1/order/give-back", lambda o: {**WHOLE, "digest": "0" * 64})
    ),
    "POST /v1/order/files": Door(Key.SESSION, sending(lambda o: "/v1/order/files"), tries=4),
    "GET /v1/order/files/{file_id}": Door(
        Key.SESSION, about(lambda o: f"/v1/order/files/{o.photo_id}"), names_order=True
    ),
    "POST /v1/sessions/end": Door(Key.SESSION, constant("/v1/sessions/end")),
    "POST /v1/codes/quote": Door(
        Key.PAGE, about(lambda o: "/v1/codes/quote", lambda o: {"code": o.code, "cart": CART}), names_order=True
    ),
    "POST /v1/codes/reserve": Door(
        Key.SERVER, about(lambda o: "/v1/codes/reserve", lambda o: {"code": o.code, "cart": CART}), names_order=True
    ),
    "POST /v1/codes/release": Door(
        Key.SERVER,
        about(lambda o: "/v1/codes/release", lambda o: {"code": o.code, "cart_id": CART["id"]}),
        names_order=True,
    ),
    "POST /v1/codes/redeem": Door(
        Key.SERVER,
        about(
            lambda o: "/v1/codes/redeem",
            lambda o: {
                "code": o.code, "cart_id": CART["id"], "order_id": f"after-{o.order.id}", "order_total": 9000,
                "discount": 500, "currency": "USD",
            },
        ),
        names_order=True,
    ),
    "GET /o/{token}": Door(Key.SECRET, about(lambda o: f"/o/{o.link}")),
    "POST /o/{token}": Door(Key.SECRET, about(lambda o: f"/o/{o.link}")),
    "GET /o/{token}/person": Door(Key.SECRET, about(lambda o: f"/o/{o.link}/person")),
    "POST /o/{token}/person": Door(Key.SECRET, about(lambda o: f"/o/{o.link}/person")),
    "GET /shops/{shop_id}/orders": Door(Key.PUBLIC, about(lambda o: f"/shops/{o.shop_id}/orders")),
    "POST /shops/{shop_id}/orders": Door(Key.SECRET, about(lambda o: f"/shops/{o.shop_id}/orders")),
    "GET /shops/{shop_id}/orders/{lookup_id}": Door(
        Key.PUBLIC, about(lambda o: f"/shops/{o.shop_id}/orders/{o.lookup_id}")
    ),
    "POST /shops/{shop_id}/orders/{lookup_id}": Door(
        Key.SECRET, about(lambda o: f"/shops/{o.shop_id}/orders/{o.lookup_id}")
    ),
    "GET /shops/{shop_id}/policy": Door(Key.PUBLIC, about(lambda o: f"/shops/{o.shop_id}/policy")),
    "GET /v1/policy": Door(Key.PAGE, constant("/v1/policy")),
    "GET /order": Door(Key.COOKIE, constant("/order")),
    "POST /order/cancel/preview": Door(Key.COOKIE, posting("/order/cancel/preview", whole="yes")),
    "POST /order/cancel": Door(
        Key.COOKIE, posting("/order/cancel", whole="yes", digest="0" * 64, key="the-key-of-a-stranger")
    ),
    "GET /order/fix/item": Door(Key.COOKIE, constant("/order/fix/item")),
    "POST /order/fix/item/preview": Door(
        Key.COOKIE, posting("/order/fix/item/preview", line="coat", quantity="1", wanted="coat")
    ),
    "POST /order/fix/item": Door(
        Key.COOKIE,
        posting(
            "/order/fix/item", line="coat", quantity="1", wanted="coat", digest="0" * 64, key="a-fourth-strange-key"
        ),
    ),
    "GET /order/fix/code": Door(Key.COOKIE, constant("/order/fix/code")),
    "POST /order/fix/code/preview": Door(Key.COOKIE, posting("/order/fix/code/preview", code="ABCD-EFGH-JK")),
    "POST /order/fix/code": Door(
        Key.COOKIE,
        posting("/order/fix/code", code="ABCD-EFGH-JK", digest="0" * 64, key="a-third-key-of-a-stranger"),
    ),
    "GET /order/fix": Door(Key.COOKIE, constant("/order/fix")),
    "POST /order/fix/preview": Door(Key.COOKIE, posting("/order/fix/preview", **MOVED["address"])),
    "POST /order/fix": Door(
        Key.COOKIE, posting("/order/fix", **MOVED["address"], digest="0" * 64, key="another-key-of-a-stranger")
    ),
    "GET /order/cases/{case_id}": Door(
        Key.COOKIE, about(lambda o: f"/order/cases/{o.case_id}"), names_order=True
    ),
    "GET /order/cases/{case_id}/events": Door(
        Key.COOKIE, about(lambda o: f"/order/cases/{o.case_id}/events"), names_order=True
    ),
    "GET /order/money": Door(Key.COOKIE, constant("/order/money")),
    "POST /order/cases/{case_id}/effort": Door(
        Key.COOKIE, tap_on_the_case, names_order=True
    ),
    "GET /effort/{token}": Door(Key.SECRET, look_at_the_question),
    "POST /effort/{token}": Door(Key.SECRET, answer_the_question),
    "GET /order/faults": Door(Key.COOKIE, constant("/order/faults")),
    "POST /order/faults/preview": Door(
        Key.COOKIE, posting("/order/faults/preview", kind="damaged", line="scarf", quantity="1")
    ),
    "POST /order/faults": Door(
        Key.COOKIE,
        posting("/order/faults", kind="damaged", line="scarf", quantity="1", digest="0" * 64, key="a-strangers"),
    ),
    "POST /order/give-back/preview": Door(Key.COOKIE, posting("/order/give-back/preview", whole="yes")),
    "POST /order/give-back": Door(
        Key.COOKIE, posting("/order/give-back", whole="yes", digest="0" * 64, key="a-strangers")
    ),
    "GET /order/person": Door(Key.COOKIE, constant("/order/person")),
    "POST /order/person": Door(Key.COOKIE, posting("/order/person", message="Hello?"), tries=4),
    "GET /order/person/sent": Door(Key.COOKIE, constant("/order/person/sent")),
    "POST /order/leave": Door(Key.COOKIE, posting("/order/leave")),
    "GET /health/live": Door(Key.PUBLIC, constant("/health/live")),
    "GET /health/ready": Door(Key.PUBLIC, constant("/health/ready")),
    "GET /metrics": Door(Key.PUBLIC, constant("/metrics")),
    "GET /static/{file_path}": Door(Key.PUBLIC, constant("/static/vendor/rapidoc-9.3.8/LICENSE.txt")),
    "GET /docs": Door(Key.PUBLIC, constant("/docs")),
    "GET /docs/order.schema.json": Door(Key.PUBLIC, constant("/docs/order.schema.json")),
    "GET /docs/policy.schema.json": Door(Key.PUBLIC, constant("/docs/policy.schema.json")),
    "GET /docs/problems": Door(Key.PUBLIC, constant("/docs/problems")),
    "GET /docs/problems/{code}": Door(Key.PUBLIC, constant("/docs/problems/session_expired")),
    "GET /schema": Door(Key.PUBLIC, constant("/schema")),
    "GET /schema/{path}": Door(Key.PUBLIC, constant("/schema/anything")),
    "GET /schema/openapi.json": Door(Key.PUBLIC, constant("/schema/openapi.json")),
    **CREDIT_DOORS,
    **GIFT_DOORS,
    **STAFF_DOORS,
    **DESK_DOORS,
    **GOODS_DOORS,
    **POLICY_DOORS,
    **SHOP_DOORS,
    **READING_DOORS,
    **OFFICE_DOORS,
    **WITHDRAW_DOORS,
    **EXCHANGE_DOORS,
    **RETURN_DOORS,
}  # fmt: skip


def served_handlers() -> list[HTTPRouteHandler]:
    """The functions behind everything that the web process serves."""
    app = build_app(Settings(env="production", public_address="https://comeback.example"), connected=True)
    return [handler for route in app.routes if isinstance(route, HTTPRoute) for handler in route.route_handlers]


def served_routes() -> frozenset[str]:
    """``METHOD /path/{parameter}`` of everything that the web process serves; Litestar answers OPTIONS by itself."""
    app = build_app(Settings(), connected=True)
    return frozenset(
        f"{method} {route.path_format}"
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for method in route.methods
        if method not in ("OPTIONS", "HEAD")
    )
