"""Withdrawing from a contract: two steps without a login, acknowledged at once, carried out by the law's decision."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from plugin.db import rows
from plugin.storefronts.standard.wire import OrderBody
from tests.journeys.conftest import OpenWorld
from tests.nudges import cancellations, nothing_is_due, one, refunds
from tests.world import Shopper, World, shop_settings

SPANISH = {"country": "ES", "time_zone": "Europe/Madrid", "locale": "en"}


@pytest.fixture
async def eu(open_world: OpenWorld) -> World:
    """A shop of the EU, whose function is on by itself."""
    return await open_world(settings=shop_settings(**SPANISH))


def statement(order: OrderBody | None = None, **changes: Any) -> dict[str, Any]:
    said = {"name": "Lucía Gómez", "order_number": "#none", "contact": "lucia@example.com"}
    if order is not None:
        said |= {"order_number": order.number, "contact": str(order.customer.email)}
    return said | changes


async def declare(world: World, said: dict[str, Any]) -> httpx.Response:
    return await world.http.post(f"/v1/shops/{world.shop.id}/withdrawals", json=said)


async def withdraw(world: World, said: dict[str, Any]) -> dict[str, Any]:
    """Both steps, as a guest."""
    declared = await declare(world, said)
    assert declared.status_code == 202, declared.text
    path = f"/v1/shops/{world.shop.id}/withdrawals/{declared.json()['id']}/confirm"
    confirmed = await world.http.post(path)
    assert confirmed.status_code == 202, confirmed.text
    await nothing_is_due(world)
    answer: dict[str, Any] = confirmed.json()
    return answer


async def row(withdrawal_id: str) -> dict[str, Any]:
    return await one("SELECT * FROM withdrawals WHERE id = $1", withdrawal_id)


async def cases_of(withdrawal_id: str) -> list[dict[str, Any]]:
    return await rows(
        "SELECT c.* FROM cases c JOIN withdrawals w ON w.id = $1 AND w.cases::jsonb ? c.id ORDER BY c.kind",
        withdrawal_id,
    )


async def mail_to(world: World, template: str, recipient: str) -> Any:
    async def arrived() -> Any:
        found = await rows(
            "SELECT message_id FROM mails WHERE template = $1 AND recipient = $2 AND shop_id = $3 AND state = 'sent'",
            template, recipient, world.shop.id,
        )  # fmt: skip
        ids = {each["message_id"] for each in found}
        return next((mail for mail in world.mails() if mail.message_id in ids), None)

    return await world.until(arrived)


def link_in(text: str) -> str:
    found = re.search(r"/withdrawals/[\w-]+", text)
    assert found, text
    return found.group()


async def in_session(shopper: Shopper, **ask: Any) -> dict[str, Any]:
    """Both steps, inside a session."""
    http, headers = shopper.world.http, dict(shopper.headers)
    declared = await http.post("/v1/order/withdrawals", json=ask, headers=headers)
    assert declared.status_code == 202, declared.text
    confirmed = await http.post(f"/v1/order/withdrawals/{declared.json()['id']}/confirm", headers=headers)
    assert confirmed.status_code == 202, confirmed.text
    await nothing_is_due(shopper.world)
    answer: dict[str, Any] = confirmed.json()
    return answer


async def test_an_order_that_has_not_left_is_cancelled_and_paid_back_whole_with_delivery(eu: World) -> None:
    order = await eu.place("spanish")
    made = await withdraw(eu, statement(order))
    assert made["state"] == "confirmed"
    assert (await row(made["id"]))["state"] == "confirmed"
    assert await refunds(eu) == []

    received = await mail_to(eu, "withdrawal_acknowledged", str(order.customer.email))
    assert made["number"] in received.text and "UTC" in received.text
    page = await eu.http.get(link_in(received.text))
    assert page.status_code == 200
    assert (await row(made["id"]))["verified_at"] is None
    assert (await eu.http.post(link_in(received.text))).status_code == 200
    await nothing_is_due(eu)

    assert (await row(made["id"]))["state"] == "done"
    (case,) = await cases_of(made["id"])
    assert (case["kind"], case["basis"], case["state"], case["owed"]) == ("cancel", "statutory", "done", order.total)
    assert await refunds(eu) == [(order.total, "succeeded")]
    assert len(cancellations(eu)) == 1
    assert await rows("SELECT 1 FROM codes") == []
