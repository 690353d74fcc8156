"""Every failure leaves as one problem document, in the caller's language, and a 500 keeps its cause to itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import httpx
import pytest
from litestar import MediaType, Request, Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.testing import AsyncTestClient
from msgspec import Struct

from handlers.app import create_app
from handlers.problems import PROBLEM_JSON, Problem
from plugin.core.errors import DomainError
from plugin.settings import Settings


class TooLate(DomainError):
    status = 409
    code = "too_late"
    sentence = "It is too late for this."


class Busy(DomainError):
    status = 429
    code = "busy"
    sentence = "Too many requests. Please wait a moment and try again."


class Ask(Struct):
    quantity: int


FAILURES: dict[str, Exception] = {
    "late": TooLate(detail="The parcel left yesterday.", param="order", shipped_at="2026-01-02"),
    "busy": Busy(retry_after=7),
    "bug": RuntimeError("the customer ana@shop.test"),
    "mail": ConnectionRefusedError("mail.example.com"),
    "pool": asyncpg.InterfaceError("pool is closed"),
    "cut": asyncpg.ConnectionDoesNotExistError("connection was closed"),
}


@get("/fail/{kind:str}")
async def fail(kind: FromPath[str]) -> None:
    if kind in ("socket", "timeout"):  # what the driver itself raises is a plain OSError
        address = {"host": "/nowhere"} if kind == "socket" else {"host": "127.0.0.1", "port": 1, "timeout": 0}
        await asyncpg.connect(user="nobody", **address)
    raise FAILURES[kind]


@post("/ask")
async def ask(data: JSONBody[Ask]) -> Ask:
    return data


@get("/count")
async def count(n: FromQuery[int]) -> int:
    return n


@get("/page", opt={"page": True})
async def page() -> None:
    raise TooLate


def friendly(request: Request[Any, Any, Any], problem: Problem) -> Response[Any]:
    return Response(f"<h1>{problem.detail}</h1>", status_code=problem.status, media_type=MediaType.HTML)


@pytest.fixture(scope="module")
async def client() -> AsyncIterator[AsyncTestClient[Any]]:
    settings = Settings(public_address="https://comeback.test")
    app = create_app(settings, route_handlers=[fail, ask, count, page], error_page=friendly)
    async with AsyncTestClient(app) as client:
        yield client


async def test_a_business_failure_brings_its_whole_story(client: AsyncTestClient[Any]) -> None:
    answer = await client.get("/fail/late", headers={"X-Request-Id": "trace-12345678"})
    assert answer.status_code == 409
    assert answer.headers["content-type"].startswith(PROBLEM_JSON)
    assert answer.json() == {
        "type": "https://comeback.test/docs/problems/too_late",
        "title": "Too late",
        "status": 409,
        "detail": "The parcel left yesterday.",
        "code": "too_late",
        "param": "order",
        "request_id": "trace-12345678",
        "shipped_at": "2026-01-02",
    }


@pytest.mark.parametrize("kind", ["timeout", "socket", "pool", "cut"])
async def test_a_lost_database_asks_to_come_again(client: AsyncTestClient[Any], kind: str) -> None:
    answer = await client.get(f"/fail/{kind}")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert int(answer.headers["retry-after"]) > 0
    assert "/run" not in answer.text


async def test_somebody_else_who_cannot_be_reached_is_no_lost_database(client: AsyncTestClient[Any]) -> None:
    answer = await client.get("/fail/mail")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")


async def test_a_limit_says_when_to_come_again(client: AsyncTestClient[Any]) -> None:
    answer = await client.get("/fail/busy")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")


async def test_a_bug_tells_nothing_but_the_request_id(client: AsyncTestClient[Any]) -> None:
    answer = await client.get("/fail/bug")
    assert answer.status_code == 500
    assert set(answer.json()) == {"type", "title", "status", "detail", "code", "request_id"}
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert "ana" not in answer.text
    assert "RuntimeError" not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "sent", "status", "code"),
    [
        ("GET", "/nowhere", {}, 404, "not_found"),
        ("DELETE", "/ask", {}, 405, "method_not_allowed"),
        ("POST", "/ask", {"content": b"{", "headers": {"content-type": "application/json"}}, 400, "invalid_request"),
        ("POST", "/ask", {"json": {"quantity": "many"}}, 400, "invalid_request"),
        ("POST", "/ask", {"content": b'{"quantity":1}', "headers": {"content-type": "text/plain"}}, 415,
         "unsupported_media_type"),
        ("POST", "/ask", {"content": b'{"quantity":1}'}, 415, "unsupported_media_type"),
        ("POST", "/ask", {"json": {"quantity": 1, "padding": "x" * 1_100_000}}, 413, "body_too_large"),
        ("GET", "/count?n=x", {}, 400, "invalid_request"),
    ],
)  # fmt: skip
async def test_what_the_framework_refuses_is_a_problem_too(
    client: AsyncTestClient[Any], method: str, path: str, sent: dict[str, Any], status: int, code: str
) -> None:
    answer = await client.request(method, path, **sent)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"].startswith(PROBLEM_JSON)


async def test_an_invalid_field_is_named(client: AsyncTestClient[Any]) -> None:
    problem = (await client.post("/ask", json={"quantity": "many"})).json()
    assert problem["param"] == "quantity"
    assert "int" in problem["detail"]


async def test_a_broken_body_says_where_it_is_broken(client: AsyncTestClient[Any]) -> None:
    answer = await client.post("/ask", content=b'{"a" 1}', headers={"content-type": "application/json"})
    assert "byte" in answer.json()["detail"]


async def test_a_streamed_body_is_cut_off_at_the_limit(client: AsyncTestClient[Any]) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b" " * 100_000

    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(client.app), base_url="http://comeback.test"
    ) as streaming:
        answer = await streaming.post("/ask", content=endless(), headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


async def test_a_valid_body_passes_with_a_charset(client: AsyncTestClient[Any]) -> None:
    sent = {"content-type": "application/json; charset=utf-8"}
    assert (await client.post("/ask", content=b'{"quantity":2}', headers=sent)).json() == {"quantity": 2}


@pytest.mark.parametrize(("wanted", "language"), [("es-MX,en;q=0.5", "es"), ("ru", "ru"), ("de, en;q=0.1", "en")])
async def test_the_detail_speaks_the_callers_language(client: AsyncTestClient[Any], wanted: str, language: str) -> None:
    answer = await client.get("/nowhere", headers={"Accept-Language": wanted})
    told = {"en": "We could not find that.", "es": "No hemos podido encontrarlo.", "ru": "Мы не смогли это найти."}
    assert answer.json()["detail"] == told[language]
    assert answer.headers["content-language"] == language


async def test_a_browser_on_a_page_gets_a_page_and_on_an_api_route_a_problem(client: AsyncTestClient[Any]) -> None:
    browser = {"Accept": "text/html,application/xhtml+xml"}
    answer = await client.get("/page", headers=browser)
    assert (answer.status_code, answer.text) == (409, "<h1>It is too late for this.</h1>")
    assert (await client.get("/nowhere", headers=browser)).text.startswith("<h1>")
    assert (await client.get("/fail/late", headers=browser)).headers["content-type"].startswith(PROBLEM_JSON)
    assert (await client.get("/page")).headers["content-type"].startswith(PROBLEM_JSON)


async def test_the_type_of_a_problem_leads_to_its_page(client: AsyncTestClient[Any]) -> None:
    assert "It is too late for this." in (await client.get("/docs/problems/too_late")).text
    assert "too_late" in (await client.get("/docs/problems")).text
    assert (await client.get("/docs/problems/never")).status_code == 404
