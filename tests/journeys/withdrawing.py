"""Both steps of a withdrawal, and what stands of it afterwards."""

from __future__ import annotations

import re
from typing import Any

import httpx

from plugin.cases.store import lock_with_order
from plugin.db import rows, transaction
from plugin.journeys.resolve import resolve
from plugin.parcels.service import move_parcel
from plugin.parcels.states import ParcelState
from plugin.parcels.store import get_parcel
from plugin.policies.reasons import Trigger
from plugin.ports.mail import Envelope, MailDeferred
from plugin.storefronts.standard.wire import CustomerBody, OrderBody
from tests.nudges import nothing_is_due, one
from tests.world import Shopper, World

SPANISH = {"country": "ES", "time_zone": "Europe/Madrid", "locale": "en"}


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


class MailIsDown:
    """A mail server that wants everything later."""

    async def send(self, envelope: Envelope, *, begin_within: float | None = None) -> None:
        raise MailDeferred("421 come again")

    async def ping(self) -> str:
        return "down"


def grace_in_latvia() -> CustomerBody:
    return CustomerBody(id="cus_grace", email="grace@example.com", name="Grace Hall", locale="en-GB", country="LV")


async def sent(world: World, parcel_id: str) -> None:
    """The shopper has shown that the parcel is on its way."""
    parcel = await get_parcel(world.shop.id, parcel_id)
    async with transaction(world.ports.doorbell) as tx:
        order, case = await lock_with_order(tx, parcel.case_id)
        await move_parcel(tx, parcel, ParcelState.IN_TRANSIT, at=world.ports.clock.now())
        await resolve(tx, world.ports, world.shop, order, case, Trigger.IN_TRANSIT)
    await nothing_is_due(world)


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
