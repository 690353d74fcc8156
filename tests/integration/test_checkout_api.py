"""The checkout API over HTTP: keys, idempotency, one answer for every code that is not the shop's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, cast

import httpx
import pytest
from litestar import Litestar, Request, Response
from litestar.datastructures import State
from litestar.di import Provide

from handlers.checkout.frame import QUOTES_PER_MINUTE
from handlers.checkout.routes import checkout_routes
from handlers.dependencies import provide_ports
from plugin.core.errors import DomainError
from plugin.settings import Settings
from plugin.shops.service import NewShop
from tests.factories import a_code, a_new_shop
from tests.fakes import FakePorts, fake_ports

CART = {"id": "cart-1", "subtotal": 6000, "shipping": 495, "currency": "USD"}


def problem(request: Request[Any, Any, Any], error: DomainError) -> Response[dict[str, Any]]:
    return Response(
        error.extra | {"code": error.code, "detail": error.detail, "param": error.param}, status_code=error.status
    )


@pytest.fixture
def ports(database: str) -> FakePorts:
    return fake_ports()


@pytest.fixture
def app(ports: FakePorts) -> Litestar:
    state = State({"ports": ports.as_served(), "settings": Settings()})
    return Litestar(
        checkout_routes,
        dependencies={"ports": Provide(provide_ports, sync_to_thread=False)},
        exception_handlers={DomainError: problem},
        state=state,
    )


@pytest.fixture
async def client(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(cast(Any, app)), base_url="http://comeback.test"
    ) as opened:
        yield opened


@pytest.fixture
async def shop(ports: FakePorts) -> NewShop:
    return await a_new_shop(ports)


def by_page(shop: NewShop) -> dict[str, str]:
    return {"Authorization": f"Bearer {shop.publishable_key}"}


def by_server(shop: NewShop, key: str = "key-1") -> dict[str, str]:
    return {"Authorization": f"Bearer {shop.secret_key}", "Idempotency-Key": key}


def redemption(code: str, order: str = "o-back", cart: str = "cart-1") -> dict[str, Any]:
    return {"code": code, "cart_id": cart, "order_id": order, "order_total": 6000, "discount": 495, "currency": "USD"}


async def test_a_page_quotes_a_code_in_the_shoppers_language(
    client: httpx.AsyncClient, ports: FakePorts, shop: NewShop
) -> None:
    code, _ = await a_code(ports, shop.shop)
    ask = {"code": code.lower(), "cart": CART, "locale": "es-ES"}
    answer = await client.post("/v1/codes/quote", json=ask, headers=by_page(shop))
    assert answer.status_code == 200
    body = answer.json()
    assert (body["good"], body["discount"], body["kind"]) == (True, 495, "free_shipping")
    assert body["description"] == "Envío gratis en tu próximo pedido hasta el 23 de diciembre de 2026"
    refused = (
        await client.post("/v1/codes/quote", json=ask | {"email": "eve@example.com"}, headers=by_page(shop))
    ).json()
    assert (refused["good"], refused["discount"], refused["reason"]) == (False, 0, "code_of_other_customer")
    assert refused["sentence"].startswith("Este código se creó para otra persona.")


async def test_every_code_that_is_not_the_shops_gets_one_answer(
    client: httpx.AsyncClient, ports: FakePorts, shop: NewShop
) -> None:
    others, _ = await a_code(ports, (await a_new_shop(ports)).shop)
    answers = set()
    for text in (others, "0000-0000-0000-0000", "WELCOME10", "—"):
        answer = await client.post("/v1/codes/quote", json={"code": text, "cart": CART}, headers=by_page(shop))
        answers.add((answer.status_code, answer.text))
    assert len(answers) == 1
    assert answers.pop()[0] == 404


async def test_guessing_is_slowed_down_for_each_client_and_shop(
    client: httpx.AsyncClient, ports: FakePorts, shop: NewShop
) -> None:
    ask = {"code": "0000-0000-0000-0000", "cart": CART}
    statuses = [
        (await client.post("/v1/codes/quote", json=ask, headers=by_page(shop))).status_code
        for _ in range(QUOTES_PER_MINUTE + 1)
    ]
    assert statuses == [404] * QUOTES_PER_MINUTE + [429]
    ports.clock.advance(timedelta(minutes=1))
    assert (await client.post("/v1/codes/quote", json=ask, headers=by_page(shop))).status_code == 404


@pytest.mark.parametrize("path", ["reserve", "redeem", "release"])
async def test_only_the_stores_server_moves_a_code(client: httpx.AsyncClient, shop: NewShop, path: str) -> None:
    for headers in ({}, by_page(shop), {"Authorization": "Bearer sk_comeback_wrong"}):
        answer = await client.post(f"/v1/codes/{path}", json={}, headers=headers | {"Idempotency-Key": "k"})
        assert answer.status_code in (400, 401)
    bodies: dict[str, dict[str, Any]] = {
        "reserve": {"code": "x", "cart": CART},
        "redeem": redemption("x"),
        "release": {"code": "x", "cart_id": "cart-1"},
    }
    page = await client.post(f"/v1/codes/{path}", json=bodies[path], headers=by_page(shop) | {"Idempotency-Key": "k"})
    assert (page.status_code, page.json()["code"]) == (401, "bad_key")
    keyless = await client.post(
        f"/v1/codes/{path}", json=bodies[path], headers={"Authorization": f"Bearer {shop.secret_key}"}
    )
    assert (keyless.status_code, keyless.json()["code"]) == (400, "idempotency_key_missing")
    unknown = await client.post(f"/v1/codes/{path}", json=bodies[path], headers=by_server(shop))
    assert (unknown.status_code, unknown.json()["code"]) == (404, "code_unknown")


async def test_a_code_is_reserved_released_reserved_and_redeemed(
    client: httpx.AsyncClient, ports: FakePorts, shop: NewShop
) -> None:
    text, code = await a_code(ports, shop.shop)
    held = await client.post("/v1/codes/reserve", json={"code": text, "cart": CART}, headers=by_server(shop, "1"))
    assert (held.status_code, held.json()["discount"]) == (200, 495)
    other = {"code": text, "cart": CART | {"id": "cart-2"}, "minutes": 60}
    refused = await client.post("/v1/codes/reserve", json=other, headers=by_server(shop, "2"))
    assert (refused.status_code, refused.json()["code"]) == (409, "code_reserved_elsewhere")
    released = await client.post(
        "/v1/codes/release", json={"code": text, "cart_id": "cart-1"}, headers=by_server(shop, "3")
    )
    assert released.json() == {"cart_id": "cart-1", "held": False}
    # A refusal changed nothing, so its key may be used again.
    assert (await client.post("/v1/codes/reserve", json=other, headers=by_server(shop, "2"))).status_code == 200
    done = await client.post("/v1/codes/redeem", json=redemption(text, cart="cart-2"), headers=by_server(shop, "4"))
    assert done.status_code == 200
    assert done.json() == {
        "order_id": "o-back", "redeemed_at": "2026-11-23T12:00:00Z", "discount_given": 495, "revenue_kept": 6000,
        "currency": "USD", "came_from": {"case_id": code.case_id, "order_id": code.order_id, "message_id": None},
        "flag": None,
    }  # fmt: skip


async def test_a_repeated_call_gets_the_answer_that_it_got_before(
    client: httpx.AsyncClient, ports: FakePorts, shop: NewShop
) -> None:
    text, _ = await a_code(ports, shop.shop)
    first = await client.post("/v1/codes/redeem", json=redemption(text), headers=by_server(shop))
    again = await client.post("/v1/codes/redeem", json=redemption(text), headers=by_server(shop))
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["Idempotent-Replayed"] == "true"
    reused = await client.post("/v1/codes/redeem", json=redemption(text, "o-2"), headers=by_server(shop))
    assert (reused.status_code, reused.json()["code"]) == (422, "idempotency_key_reused")


async def test_of_many_parallel_calls_one_order_gets_the_code(
    client: httpx.AsyncClient, ports: FakePorts, shop: NewShop
) -> None:
    text, _ = await a_code(ports, shop.shop)
    answers = await asyncio.gather(
        *(
            client.post(
                "/v1/codes/redeem", json=redemption(text, f"o-{n}", f"cart-{n}"), headers=by_server(shop, f"key-{n}")
            )
            for n in range(20)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 19


@pytest.mark.parametrize(
    "fault", [{"order_total": -1}, {"currency": "usd"}, {"discount": 4.95}, {"cart_id": ""}, {"surprise": 1}]
)
async def test_a_body_that_is_not_exact_is_refused_before_anything_happens(
    client: httpx.AsyncClient, shop: NewShop, fault: dict[str, Any]
) -> None:
    body = redemption("x") | fault
    assert (await client.post("/v1/codes/redeem", json=body, headers=by_server(shop))).status_code == 400


async def test_the_schema_describes_every_answer_with_an_example(app: Litestar) -> None:
    schema = app.openapi_schema.to_schema()
    for path in ("quote", "reserve", "redeem", "release"):
        operation = schema["paths"][f"/v1/codes/{path}"]["post"]
        answer = operation["responses"]["200"]["content"]["application/json"]["schema"]
        assert operation["summary"]
        assert answer["$ref"].endswith("Answer")
        assert "application/problem+json" in operation["responses"]["404"]["content"]
    assert "7K3F-9QWX-2M4T-H6VB" in str(schema["components"])
