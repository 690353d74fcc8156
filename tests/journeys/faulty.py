"""Steps of the journeys in which something was wrong: a policy for it, photos, the asks."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx

from plugin.policies.document import Otherwise, Policy, Row, Then
from plugin.policies.reasons import Outcome
from tests.photos import a_photo
from tests.world import Shopper

SCARF = [{"line_id": "scarf", "quantity": 1}]


def fault_policy(*rows: Row, **then: Any) -> Policy:
    """Everything may be cancelled and sent back; a fault is answered as ``then`` says unless a row says otherwise."""
    yes = Then(outcome=Outcome.APPROVE)
    fault = Then(**{"outcome": Outcome.APPROVE, **then})
    return Policy(
        format=1,
        name="Put it right",
        rows=rows,
        otherwise=Otherwise(cancel=yes, returning=yes, exchange=yes, fault=fault),
    )


async def photo(shopper: Shopper) -> str:
    answer = await shopper.world.http.post(
        "/v1/order/files", files={"file": ("x.jpg", a_photo(), "image/jpeg")}, headers=dict(shopper.headers)
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def preview_fault(shopper: Shopper, kind: str = "damaged", **ask: Any) -> dict[str, Any]:
    answer = await shopper.world.http.post(
        "/v1/order/faults/preview", json={"kind": kind, "lines": SCARF, **ask}, headers=dict(shopper.headers)
    )
    assert answer.status_code == 200, answer.text
    seen: dict[str, Any] = answer.json()
    return seen


async def confirm_fault(shopper: Shopper, digest: str, kind: str = "damaged", **ask: Any) -> httpx.Response:
    return await shopper.world.http.post(
        "/v1/order/faults", json={"kind": kind, "lines": SCARF, **ask, "digest": digest},
        headers={**shopper.headers, "Idempotency-Key": uuid4().hex},
    )  # fmt: skip


async def report(shopper: Shopper, kind: str = "damaged", **ask: Any) -> dict[str, Any]:
    """Preview and confirm; the case as it was answered."""
    answer = await confirm_fault(shopper, (await preview_fault(shopper, kind, **ask))["digest"], kind, **ask)
    assert answer.status_code == 201, answer.text
    case: dict[str, Any] = answer.json()
    return case
