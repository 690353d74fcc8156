"""What no honest shopper says about goods: bodies without end, files under another name, counts that nobody has."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx
import pytest

from plugin.access.roles import Role
from plugin.db import rows
from tests.photos import HTML_AS_JPEG, PDF, SVG
from tests.strangers.test_limits import JSON, NASTY_JSON, NASTY_TEXTS, assert_refused
from tests.strangers.town import Town

DIGEST = {"digest": "0" * 64}
WANTED = {"wanted": [{"product_id": "cashmere"}]}
FAULT = {"kind": "damaged"}
ASKS: dict[str, dict[str, Any]] = {  # each takes lines with quantities
    "/v1/order/returns/preview": {},
    "/v1/order/returns": DIGEST,
    "/v1/order/exchanges/quote": WANTED,
    "/v1/order/faults/preview": FAULT,
    "/v1/order/faults": FAULT | DIGEST,
}
NO_QUANTITIES = (0, -1, -(2**63), 2**31, 2**63, 2**64, 10**30)
MB = 1_000_000


@pytest.fixture
async def shopper(town: Town) -> dict[str, str]:
    return {"Authorization": f"Bearer {await town.mine.session()}"}


def keyed(headers: dict[str, str]) -> dict[str, str]:
    return headers | {"Idempotency-Key": uuid4().hex}


async def kept_files() -> int:
    return int((await rows("SELECT count(*) AS n FROM stored_files"))[0]["n"])


@pytest.mark.parametrize("path", ASKS)
async def test_a_nasty_body_about_goods_is_refused(town: Town, shopper: dict[str, str], path: str) -> None:
    for name, content in NASTY_JSON.items():
        answer = await town.http.post(path, content=content, headers=keyed(shopper) | JSON)
        assert_refused(answer, f"{name} at {path}")


@pytest.mark.parametrize("path", ASKS)
async def test_quantities_that_nobody_has_are_refused(town: Town, shopper: dict[str, str], path: str) -> None:
    line = town.mine.order.lines[0].id
    for quantity in NO_QUANTITIES:
        ask = ASKS[path] | {"lines": [{"line_id": line, "quantity": quantity}]}
        assert_refused(await town.http.post(path, json=ask, headers=keyed(shopper)), f"{quantity} at {path}")
    for lines in (
        [{"line_id": line, "quantity": 1}] * 1001,
        [{"line_id": f"l{n}", "quantity": 1} for n in range(5000)],
    ):
        ask = ASKS[path] | {"lines": lines}
        assert_refused(await town.http.post(path, json=ask, headers=keyed(shopper)), f"{len(lines)} lines at {path}")


async def test_ten_megabytes_are_refused_wherever_goods_are_asked_for(town: Town, shopper: dict[str, str]) -> None:
    public = f"/v1/shops/{town.mine.shop_id}/withdrawals"
    case = town.mine.case_id
    for path in (*ASKS, "/v1/order/exchanges", f"/v1/cases/{case}/tracking", "/v1/order/withdrawals", public):
        answer = await town.http.post(path, content=b"a" * (10 * MB), headers=keyed(shopper) | JSON)
        assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large"), path
    carrier = await town.http.post(f"/hooks/{town.mine.shop_id}/carrier", content=b"a" * (10 * MB), headers=JSON)
    assert carrier.status_code == 413


@pytest.mark.parametrize("door", ["shopper", "staff"])
async def test_what_only_calls_itself_a_photo_is_refused_at_every_door(
    town: Town, shopper: dict[str, str], door: str
) -> None:
    path, headers = "/v1/order/files", shopper
    if door == "staff":
        agent = town.mine.staff[Role.AGENT]
        path = f"/v1/admin/cases/{town.mine.case_id}/files?purpose=inspection"
        headers = {"Authorization": f"Bearer {agent.token}"}
    before = await kept_files()
    for content, status in (
        (SVG, 422),
        (b"\xef\xbb\xbf" + SVG, 422),
        (HTML_AS_JPEG, 422),
        (PDF, 422),
        (b"GIF89a" + SVG, 422),
        (b"PK\x03\x04" + bytes(100), 422),
        (b"\xff\xd8\xff" + bytes(10 * MB), 413),
    ):
        for name in ("torn.jpg", "torn.svg.jpg", "../../torn.jpg\x00.svg", "\u202egpj.svg"):
            answer = await town.http.post(path, files={"file": (name, content, "image/jpeg")}, headers=headers)
            assert answer.status_code == status, (name, content[:12], answer.text)
    assert await kept_files() == before


async def test_nasty_words_about_goods_go_in_and_never_break_an_answer(town: Town, shopper: dict[str, str]) -> None:
    line = town.mine.order.lines[1].id
    for text in NASTY_TEXTS:
        for path, more in (
            ("/v1/order/returns/preview", {"reason": text}),
            ("/v1/order/exchanges/quote", WANTED | {"reason": text}),
            ("/v1/order/faults/preview", FAULT | {"description": text}),
            ("/v1/order/exchanges/quote", {"wanted": [{"product_id": text}]}),
        ):
            ask = {"lines": [{"line_id": line, "quantity": 1}]} | more
            answer = await town.http.post(path, json=ask, headers=shopper)
            assert answer.status_code < 500, (text, answer.text)
        said = {"carrier": text, "number": text}
        answer = await town.http.post(f"/v1/cases/{town.mine.case_id}/tracking", json=said, headers=shopper)
        assert answer.status_code < 500, (text, answer.text)


async def test_a_nul_in_words_about_goods_is_refused(town: Town, shopper: dict[str, str]) -> None:
    line = [{"line_id": town.mine.order.lines[1].id, "quantity": 1}]
    asks: dict[str, dict[str, Any]] = {
        "/v1/order/returns/preview": {"lines": line, "reason": "a\x00b"},
        "/v1/order/exchanges/quote": {"lines": line, "reason": "a\x00b"} | WANTED,
        "/v1/order/faults/preview": {"lines": line, "description": "a\x00b"} | FAULT,
        f"/v1/cases/{town.mine.case_id}/tracking": {"carrier": "a\x00b", "number": "123"},
        f"/v1/shops/{town.mine.shop_id}/withdrawals": {
            "name": "a\x00b", "order_number": "#1", "contact": "a@x.example"
        },
    }  # fmt: skip
    for path, ask in asks.items():
        answer: httpx.Response = await town.http.post(path, json=ask, headers=shopper)
        assert_refused(answer, path)
        assert answer.status_code == 400, (path, answer.text)
