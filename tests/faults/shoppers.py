"""Shoppers and their store as good clients: whatever fails without an answer is tried again under the same key."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from plugin.shops.service import carrier_secrets
from plugin.storefronts.demo.store import DemoStore
from plugin.storefronts.standard.wire import OrderBody
from tests.doors import standard_headers
from tests.faults.story import Timeline
from tests.faults.town import Place

PATIENCE = 90.0  # seconds until a client gives up, which no run should see
PAUSE = 0.2


async def pause(seconds: float = PAUSE) -> None:
    """Before a client asks again."""
    await asyncio.sleep(seconds)


INTERNAL_ERROR = 500
_AGAIN = frozenset({429, 500, 502, 503, 504})


class GaveUp(Exception):
    """A client that kept asking got no final answer."""


@dataclass
class Client:
    """Speaks to Comeback. ``answered`` is called with the route when an answer's last byte has come; ``unanswered``
    counts the calls whose answer never came, ``server_errors`` are those answers that no fault excuses."""

    http: httpx.AsyncClient
    timeline: Timeline
    answered: Callable[[str], None]
    unanswered: int = 0
    server_errors: list[str] = field(default_factory=list)

    async def post(self, path: str, body: Any, headers: dict[str, str], *, name: str = "") -> httpx.Response:
        """The final answer: anything but silence, a 5xx, or that the first call with this key still runs."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                response = await self.http.post(path, json=body, headers=headers)
            except httpx.HTTPError as error:
                self.unanswered += 1
                self.timeline.note(f"{name or path}: no answer ({type(error).__name__})")
            else:
                self.answered(name)
                self.heed(name or path, response)
                if not _is_for_later(response):
                    return response
                self.timeline.note(f"{name or path}: {response.status_code}")
            await pause()
        raise GaveUp(f"{name or path}: no final answer in {PATIENCE:.0f} s")

    def heed(self, what: str, response: httpx.Response) -> None:
        """A 500 is an error that nobody expected; 502 to 504 say that something is away."""
        if response.status_code == INTERNAL_ERROR:
            self.server_errors.append(f"{what}: {response.status_code} {response.text[:200]}")


def _is_for_later(response: httpx.Response) -> bool:
    still_runs = response.status_code == 409 and response.json().get("code") == "call_still_running"
    return response.status_code in _AGAIN or still_runs


@dataclass
class Promise:
    """What a client was told with a 2xx, and how it asked: it must be durable, and the same when asked again."""

    headers: dict[str, str]
    body: dict[str, Any]
    status: int
    answer: dict[str, Any]
    path: str = "/v1/order/cancellations"


@dataclass
class Shopper:
    """Somebody with one order, made of ``sample``. ``declared`` are withdrawals whose second step was answered 2xx, and
    ``by_law`` the cases (id, number) that they have become."""

    client: Client
    order: OrderBody
    headers: dict[str, str]
    sample: str
    promises: list[Promise] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    declared: list[str] = field(default_factory=list)
    by_law: list[tuple[str, str]] = field(default_factory=list)

    async def cancel(self, ask: dict[str, Any], key: str) -> None:
        await self.confirm("/v1/order/cancellations", ask, key)

    async def tell_tracking(self, case_id: str, number: str) -> None:
        """The parcel's own number, told again until it is heard."""
        told = await self.client.post(
            f"/v1/cases/{case_id}/tracking", {"carrier": "Demo Post", "number": number}, self.headers, name="tracking"
        )
        if not told.is_success:
            self.refusals.append(f"tracking {told.status_code} {told.text[:200]}")

    async def confirm(self, path: str, ask: dict[str, Any], key: str) -> dict[str, Any] | None:
        """Preview and confirm; a decision that has changed is looked at again, as a new intent. The case, or None where
        it was refused."""
        for attempt in range(4):
            seen = await self.client.post(f"{path}/preview", ask, self.headers, name="preview")
            if seen.status_code != 200:
                self.refusals.append(f"preview {seen.status_code} {seen.text[:200]}")
                return None
            body = {**ask, "digest": seen.json()["digest"]}
            headers = {**self.headers, "Idempotency-Key": f"{key}-{attempt}"}
            answer = await self.client.post(path, body, headers, name="confirm")
            self.client.timeline.note(f"confirm of {self.order.id} {ask}: {answer.status_code}")
            if answer.status_code == 201:
                case: dict[str, Any] = answer.json()
                self.promises.append(Promise(headers, body, 201, case, path))
                return case
            if answer.status_code != 409 or answer.json().get("code") != "decision_changed":
                self.refusals.append(f"confirm {answer.status_code} {answer.text[:200]}")
                return None
        self.refusals.append(f"confirm of {ask}: the decision has changed each time that it was agreed to")
        return None


async def report_until_taken(place: Place, number: str, client: Client) -> None:
    """The carrier's first scan of a parcel, signed, repeated until it is answered 2xx."""
    (secret,) = carrier_secrets((place.shop.webhook_secret,))
    url, id = f"/hooks/{place.shop.shop.id}/carrier", f"scan-{number}"
    body = {"id": id, "kind": "in_transit", "happened_at": datetime.now(UTC).isoformat(), "tracking_number": number}
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        sent = json.dumps(body).encode()
        try:
            response = await client.http.post(url, content=sent, headers=standard_headers(secret, sent, id=id))
        except httpx.HTTPError as error:
            client.timeline.note(f"carrier of {number}: no answer ({type(error).__name__})")
        else:
            client.answered("webhook")
            client.heed("carrier", response)
            if response.is_success:
                return
            client.timeline.note(f"carrier of {number}: {response.status_code}")
        await pause()
    raise GaveUp(f"The report of {number} was not taken in {PATIENCE:.0f} s.")


async def send_until_taken(
    store: DemoStore, order: OrderBody, message_id: str, client: Client, *, copies: int = 1
) -> None:  # fmt: skip
    """The store's webhook, repeated under its id until it is answered 2xx ``copies`` times."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            response = await store.send(order, message_id=message_id)
        except httpx.HTTPError as error:
            client.timeline.note(f"webhook {message_id}: no answer ({type(error).__name__})")
        else:
            client.answered("webhook")
            client.heed("webhook", response)
            copies -= response.is_success
            if copies <= 0:
                return
            if response.is_success:
                continue
            client.timeline.note(f"webhook {message_id}: {response.status_code}")
        await pause()
    raise GaveUp(f"The webhook of {order.id} was not taken in {PATIENCE:.0f} s.")
