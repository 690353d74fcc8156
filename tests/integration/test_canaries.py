"""Planted secrets in every part of a request and in an exception: none reaches a log line."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import structlog
from litestar import Request, get, post
from litestar.params import FromPath, JSONBody
from litestar.response import Stream
from litestar.testing import AsyncTestClient

from handlers.app import create_app
from handlers.envelope import AnswerBroken
from handlers.logs import configure_logs, name_shop
from plugin.settings import Settings

CANARIES = {
    "token": "cv8Qm2XwT4yLr7Zb1NfKs9HjPd3GeUa6VoRi0McJtYx",
    "mail": "canary.person@shop.test",
    "key": "sk_live_51CanaryCanaryCanary",
    "card": "4242424242424242",
}
EVERYTHING = " ".join(CANARIES.values())


@post("/v1/echo/{token:str}")
async def echo(request: Request[Any, Any, Any], token: FromPath[str], data: JSONBody[dict[str, str]]) -> None:
    name_shop(request.scope, "shop_7")
    structlog.get_logger().warning(f"about {EVERYTHING}", order_id=EVERYTHING, mail=EVERYTHING, body=data)
    logging.getLogger("some.library").error(f"library about {EVERYTHING}")
    logging.getLogger("some.library").error("library about %s", EVERYTHING)
    raise RuntimeError(EVERYTHING) from ValueError(EVERYTHING)


@get("/v1/stream/{token:str}")
async def stream_and_break(token: FromPath[str]) -> Stream:
    async def parts() -> AsyncIterator[str]:
        yield "begun"
        raise RuntimeError(EVERYTHING)

    return Stream(parts())


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    stream = io.StringIO()
    configure_logs("info", stream)
    yield stream
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


def assert_clean(text: str) -> None:
    for kind, canary in CANARIES.items():
        assert canary not in text, kind


async def test_no_secret_of_a_request_is_logged(logged: io.StringIO) -> None:
    async with AsyncTestClient(create_app(Settings(), route_handlers=[echo]), raise_server_exceptions=False) as client:
        headers = {f"X-{kind}": canary for kind, canary in CANARIES.items()}
        answer = await client.post(
            f"/v1/echo/{CANARIES['token']}",
            params=CANARIES,
            json=CANARIES,
            headers=headers | {"Authorization": f"Bearer {CANARIES['key']}", "X-Request-Id": CANARIES["card"]},
        )
    assert answer.status_code == 500
    assert_clean(logged.getvalue() + answer.text)
    lines = [json.loads(line) for line in logged.getvalue().splitlines()]
    assert len(lines) == 5
    failed, access = lines[-2:]
    assert (failed["error"], failed["shop_id"]) == ("RuntimeError < ValueError", "shop_7")
    assert access["route"] == "/v1/echo/{token}"
    assert (access["method"], access["status"], access["shop_id"]) == ("POST", 500, "shop_7")
    assert {line["request_id"] for line in (failed, access)} == {answer.headers["x-request-id"]}
    assert access["ms"] > 0


async def test_an_answer_that_breaks_midway_tells_the_server_no_secret(logged: io.StringIO) -> None:
    app = create_app(Settings(), route_handlers=[stream_and_break])
    async with AsyncTestClient(app) as client:
        with pytest.raises(AnswerBroken) as broken:
            await client.get(f"/v1/stream/{CANARIES['token']}")
    assert broken.value.__cause__ is None
    assert broken.value.__suppress_context__
    assert_clean(logged.getvalue())
    assert json.loads(logged.getvalue().splitlines()[0])["event"] == "answer broken"


async def test_one_request_does_not_colour_the_lines_of_the_next(logged: io.StringIO) -> None:
    async with AsyncTestClient(create_app(Settings(), route_handlers=[echo]), raise_server_exceptions=False) as client:
        await client.post("/v1/echo/x", json={})
        await client.get("/health/live")
    assert "shop_id" not in json.loads(logged.getvalue().splitlines()[-1])
