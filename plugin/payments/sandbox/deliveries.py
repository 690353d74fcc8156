"""Webhooks going out: signed, delivered in the background, tried again, and, on request, held, doubled or lost."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import httpx
import msgspec
import stripe

from plugin.payments.sandbox.control_messages import DeliveryMode, DeliveryReport
from plugin.payments.sandbox.ledger import Ledger, SandboxClock
from plugin.payments.sandbox.objects import Document


@dataclass
class _Delivery:
    url: str
    secret: str
    event_id: str
    type: str
    body: str
    state: str = "waiting"
    attempts: int = 0


class Postman:
    """Delivers each event to the account's endpoints that want it. ``retry_delays`` are seconds between attempts.

    As at Stripe, an order of delivery is promised to nobody: events that are not held go out at once and together.
    """

    def __init__(self, clock: SandboxClock, retry_delays: tuple[float, ...]) -> None:
        self.mode = DeliveryMode()
        self._clock = clock
        self._retry_delays = retry_delays
        self._client: httpx.AsyncClient | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._held: list[_Delivery] = []
        self._all: list[_Delivery] = []

    def publish(self, ledger: Ledger, event: Document) -> None:
        """Take an event over from the ledger; returns at once."""
        for endpoint in ledger.newest_first("webhook_endpoint"):
            wanted = endpoint["enabled_events"]
            if "*" in wanted or event["type"] in wanted:
                event["pending_webhooks"] += 1
                self._accept(endpoint, event)

    def _accept(self, endpoint: Document, event: Document) -> None:
        delivery = _Delivery(
            endpoint["url"], endpoint["secret"], event["id"], event["type"], msgspec.json.encode(event).decode()
        )
        self._all.append(delivery)
        if self.mode.drop > 0:
            self.mode.drop -= 1
            delivery.state = "dropped"
        elif self.mode.is_held:
            delivery.state = "held"
            self._held.append(delivery)
        else:
            for _ in range(self.mode.copies):
                self._start(delivery, self.mode.delay_ms / 1000)

    def _start(self, delivery: _Delivery, delay: float) -> None:
        task = asyncio.get_running_loop().create_task(self._deliver(delivery, delay))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, delivery: _Delivery, delay: float = 0.0) -> None:
        for pause in (delay, *self._retry_delays):
            await asyncio.sleep(pause)
            delivery.attempts += 1
            if await self._attempt(delivery):
                delivery.state = "delivered"
                return
        delivery.state = "failed"

    async def _attempt(self, delivery: _Delivery) -> bool:
        if self._client is None:
            # 127.0.0.1 must not be asked for through a proxy that the environment names
            self._client = httpx.AsyncClient(timeout=15, trust_env=False)
        signature = stripe.WebhookSignature.generate_signature_header(delivery.body, delivery.secret, self._clock.now())
        headers = {"Content-Type": "application/json; charset=utf-8", "Stripe-Signature": signature}
        try:
            answer = await self._client.post(delivery.url, content=delivery.body, headers=headers)
        except httpx.HTTPError:
            return False
        return answer.is_success

    async def release(self, *, is_reversed: bool, copies: int) -> None:
        """Deliver what was held, one after the other, in its order or against it, each ``copies`` times."""
        held, self._held = self._held, []
        for delivery in reversed(held) if is_reversed else held:
            for _ in range(copies):
                await self._deliver(delivery)

    async def drain(self) -> None:
        """Wait until nothing is under way any more; what is held stays held."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    def reports(self) -> list[DeliveryReport]:
        return [DeliveryReport(d.event_id, d.type, d.url, d.state, d.attempts) for d in self._all]

    def forget(self) -> None:
        """Stop what is under way and start afresh, with the default mode."""
        for task in self._tasks:
            task.cancel()
        self._held, self._all, self.mode = [], [], DeliveryMode()

    async def aclose(self) -> None:
        self.forget()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()
            self._client = None
