"""Odd requests against the server of production itself: no 5xx, no crash, flat memory, nobody locked out."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator

import pytest

from tests.fixtures_command import SECRET
from tests.strangers.granian import PUBLIC, Served, serving

END = b"Host: x\r\nConnection: close\r\n\r\n"
LIVE = b"GET /health/live HTTP/1.1\r\n" + END
POST = b"POST /v1/sessions/exchange HTTP/1.1\r\nContent-Type: application/json\r\nHost: x\r\nConnection: close\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n"
BOMB = gzip.compress(b"{" + b" " * 50_000_000)
CHUNK = b"40000\r\n" + b"a" * 0x40000 + b"\r\n"


def get(path: bytes, *headers: bytes, version: bytes = b"HTTP/1.1") -> bytes:
    return b"GET " + path + b" " + version + b"\r\n" + b"".join(header + b"\r\n" for header in headers) + END


FINE = {
    "HTTP/1.0 without a host": b"GET /health/live HTTP/1.0\r\n\r\n",
    "an absolute target": get(b"http://evil.example/health/live"),
    "a long header": get(b"/health/live", b"X: " + b"a" * 65_536),
    "a long query": get(b"/health/live?" + b"a" * 60_000),
    "empty lines before it": b"\r\n\r\n" + LIVE,
    "an upgrade": get(b"/health/live", b"Upgrade: websocket", b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="),
    "many ranges": get(b"/static/vendor/rapidoc-9.3.8/LICENSE.txt", b"Range: bytes=" + b"0-4," * 2000 + b"0-4"),
}
ODD = {
    "one header of a million bytes": get(b"/health/live", b"X: " + b"a" * 1_000_000),
    "5,000 headers": get(b"/health/live", *(b"X%d: a" % n for n in range(5_000))),
    "an endless path": get(b"/" + b"a" * 70_000),
    "a long path": get(b"/" + b"a" * 20_000),
    "HTTP/0.9": b"GET /health/live\r\n\r\n",
    "HTTP/9.9": get(b"/v1/order", version=b"HTTP/9.9"),
    "HTTP/2 at once": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "no path": get(b"health/live"),
    "every path": b"OPTIONS * HTTP/1.1\r\n" + END,
    "a tunnel": b"CONNECT evil.example:443 HTTP/1.1\r\n" + END,
    "a method of letters": b"BREW /health/live HTTP/1.1\r\n" + END,
    "a method of signs": b"<> /health/live HTTP/1.1\r\n" + END,
    "a host of signs": b"GET /health/live HTTP/1.1\r\nHost: a b<>\r\nConnection: close\r\n\r\n",
    "a folded header": get(b"/v1/order", b"X: a\r\n b"),
    "a blank before the colon": get(b"/v1/order", b"X : a"),
    "a NUL in a header": get(b"/v1/order", b"X: a\x00b"),
    "headers that are no text": get(b"/v1/order", b"Authorization: Bearer \xff\xfe", b"Cookie: comeback=\xff\xe9"),
    "strange wishes": get(b"/v1/order", b"Accept: \xff;q=q/;;,,*", b"Accept-Language: ;;q=q,\xff"),
    "a path that is no UTF-8": get(b"/\xff\xfe"),
    "an escaped path that is no UTF-8": get(b"/shops/%ed%a0%80/orders"),
    "a broken escape": get(b"/o/%zz%"),
    "a NUL in the path": get(b"/o/%00"),
    "a bare NUL in the path": get(b"/o/\x00"),
    "a NUL in the query": get(b"/health/live?%00"),
    "out of the static folder": get(b"/static/../../../etc/passwd"),
    "out of it, escaped": get(b"/static/%2e%2e/%2e%2e/assets.py"),
    "out of it by backslashes": get(b"/static/..%5c..%5cassets.py"),
    "out of it by the root": get(b"/static//etc/passwd"),
    "out of it by an escaped root": get(b"/static/%2fetc%2fpasswd"),
    "a static folder": get(b"/static/vendor"),
    "two lengths": POST + b"Content-Length: 2\r\nContent-Length: 9\r\n\r\n{}",
    "a negative length": POST + b"Content-Length: -1\r\n\r\n",
    "a signed length": POST + b"Content-Length: +2\r\n\r\n{}",
    "a length beyond all numbers": POST + b"Content-Length: 99999999999999999999999\r\n\r\n{}",
    "a length beyond the limit": POST + b"Content-Length: 9223372036854775808\r\n\r\n{}",
    "a length and chunks": CHUNKED + b"Content-Length: 4\r\n\r\n0\r\n\r\n",
    "chunks and then not": CHUNKED + b"Transfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "a chunk of no length": CHUNKED + b"\r\nzz\r\n{}\r\n0\r\n\r\n",
    "a chunk of an endless length": CHUNKED + b"\r\nfffffffffffffffff\r\n{}\r\n0\r\n\r\n",
    "a chunk with a long word": CHUNKED + b"\r\n2;" + b"a" * 100_000 + b"\r\n{}\r\n0\r\n\r\n",
    "a body in another packing": POST + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(BOMB) + BOMB,
    "a charset that is none": POST.replace(b"json", b"json; charset=idna") + b"Content-Length: 2\r\n\r\n{}",
    "ten megabytes": POST + b"Content-Length: 10000000\r\n\r\n" + b"a" * 10_000_000,
    "ten megabytes in chunks": CHUNKED + b"\r\n" + CHUNK * 40 + b"0\r\n\r\n",
}
LEFT = {
    "half a body": POST + b"Content-Length: 100\r\n\r\n{",
    "half a chunk": CHUNKED + b"\r\n5\r\n{}",
    "half a head": b"GET /health/live HTTP/1.1\r\nHost:",
    "nothing": b"",
}


@pytest.fixture(scope="module")
async def served(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    async with serving(database_url, tmp_path_factory.mktemp("granian")) as started:
        yield started


@pytest.mark.parametrize("name", FINE)
async def test_an_unusual_request_is_answered(served: Served, name: str) -> None:
    answer = await served.send(FINE[name])
    assert answer.statuses == [200], answer.raw[:200]
    assert answer.header("strict-transport-security") == "max-age=31536000; includeSubDomains"


@pytest.mark.parametrize("name", ODD)
async def test_an_odd_request_gets_one_4xx_and_the_connection_is_over(served: Served, name: str) -> None:
    """Granian's own answers (a head that is no HTTP) have no body to protect; all others carry our headers."""
    answer = await served.send(ODD[name])
    assert answer.was_closed
    assert [status // 100 for status in answer.statuses] in ([4], []), answer.raw[:200]
    if answer.header("content-length") not in ("0", None):
        assert answer.header("content-type") == "application/problem+json"
        assert answer.header("x-content-type-options") == "nosniff"
        assert answer.header("strict-transport-security") == "max-age=31536000; includeSubDomains"
        assert answer.header("content-security-policy")
        assert answer.header("cache-control") == "no-store"
    assert b"evil.example" not in answer.raw


@pytest.mark.parametrize("name", LEFT)
async def test_a_caller_who_leaves_in_the_middle_is_no_fault_of_ours(served: Served, name: str) -> None:
    answer = await served.send(LEFT[name], leave=True)
    assert not [status for status in answer.statuses if status >= 500]


async def test_pipelined_requests_are_answered_in_turn(served: Served) -> None:
    asked = LIVE.replace(b"Connection: close\r\n", b"") * 20 + get(b"/nowhere")
    assert (await served.send(asked)).statuses == [200] * 20 + [404]


async def test_links_name_the_configured_address_whatever_the_host_is(served: Served) -> None:
    answer = await served.send(
        get(b"/nowhere").replace(b"Host: x", b"Host: evil.example\r\nX-Forwarded-Host: evil.example")
    )
    assert f'"type":"{PUBLIC}/docs/problems/not_found"'.encode() in answer.raw
    assert b"evil.example" not in answer.raw


@pytest.mark.parametrize("held", [b"", b"GET /health/live HTTP/1.1\r\nX:", POST + b"Content-Length: 9\r\n\r\n{"])
async def test_hundreds_of_slow_callers_hold_nobody_else_up(served: Served, held: bytes) -> None:
    """Granian's own limit was 128 connections: as many idle ones shut everybody out."""
    slow = [await asyncio.open_connection("127.0.0.1", served.port) for _ in range(300)]
    for _, writer in slow:
        writer.write(held)
    assert (await served.send(LIVE, seconds=5)).statuses == [200]
    for _, writer in slow:
        writer.transport.abort()


async def test_what_every_user_of_the_machine_can_read_of_a_process_holds_no_secret(served: Served) -> None:
    assert "serve" in served.command_line()
    assert SECRET not in served.command_line()


async def test_memory_stays_flat_and_the_log_knows_of_no_error(served: Served) -> None:
    everything = [*FINE.values(), *ODD.values()]
    for data in everything:
        await served.send(data)
    before = served.resident_kb()
    for _ in range(4):
        for data in everything:
            await served.send(data)
    assert served.resident_kb() - before < 20_000
    assert '"level":"error"' not in served.log.read_text()
    assert (await served.send(LIVE)).statuses == [200]
