"""Steps of the journeys in which goods go back: a policy that lets them, an order that has arrived, the asks."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx

from plugin.policies.document import Otherwise, Policy, Row, Then
from plugin.policies.reasons import Outcome
from plugin.storefronts.standard.wire import OrderBody
from tests.world import Shopper, World


def return_policy(*rows: Row, **then: Any) -> Policy:
    """Everything may be cancelled, and sent back as ``then`` says unless a row says otherwise."""
    approve = Then(outcome=Outcome.APPROVE)
    back = Then(**{"outcome": Outcome.APPROVE, **then})
    return Policy(format=1, name="Send it back", rows=rows, otherwise=Otherwise(cancel=approve, returning=back))


async def delivered(world: World, sample: str = "fashion", **changes: Any) -> OrderBody:
    """An order that has arrived at its shopper's."""
    order = await world.place(sample, **changes)
    world.store.ship(order.id)
    order = world.store.deliver(order.id)
    await world.send(order)
    await world.until(lambda: world.is_read(order))
    return order


async def preview_return(shopper: Shopper, **ask: Any) -> dict[str, Any]:
    response = await shopper.world.http.post(
        "/v1/order/returns/preview", json=ask or {"whole": True}, headers=dict(shopper.headers)
    )
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


async def confirm_return(shopper: Shopper, digest: str, *, key: str | None = None, **ask: Any) -> httpx.Response:
    return await shopper.world.http.post(
        "/v1/order/returns",
        json={**(ask or {"whole": True}), "digest": digest},
        headers={**shopper.headers, "Idempotency-Key": key or uuid4().hex},
    )


async def send_back(shopper: Shopper, **ask: Any) -> dict[str, Any]:
    """Preview and confirm; the case as it was answered."""
    response = await confirm_return(shopper, (await preview_return(shopper, **ask))["digest"], **ask)
    assert response.status_code == 201, response.text
    answer: dict[str, Any] = response.json()
    return answer


async def post(shopper: Shopper, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
    return await shopper.world.http.post(path, json=body or {}, headers=dict(shopper.headers))
