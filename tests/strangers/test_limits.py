"""Bodies and addresses that no honest caller sends: a clear 4xx problem, and nothing stored that breaks later."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from plugin.db import rows
from tests.strangers.town import Town

JSON = {"Content-Type": "application/json"}
NASTY_TEXTS = (
    "\U0001f600" * 10, "\u202eabc\u202c", "e\u0301\u0301\u0301", "\ufeff", "\u2028\u2029", "'; DROP TABLE orders; --",
    "<script>alert(1)</script>", "{{7*7}}", "${jndi:ldap://x}", "%s%n%x", "../../etc/passwd", "=cmd|' /C calc'!A0",
    "\ufffe\uffff", "\x1b[31m", "a\r\nBcc: x@evil.example", "\u0130\u0131\u017f", "\ud55c\uae00", "\x7f\x01",
)  # fmt: skip
NASTY_JSON = {
    "deep array": b'{"reason":' + b"[" * 400_000 + b"]" * 400_000 + b"}",
    "deep object": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "deep and unfinished": b"[" * 900_000,
    "a million lines": b'{"lines":[' + b"0," * 500_000 + b"0]}",
    "a huge number": b'{"lines":[{"line_id":"x","quantity":' + b"9" * 100_000 + b"}]}",
    "1e400": b'{"lines":[{"line_id":"x","quantity":1e400}]}',
    "-1e400": b'{"lines":[{"line_id":"x","quantity":-1e400}]}',
    "NaN": b'{"lines":[{"line_id":"x","quantity":NaN}]}',
    "Infinity": b'{"lines":[{"line_id":"x","quantity":Infinity}]}',
    "a fraction": b'{"lines":[{"line_id":"x","quantity":1.5}]}',
    "a negative": b'{"lines":[{"line_id":"x","quantity":-1}]}',
    "a truth": b'{"lines":[{"line_id":"x","quantity":true}]}',
    "hexadecimal": b'{"lines":[{"line_id":"x","quantity":0x10}]}',
    "2**63": b'{"lines":[{"line_id":"x","quantity":9223372036854775808}]}',
    "a lone surrogate": b'{"reason":"\\ud800"}',
    "a reversed pair": b'{"reason":"\\udc00\\ud800"}',
    "a NUL": b'{"reason":"a\\u0000b"}',
    "a raw NUL": b'{"reason":"a\x00b"}',
    "a NUL after a backslash": b'{"reason":"\\\\\\u0000"}',
    "a NUL in a name": b'{"a\\u0000":1}',
    "invalid UTF-8": b'{"reason":"\xff\xfe"}',
    "overlong UTF-8": b'{"reason":"\xc0\xaf"}',
    "a surrogate in UTF-8": b'{"reason":"\xed\xa0\x80"}',
    "UTF-16": '{"whole":true}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"whole":true}',
    "a comment": b'{"whole":true/**/}',
    "single quotes": b"{'whole':true}",
    "two documents": b'{"whole":true}{"whole":true}',
    "an unfinished one": b'{"whole":tru',
    "nothing": b"",
    "a number": b"7",
    "a null": b"null",
    "a list": b"[]",
    "a text of 900 KB": b'{"reason":"' + b"x" * 900_000 + b'"}',
    "an unknown member": b'{"whole":true,"__proto__":{}}',
}


NASTY_IDS = (
    "a%00b", "%00", "a%ff%fe", "%ed%a0%80", "x" * 41, "x" * 300, "x" * 6000, "%2e%2e", "..%2f..", "%F0%9F%98%80", "'--",
)  # fmt: skip


@pytest.fixture
async def shopper(town: Town) -> dict[str, str]:
    return {"Authorization": f"Bearer {await town.mine.session()}"}


def assert_refused(answer: httpx.Response, what: str) -> None:
    assert 400 <= answer.status_code < 500, (what, answer.status_code, answer.text[:200])
    assert answer.headers["content-type"] == "application/problem+json", what
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert len(answer.content) < 2000, what


@pytest.mark.parametrize("name", NASTY_JSON)
async def test_a_nasty_body_is_refused(town: Town, shopper: dict[str, str], name: str) -> None:
    for path in ("/v1/order/cancellations/preview", "/v1/order/cancellations", "/v1/order/person"):
        headers = shopper | JSON | {"Idempotency-Key": uuid4().hex}
        assert_refused(await town.http.post(path, content=NASTY_JSON[name], headers=headers), f"{name} at {path}")


async def test_a_backslash_before_u0000_is_just_a_text(town: Town, shopper: dict[str, str]) -> None:
    answer = await town.http.post(
        "/v1/order/cancellations/preview", content=b'{"whole":true,"reason":"\\\\u0000"}', headers=shopper | JSON
    )
    assert answer.status_code == 200


async def test_a_nasty_address_is_no_fault_of_ours(town: Town, shopper: dict[str, str]) -> None:
    page, server = town.mine.world.page_key, town.mine.world.server_key
    for id in NASTY_IDS:
        for method, path, headers in (
            ("GET", f"/v1/cases/{id}", shopper),
            ("GET", f"/v1/cases/{id}/events", shopper),
            ("GET", f"/v1/order?locale={id}%00", shopper),
            ("GET", f"/v1/order?locale={'x' * 36}", shopper),
            ("GET", f"/static/{id}", {}),
            ("GET", f"/docs/problems/{id}", {}),
            ("POST", f"/hooks/{id}/standard", {}),
            ("POST", f"/hooks/{town.mine.shop_id}/{id}", {}),
            ("POST", f"/v1/lookups/{id}/open", page),
        ):
            answer = await town.http.request(
                method, path, headers=headers, json={"code": "ABCD2345"} if method == "POST" else None
            )
            assert_refused(answer, f"{method} {path[:60]}")
    for key in ("pk_comeback_" + "x" * 6000, "sk_comeback_" + "x" * 6000):
        for path in ("/v1/links", "/v1/codes/quote"):
            assert_refused(await town.http.post(path, json={}, headers={"Authorization": f"Bearer {key}"}), path)
    assert_refused(await town.http.post("/v1/links", json={"order_id": "\x00"}, headers=server), "an order's id")


async def test_nasty_texts_go_in_and_come_out_again(town: Town) -> None:
    """Whatever is taken is also read again: by the order page, the staff's mail and the checkout."""
    world = town.sibling.world
    shopper = {"Authorization": f"Bearer {await town.sibling.session()}"}
    for text in NASTY_TEXTS:
        said = {"reason": text, "whole": True}
        preview = await town.http.post("/v1/order/cancellations/preview", json=said, headers=shopper)
        assert preview.status_code == 200, text
        for path, body in (
            ("/v1/lookups", {"order_number": text, "email": f"{text[:20]}@x".replace(" ", "")}),
            ("/v1/codes/quote", {"code": text, "cart": {"id": text, "subtotal": 1, "currency": "USD"}, "email": text}),
        ):
            answer = await town.http.post(path, json=body, headers=world.page_key)
            assert answer.status_code < 500, (text, answer.text)
        for path in ("/v1/links", "/v1/sessions"):
            assert_refused(await town.http.post(path, json={"order_id": text}, headers=world.server_key), text)
        key = {"Idempotency-Key": uuid4().hex}
        ask = {"code": town.sibling.code, "cart": {"id": text, "subtotal": 9000, "currency": "USD"}}
        held = await town.http.post("/v1/codes/reserve", json=ask, headers=world.server_key | key)
        assert held.status_code == 200, held.text
        assert held.json()["cart_id"] == text
        freed = {"code": town.sibling.code, "cart_id": text}
        key = {"Idempotency-Key": uuid4().hex}
        assert (
            await town.http.post("/v1/codes/release", json=freed, headers=world.server_key | key)
        ).status_code == 200
    await rows("DELETE FROM rate_counts WHERE key LIKE 'person:%'")
    last = await town.http.post("/v1/order/person", json={"message": "".join(NASTY_TEXTS)}, headers=shopper)
    assert last.status_code == 202
    alert = await world.until(lambda: _staff_mail(town))
    assert "Bcc" not in alert.subject

    asked = {
        "lines": [{"line_id": town.sibling.order.lines[1].id, "quantity": 1}],
        "reason": "".join(NASTY_TEXTS)[:500],
    }
    preview = await town.http.post("/v1/order/cancellations/preview", json=asked, headers=shopper)
    done = await town.http.post(
        "/v1/order/cancellations?locale=%F0%9F%98%80",
        json=asked | {"digest": preview.json()["digest"]},
        headers=shopper | {"Idempotency-Key": uuid4().hex},
    )
    assert done.status_code == 201, done.text
    assert (await town.http.get("/v1/order", headers=shopper)).status_code == 200


