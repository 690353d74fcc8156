"""Every failure of the order-page API is a problem document, and none of them does anything."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.journeys.steps import count
from tests.world import Shopper, World

PREVIEW = "/v1/order/cancellations/preview"


def is_problem(answer: httpx.Response, status: int, code: str) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    body = answer.json()
    assert (body["status"], body["code"]) == (status, code)
    assert body["detail"]
    assert body["title"]
    assert body["request_id"] == answer.headers["x-request-id"]
    assert body["type"].endswith(f"/docs/problems/{code}")


async def ask(shopper: Shopper, content: bytes, content_type: str = "application/json") -> httpx.Response:
    headers = {**shopper.headers, "Content-Type": content_type}
    return await shopper.world.http.post(PREVIEW, content=content, headers=headers)


async def test_a_request_that_makes_no_sense_is_a_problem(world: World) -> None:
    shopper = await world.shopper(await world.place("fashion"))
    for body, param in (
        ({"lines": [{"line_id": "coat", "quantity": 0}]}, "quantity"),
        ({"lines": [{"line_id": "coat", "quantity": -1}]}, "quantity"),
        ({"lines": [{"line_id": "coat", "quantity": 1.5}]}, "quantity"),
        ({"lines": [{"line_id": "coat", "quantity": 10**30}]}, None),
        ({"lines": [{"line_id": "", "quantity": 1}]}, "line_id"),
        ({"lines": [{"line_id": "coat", "quantity": 1, "price": 0}]}, None),
        ({"whole": True, "amount": 1}, None),
        ({"whole": "yes"}, None),
        ([], None),
    ):
        answer = await ask(shopper, json.dumps(body).encode())
        is_problem(answer, 400, "invalid_request")
        assert param is None or param in answer.text
    for content in (b"", b"{", b"\xff\xfe", b"[" * 2000, b'{"whole": true', b"null"):
        is_problem(await ask(shopper, content), 400, "invalid_request")


async def test_what_cannot_be_done_is_an_answer_and_no_problem(world: World) -> None:
    shopper = await world.shopper(await world.place("fashion"))
    asks: tuple[tuple[dict[str, Any], str], ...] = (
        ({"lines": []}, "nothing_asked"),
        ({}, "nothing_asked"),
        ({"lines": [{"line_id": "hat", "quantity": 1}]}, "unknown_line"),
        ({"lines": [{"line_id": "coat", "quantity": 1_000_000}]}, "more_than_left"),
    )
    for body, reason in asks:
        answer = await ask(shopper, json.dumps(body).encode())
        assert answer.status_code == 200, answer.text
        assert (answer.json()["outcome"], answer.json()["reason"]) == ("refuse", reason)
        assert answer.json()["amounts"]["total"]["amount"] == 0
    assert await count("cases") == 0


async def test_a_body_of_another_kind_or_size_is_not_read(world: World) -> None:
    shopper = await world.shopper(await world.place("fashion"))
    is_problem(await ask(shopper, b'{"whole": true}', "text/plain"), 415, "unsupported_media_type")
    is_problem(await ask(shopper, b" " * (10 * 1024 * 1024)), 413, "body_too_large")
    is_problem(await ask(shopper, b'{"whole": true, "reason": "' + b"x" * 501 + b'"}'), 400, "invalid_request")


@pytest.mark.parametrize("digest", ["", "abc", "Z" * 64, "0" * 63, "0" * 65])
async def test_a_digest_has_its_form(world: World, digest: str) -> None:
    shopper = await world.shopper(await world.place("fashion"))
    is_problem(await shopper.confirm(digest), 400, "invalid_request")


async def test_an_address_that_is_not_there(world: World) -> None:
    is_problem(await world.http.get("/v1/nothing"), 404, "not_found")
    is_problem(await world.http.put("/v1/order"), 405, "method_not_allowed")


async def test_a_stream_tells_each_change_until_it_is_final(world: World) -> None:
    shopper = await world.shopper(await world.place("fashion"))
    case = await shopper.cancel()
    events: list[dict[str, Any]] = []
    async with world.http.stream("GET", f"/v1/cases/{case['id']}/events", headers=dict(shopper.headers)) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        async for line in stream.aiter_lines():
            if line.startswith("data:"):
                events.append(json.loads(line.removeprefix("data:")))
    assert events[-1]["is_final"]
    assert events[-1]["state"] == "done"
    assert [event["is_final"] for event in events[:-1]] == [False] * (len(events) - 1)
