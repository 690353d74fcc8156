"""A body that never ends, breaks off, or holds other types than it should: refused in its own words."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest
from litestar import Litestar, post
from litestar.params import RawBody

from handlers.problems import ProblemAnswers
from handlers.reading import ExactRequest
from tests.strangers.test_limits import JSON, assert_refused
from tests.strangers.town import Town


class Hurried(ExactRequest):
    patience = 0.01


@post("/")
async def take(body: RawBody) -> None:
    return None


async def answered(*events: dict[str, Any]) -> dict[str, Any]:
    """What is answered to a body that arrives as these events, after which nothing more comes."""
    waiting, said = list(events), list[Any]()

    async def receive() -> Any:
        return waiting.pop(0) if waiting else await asyncio.Event().wait()

    async def send(message: Any) -> None:
        said.append(message)

    app = Litestar([take], request_class=Hurried, exception_handlers={Exception: ProblemAnswers("", None)})
    scope: Any = {
        "type": "http", "method": "POST", "path": "/", "raw_path": b"/", "query_string": b"", "headers": [],
        "state": {}, "client": None, "server": None, "scheme": "http", "root_path": "", "http_version": "1.1",
    }  # fmt: skip
    await app(scope, receive, send)
    told: dict[str, Any] = msgspec.json.decode(said[-1]["body"] or said[-2]["body"])
    return told


async def test_a_body_that_does_not_end_is_not_waited_for() -> None:
    told = await answered({"type": "http.request", "body": b"{", "more_body": True})
    assert (told["status"], told["code"]) == (408, "request_timeout")


async def test_a_body_that_breaks_off_is_the_callers_fault() -> None:
    told = await answered({"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"})
    assert (told["status"], told["detail"]) == (400, "The body broke off.")


@pytest.mark.parametrize(
    ("body", "param"),
    [
        (b'{"whole":"true"}', "whole"),
        (b'{"whole":1}', "whole"),
        (b'{"lines":[{"line_id":"x","quantity":"1"}]}', "lines[0].quantity"),
        (b'{"lines":[{"line_id":"x","quantity":1.5}]}', "lines[0].quantity"),
        (b'{"lines":[{"line_id":7,"quantity":1}]}', "lines[0].line_id"),
        (b'{"reason":7}', "reason"),
        (b'{"lines":{}}', "lines"),
        (b"[]", "data"),
        (b"", "data"),
    ],
)
async def test_another_type_than_the_declared_one_is_refused_by_the_name_of_its_place(
    town: Town, body: bytes, param: str
) -> None:
    session = {"Authorization": f"Bearer {await town.mine.session()}"}
    answer = await town.http.post("/v1/order/cancellations/preview", content=body, headers=session | JSON)
    assert_refused(answer, body.decode())
    assert (answer.status_code, answer.json()["param"]) == (400, param)


async def test_a_whole_number_may_be_written_with_a_point(town: Town) -> None:
    """JSON Schema calls 1.0 an integer, and some languages write it so."""
    session = {"Authorization": f"Bearer {await town.mine.session()}"}
    ask = {"lines": [{"line_id": town.mine.order.lines[1].id, "quantity": 1.0}]}
    answer = await town.http.post("/v1/order/cancellations/preview", json=ask, headers=session)
    assert answer.status_code == 200
    assert answer.json()["lines"][0]["quantity"] == 1