async def _staff_mail(town: Town) -> Any:
    return next(iter(town.sibling.world.mails("staff@lumen.example")), None)


async def test_a_body_over_the_limit_is_refused_whether_or_not_it_says_its_length(town: Town) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b"a" * 262_144

    for path in (f"/hooks/{town.mine.shop_id}/standard", f"/hooks/{town.mine.shop_id}/stripe", "/v1/sessions/exchange"):
        for content in (b"a" * 10_000_000, chunks()):
            answer = await town.http.post(path, content=content, headers=JSON)
            assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large"), path


async def test_a_slow_body_holds_nobody_else_up(town: Town) -> None:
    """Twenty callers who never finish their bodies; everybody else is answered, and their leaving harms nothing."""
    host, port = town.http.base_url.host, town.http.base_url.port
    slow = [await asyncio.open_connection(host, port) for _ in range(20)]
    for _, writer in slow:
        writer.write(
            b"POST /v1/sessions/exchange HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"Content-Length: 1000\r\n\r\n{"
        )
        await writer.drain()
    session = {"Authorization": f"Bearer {await town.mine.session()}"}
    async with asyncio.timeout(5):
        answers = [await town.http.get("/v1/order", headers=session) for _ in range(20)]
    assert {answer.status_code for answer in answers} == {200}
    for _, writer in slow:
        writer.close()
    assert (await town.http.get("/health/ready")).status_code == 200
