"""What surrounds every answer: headers, request ids, origins, static files, health and numbers."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from litestar import Litestar, MediaType, Request, get, post
from litestar.params import RawBody
from litestar.testing import AsyncTestClient

from handlers.addresses import caller_address
from handlers.app import create_app
from handlers.health import health_routes
from handlers.metrics import Backlog
from handlers.origins import grant_origin
from handlers.pages.assets import asset_url
from handlers.security import ANYTHING, csp_nonce
from plugin.settings import Settings

TOKEN = "m" * 32


@get("/hello/{token:str}")
async def hello(request: Request[Any, Any, Any]) -> str:
    grant_origin(request, ["https://shop.test"])
    return "hello"


@get("/widget", media_type=MediaType.HTML)
async def widget(request: Request[Any, Any, Any]) -> str:
    return f'<script nonce="{csp_nonce(request)}"></script>'


@get("/caller")
async def caller(request: Request[Any, Any, Any]) -> str | None:
    return caller_address(request)


@post("/hooks/any", opt={"accepts": (ANYTHING,)}, status_code=200)
async def hook(body: RawBody) -> int:
    return len(body)


async def origin_is_known(origin: str) -> bool:
    return origin == "https://shop.test"


async def database() -> str | None:
    return None


async def redis() -> str | None:
    return "evicts keys: set maxmemory-policy noeviction"


async def hanging() -> str | None:
    await asyncio.Event().wait()
    return None


async def broken() -> str | None:
    raise RuntimeError("postgres://user:password@db")


async def read_backlog() -> Backlog:
    return Backlog(inbox_depth=3, outbox_depth=2, outbox_age_seconds=41, legs={"pending": 5}, mails={"queued": 1})


@pytest.fixture(scope="module")
async def client() -> AsyncIterator[AsyncTestClient[Any]]:
    app = create_app(
        Settings(env="production", public_address="https://comeback.test", metrics_token=TOKEN),
        route_handlers=[hello, widget, hook],
        readiness={"database": database},
        read_backlog=read_backlog,
        origin_is_known=origin_is_known,
    )
    async with AsyncTestClient(app) as client:
        yield client


@pytest.mark.parametrize("path", ["/hello/x", "/nowhere", "/docs/problems", "/health/live"])
async def test_every_answer_carries_the_security_headers(client: AsyncTestClient[Any], path: str) -> None:
    headers = (await client.get(path)).headers
    assert headers["strict-transport-security"].startswith("max-age=31536000")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]
    for directive in ("default-src 'none'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"):
        assert directive in headers["content-security-policy"]
    assert "origin" in headers["vary"].lower()
    assert headers["x-request-id"].startswith("req_")


async def test_development_promises_no_https() -> None:
    async with AsyncTestClient(create_app(Settings(env="development"))) as client:
        assert "strict-transport-security" not in (await client.get("/health/live")).headers


async def test_the_nonce_is_new_each_time_and_matches_the_page(client: AsyncTestClient[Any]) -> None:
    first, second = await client.get("/widget"), await client.get("/widget")
    nonces = [
        re.findall(r"'nonce-([^']+)'", answer.headers["content-security-policy"])[0] for answer in (first, second)
    ]
    assert nonces[0] != nonces[1]
    assert f'nonce="{nonces[0]}"' in first.text


async def test_only_an_origin_of_the_shop_may_read_the_answer(client: AsyncTestClient[Any]) -> None:
    granted = await client.get("/hello/x", headers={"Origin": "https://shop.test"})
    assert granted.headers["access-control-allow-origin"] == "https://shop.test"
    for origin in ("https://evil.test", "null", "http://shop.test"):
        answer = await client.get("/hello/x", headers={"Origin": origin})
        assert "access-control-allow-origin" not in answer.headers
        assert "access-control-allow-credentials" not in answer.headers


async def test_a_preflight_is_granted_to_known_origins_only(client: AsyncTestClient[Any]) -> None:
    asks = {"Access-Control-Request-Method": "POST"}
    known = await client.options("/hello/x", headers=asks | {"Origin": "https://shop.test"})
    assert (known.status_code, known.headers["access-control-allow-origin"]) == (204, "https://shop.test")
    assert "Idempotency-Key" in known.headers["access-control-allow-headers"]
    stranger = await client.options("/hello/x", headers=asks | {"Origin": "https://evil.test"})
    assert "access-control-allow-origin" not in stranger.headers


async def test_a_hook_takes_any_type_and_keeps_every_byte(client: AsyncTestClient[Any]) -> None:
    answer = await client.post("/hooks/any", content=b"\xff\x00{", headers={"content-type": "text/plain"})
    assert answer.json() == 3
    assert (await client.post("/hooks/any", content=b"x" * 1_100_000)).status_code == 413


async def test_a_static_file_is_kept_for_a_year_under_an_address_of_its_content(client: AsyncTestClient[Any]) -> None:
    url = asset_url("vendor/rapidoc-9.3.8/LICENSE.txt")
    assert re.fullmatch(r"/static/vendor/rapidoc-9\.3\.8/LICENSE\.txt\?v=[0-9a-f]{12}", url)
    answer = await client.get(url)
    assert "MIT" in answer.text
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    for escape in ("/static/../assets.py", "/static/%2e%2e/assets.py", "/static/..%2fassets.py"):
        assert (await client.get(escape)).status_code == 404


async def test_a_head_request_gets_the_headers_of_the_answer_without_its_body(client: AsyncTestClient[Any]) -> None:
    got, head = await client.get("/docs"), await client.head("/docs")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == got.headers["content-length"]


async def test_the_process_is_ready_when_all_checks_pass(client: AsyncTestClient[Any]) -> None:
    answer = await client.get("/health/ready")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "checks": {"database": "ok"}})


async def test_a_failing_check_is_named_and_leaks_nothing() -> None:
    app = create_app(Settings(), readiness={"database": broken, "redis": redis})
    async with AsyncTestClient(app) as client:
        answer = await client.get("/health/ready")
        assert (await client.get("/health/live")).status_code == 200
    assert answer.status_code == 503
    assert answer.json()["checks"] == {
        "database": "failed with RuntimeError",
        "redis": "evicts keys: set maxmemory-policy noeviction",
    }


async def test_a_hanging_check_has_failed() -> None:
    async with AsyncTestClient(Litestar([health_routes({"database": hanging}, seconds=0.01)])) as client:
        assert (await client.get("/health/ready")).json()["checks"] == {"database": "no answer within 0.01 s"}


async def test_numbers_are_counted_by_route_template(client: AsyncTestClient[Any]) -> None:
    await client.get("/hello/secret-token")
    await client.get("/wp-login.php")
    answer = await client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert 'comeback_http_requests_total{method="GET",route="/hello/{token}",status="200"}' in answer.text
    assert 'route="unmatched",status="404"' in answer.text
    assert "secret-token" not in answer.text
    assert "wp-login" not in answer.text
    assert "comeback_outbox_age_seconds 41.0" in answer.text
    assert 'comeback_refund_legs{state="pending"} 5.0' in answer.text


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Bearer "}])
async def test_numbers_are_not_for_strangers(client: AsyncTestClient[Any], headers: dict[str, str]) -> None:
    answer = await client.get("/metrics", headers=headers)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


def calling_from(peer: str, app: Any) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, client=(peer, 4711))
    return httpx.AsyncClient(transport=transport, base_url="http://comeback.test")


async def test_a_proxy_is_believed_only_where_the_settings_trust_it() -> None:
    claim = {"X-Forwarded-For": "198.51.100.7"}
    for proxies, address in (((), "10.0.0.2"), (("10.0.0.0/8",), "198.51.100.7")):
        app = create_app(Settings(trusted_proxies=proxies), route_handlers=[caller])
        async with calling_from("10.0.0.2", app) as client:
            assert (await client.get("/caller", headers=claim)).text.strip('"') == address


@pytest.mark.parametrize(
    ("peer", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("127.0.0.1", {"X-Forwarded-For": "198.51.100.7"}, 401),  # a proxy on this machine is not this machine's own
        ("127.0.0.1", {"Forwarded": "for=198.51.100.7"}, 401),
        ("10.0.0.2", {}, 401),
        ("10.0.0.2", {"Authorization": "Bearer None"}, 401),
    ],
)
async def test_without_a_token_only_this_machine_reads_the_numbers(
    peer: str, headers: dict[str, str], status: int
) -> None:
    async with calling_from(peer, create_app(Settings())) as client:
        assert (await client.get("/metrics", headers=headers)).status_code == status


@pytest.mark.parametrize(("name", "member"), [("order", "sequence"), ("policy", "otherwise")])
async def test_the_schemas_that_others_build_against_are_served(
    client: AsyncTestClient[Any], name: str, member: str
) -> None:
    answer = await client.get(f"/docs/{name}.schema.json")
    assert answer.status_code == 200
    assert f'"{member}"' in answer.text
