"""What every answer carries in production, however it is asked for; and that nobody's Host or proxy makes a link."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from plugin.payments.sandbox.server import RunningSandbox
from tests.strangers.door import Key
from tests.strangers.doors import DOORS
from tests.strangers.town import NEIGHBOUR, OURS, Town, a_town

PUBLIC = "https://comeback.example"
EVIL = "evil.example"


@pytest.fixture(scope="module")
async def served(empty: str, sandbox: RunningSandbox, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    """The town as in production: its public address is https, and its headers promise it."""
    async with a_town(tmp_path_factory.mktemp("served"), sandbox.url, public_address=PUBLIC) as town:
        yield town


def assert_dressed(answer: httpx.Response, what: str) -> None:
    headers = answer.headers
    assert headers["x-content-type-options"] == "nosniff", what
    assert headers["referrer-policy"] == "no-referrer", what
    assert headers["cross-origin-opener-policy"] == "same-origin", what
    is_for_all = what.endswith("/policy") and headers["cache-control"] == "public, max-age=60"
    assert is_for_all or {"no-store", "immutable"} & set(headers["cache-control"].split(", ")), what
    assert "origin" in headers["vary"].lower(), what
    policy = headers["content-security-policy"]
    for directive in ("default-src 'none'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"):
        assert directive in policy, what
    assert "unsafe-eval" not in policy, what
    assert "'unsafe-inline'" not in policy.partition("script-src")[2].partition(";")[0], what
    assert "server" not in headers or "/" not in headers["server"], what
    assert "x-powered-by" not in headers, what


async def test_every_route_is_dressed_however_it_is_asked(served: Town) -> None:
    for route, door in DOORS.items():
        method = route.partition(" ")[0]
        call = await door.ask(served.mine)
        for asked in {method, "HEAD", "OPTIONS", "TRACE", "DELETE", "PUT", "PROPFIND"}:
            answer = await served.http.request(asked, call.path)
            assert_dressed(answer, f"{asked} {call.path}")
            assert answer.status_code < 500
            if asked in ("TRACE", "DELETE", "PUT", "PROPFIND") and f"{asked} {route.partition(' ')[2]}" not in DOORS:
                assert answer.status_code == 405, (asked, call.path)
                assert "TRACE" not in answer.headers["allow"]
            if asked == "HEAD":
                assert answer.content == b""


async def test_only_the_shops_own_origin_reads_an_answer(served: Town) -> None:
    session = {"Authorization": f"Bearer {await served.mine.session()}"}
    for origin, is_granted in (
        (OURS, True), (NEIGHBOUR, False), (f"https://{EVIL}", False), ("null", False), (OURS + ".evil.example", False),
        (OURS.replace("https", "http"), False), (OURS + ":8443", False), (OURS.upper(), False),
        ("*", False), ("", False),
    ):  # fmt: skip
        for call in (
            served.http.get("/v1/order", headers=session | {"Origin": origin}),
            served.http.post(
                "/v1/codes/quote", json={"code": "x", "cart": {"subtotal": 1, "currency": "USD"}},
                headers=served.mine.world.page_key | {"Origin": origin},
            ),
        ):  # fmt: skip
            answer = await call
            assert (answer.headers.get("access-control-allow-origin") == origin) is is_granted, origin
            assert "access-control-allow-credentials" not in answer.headers
    for origin in (f"https://{EVIL}", "null", "*", OURS + ".evil.example"):
        asks = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        assert "access-control-allow-origin" not in (await served.http.options("/v1/order", headers=asks)).headers


async def test_cookies_of_pages_are_ours_alone(served: Town) -> None:
    entered = await served.http.post(f"/o/{served.mine.link}")
    cookies = entered.headers.get_list("set-cookie")
    served.http.cookies.clear()
    assert any(cookie.startswith("__Host-comeback=cs_") for cookie in cookies)
    for cookie in cookies:
        flags = {part.strip().lower() for part in cookie.split(";")[1:]}
        assert {"secure", "httponly", "samesite=lax", "path=/"} <= flags
        assert not any(flag.startswith("domain") for flag in flags)


async def test_links_come_from_the_configuration_and_never_from_a_header(served: Town) -> None:
    lies = {
        "Host": EVIL, "X-Forwarded-Host": EVIL, "X-Forwarded-Proto": "http", "Forwarded": f"host={EVIL}",
        "X-Original-URL": f"https://{EVIL}/", "X-Rewrite-URL": f"https://{EVIL}/", "X-Forwarded-Prefix": f"//{EVIL}",
    }  # fmt: skip
    made = await served.http.post(
        "/v1/links", json={"order_id": served.mine.order.id}, headers=served.mine.world.server_key | lies
    )
    assert made.json()["url"].startswith(f"{PUBLIC}/o/ol_")
    for route, door in DOORS.items():
        if door.key is Key.SIGNATURE:
            continue
        call = await door.ask(served.mine)
        answer = await served.http.request(route.partition(" ")[0], call.path, json=call.json, headers=lies)
        served.http.cookies.clear()
        assert EVIL not in answer.text + str(answer.headers), route


POST = b"POST /v1/sessions/exchange HTTP/1.1\r\nHost: x\r\n"
ODDITIES = {
    "two lengths": POST + b"Content-Length: 2\r\nContent-Length: 9\r\n\r\n{}",
    "a length and chunks": POST + b"Content-Type: application/json\r\n"
    b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks by another name": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "a negative length": POST + b"Content-Length: -1\r\n\r\n",
    "a worded length": POST + b"Content-Length: +2\r\n\r\n{}",
    "a bad chunk": POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n",
    "an absolute target": b"GET http://evil.example/v1/order HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "a connect": b"CONNECT evil.example:443 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "a folded header": b"GET /v1/order HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\nConnection: close\r\n\r\n",
    "a space before the colon": b"GET /v1/order HTTP/1.1\r\nHost : x\r\nConnection: close\r\n\r\n",
    "an unknown version": b"GET /v1/order HTTP/9.9\r\nHost: x\r\n\r\n",
    "no request at all": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
}


@pytest.mark.parametrize("name", ODDITIES)
async def test_an_odd_request_gets_a_4xx(served: Town, name: str) -> None:
    reader, writer = await asyncio.open_connection(served.http.base_url.host, served.http.base_url.port)
    writer.write(ODDITIES[name])
    writer.write_eof()
    async with asyncio.timeout(10):
        answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    statuses = [line for line in answer.split(b"\r\n") if line.startswith(b"HTTP/1.1 ")]
    assert len(statuses) <= 1
    assert all(status.startswith(b"HTTP/1.1 4") for status in statuses), answer[:200]


async def test_a_head_of_a_stream_leaves_its_connection_whole(served: Town) -> None:
    """The next answer on the same connection is the next answer, and not a rest of the stream."""
    session = {"Authorization": f"Bearer {await served.mine.session()}"}
    for _ in range(5):
        assert (await served.http.head(f"/v1/cases/{served.mine.case_id}/events", headers=session)).status_code == 200
        assert (await served.http.get("/health/live")).json()["status"] == "ok"
