"""A stranger who asks whether something exists learns nothing: the same answer, after the same statements."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterator

import httpx
import pytest
import structlog

from plugin.access.roles import Role
from plugin.core.ids import new_id
from plugin.db import rows
from tests.strangers.town import Town

CART = {"id": "cart-1", "subtotal": 9000, "shipping": 500, "currency": "USD"}


class Statements(logging.Handler):
    """What each request asked of the database, by the request's id, as the ORM logs it."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.of: dict[str, list[str]] = defaultdict(list)

    def emit(self, record: logging.LogRecord) -> None:
        request_id = structlog.contextvars.get_contextvars().get("request_id")
        if request_id is not None:
            statement = record.args[0] if isinstance(record.args, tuple) and record.args else record.msg
            self.of[str(request_id)].append(str(statement).partition("VALUES")[0])


@pytest.fixture
def statements() -> Iterator[Statements]:
    log, handler = logging.getLogger("tortoise.db_client"), Statements()
    level, propagate = log.level, log.propagate
    log.setLevel(logging.DEBUG)
    log.addHandler(handler)
    log.propagate = False
    yield handler
    log.removeHandler(handler)
    log.setLevel(level)
    log.propagate = propagate


def shape(answer: httpx.Response, statements: Statements) -> str:
    """All that can be told from an answer but its ids and its moment."""
    body = answer.json()
    values = {key: value for key, value in body.items() if key not in ("lookup_id", "request_id")}
    names = sorted(name for name in answer.headers if name not in ("date", "x-request-id"))
    asked = statements.of[answer.headers["x-request-id"]]
    assert asked
    return str((answer.status_code, sorted(body), values, names, answer.headers["content-length"], asked))


async def test_a_known_and_an_unknown_order_are_looked_up_alike(town: Town, statements: Statements) -> None:
    mine = town.mine.order
    asks = {
        "known": (mine.number, mine.customer.email),
        "known number, other address": (mine.number, "nobody@mail.example"),
        "unknown number": ("#00000", mine.customer.email),
        "the neighbour's": (town.foreign.order.number, town.foreign.order.customer.email),
        "unknown": ("#00000", "nobody@mail.example"),
    }
    shapes = set()
    for _ in range(8):
        for number, email in asks.values():
            await rows("DELETE FROM rate_counts")
            answer = await town.http.post(
                "/v1/lookups", json={"order_number": number, "email": email}, headers=town.mine.world.page_key
            )
            shapes.add(shape(answer, statements))
    assert len(shapes) == 1, shapes


async def test_lookups_mail_only_the_address_on_the_order(town: Town) -> None:
    world = town.mine.world
    await rows("DELETE FROM rate_counts")
    for number, email in (
        (town.mine.order.number, "thief@mail.example"),
        (town.foreign.order.number, str(town.foreign.order.customer.email)),
    ):
        await world.http.post("/v1/lookups", json={"order_number": number, "email": email}, headers=world.page_key)
    await world.until(_all_lookups_are_answered)
    assert world.mails("thief@mail.example") == []
    to_the_neighbour = await rows("SELECT 1 FROM mails WHERE shop_id = $1 AND recipient LIKE 'foreign%'", world.shop.id)
    assert to_the_neighbour == []


async def _all_lookups_are_answered() -> bool:
    return not await rows("SELECT 1 FROM work WHERE kind = 'mail_lookup' AND state <> 'done'")


async def test_a_wrong_code_is_refused_alike_whatever_is_wrong(town: Town, statements: Statements) -> None:
    known, code = await town.mine.fresh_lookup()
    foreign, foreign_code = await town.foreign.fresh_lookup()
    shapes = set()
    for lookup_id, tried in (
        (known, "AAAAAAAA"), (known, foreign_code), (foreign, foreign_code), (foreign, code),
        (new_id("look"), code), ("look_1", "AAAAAAAA"),
    ):  # fmt: skip
        answer = await town.http.post(
            f"/v1/lookups/{lookup_id}/open", json={"code": tried}, headers=town.mine.world.page_key
        )
        shapes.add(shape(answer, statements))
    assert len(shapes) == 1, shapes


async def test_an_unknown_and_anothers_retention_code_are_refused_alike(town: Town, statements: Statements) -> None:
    shapes = set()
    for code in (town.foreign.code, "0000-0000-0000-0000", town.foreign.code.lower()):
        answer = await town.http.post(
            "/v1/codes/quote", json={"code": code, "cart": CART}, headers=town.mine.world.page_key
        )
        shapes.add(shape(answer, statements))
    assert len(shapes) == 1, shapes


async def test_an_unknown_and_anothers_case_are_not_found_alike(town: Town, statements: Statements) -> None:
    session = {"Authorization": f"Bearer {await town.mine.session()}"}
    for suffix in ("", "/events"):
        ids = (town.sibling.case_id, town.foreign.case_id, new_id("case"), "case_1")
        shapes = {shape(await town.http.get(f"/v1/cases/{id}{suffix}", headers=session), statements) for id in ids}
        assert len(shapes) == 1, shapes


async def test_an_unknown_and_anothers_order_are_not_found_alike(town: Town, statements: Statements) -> None:
    key = town.mine.world.server_key
    for path in ("/v1/links", "/v1/sessions"):
        shapes = {
            shape(await town.http.post(path, json={"order_id": id}, headers=key), statements)
            for id in (town.foreign.order.id, "0000", town.mine.order_id)
        }
        assert len(shapes) == 1, shapes


async def test_a_colleague_who_is_there_and_one_who_is_not_are_refused_alike(
    town: Town, statements: Statements
) -> None:
    ours, theirs = town.mine.staff[Role.OWNER].email, town.foreign.staff[Role.OWNER].email
    asks = {
        "wrong password": (town.mine.shop_id, ours),
        "the neighbour's": (town.mine.shop_id, theirs),
        "nobody": (town.mine.shop_id, "nobody@staff.example"),
        "no shop": ("shop_" + "0" * 26, ours),
    }
    shapes = set()
    for _ in range(4):
        for shop_id, email in asks.values():
            await rows("DELETE FROM rate_counts")
            body = {"shop": shop_id, "email": email, "password": "a wrong password"}
            answer = await town.http.post("/v1/admin/sessions", json=body)
            assert answer.json()["code"] == "wrong_credentials"
            shapes.add(shape(answer, statements))
    assert len(shapes) == 1, shapes
